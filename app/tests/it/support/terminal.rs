//! A terminal, for a program that draws on one.

use super::{ampere, soon};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use tokio::process::Child;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// `ampere` on a terminal of 120 columns.
pub(crate) struct Terminal {
    keyboard: File,
    shown: UnboundedReceiver<Vec<u8>>,
    /// All that it has shown.
    pub(crate) text: String,
    process: Child,
}

impl Terminal {
    /// Runs it there, for the daemon of that folder.
    pub(crate) fn run(home: &Path, words: &[&str]) -> Terminal {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let size = Winsize {
            ws_row: 40,
            ws_col: 120,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&ours, size).unwrap();
        let name = ptsname(&ours, Vec::new()).unwrap();
        let name = Path::new(std::ffi::OsStr::from_bytes(name.as_bytes()));
        let theirs = File::options().read(true).write(true).open(name).unwrap();
        let mut command = ampere();
        command.arg("--data-dir").arg(home).args(words);
        command.env("TERM", "xterm").kill_on_drop(true);
        command.stdin(theirs.try_clone().unwrap());
        command.stderr(theirs.try_clone().unwrap());
        let process = command.stdout(theirs).spawn().unwrap();
        let keyboard = File::from(ours);
        let shown = reading(keyboard.try_clone().unwrap());
        Terminal {
            keyboard,
            shown,
            text: String::new(),
            process,
        }
    }

    /// Waits until that is shown.
    pub(crate) async fn shows(&mut self, text: &str) {
        while !self.text.contains(text) {
            let more = soon(text, self.shown.recv()).await;
            let more = more.unwrap_or_else(|| panic!("no {text} in {}", self.text));
            self.text.push_str(&String::from_utf8_lossy(&more));
        }
    }

    /// Types it.
    pub(crate) fn types(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).unwrap();
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.process.id().unwrap()
    }

    /// Waits for its end: its exit status, and all that it has shown.
    pub(crate) async fn ended(mut self) -> (Option<i32>, String) {
        let status = soon("its end", self.process.wait()).await.unwrap();
        while let Some(more) = soon("the rest", self.shown.recv()).await {
            self.text.push_str(&String::from_utf8_lossy(&more));
        }
        (status.code(), self.text)
    }
}

/// What it shows, until nobody has the other end any more.
fn reading(mut screen: File) -> UnboundedReceiver<Vec<u8>> {
    let (told, shown) = unbounded_channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 4_096];
        while let Ok(read @ 1..) = screen.read(&mut buffer) {
            if told.send(buffer[..read].to_vec()).is_err() {
                break;
            }
        }
    });
    shown
}
