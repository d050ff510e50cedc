//! A program in the foreground that never outlives its test.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use std::{fs, io};

use super::process::{self, Process};
use super::until::until;

/// How long a program has to end once it is told to, and so have those it started.
const END: Duration = Duration::from_secs(30);

/// A running program with whatever it started. Killed on drop, all of it.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    output: PathBuf,
    guard: Guard,
}

impl Daemon {
    /// Starts a program whose output goes to the file `output`.
    pub fn spawn(command: &mut Command, output: &Path) -> Self {
        let file = File::options().create(true).append(true).open(output);
        let file = file.expect("a file for the output");
        command
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a second handle"));
        let spawned = command.stderr(file).spawn();
        let child = spawned.unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        Self {
            guard: Guard::over(child.id()),
            child,
            output: output.to_owned(),
        }
    }

    /// The program's own process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What the program and its subdaemons have said last, for a panic's message.
    pub fn last_words(&self) -> String {
        let said = fs::read(&self.output).unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        let lines: Vec<&str> = said.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    /// Whether the program has ended by itself.
    pub fn ended(&self) -> bool {
        Process::find(self.pid()).is_none()
    }

    /// Kills the program, and it alone, with SIGKILL, and waits until those it started have ended
    /// by themselves.
    pub async fn kill(mut self) {
        let family = process::descendants(self.pid());
        self.child.kill().expect("a child can be killed");
        self.gone(family).await;
    }

    /// Waits until the program, which `told` tells to stop, and those it started have ended.
    pub async fn stop<T>(self, told: impl Future<Output = T>) {
        let family = process::descendants(self.pid());
        told.await;
        self.gone(family).await;
    }

    async fn gone(mut self, family: Vec<Process>) {
        let pid = self.pid();
        let child = &mut self.child;
        until(&format!("process {pid} has ended"), END, || {
            let status = child.try_wait().expect("a child can be waited for");
            async move { status }
        })
        .await;
        self.guard.dismiss();
        // Frozen ones cannot end.
        process::signal("CONT", family.iter().map(|process| process.pid));
        let names: Vec<&str> = family.iter().map(|process| process.name.as_str()).collect();
        until(
            &format!("what process {pid} started has ended: {names:?}"),
            END,
            || async { family.iter().all(|process| !process.runs()).then_some(()) },
        )
        .await;
    }
}

/// Stops a program and all it started with SIGSTOP; returns once none of them runs.
pub async fn freeze(pid: u32) {
    until(&format!("process {pid} is stopped"), END, || async move {
        // The program first: once stopped it starts no others.
        let all = Process::find(pid)
            .into_iter()
            .chain(process::descendants(pid));
        let running: Vec<u32> = all
            .filter(|process| process.state != 'T')
            .map(|process| process.pid)
            .collect();
        process::signal("STOP", running.iter().copied());
        running.is_empty().then_some(())
    })
    .await;
}

/// Lets a program and all it started go on.
pub fn thaw(pid: u32) {
    let family = process::descendants(pid)
        .into_iter()
        .map(|process| process.pid);
    process::signal("CONT", family.chain([pid]));
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Ok(Some(_)) = self.child.try_wait() {
            self.guard.dismiss();
            return;
        }
        let family = process::descendants(self.pid());
        let killed = self.child.kill().and_then(|()| self.child.wait());
        self.guard.dismiss();
        process::signal("KILL", family.iter().map(|process| process.pid));
        // They write to a directory that is about to be removed.
        let began = Instant::now();
        while family.iter().any(Process::runs) && began.elapsed() < END {
            thread::yield_now();
        }
        if let Err(error) = killed {
            eprintln!("process {} may still run: {error}", self.pid());
        }
    }
}

/// Kills a process if the test itself is killed, when nothing is dropped: a shell that waits for a
/// line which the test never writes unless the process has ended.
#[derive(Debug)]
struct Guard {
    shell: Child,
    line: Option<ChildStdin>,
}

impl Guard {
    fn over(pid: u32) -> Self {
        let mut shell = Command::new("sh")
            .args(["-c", r#"read -r _ || kill -s KILL "$0""#, &pid.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh runs");
        Self {
            line: shell.stdin.take(),
            shell,
        }
    }

    fn dismiss(&mut self) {
        let Some(mut line) = self.line.take() else {
            return;
        };
        if io::Write::write_all(&mut line, b"\n").is_ok() {
            drop(line);
            let _ = self.shell.wait();
        }
    }
}
