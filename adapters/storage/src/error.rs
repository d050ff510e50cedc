//! What goes wrong, told apart by what must be done about it.

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use std::fmt;

/// Why the store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be created or read.
    #[error("open database {path}: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// There is no database, or an empty one, where there has been one before.
    #[error("the database {path} {how}, and it has been used before")]
    Lost {
        /// The file.
        path: String,
        /// What is there in place of it.
        how: &'static str,
    },
    /// What is beside the file is not its own.
    #[error("{log} is not the log of {path}, which {how}")]
    ForeignLog {
        /// The file.
        path: String,
        /// The log beside it.
        log: String,
        /// Why not.
        how: &'static str,
    },
    /// Another program's database.
    #[error("the database {path} holds the tables of another program")]
    NotOurs {
        /// The file.
        path: String,
    },
    /// Its schema cannot be brought up to date.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// A thread cannot be started.
    #[error("start a thread of the store: {0}")]
    Thread(#[from] std::io::Error),
}

/// Why the schema could not be changed or read.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// It was written by a later release.
    #[error(
        "the database is newer than this program: it has migration {version}, which this program \
         does not know; use the release that wrote it, or a later one"
    )]
    Newer {
        /// The migration that is not known here.
        version: String,
    },
    /// There is nothing to undo.
    #[error("no migration has been applied")]
    NothingApplied,
    /// The database says no.
    #[error("migrate the database: {0}")]
    Failed(String),
}

/// Why a command of a batch cannot go on.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// It was found to be out of date after something of it had been written.
    #[error("it is out of date")]
    Stale,
    /// It breaks a rule that the schema keeps: a bug of ours, and its alone.
    #[error("a rule was broken: {0}")]
    Rule(Rule),
    /// The storage failed: everybody's trouble.
    #[error("{0}")]
    Storage(String),
}

/// A rule of the schema, in its own words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Rule(String);

impl Rule {
    pub(crate) fn new(text: impl Into<String>) -> Rule {
        Rule(text.into())
    }

    /// Its number, such as `A-10` or `B-5`, if it has one: triggers begin with it, constraints do not.
    pub(crate) fn id(&self) -> Option<&str> {
        let (id, _) = self.0.split_once(':')?;
        (id.starts_with("A-") || id.starts_with("B-")).then_some(id)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<DieselError> for Fault {
    fn from(error: DieselError) -> Fault {
        let rule = Rule::new(error.to_string());
        let DieselError::DatabaseError(kind, _) = error else {
            return Fault::Storage(rule.0);
        };
        match kind {
            DatabaseErrorKind::UniqueViolation
            | DatabaseErrorKind::ForeignKeyViolation
            | DatabaseErrorKind::NotNullViolation
            | DatabaseErrorKind::CheckViolation => Fault::Rule(rule),
            // diesel has no word for a trigger that refuses, nor for what no row can hold.
            _ if rule.id().is_some() || rule.0.contains("too big") => Fault::Rule(rule),
            _ => Fault::Storage(rule.0),
        }
    }
}
