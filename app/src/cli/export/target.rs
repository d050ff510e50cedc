//! Where an export goes: to standard output, or into a file that appears when it is whole.

use crate::trouble::trouble;
use anyhow::Context;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

pub(super) enum Target {
    Stdout,
    File(Unfinished),
}

/// Gone when dropped, unless it was finished.
pub(super) struct Unfinished {
    temporary: NamedTempFile,
    path: PathBuf,
    folder: PathBuf,
}

impl Target {
    pub(super) fn open(output: Option<&Path>) -> anyhow::Result<Target> {
        let Some(path) = output else {
            return Ok(Target::Stdout);
        };
        let why = |error: io::Error| {
            let what = format!("{} cannot be written", path.display());
            trouble(what, error, "name a file in a folder that you may write to")
        };
        Unfinished::beside(path).map(Target::File).map_err(why)
    }

    /// What is written here has arrived once it is flushed.
    pub(super) fn writer(&self) -> io::Result<Box<dyn Write>> {
        Ok(match self {
            Target::Stdout => Box::new(BufWriter::new(io::stdout())),
            Target::File(file) => Box::new(BufWriter::new(file.temporary.as_file().try_clone()?)),
        })
    }

    /// Whether people see it as it is written.
    pub(super) fn is_terminal(&self) -> bool {
        matches!(self, Target::Stdout) && io::stdout().is_terminal()
    }

    /// What has been written is all there is.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        match self {
            Target::Stdout => Ok(()),
            Target::File(file) => {
                let path = file.path.display().to_string();
                file.finish()
                    .with_context(|| format!("{path} could not be finished"))
            }
        }
    }
}

impl Unfinished {
    fn beside(path: &Path) -> io::Result<Unfinished> {
        // A link stays one; what it leads to is replaced.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if path.exists() && !path.is_file() {
            let what = "it is there, and no file";
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, what));
        }
        let folder = path.parent().filter(|parent| *parent != Path::new(""));
        let folder = folder.unwrap_or(Path::new(".")).to_owned();
        Ok(Unfinished {
            temporary: NamedTempFile::new_in(&folder)?,
            path,
            folder,
        })
    }

    /// Durable under its temporary name first, and then under its own.
    fn finish(self) -> io::Result<()> {
        self.temporary.as_file().sync_all()?;
        self.temporary.persist(&self.path)?;
        File::open(&self.folder)?.sync_all()
    }
}
