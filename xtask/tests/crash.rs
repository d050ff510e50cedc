//! The harness itself must not rot: every stage that needs no daemon, with one scenario.

use std::process::Command;

#[test]
fn one_part_is_paid_in_every_fire() {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["crash", "--only", ": one part paid", "--json"])
        .output()
        .expect("this crate's own program starts");
    let out = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{out}\n{errors}");
    let report = out.lines().last().expect("it ends with a line of JSON");
    let report: serde_json::Value = serde_json::from_str(report).expect("JSON");
    let stages = report["stages"].as_array().expect("stages");
    assert_eq!(stages.len(), 7, "{report}");
    for stage in stages {
        let note = stage["note"].as_str().unwrap_or_default();
        let is_said = note.starts_with("not possible here: ");
        assert!(is_said || stage["faults"].as_u64() > Some(0), "{stage}");
        assert_eq!(stage["acknowledged"], stage["resolved"], "{stage}");
    }
    let played = stages.iter().filter(|stage| stage["faults"] != 0).count();
    assert!(played >= 3, "the first three need no privilege: {report}");
}
