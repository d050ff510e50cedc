//! What is going on while storage fails. Each may be played a second time after a life that was cut
//! short: callers use the same keys, and the node says nothing twice.

use super::payer::Payee;
use super::world::World;
use anyhow::{Result, ensure};
use sim::Lapse;

/// The scenarios.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::crash) enum Scenario {
    OnePart,
    ThreeParts,
    Replaced,
    AnswerLost,
    OfferLost,
    LateSuccess,
    SameRequest,
    SendPay,
    TwoPayments,
    Restart,
    Order,
    OrderRestarted,
    OrderNoWay,
    OrderAbandoned,
    OrderLate,
}

impl Scenario {
    pub(super) const ALL: [Scenario; 15] = [
        Scenario::OnePart,
        Scenario::ThreeParts,
        Scenario::Replaced,
        Scenario::AnswerLost,
        Scenario::OfferLost,
        Scenario::LateSuccess,
        Scenario::SameRequest,
        Scenario::SendPay,
        Scenario::TwoPayments,
        Scenario::Restart,
        Scenario::Order,
        Scenario::OrderRestarted,
        Scenario::OrderNoWay,
        Scenario::OrderAbandoned,
        Scenario::OrderLate,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Scenario::OnePart => "one part paid",
            Scenario::ThreeParts => "three parts, their ends in another order",
            Scenario::Replaced => "a part fails and another replaces it",
            Scenario::AnswerLost => "an offer's answer is lost, the part sent",
            Scenario::OfferLost => "an offer is lost",
            Scenario::LateSuccess => "a late success after a failure",
            Scenario::SameRequest => "the same request twice",
            Scenario::SendPay => "sendpay",
            Scenario::TwoPayments => "two payments at once",
            Scenario::Restart => "restarts in the middle",
            Scenario::Order => "pay: the same request twice, in two parts",
            Scenario::OrderRestarted => "pay: a part is replaced, with restarts in the middle",
            Scenario::OrderNoWay => "pay: there is no way",
            Scenario::OrderAbandoned => "pay: abandoned with parts in flight",
            Scenario::OrderLate => "pay: the deadline passes with parts in flight",
        }
    }

    /// Whether it is played where each system call fails, too: the others make the same kinds of commits.
    pub(super) fn is_in_child(self) -> bool {
        match self {
            Scenario::OrderRestarted | Scenario::OrderNoWay | Scenario::OrderAbandoned => false,
            Scenario::OnePart
            | Scenario::ThreeParts
            | Scenario::Replaced
            | Scenario::AnswerLost
            | Scenario::OfferLost
            | Scenario::LateSuccess
            | Scenario::SameRequest
            | Scenario::SendPay
            | Scenario::TwoPayments
            | Scenario::Restart
            | Scenario::Order
            | Scenario::OrderLate => true,
        }
    }

    pub(super) fn named(name: &str) -> Option<Scenario> {
        Scenario::ALL.into_iter().find(|one| one.name() == name)
    }

    pub(super) async fn play(self, world: &mut World) -> Result<()> {
        match self {
            Scenario::OnePart => one_part(world).await,
            Scenario::ThreeParts => three_parts(world).await,
            Scenario::Replaced => replaced(world).await,
            Scenario::AnswerLost => lapsed(world, Lapse::AnswerLost).await,
            Scenario::OfferLost => lapsed(world, Lapse::OfferLost).await,
            Scenario::LateSuccess => late_success(world).await,
            Scenario::SameRequest => same_request(world).await,
            Scenario::SendPay => send_pay(world).await,
            Scenario::TwoPayments => two_payments(world).await,
            Scenario::Restart => restart(world).await,
            Scenario::Order => order(world).await,
            Scenario::OrderRestarted => order_restarted(world).await,
            Scenario::OrderNoWay => order_no_way(world).await,
            Scenario::OrderAbandoned => order_abandoned(world).await,
            Scenario::OrderLate => order_late(world).await,
        }
    }
}

async fn one_part(world: &World) -> Result<()> {
    let part = world.send("one", 1, 1_000, 1_000).await?;
    let (waited, said) = tokio::join!(world.wait(part, 1), world.says(part, 1, true));
    said?;
    ensure!(waited?, "told that it failed");
    Ok(())
}

async fn three_parts(world: &World) -> Result<()> {
    let first = world.send("first", 1, 300, 1_000).await?;
    let second = world.send("second", 1, 300, 1_000).await?;
    let third = world.send("third", 1, 400, 1_000).await?;
    let said = async {
        for part in [first, second, third] {
            world.offered(part, 1).await?;
        }
        world.says(third, 1, true).await?;
        world.says(first, 1, true).await?;
        world.says(second, 1, true).await
    };
    let waits = async { tokio::join!(world.wait(first, 1), world.wait(second, 1)) };
    let (waits, said) = tokio::join!(waits, said);
    said?;
    let paid = waits.0? && waits.1? && world.wait(third, 1).await?;
    ensure!(paid, "told that it failed");
    Ok(())
}

async fn replaced(world: &World) -> Result<()> {
    let failing = world.send("failing", 1, 600, 1_000).await?;
    let other = world.send("other", 1, 400, 1_000).await?;
    world.says(failing, 1, false).await?;
    ensure!(!world.wait(failing, 1).await?, "told that it was paid");
    let instead = world.send("instead", 1, 600, 1_000).await?;
    world.offered(other, 1).await?;
    world.says(instead, 1, true).await?;
    world.says(other, 1, true).await?;
    let paid = world.wait(instead, 1).await? && world.wait(other, 1).await?;
    ensure!(paid, "told that it failed");
    Ok(())
}

async fn lapsed(world: &World, lapse: Lapse) -> Result<()> {
    world.node.sim().lapse(lapse);
    one_part(world).await
}

async fn late_success(world: &World) -> Result<()> {
    let part = world.send("late", 1, 1_000, 1_000).await?;
    world.says(part, 1, false).await?;
    world.wait(part, 1).await?;
    world.says(part, 1, true).await?;
    // Whoever asks early is told "failed", which is what is stored then.
    let begin = std::time::Instant::now();
    while !world.wait(part, 1).await? {
        ensure!(begin.elapsed() < super::world::PATIENCE, "never paid (A-7)");
        tokio::time::sleep(std::time::Duration::from_micros(200)).await;
    }
    Ok(())
}

async fn same_request(world: &World) -> Result<()> {
    let (one, same) = tokio::join!(
        world.send_besides("same", 1, (500, 1_000), true),
        world.send_besides("same", 1, (500, 1_000), true)
    );
    let (one, same) = (one?, same?);
    ensure!(one == same, "A-14, one request, two parts");
    let rest = world.send("rest", 1, 500, 1_000).await?;
    world.offered(rest, 1).await?;
    world.says(one, 1, true).await?;
    world.says(rest, 1, true).await?;
    let paid = world.wait(rest, 1).await? && world.wait(one, 1).await?;
    ensure!(paid, "told that it failed");
    ensure!(one == world.send("same", 1, 500, 1_000).await?, "A-14");
    Ok(())
}

async fn send_pay(world: &World) -> Result<()> {
    let part = world.send_pay(1, 1_000).await?;
    world.says(part, 1, true).await?;
    ensure!(world.wait(part, 1).await?, "told that it failed");
    Ok(())
}

async fn two_payments(world: &World) -> Result<()> {
    let (one, two) = tokio::join!(
        world.send("one", 1, 1_000, 1_000),
        world.send("two", 2, 2_000, 2_000)
    );
    let (one, two) = (one?, two?);
    let (waited, failed, said) = tokio::join!(world.wait(one, 1), world.wait(two, 2), async {
        world.says(two, 2, false).await?;
        world.says(one, 1, true).await
    });
    said?;
    ensure!(waited? && !failed?, "told something else");
    Ok(())
}

async fn restart(world: &mut World) -> Result<()> {
    let first = world.send("before", 1, 400, 1_000).await?;
    world.restart().await?;
    let second = world.send("between", 1, 600, 1_000).await?;
    world.offered(second, 1).await?;
    world.says(first, 1, true).await?;
    world.restart().await?;
    world.says(second, 1, true).await?;
    let paid = world.wait(first, 1).await? && world.wait(second, 1).await?;
    ensure!(paid, "told that it failed");
    Ok(())
}

async fn order(world: &World) -> Result<()> {
    let (one, same) = tokio::join!(
        world.order_besides("order", 1, true),
        world.order_besides("order", 1, true)
    );
    one.and(same)?;
    let (paid, taken) = tokio::join!(world.ended("order", 1), world.payee(1, Payee::Takes));
    taken?;
    ensure!(paid?, "told that it failed");
    Ok(())
}

async fn order_restarted(world: &mut World) -> Result<()> {
    world.order("order", 1).await?;
    world.restart().await?;
    world.is_out(1).await?;
    world.restart().await?;
    let (paid, taken) = tokio::join!(world.ended("order", 1), world.payee(1, Payee::LosesOne));
    taken?;
    ensure!(paid?, "told that it failed");
    Ok(())
}

async fn order_no_way(world: &World) -> Result<()> {
    world.lose_the_way();
    world.order("order", 1).await?;
    ensure!(!world.ended("order", 1).await?, "told that it was paid");
    Ok(())
}

async fn order_abandoned(world: &World) -> Result<()> {
    world.order("order", 1).await?;
    world.is_out(1).await?;
    world.abandon(1).await?;
    order_fails(world).await
}

async fn order_late(world: &World) -> Result<()> {
    world.order("order", 1).await?;
    world.is_out(1).await?;
    world.pass_the_deadline();
    order_fails(world).await
}

/// The payee waits in vain for the rest, or does not want it.
async fn order_fails(world: &World) -> Result<()> {
    let paid = tokio::select! {
        paid = world.ended("order", 1) => paid?,
        gave_up = world.payee(1, Payee::GivesUp) => return gave_up,
    };
    ensure!(!paid, "told that it was paid");
    Ok(())
}
