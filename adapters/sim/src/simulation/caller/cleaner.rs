//! One who deletes payments, and tries to pay what is deleted.

use super::Caller;
use crate::simulation::daemon::ConnectionLost;
use crate::simulation::truth::PAYMENTS;
use domain::contract::samples::hash;
use domain::invariant::Rule;
use domain::{ApiError, Autoclean, Ended, PaymentApi};
use std::time::Duration;

/// A payment takes a while to end.
const LONG: Duration = Duration::from_secs(40);

impl Caller {
    /// Deletes payments, and tries to pay what is deleted.
    pub(super) async fn clean(self) {
        for round in 0..12_u32 {
            let world = self.world();
            let rest = world.chance.up_to(LONG);
            world.time.sleep(rest).await;
            let (n, what) = (1 + world.chance.below(PAYMENTS), world.chance.below(6));
            match what {
                0..=2 => self.delete(n).await,
                3 => self.autoclean().await,
                _ => {
                    let amount = world.chance.pick(&[300, 1_000]);
                    let again = self.request(n, amount, format!("{}-{round}", self.name));
                    let _ = self.see_through(again).await;
                }
            }
        }
    }

    async fn delete(&self, n: u64) {
        let (world, since) = (self.world(), self.world().moves());
        world.note(Some(hash(n)), || format!("{}: delpayment", self.name));
        let deleting = self
            .daemon
            .call(|engine| async move { engine.delete_payment(hash(n)).await });
        let Some(answer) = self.unless_it_hangs_up(deleting).await else {
            return;
        };
        self.note_answer(hash(n), &answer);
        match answer {
            Ok(Ok(deleted)) => world.judge().told_deleted(&deleted, since, world.moves()),
            Ok(Err(ApiError::Internal(what))) => self.bug(&what),
            Ok(Err(_)) | Err(ConnectionLost) => {}
        }
    }

    /// Now and then only to be told what it would do.
    async fn autoclean(&self) {
        let (world, since) = (self.world(), self.world().moves());
        let request = Autoclean {
            ended: world
                .chance
                .pick(&[Ended::Failed, Ended::Complete, Ended::Either]),
            older_than: world.chance.up_to(LONG),
            limit: world.chance.pick(&[1, 100]),
            dry_run: world.chance.one_in(3),
        };
        world.note(None, || format!("{}: {request:?}", self.name));
        let cleaning = self
            .daemon
            .call(|engine| async move { engine.autoclean(request).await });
        let Some(answer) = self.unless_it_hangs_up(cleaning).await else {
            return;
        };
        world.note(None, || format!("{}: told {answer:?}", self.name));
        match answer {
            Ok(Ok(cleaned)) => {
                let payments = cleaned.payments();
                let at_most = cleaned.payments() <= request.limit
                    && (request.dry_run || payments <= world.judge().deletions(since));
                let what = format!("{cleaned:?} was told, and was not");
                let holds = at_most.then_some(());
                let holds = holds.ok_or_else(|| Rule::AcknowledgedIsDurable.broken(what));
                world.judge().rule(None, since, holds);
            }
            Ok(Err(ApiError::Internal(what))) => self.bug(&what),
            Ok(Err(_)) | Err(ConnectionLost) => {}
        }
    }
}
