//! The ports that are implemented here keep their contracts.

mod clock {
    use ampere::clock::SystemClock;
    domain::clock_contract!(SystemClock);
}

mod spawner {
    use ampere::spawner::TokioSpawner;
    domain::spawner_contract!(TokioSpawner::current());
}
