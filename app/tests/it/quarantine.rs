//! A stored payment that breaks a rule: it is refused with 232 and shown with a warning, and no other
//! payment and no list suffers.

use crate::support::{Daemon, LARGER, SMALLER};
use serde_json::json;

#[tokio::test]
async fn a_damaged_part_quarantines_its_payment_alone() {
    let (home, daemon) = Daemon::fresh().await;
    let (damaged, sound) = (daemon.invoice().await, daemon.invoice().await);
    let part = daemon.send(&damaged, &daemon.route(0, LARGER).await).await;
    daemon.send(&sound, &daemon.route(0, LARGER).await).await;
    daemon.terminate().await;
    let database = rusqlite::Connection::open(home.path().join("ampere.sqlite3")).unwrap();
    database
        .execute_batch("drop trigger parts_are_fixed; update parts set route = x'ff' where id = 1;")
        .unwrap();
    drop(database);

    let daemon = home.start().await;
    let route = daemon.route(1, SMALLER).await;
    let refused = daemon.refused("sendpartialpay", damaged.part(&route)).await;
    assert_eq!(refused.code, 232, "{refused:?}");
    for (method, params) in [
        ("waitpartialpay", json!([part])),
        ("waitsendpay", json!([damaged.hash])),
    ] {
        assert_eq!(daemon.refused(method, params).await.code, 232, "{method}");
    }
    let parts = daemon.parts(json!([])).await;
    assert!(parts[0]["warning_quarantined"].is_string(), "{parts:?}");
    assert!(parts[1].get("warning_quarantined").is_none(), "{parts:?}");
    assert_eq!(daemon.payments(json!([])).await.len(), 2);

    // The other one goes on as if nothing had happened.
    let other = daemon.send(&sound, &route).await;
    daemon.ok("waitpartialpay", json!([other])).await;
    assert_eq!(daemon.payment(&sound).await["status"], "complete");
}
