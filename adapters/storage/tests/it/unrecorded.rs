//! What plain SQL cannot do to an operator's word.

use crate::constraints::check;
use crate::support::{Scene, failed, yes};
use domain::{OperatorEnd, Resolution, ResolvePart, Timestamp};

#[tokio::test]
async fn an_operator_ends_only_what_is_pending_and_says_who_and_why() {
    let scene = Scene::new();
    let hand = scene.sent(1, 400).await.part;
    let ended = scene.sent(1, 300).await.part;
    scene.sent(1, 200).await;
    scene.run(1, &failed(ended)).await;
    let payment = scene.load(1).await.expect("it is there");
    let request = ResolvePart {
        part: hand,
        end: OperatorEnd::Failed,
        by: Resolution {
            who: "uid 0".to_owned(),
            why: "its channel was closed".to_owned(),
        },
    };
    let transition = payment.by_operator(&request, Timestamp(9)).unwrap();
    yes(domain::PaymentStore::commit(&scene.store, transition).await);
    let raw = scene.raw();
    check(
        &raw,
        &[
            ("insert into resolutions values (1, 2, 2, 'a', 'b')", "A-5"),
            ("insert into resolutions values (1, 1, 2, 'a', 'b')", "A-5"),
            ("insert into resolutions values (1, 9, 2, 'a', 'b')", "A-5"),
            ("insert into resolutions values (1, 3, 2, '', 'b')", "CHECK"),
            ("insert into resolutions values (1, 3, 2, 'a', '')", "CHECK"),
            (
                "insert into resolutions values (1, 3, 0, 'a', 'b')",
                "CHECK",
            ),
            ("update resolutions set why = 'another'", "A-14"),
            ("delete from resolutions", "A-14"),
            (
                "update parts set status = 0, completed_at = null where id = 1",
                "A-7",
            ),
        ],
    );
}
