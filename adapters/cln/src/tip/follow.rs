//! Following the chain, for as long as there is a session.

use super::{Tip, Told, own_height};
use crate::calls::WaitBlockHeight;
use crate::connection::CallError;
use crate::session::Session;
use domain::Backoff;
use serde_json::json;
use std::sync::Weak;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// The first and the longest pause before a lightningd that is below the tip is asked again.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(20), Duration::from_millis(500));
/// How often a lightningd at the tip is asked whether the chain was reorganised.
const LOOK_BACK: Duration = Duration::from_secs(2);

/// Until nobody else holds the session, or it is lost.
pub(crate) async fn follow(session: Weak<Session>) {
    let mut backoff = BACKOFF;
    while let Some(held) = session.upgrade() {
        let tip = held.progress.tip();
        if let Tip::At(_) = tip {
            held.progress.keep(held.waiting()).await;
        }
        drop(held);
        let asked = match tip {
            Tip::Below(_) => {
                sleep(backoff.next_pause()).await;
                read_on(&session).await
            }
            Tip::At(height) => {
                backoff.reset();
                next_tip(&session, height).await
            }
        };
        if let Err(CallError::Lost(_)) = asked {
            return;
        }
    }
}

async fn read_on(session: &Weak<Session>) -> Result<(), CallError> {
    if let Some(held) = session.upgrade() {
        held.progress.ask(held.waiting()).await?;
    }
    Ok(())
}

/// Waits for the block after that one, or until it is time to look whether that one is still there.
async fn next_tip(session: &Weak<Session>, height: u32) -> Result<(), CallError> {
    let Some(held) = session.upgrade() else {
        return Ok(());
    };
    let next = height.saturating_add(1);
    let params = json!({"blockheight": next, "timeout": LOOK_BACK.as_secs()});
    let block = held.waiting().call("waitblockheight", &params);
    // The wait must not keep a session alive that everybody else has given up.
    drop(held);
    let block = async {
        match block.result::<WaitBlockHeight>().await {
            Ok(block) if block.blockheight > height => Ok(block.blockheight),
            Err(lost @ CallError::Lost(_)) => Err(lost),
            // There is none yet, or it cannot be told.
            Ok(_) | Err(CallError::ReportedOutcome(_) | CallError::Nonsense(_)) => {
                std::future::pending().await
            }
        }
    };
    let block = timeout(LOOK_BACK, block).await;
    let Some(held) = session.upgrade() else {
        return Ok(());
    };
    match block {
        Ok(block) => {
            let (height, warning) = (block?, None);
            held.progress.note(Told { height, warning });
        }
        Err(_) => {
            if own_height(held.waiting()).await? < height {
                held.progress.ask(held.waiting()).await?;
            }
        }
    }
    Ok(())
}
