//! The port itself: what it says before the graph is there, and how the graph gets there.

use crate::world::{PAYEE, Still, World, policy};
use domain::{GraphChange, NoPlan, RouteFinder};
use flow::{Finder, Graph};
use futures::StreamExt;
use std::sync::Arc;

#[tokio::test]
async fn before_the_graph_is_loaded_the_finder_is_away() {
    let mut world = World::new(1_000);
    world.own(1, 10, PAYEE, 100_000_000);
    let finder = Finder::new(Graph::new(), Arc::new(Still), 7);
    assert!(!finder.is_loaded());
    let found = finder.find(&world.request).await;
    assert!(matches!(found, Err(NoPlan::Away(_))));
    finder.apply(&[GraphChange::Loaded]);
    assert!(finder.is_loaded());
    assert!(finder.find(&world.request).await.is_ok());
}

#[tokio::test]
async fn the_finder_follows_a_stream_of_changes() {
    let mut world = World::new(1_000);
    world.own(1, 10, 2, 100_000_000);
    world.channel(20, [2, PAYEE], 1_000_000, policy(0, 0));
    let finder = Finder::new(Graph::new(), Arc::new(Still), 7);
    let changes = futures::stream::iter(world.changes());
    finder.follow(changes.boxed()).await;
    assert!(finder.is_loaded());
    assert!(finder.find(&world.request).await.is_ok());
}

#[tokio::test]
async fn many_requests_at_once_all_get_their_plan() {
    let mut world = World::new(1_000);
    world.own(1, 10, PAYEE, 100_000_000);
    let finder = world.finder();
    let plans = (0..50).map(|_| finder.find(&world.request));
    let plans = futures::future::join_all(plans).await;
    assert!(plans.iter().all(Result::is_ok));
}
