//! Processes as Linux shows them in `/proc`, signals and ports.

use std::fs;
use std::net::TcpListener;
use std::process::{self, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

/// A line of `/proc`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub pid: u32,
    /// The id of the process that started it.
    pub parent: u32,
    /// The program's name, 15 bytes at most.
    pub name: String,
    /// `R`, `S`, `T` (stopped by a signal), `Z` (ended, not yet waited for), …
    pub state: char,
}

impl Process {
    /// The process `pid`, unless it has ended.
    pub fn find(pid: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // pid (name) state parent …, where the name may hold anything.
        let (head, tail) = stat.rsplit_once(')')?;
        let (_, name) = head.split_once('(')?;
        let mut fields = tail.split_whitespace();
        let state = fields.next()?.chars().next()?;
        let parent = fields.next()?.parse().ok()?;
        let found = Self {
            pid,
            parent,
            name: name.to_owned(),
            state,
        };
        (!matches!(state, 'Z' | 'X')).then_some(found)
    }

    /// Whether this process, and not a later one of the same id, still runs.
    pub fn runs(&self) -> bool {
        Self::find(self.pid).is_some_and(|now| now.name == self.name)
    }
}

/// The processes that `pid` started, those they started, and so on; without `pid` itself.
pub fn descendants(pid: u32) -> Vec<Process> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let pids = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let all: Vec<Process> = pids.filter_map(Process::find).collect();
    let mut family: Vec<Process> = Vec::new();
    let mut next = vec![pid];
    while let Some(parent) = next.pop() {
        let children = all.iter().filter(|process| process.parent == parent);
        next.extend(children.clone().map(|child| child.pid));
        family.extend(children.cloned());
    }
    family
}

/// Sends a signal, named without its `SIG`. That a process has ended meanwhile is no error.
pub fn signal(name: &str, pids: impl IntoIterator<Item = u32>) {
    let pids: Vec<String> = pids.into_iter().map(|pid| pid.to_string()).collect();
    if pids.is_empty() {
        return;
    }
    // The shell's own kill: not every system has a program of that name.
    Command::new("sh")
        .args(["-c", r#"for pid; do kill -s "$0" "$pid"; done"#, name])
        .args(pids)
        .stderr(Stdio::null())
        .status()
        .expect("sh runs");
}

/// A port of the loopback interface that nobody listens on.
///
/// It is below those the system gives to outgoing connections, so that it stays free while the
/// program that listens on it is down.
pub fn free_port() -> u16 {
    const FIRST: u16 = 12_000;
    const COUNT: u16 = 20_000;
    static TRIED: AtomicU16 = AtomicU16::new(0);
    // Test programs that run at the same time begin at different ports.
    let start = u16::try_from(process::id() % 500 * 37).expect("less than COUNT");
    for _ in 0..COUNT {
        let offset = (start + TRIED.fetch_add(1, Ordering::Relaxed) % COUNT) % COUNT;
        if TcpListener::bind(("127.0.0.1", FIRST + offset)).is_ok() {
            return FIRST + offset;
        }
    }
    panic!("no port from {FIRST} on is free");
}
