//! `ampere export`: what it writes, and that it never passes half of it off as the whole.

mod broken;
mod golden;
mod ledgers;
mod pages;
mod real;
mod server;

use crate::support::{ampere, python, soon};
use serde_json::Value;
use std::path::Path;
use std::process::{Output, Stdio};
use tokio::process::Command;

/// The formats.
const FORMATS: [&str; 6] = [
    "csv",
    "jsonl",
    "beancount",
    "hledger",
    "koinly",
    "cointracker",
];

/// Exports to wherever that leads.
async fn export_to(home: &Path, format: &str, stdout: impl Into<Stdio>) -> Output {
    let mut command = ampere();
    command
        .arg("--data-dir")
        .arg(home)
        .args(["export", "--format", format]);
    let child = command
        .stdout(stdout)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    soon("ampere", child.wait_with_output()).await.unwrap()
}

/// The lines of a `jsonl` export.
fn lines(text: &str) -> Vec<Value> {
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The rows of a `csv` export, each as an object.
fn table(text: &str) -> Vec<Value> {
    let mut table = csv::Reader::from_reader(text.as_bytes());
    let header = table.headers().unwrap().clone();
    let object = |row: csv::StringRecord| {
        let fields = header.iter().zip(&row);
        fields
            .map(|(name, field)| (name.to_owned(), Value::from(field)))
            .collect()
    };
    table.records().map(|row| object(row.unwrap())).collect()
}

/// The transactions of a `hledger` export, as hledger itself reads them, once its strictest check has found
/// nothing wrong.
async fn journal(file: &Path) -> Vec<Value> {
    let hledger = |words: &[&str]| {
        let mut command = Command::new("hledger");
        command.arg("-f").arg(file).args(words);
        command.env("LC_ALL", "C.UTF-8");
        command
    };
    let run = async |words: &[&str]| {
        let ran = soon("hledger", hledger(words).output()).await;
        let ran = ran.expect("hledger is needed: `apt-get install hledger`, which `.ci/run` does");
        let said = String::from_utf8(ran.stderr).unwrap();
        assert!(ran.status.success(), "{}: {said}", file.display());
        String::from_utf8(ran.stdout).unwrap()
    };
    run(&["check", "--strict"]).await;
    let read = run(&["print", "--output-format=json"]).await;
    serde_json::from_str(&read).unwrap()
}

/// The postings of a transaction that hledger has read, in millisatoshi.
fn postings(transaction: &Value) -> Vec<(&str, i64)> {
    let postings = transaction["tpostings"].as_array().unwrap().iter();
    postings
        .map(|posting| {
            let [amount] = &posting["pamount"].as_array().unwrap()[..] else {
                panic!("{posting}");
            };
            assert_eq!(amount["acommodity"], "SAT");
            let quantity = &amount["aquantity"];
            assert_eq!(quantity["decimalPlaces"], 3, "{amount}");
            let msat = quantity["decimalMantissa"].as_i64().unwrap();
            (posting["paccount"].as_str().unwrap(), msat)
        })
        .collect()
}

/// The transactions of a `beancount` export, as Beancount itself reads them, once `bean-check` has
/// found nothing wrong.
async fn bookings(file: &Path) -> Vec<Value> {
    let python = python();
    let mut check = Command::new(python.with_file_name("bean-check"));
    let checked = soon("bean-check", check.arg("--no-cache").arg(file).output())
        .await
        .unwrap();
    let said = [checked.stdout, checked.stderr].concat();
    assert_eq!(String::from_utf8(said).unwrap(), "", "{}", file.display());
    assert!(checked.status.success());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/beancount_entries.py");
    let mut load = Command::new(&python);
    let loaded = soon("Beancount", load.arg(script).arg(file).output())
        .await
        .unwrap();
    let said = String::from_utf8(loaded.stderr).unwrap();
    assert!(loaded.status.success(), "{said}");
    lines(&String::from_utf8(loaded.stdout).unwrap())
}
