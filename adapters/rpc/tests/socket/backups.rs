//! `backup`: its parameter, its answer, its errors.

use crate::fake::{Asked, Fake};
use crate::wire::Daemon;
use async_trait::async_trait;
use domain::{BackedUp, BackupError, Backups};
use serde_json::json;
use std::path::PathBuf;

#[async_trait]
impl Backups for Fake {
    /// The file's name says what becomes of it.
    async fn back_up(&self, file: PathBuf) -> Result<BackedUp, BackupError> {
        let _ = self.note(Asked::Backup(file.clone()));
        match file.file_name().and_then(|name| name.to_str()) {
            Some("there") => Err(BackupError::Target("it is there already".into())),
            Some("second") => Err(BackupError::Busy),
            Some("late") => Err(BackupError::Stopped),
            Some("full") => Err(BackupError::Failed("No space left on device".into())),
            _ => Ok(BackedUp {
                bytes: 8192,
                payments: 1,
                parts: 2,
                live_parts: 1,
                incoming: 3,
                last_event: 4,
            }),
        }
    }
}

#[tokio::test]
async fn what_was_backed_up_is_told() {
    let daemon = Daemon::start();
    let told = daemon
        .result("backup", json!({"file": "/tmp/a copy"}))
        .await;
    assert_eq!(
        told,
        json!({
            "file": "/tmp/a copy", "bytes": 8192, "payments": 1, "partialpayments": 2,
            "pending_parts": 1, "incoming_payments": 3, "last_event": 4,
        })
    );
    assert_eq!(daemon.engine.last(), Asked::Backup("/tmp/a copy".into()));
}

#[tokio::test]
async fn only_an_absolute_path_is_a_path() {
    let daemon = Daemon::start();
    for wrong in [
        json!("copy"),
        json!("./copy"),
        json!(""),
        json!(7),
        json!(["/a"]),
    ] {
        let (code, message) = daemon.error("backup", json!([wrong])).await;
        assert_eq!(code, -32602, "{message}");
        assert!(message.starts_with("file: should be"), "{message}");
    }
    assert_eq!(daemon.engine.asked(), 0);
}

#[tokio::test]
async fn each_failure_has_its_number_and_says_why() {
    let daemon = Daemon::start();
    for (file, code, why) in [
        ("/there", -32602, "it is there already"),
        ("/second", -32005, "another backup is being made"),
        ("/late", -32005, "nothing of it is left"),
        ("/full", 209, "No space left on device"),
    ] {
        let (number, message) = daemon.error("backup", json!([file])).await;
        assert_eq!(number, code, "{message}");
        assert!(message.contains(why), "{message}");
    }
}
