//! A lightningd that has yet to read the chain's last blocks.

use super::{Lightning, WHOLE, beside, send};
use crate::support::{Daemon, Home, preimage_opens, soon};
use serde_json::{Value, json};

/// kill -9 of lightningd, and parts sent while it is away and while it loads blocks: they wait, say why,
/// and are paid.
pub(crate) async fn no_part_fails_for_its_height(lightning: &impl Lightning) {
    let home = Home::new();
    let daemon = beside(&home, lightning).await;
    let mut height = 0;
    for round in 0..3 {
        let first = lightning.invoice().await;
        let first = send(&daemon, &first, &lightning.route(round % 2, WHOLE)).await;
        let mut parts = vec![daemon.ok("waitpartialpay", json!([first])).await];
        height = height_of(&daemon, height).await;
        lightning.kill().await;
        let mut waiting = Vec::new();
        for which in [0, 1] {
            let invoice = lightning.invoice().await;
            waiting.push(send(&daemon, &invoice, &lightning.route(which, WHOLE)).await);
            if which == 0 {
                lightning.start_below_the_tip().await;
            }
        }
        for id in &waiting {
            soon("the reason", waits_for_blocks(&daemon, *id)).await;
        }
        lightning.load_blocks().await;
        for id in waiting {
            let done = daemon.call("waitpartialpay", json!([id]));
            let done = soon("the end", done).await;
            parts.push(done.unwrap_or_else(|why| panic!("{why:?}\n{}", daemon.log())));
        }
        assert!(parts.iter().all(preimage_opens), "{parts:?}");
    }
    height_of(&daemon, height).await;
    daemon.terminate().await;
}

/// The part, once the list says that it waits for its node's blocks.
pub(crate) async fn waits_for_blocks(daemon: &Daemon, id: u64) -> Value {
    loop {
        let part = daemon.parts(json!([id])).await.remove(0);
        assert_eq!(part["status"], "pending", "{part}");
        let reason = part["pending_reason"].as_str().unwrap_or_default();
        if reason.starts_with("lightningd is still loading blocks (at ") {
            return part;
        }
        tokio::task::yield_now().await;
    }
}

/// What `getinfo` shows, which is not below what it showed before.
async fn height_of(daemon: &Daemon, before: u64) -> u64 {
    let info = daemon.ok("getinfo", json!([])).await;
    let height = info["blockheight"].as_u64();
    assert!(height >= Some(before), "{info} after {before}");
    height.unwrap_or(before)
}
