//! A lightningd that has yet to read the chain's last blocks.

use super::{Lightning, WHOLE, beside, send};
use crate::support::{Daemon, Home, preimage_opens, soon};
use serde_json::{Value, json};

/// kill -9 of lightningd, and parts sent while it is away and while it loads blocks: they wait, and say
/// why. How many of them were not paid: their first peer had not come back when they left.
pub(crate) async fn no_part_fails_for_its_height(lightning: &impl Lightning) -> usize {
    let home = Home::new();
    let daemon = beside(&home, lightning).await;
    let (mut height, mut waited, mut unpaid) = (0, 0, 0);
    for round in 0..3 {
        let whole = lightning.invoice().await;
        let whole = send(&daemon, &whole, &lightning.route(round % 2, WHOLE)).await;
        let whole = daemon.ok("waitpartialpay", json!([whole])).await;
        assert!(preimage_opens(&whole), "{whole}");
        height = height_of(&daemon, height).await;
        lightning.kill().await;
        let away = lightning.invoice().await;
        let away = send(&daemon, &away, &lightning.route(0, WHOLE)).await;
        let loading = lightning.invoice().await;
        lightning.start_below_the_tip().await;
        let loading = send(&daemon, &loading, &lightning.route(1, WHOLE)).await;
        for id in [away, loading] {
            let part = soon("the reason", waits_for_blocks(&daemon, id)).await;
            waited += usize::from(part["status"] == "pending");
        }
        lightning.load_blocks().await;
        for id in [away, loading] {
            let done = daemon.call("waitpartialpay", json!([id]));
            match soon("the end", done).await {
                Ok(done) => assert!(preimage_opens(&done), "{done}"),
                Err(why) => {
                    assert_eq!(why.data["erring_index"], 0, "{why:?}\n{}", daemon.log());
                    unpaid += 1;
                }
            }
        }
    }
    assert!(waited > 0, "no part was seen to wait");
    height_of(&daemon, height).await;
    daemon.terminate().await;
    unpaid
}

/// The part, once the list says that it waits for its node's blocks, or that it waits no longer.
pub(crate) async fn waits_for_blocks(daemon: &Daemon, id: u64) -> Value {
    loop {
        let part = daemon.parts(json!([id])).await.remove(0);
        let reason = part["pending_reason"].as_str().unwrap_or_default();
        if part["status"] != "pending"
            || reason.starts_with("lightningd is still loading blocks (at ")
        {
            return part;
        }
        tokio::task::yield_now().await;
    }
}

/// What `getinfo` shows, which is not below what it showed before.
async fn height_of(daemon: &Daemon, before: u64) -> u64 {
    let info = daemon.ok("getinfo", json!([])).await;
    let height = info["nodes"][0]["blockheight"].as_u64();
    assert!(height >= Some(before), "{info} after {before}");
    height.unwrap_or(before)
}
