//! What an open order needs next, row by row of the design.

use crate::support::{
    INCORRECT_DETAILS, by, channel_of, close, directed, fail, from, from_payee, incorrect_details,
    long_way, open, opened, send, way, with,
};
use domain::contract::samples::{Command, DEADLINE, after, msat, order, part};
use domain::payment::PARTS_MAX;
use domain::{Held, Need, Next, OpenOrder, PartId, PartialPayment, Payment, Timestamp, Why};
use expect_test::expect;

const NOW: Timestamp = Timestamp(4_000_000);
const HEIGHT: Option<u32> = Some(880);

fn told(next: Next) -> String {
    match next {
        Next::Rest => "rest".to_owned(),
        Next::Close(why) => format!("close: {}", why.as_str()),
        Next::Wait { until, height } => {
            assert_eq!(until, DEADLINE);
            height.map_or_else(
                || "wait".to_owned(),
                |height| format!("wait for block {height}"),
            )
        }
        Next::Plan(need) => {
            let Need {
                amount,
                max_fee,
                max_parts,
                ..
            } = *need;
            let live = if need.is_live { ", live" } else { "" };
            format!("plan {amount} for {max_fee} in {max_parts}{live}")
        }
    }
}

fn opened_with(change: fn(&mut OpenOrder)) -> Payment {
    let mut order = order(1, 1_000, 5_000);
    change(&mut order);
    open(None, order)
}

/// So many parts of 10 msat, without a fee; the first ones have failed.
fn parts(mut payment: Payment, count: u64, failed: u64) -> Payment {
    for id in 1..=count {
        payment = send(payment, by(way(10, 0)));
        if id <= failed {
            payment = fail(payment, id, from(2, 23));
        }
    }
    payment
}

fn ahead(height: u32, parts: &str) -> Payment {
    let raw = Some(incorrect_details(height));
    fail(with(parts), 1, from_payee(INCORRECT_DETAILS, raw))
}

/// One row of a table; the same question again has the same answer.
fn row(case: &str, payment: &Payment, now: Timestamp, height: Option<u32>) -> String {
    let next = payment.next(now, height);
    assert_eq!(payment.next(now, height), next);
    format!("{case:36} {}\n", told(next))
}

#[test]
fn what_is_next_by_what_is_out() {
    let never = after(None, &Command::Send(Box::new(part(1, 400, 1_000))));
    let share = |order: &mut OpenOrder| order.terms.deliver = msat(600);
    let whole = |order: &mut OpenOrder| order.invoice.terms.takes_parts = false;
    let all_out = || send(with("PP"), by(way(200, 7)));
    let rows = [
        ("no order", never),
        ("closed", close(with("F"), Why::Abandoned)),
        ("closed, a part is live", close(with("P"), Why::Abandoned)),
        ("paid", with("C")),
        ("opened", opened()),
        ("opened, a share of more", opened_with(share)),
        ("one part is live", with("P")),
        ("one is live, one failed", with("PF")),
        ("all are failed", with("FF")),
        ("all of it is out", all_out()),
        ("all was out, one failed", fail(all_out(), 3, from(2, 23))),
        ("as many are live as may be", parts(opened(), 3, 0)),
        ("one less is live", parts(opened(), 3, 1)),
        ("the payee takes one part", opened_with(whole)),
    ];
    let rows = rows.iter();
    let table: String = rows
        .map(|(case, payment)| row(case, payment, NOW, HEIGHT))
        .collect();
    expect![[r"
        no order                             rest
        closed                               rest
        closed, a part is live               rest
        paid                                 rest
        opened                               plan 1000 for 5000 in 3
        opened, a share of more              plan 600 for 5000 in 3
        one part is live                     plan 600 for 4000 in 2, live
        one is live, one failed              plan 600 for 4000 in 2, live
        all are failed                       plan 1000 for 5000 in 3
        all of it is out                     wait
        all was out, one failed              plan 200 for 3000 in 1, live
        as many are live as may be           wait
        one less is live                     plan 980 for 5000 in 1, live
        the payee takes one part             plan 1000 for 5000 in 1
    "]]
    .assert_eq(&table);
}

#[test]
fn what_is_next_by_the_clock_and_the_attempts() {
    let expires = |order: &mut OpenOrder| order.invoice.terms.expires_at = NOW;
    let soon = || opened_with(expires);
    let twice = |order: &mut OpenOrder| order.terms.max_attempts = 2;
    let late = Timestamp(NOW.0 + 1);
    let before = Timestamp(DEADLINE.0 - 1);
    let rows = [
        ("just before the deadline", opened(), before),
        ("at the deadline", opened(), DEADLINE),
        ("at the deadline, a part is live", with("P"), DEADLINE),
        ("at the deadline, all are failed", with("F"), DEADLINE),
        ("the invoice expires now", soon(), NOW),
        ("the invoice has expired", soon(), late),
        ("expired, a part is live", parts(soon(), 1, 0), late),
        ("expired, at the deadline", parts(soon(), 1, 0), DEADLINE),
        ("one attempt is left", parts(opened_with(twice), 1, 1), NOW),
        ("no attempt is left", parts(opened_with(twice), 2, 2), NOW),
        (
            "no attempt is left, one is live",
            parts(opened_with(twice), 2, 1),
            NOW,
        ),
    ];
    let rows = rows.iter();
    let table: String = rows
        .map(|(case, payment, now)| row(case, payment, *now, HEIGHT))
        .collect();
    expect![[r"
        just before the deadline             plan 1000 for 5000 in 3
        at the deadline                      close: deadline
        at the deadline, a part is live      close: deadline
        at the deadline, all are failed      close: deadline
        the invoice expires now              plan 1000 for 5000 in 3
        the invoice has expired              close: expired
        expired, a part is live              wait
        expired, at the deadline             close: deadline
        one attempt is left                  plan 1000 for 5000 in 1
        no attempt is left                   close: attempts
        no attempt is left, one is live      wait
    "]]
    .assert_eq(&table);
}

/// Core Lightning issue 8612: it is waited for, not given up.
#[test]
fn what_is_next_while_the_payee_is_ahead() {
    let rows = [
        ("a block is missing", ahead(882, "P"), NOW, Some(881)),
        ("our height is not known", ahead(882, "P"), NOW, None),
        (
            "a block is missing, a part is live",
            ahead(882, "PP"),
            NOW,
            Some(881),
        ),
        ("the block has come", ahead(882, "P"), NOW, Some(882)),
        ("more have come", ahead(882, "P"), NOW, Some(890)),
        (
            "a block is missing, at the deadline",
            ahead(882, "P"),
            DEADLINE,
            Some(881),
        ),
        ("nobody is ahead, ours is not known", opened(), NOW, None),
    ];
    let rows = rows.iter();
    let table: String = rows
        .map(|(case, payment, now, height)| row(case, payment, *now, *height))
        .collect();
    expect![[r"
        a block is missing                   wait for block 882
        our height is not known              wait for block 882
        a block is missing, a part is live   wait for block 882
        the block has come                   plan 1000 for 5000 in 3
        more have come                       plan 1000 for 5000 in 3
        a block is missing, at the deadline  close: deadline
        nobody is ahead, ours is not known   plan 1000 for 5000 in 3
    "]]
    .assert_eq(&table);
}

/// The plan is for this version only, and knows what is out.
#[test]
fn a_plan_is_asked_for_with_all_that_matters() {
    let payment = send(opened(), by(long_way(400)));
    let payment = fail(payment, 1, from(2, 0x400a));
    let payment = send(payment, by(way(100, 7)));
    let Next::Plan(need) = payment.next(NOW, HEIGHT) else {
        panic!("something is left");
    };
    assert_eq!(need.version, payment.summary().version);
    assert_eq!((need.amount, need.max_fee), (msat(900), msat(4_993)));
    assert_eq!((need.max_parts, need.is_live), (2, true));
    assert!(need.learnt.avoid.channels.contains(&directed(102, 2, 3)));
    let held = Held {
        channel: directed(101, 1, 9),
        amount: msat(100),
    };
    assert_eq!(
        need.held,
        [held],
        "not our own channel, which its node counts"
    );
    assert_eq!(held.channel.channel, channel_of(101));
}

/// The cap that is left is what the parts that are out leave of it: down to nothing.
#[test]
fn an_order_whose_cap_is_used_up_still_looks_for_free_ways() {
    let order = order(1, 1_000, 300);
    let payment = send(open(None, order), by(way(400, 300)));
    let next = payment.next(NOW, HEIGHT);
    assert_eq!(told(next), "plan 600 for 0 in 2, live");
}

/// A payment has at most so many parts, whoever sent them: no plan can become one more.
#[test]
fn an_order_of_a_payment_that_is_full_is_closed() {
    let most: fn(&mut OpenOrder) = |order| order.terms.max_attempts = u32::MAX;
    let payment = parts(opened_with(most), 1, 1);
    let part = payment.parts().next().expect("it has one").clone();
    let full = |count: u32| {
        let numbered = |id| PartialPayment {
            id: PartId(u64::from(id)),
            ..part.clone()
        };
        let mut row = payment.summary().clone();
        row.tally.parts = count;
        let parts = (1..=count).map(numbered).collect();
        Payment::restore_with(row, parts, payment.order().cloned()).expect("it is sound")
    };
    assert_eq!(told(full(PARTS_MAX).next(NOW, HEIGHT)), "close: attempts");
    let next = full(PARTS_MAX - 1).next(NOW, HEIGHT);
    assert_eq!(told(next), "plan 1000 for 5000 in 1");
}
