//! The mark of a data directory that has been used: it says which database belongs to it.
//!
//! A database that is lost must not be taken for one that never was: its payments would be paid again
//! (rule A-10), and its parts at the nodes would be strangers'.

use crate::data_dir::open_private;
use crate::trouble::trouble;
use jiff::Timestamp;
use serde::Deserialize;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The mark's name.
pub const NAME: &str = "ampered.used";

/// What is known of a data directory before its database is opened.
#[derive(Debug)]
pub struct Used {
    dir: PathBuf,
    /// Which database was used here.
    installation: Option<String>,
    /// What else shows that it was used.
    by: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Mark {
    installation: String,
}

impl Used {
    /// Reads the mark. `state` is whether a node keeps state of its own in the directory.
    pub fn of(dir: &Path, state: Option<PathBuf>) -> anyhow::Result<Used> {
        let path = dir.join(NAME);
        let installation = match std::fs::read_to_string(&path) {
            Ok(text) => {
                let mark = toml::from_str::<Mark>(&text).map_err(|why| {
                    let what = format!("cannot understand {}", path.display());
                    trouble(what, why.message(), help(dir))
                })?;
                Some(mark.installation)
            }
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => None,
            Err(why) => {
                let what = format!("cannot read {}", path.display());
                return Err(trouble(what, why, "make it readable"));
            }
        };
        Ok(Used {
            dir: dir.to_owned(),
            installation,
            by: state,
        })
    }

    /// Whether a database may be made.
    pub fn may_be_new(&self) -> bool {
        self.installation.is_none() && self.by.is_none()
    }

    /// What to do about a database that is lost.
    pub fn help(&self) -> String {
        match (&self.installation, &self.by) {
            (None, Some(state)) => format!(
                "put it back, or a backup of it (docs/backup.md); to start anew, with a node that knows \
                 nothing either, move {} away",
                state.display()
            ),
            _ => help(&self.dir),
        }
    }

    /// The database that was opened is the one of this directory: noted, if it is the first.
    pub fn belongs(&self, database: &Path, installation: &[u8; 16]) -> anyhow::Result<()> {
        let found = hex::encode(installation);
        match &self.installation {
            Some(known) if *known == found => Ok(()),
            Some(_) => Err(trouble(
                format!(
                    "{} is not the database of this directory",
                    database.display()
                ),
                format!("{} has been used with another", self.dir.display()),
                help(&self.dir),
            )),
            None => self.note(database, &found).map_err(|why| {
                let what = format!("cannot write {}", self.dir.join(NAME).display());
                trouble(what, why, "nothing was sent; make room, and start again")
            }),
        }
    }

    fn note(&self, database: &Path, installation: &str) -> anyhow::Result<()> {
        let (at, database) = (Timestamp::now().strftime("%F"), database.display());
        let text = format!(
            "# This directory has been used since {at}, with the database {database}.\n\
             # ampered makes no new one here. If it is lost, put it back, or a backup of it (docs/backup.md).\n\
             # Remove this file only to start anew: then nothing is known of what was paid before.\n\
             installation = \"{installation}\"\n"
        );
        // Whole, or not there.
        let temporary = self.dir.join(format!("{NAME}.new"));
        let mut file = open_private(&temporary)?;
        file.set_len(0)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&temporary, self.dir.join(NAME))?;
        File::open(&self.dir)?.sync_all()?;
        Ok(())
    }
}

fn help(dir: &Path) -> String {
    format!(
        "put the database back, or a backup of it (docs/backup.md); to start anew on purpose, without \
         what was paid before, remove {}",
        dir.join(NAME).display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_directory_belongs_to_its_first_database() {
        let dir = tempfile::tempdir().unwrap();
        let used = Used::of(dir.path(), None).unwrap();
        assert!(used.may_be_new());
        let database = dir.path().join("db");
        used.belongs(&database, &[1; 16]).unwrap();
        let mode = std::fs::metadata(dir.path().join(NAME))
            .unwrap()
            .permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);

        let used = Used::of(dir.path(), None).unwrap();
        assert!(!used.may_be_new());
        used.belongs(&database, &[1; 16]).unwrap();
        let refused = used.belongs(&database, &[2; 16]).unwrap_err().to_string();
        assert!(refused.contains("is not the database of"), "{refused}");
        assert!(refused.contains(NAME), "{refused}");
    }

    #[test]
    fn a_mark_that_cannot_be_read_is_not_taken_for_none() {
        let dir = tempfile::tempdir().unwrap();
        for text in ["", "installation = 7", "garbage"] {
            std::fs::write(dir.path().join(NAME), text).unwrap();
            let refused = Used::of(dir.path(), None).unwrap_err().to_string();
            assert!(refused.contains("cannot understand"), "{refused}");
        }
    }

    #[test]
    fn a_nodes_state_says_that_it_was_used() {
        let dir = tempfile::tempdir().unwrap();
        let used = Used::of(dir.path(), Some(dir.path().join("embedded"))).unwrap();
        assert!(!used.may_be_new());
        assert!(used.help().contains("embedded"), "{}", used.help());
    }
}
