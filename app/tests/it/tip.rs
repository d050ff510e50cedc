//! `ampered` in front of a lightningd that has yet to read the chain's last blocks.

use crate::lightning::tip::{self, waits_for_blocks};
use crate::lightning::{Lightning, WHOLE, beside};
use crate::lightningd::Fake;
use crate::support::{Home, preimage_opens, soon};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn no_part_fails_for_its_height() {
    let unpaid = tip::no_part_fails_for_its_height(&Fake::new()).await;
    assert_eq!(unpaid, 0);
}

/// Neither of the two programs need remember the tip itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_waits_for_blocks_says_so_over_kills_of_both() {
    let (home, fake) = (Home::new(), Fake::new());
    fake.lightningd.set_height(112);
    let daemon = beside(&home, &fake).await;
    let info = daemon.ok("getinfo", json!([])).await;
    assert_eq!(info["nodes"][0]["blockheight"], 113, "{info}");
    assert_eq!(info["blockheight"], 112, "lightningd's own: {info}");
    fake.lightningd.kill().await;
    daemon.kill().await;
    fake.lightningd.start_at(95);
    let daemon = beside(&home, &fake).await;
    let (hash, secret) = fake.invoice().await;
    let params = json!([fake.route(0, WHOLE), hash, WHOLE, null, secret]);
    let id = daemon.ok("sendpartialpay", params).await["id"].as_u64();
    let id = id.unwrap();
    let reason = "lightningd is still loading blocks (at 95 of at least 112)";
    let part = soon("the reason", waits_for_blocks(&daemon, id)).await;
    assert_eq!(part["pending_reason"], reason, "{part}");
    // Nothing is better than a height that is too low.
    for height in ["cltv_expiry", "deadline_height"] {
        assert_eq!(part[height], Value::Null, "{part}");
    }
    let info = daemon.ok("getinfo", json!([])).await;
    assert_eq!(info["nodes"][0]["blockheight"], Value::Null, "{info}");
    daemon.kill().await;
    let daemon = beside(&home, &fake).await;
    let part = soon("the reason", waits_for_blocks(&daemon, id)).await;
    assert_eq!(part["pending_reason"], reason, "{part}");
    assert_eq!(fake.lightningd.calls("sendonion"), 0);
    fake.lightningd.has_loaded();
    let done = daemon.ok("waitpartialpay", json!([id]));
    assert!(preimage_opens(&soon("the end", done).await));
    let ledger = fake.lightningd.ledger();
    assert!(ledger.len() == 1 && ledger[0].htlcs == 1, "{ledger:?}");
}
