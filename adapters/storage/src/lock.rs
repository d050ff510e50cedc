//! The one lock that writers share, which somebody outside of this process may hold.

use crate::statements::Begin;
use diesel::prelude::*;
use diesel::result::Error;
use std::thread;
use std::time::{Duration, Instant};

/// The pauses between two attempts: a quarter of what has been waited. SQLite's own would be of a
/// millisecond and more, and a payment would wait for them long after the lock is free.
const SHORTEST: Duration = Duration::from_micros(50);
const LONGEST: Duration = Duration::from_millis(5);

/// Takes it, and waits for it that long. The connection must not wait by itself.
pub(crate) fn begin(connection: &mut SqliteConnection, patience: Duration) -> QueryResult<()> {
    let since = Instant::now();
    loop {
        let taken = (Begin {}).execute(connection);
        let waited = since.elapsed();
        match taken {
            Err(error) if is_locked(&error) && waited < patience => {
                thread::sleep((waited / 4).clamp(SHORTEST, LONGEST));
            }
            taken => return taken.map(drop),
        }
    }
}

/// diesel has no word for it.
fn is_locked(error: &Error) -> bool {
    matches!(error, Error::DatabaseError(_, what) if what.message() == "database is locked")
}
