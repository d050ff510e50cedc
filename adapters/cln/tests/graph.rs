//! The public graph as l1 knows it: the domain's contract, by both ways; and what the file can do.
#![allow(clippy::unwrap_used, reason = "this is for tests only")]

mod fake;
mod faked;
mod graphs;
mod support;

mod from_the_file {
    use crate::graphs::{InFile, changes, policy};
    use domain::GraphChange;

    domain::graph_contract!(InFile::new());

    #[tokio::test]
    async fn direction_can_be_disabled() {
        let mut graph = InFile::new();
        let mut changes = changes(&graph.lightningd);
        changes.loaded().await;
        let said = graph.disable();
        let (direction, policy) = policy(&said);
        assert!(!policy.enabled);
        assert_eq!(changes.next().await, GraphChange::Policy(direction, policy));
    }
}

mod from_listchannels {
    use crate::graphs::InLists;
    // What changes shows after minutes only: see below.
    domain::graph_contract!(InLists::new();
        all_that_is_known_comes_before_loaded, policies_are_of_channels_that_were_told,
        nothing_follows_as_long_as_nothing_changes);
}

use domain::GraphChange;
use fake::{GossipStore, Message};
use graphs::{InFile, InLists, changes, closed, policy};

#[tokio::test(start_paused = true)]
async fn listchannels_is_asked_again_and_again() {
    let lists = InLists::new();
    let mut changes = changes(&lists.lightningd);
    assert_eq!(changes.loaded().await.len(), 4 + 8);
    let (direction, policy) = policy(&lists.lightningd.set_fee(1, 77));
    assert_eq!(changes.next().await, GraphChange::Policy(direction, policy));
    let gone = lists.lightningd.close_publicly(2);
    assert_eq!(changes.next().await, closed(&gone));
    assert_eq!(changes.now(), None);
}

#[tokio::test(start_paused = true)]
async fn graph_waits_for_lightningd() {
    let graph = InFile::new();
    graph.lightningd.kill().await;
    let mut changes = changes(&graph.lightningd);
    tokio::task::yield_now().await;
    assert_eq!(changes.now(), None);
    graph.lightningd.start_again();
    assert_eq!(changes.loaded().await.len(), 4 + 8);
    graph.lightningd.kill().await;
    assert_eq!(changes.now(), None, "what is known stays known");
}

#[tokio::test(start_paused = true)]
async fn file_that_appears_later_is_read_from_then_on() {
    let lists = InLists::new();
    let mut changes = changes(&lists.lightningd);
    changes.loaded().await;
    let (direction, policy) = policy(&lists.lightningd.set_fee(0, 77));
    let mut store = GossipStore::create(lists.folder(), &lists.lightningd.gossip());
    assert_eq!(changes.next().await, GraphChange::Policy(direction, policy));
    // lightningd itself does not say so.
    store.append(&[Message::Delete("104x1x0".to_owned())]);
    assert_eq!(changes.next().await, closed("104x1x0"));
}

#[tokio::test(start_paused = true)]
async fn file_of_a_newer_kind_is_left_alone() {
    let lists = InLists::new();
    let _store = GossipStore::of_version(lists.folder(), 0x20, &[]);
    assert_eq!(changes(&lists.lightningd).loaded().await.len(), 4 + 8);
}

#[tokio::test(start_paused = true)]
async fn record_that_is_not_whole_waits() {
    let graph = InFile::new();
    let mut store = GossipStore::create(graph.folder(), &[]);
    let mut changes = changes(&graph.lightningd);
    assert_eq!(changes.loaded().await, []);
    for message in graph.lightningd.gossip() {
        let record = message.record();
        let (begin, end) = record.split_at(record.len() / 2);
        for half in [begin, end] {
            store.write(half);
            three_seconds().await;
        }
        // Alone, an announcement does not say enough, and a node is of no interest.
        if !matches!(message, Message::Announcement(_) | Message::Node) {
            let told = changes.now().expect("a record that was written");
            let is_right = match message {
                Message::Amount => matches!(told, GraphChange::Channel { .. }),
                _ => matches!(told, GraphChange::Policy(..)),
            };
            assert!(is_right, "{told:?}");
        }
        assert_eq!(changes.now(), None);
    }
}

#[tokio::test(start_paused = true)]
async fn record_that_is_not_marked_complete_is_read_when_it_is() {
    let graph = InFile::new();
    let mut store = GossipStore::create(graph.folder(), &graph.lightningd.gossip());
    let mut changes = changes(&graph.lightningd);
    changes.loaded().await;
    let said = graph.lightningd.set_fee(0, 77);
    let message = Message::Update(said.clone());
    store.write(&message.incomplete());
    three_seconds().await;
    assert_eq!(changes.now(), None);
    store.cut(message.record().len().try_into().unwrap());
    store.write(&message.record());
    let (direction, policy) = policy(&said);
    assert_eq!(changes.next().await, GraphChange::Policy(direction, policy));
}

#[tokio::test(start_paused = true)]
async fn records_that_are_deleted_or_unknown_are_skipped() {
    let graph = InFile::new();
    let mut store = GossipStore::create(graph.folder(), &[Message::Unheard]);
    let old = graph.lightningd.gossip();
    graph.lightningd.close_publicly(0);
    for message in old {
        store.write(&message.deleted());
        store.append(&[Message::Unheard]);
    }
    store.append(&graph.lightningd.gossip());
    let mut changes = changes(&graph.lightningd);
    assert_eq!(changes.loaded().await.len(), 3 + 6);
}

#[tokio::test(start_paused = true)]
async fn channel_that_is_dying_is_there_until_it_is_deleted() {
    let graph = InFile::new();
    let mut store = GossipStore::create(graph.folder(), &graph.lightningd.gossip());
    let mut changes = changes(&graph.lightningd);
    changes.loaded().await;
    store.append(&[Message::Dying("104x2x0".to_owned())]);
    three_seconds().await;
    assert_eq!(changes.now(), None);
    let delete = Message::Delete("104x2x0".to_owned());
    store.append(&[delete.clone(), delete]);
    assert_eq!(changes.next().await, closed("104x2x0"));
    three_seconds().await;
    assert_eq!(changes.now(), None);
}

#[tokio::test(start_paused = true)]
async fn file_that_is_compacted_is_read_on_and_nothing_is_told_twice() {
    let graph = InFile::new();
    let mut store = GossipStore::create(graph.folder(), &graph.lightningd.gossip());
    let mut changes = changes(&graph.lightningd);
    changes.loaded().await;
    for fee in 1..=3 {
        let said = graph.lightningd.set_fee(0, 70 + fee);
        store.append(&[Message::Update(said.clone())]);
        store = store.compacted(&graph.lightningd.gossip());
        let (direction, policy) = policy(&said);
        assert_eq!(changes.next().await, GraphChange::Policy(direction, policy));
        three_seconds().await;
        assert_eq!(changes.now(), None);
    }
    let gone = graph.lightningd.close_publicly(1);
    store.append(&[Message::Delete(gone.clone())]);
    assert_eq!(changes.next().await, closed(&gone));
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_in_a_new_file_is_closed() {
    let graph = InFile::new();
    let _old = GossipStore::create(graph.folder(), &graph.lightningd.gossip());
    let mut changes = changes(&graph.lightningd);
    changes.loaded().await;
    // As after a restart: the old file has no last word.
    let gone = graph.lightningd.close_publicly(3);
    let new = GossipStore::create(graph.folder(), &graph.lightningd.gossip());
    assert_eq!(changes.next().await, closed(&gone));
    three_seconds().await;
    assert_eq!(changes.now(), None);
    // The same file, cut off behind the reader's back.
    new.cut(1_000);
    three_seconds().await;
    let Some(GraphChange::Closed(_)) = changes.now() else {
        panic!("its last channel was cut off")
    };
}

#[tokio::test(start_paused = true)]
async fn file_that_cannot_be_read_any_more_is_replaced_by_listchannels() {
    let graph = InFile::new();
    let store = GossipStore::create(graph.folder(), &graph.lightningd.gossip());
    let mut changes = changes(&graph.lightningd);
    changes.loaded().await;
    std::fs::remove_file(graph.folder().join("gossip_store")).unwrap();
    drop(store);
    let (direction, policy) = policy(&graph.lightningd.set_fee(1, 99));
    assert_eq!(changes.next().await, GraphChange::Policy(direction, policy));
}

/// On a clock that stands still until everybody waits for it.
async fn three_seconds() {
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
}
