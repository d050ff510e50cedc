//! `pay`: an invoice that no way carries alone. Parts fail and are replaced, and the daemon is killed while
//! others are out.

use super::apart::{Apart, ONE_NODE};
use super::order::{Bill, Order, Paid};
use super::stage::Stage;
use crate::view::{Snapshot, State, print_line};
use serde_json::{Value, json};

/// Bob's channel with dave and carol's carry not quite 9,000,000 sat each; the graph shows 12,000,000. Erin's
/// carries the rest.
const BILL: Bill = Bill {
    payee: "dave",
    description: "as much as three ways carry",
    whole_msat: 19_000_000_000,
    max_fee_msat: 20_000_000,
};

/// What came of it.
pub(super) struct WaysReport {
    paid: Paid,
    /// What was out when the daemon was killed.
    out_when_killed: usize,
}

/// Alice pays dave, with one call.
pub(super) async fn three_ways(stage: &Stage) -> anyhow::Result<WaysReport> {
    print_line("\n6. One call of pay: three ways, lost parts, and kill -9");
    print_line(
        " · a daemon and the eight nodes again, in a process of their own; dave holds what arrives",
    );
    let daemon = Apart::start(&stage.folder().join("apart"), ONE_NODE).await?;
    daemon.call("dev-hold", json!(["on"])).await?;
    let mut order = Order::prepare(stage, &daemon, &BILL).await?;
    order.place(&daemon).await?;
    let out_when_killed = order.until(&daemon, is_amid).await?.out();
    order.say(&format!(
        "kill -9: the daemon and its nodes are gone, and {out_when_killed} {} out",
        if out_when_killed == 1 {
            "part is"
        } else {
            "parts are"
        }
    ));
    let daemon = daemon.kill_and_start().await?;
    order.say("started again on what it left: it asks alice what became of each part, and goes on");
    order.pause().await;
    order.say("dave holds nothing back any more: he takes the amount as soon as it is whole");
    daemon.call("dev-hold", json!(["off"])).await?;
    let paid = order.close(&daemon).await?;
    daemon.stop().await?;
    let report = WaysReport {
        paid,
        out_when_killed,
    };
    report.tell();
    Ok(report)
}

/// A part has failed, and others are out.
fn is_amid(drawn: &Snapshot) -> bool {
    let has = |state| drawn.parts.iter().any(|part| part.state == state);
    has(State::Failed) && has(State::Pending)
}

impl WaysReport {
    /// The sum of it all.
    fn tell(&self) {
        print_line(&format!(
            " · paid over {} ways; {} of {} parts failed and were replaced; {}",
            self.paid.ways(),
            self.failed(),
            self.paid.tried(),
            self.paid.fees()
        ));
    }

    /// Everything that is not as it must be.
    pub(super) fn problems(&self) -> Vec<String> {
        self.paid.problems(&[
            ("it did not take three ways", self.paid.ways() >= 3),
            ("no part failed", self.failed() > 0),
            (
                "nothing was out when it was killed",
                self.out_when_killed > 0,
            ),
        ])
    }

    pub(super) fn json(&self) -> Value {
        self.paid
            .json(json!({ "out_when_killed": self.out_when_killed }))
    }

    fn failed(&self) -> usize {
        self.paid.tried() - self.paid.complete().count()
    }
}
