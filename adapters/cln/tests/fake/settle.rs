//! How the end of an HTLC becomes the end of a part: `payment_succeeded()`, `payment_failed()`.

use serde_json::Value;

use super::error::Answer;
use super::failure::{Cause, Recorded};
use super::htlc::PartKey;
use super::payment::{Payment, Status};
use super::state::{Awaited, State, now};
use super::wait::{Index, Subsystem};

impl State {
    pub(crate) fn payment_succeeded(&mut self, key: &PartKey, preimage: &str) {
        let Some(id) = self.db.pending_id(key) else {
            return;
        };
        let row = self.finish(id, Status::Complete);
        row.preimage = Some(preimage.to_owned());
        let answer = Ok(Value::Object(row.fields()));
        self.tell_waiters(key, &answer);
    }

    /// The waiters get the row from before it says "failed": lightningd reads it first.
    pub(crate) fn payment_failed(&mut self, key: &PartKey, cause: &Cause) {
        let Some(id) = self.db.pending_id(key) else {
            return;
        };
        let before = self.db.payments[&id].clone();
        let failure = Recorded::new(self.place.us, cause, &before);
        self.finish(id, Status::Failed);
        // The statement that stores this asks for hash and partid only, not for the group.
        for row in self.db.payments.values_mut() {
            if row.payment_hash == key.payment_hash && row.partid == key.partid {
                row.failure = Some(failure.clone());
            }
        }
        self.tell_waiters(key, &Err(failure.live(&before)));
    }

    fn finish(&mut self, id: u64, status: Status) -> &mut Payment {
        let details = State::part_details(&self.db.payments[&id], status);
        let updated_index = self.bump(Subsystem::Sendpays, Index::Updated, 1, &details);
        let row = self
            .db
            .payments
            .get_mut(&id)
            .expect("the row was just there");
        row.status = status;
        row.updated_index = updated_index;
        row.completed_at = Some(now().as_secs());
        row
    }

    fn tell_waiters(&mut self, key: &PartKey, answer: &Answer) {
        self.wake(answer, |awaited| {
            matches!(awaited, Awaited::Part { payment_hash, partid, groupid }
                if (payment_hash, *partid, *groupid)
                    == (&key.payment_hash, key.partid, key.groupid))
        });
    }
}
