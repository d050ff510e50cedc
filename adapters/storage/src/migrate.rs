//! The schema's history: `up`, `down`, `redo`, `status`. The rules are in `migrations/README.md`.

use crate::birth;
use crate::error::MigrateError;
use crate::options::Options;
use crate::pragma::{self, Role};
use diesel::SqliteConnection;
use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::path::Path;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// All of the schema as SQL, for whoever needs the same tables without this crate's connection.
pub const SCHEMA: &str = concat!(
    include_str!("../../../migrations/sqlite/2026-11-22-000000_payments/up.sql"),
    include_str!("../../../migrations/sqlite/2026-11-24-000000_lightningd/up.sql"),
    include_str!("../../../migrations/sqlite/2026-11-25-000000_numbers/up.sql"),
    include_str!("../../../migrations/sqlite/2026-11-28-000000_history/up.sql"),
    include_str!("../../../migrations/sqlite/2026-11-28-130000_pages/up.sql"),
    include_str!("../../../migrations/sqlite/2026-11-30-000000_sqlite_3_40/up.sql"),
    include_str!("../../../migrations/sqlite/2026-11-30-100000_invoice/up.sql"),
    include_str!("../../../migrations/sqlite/2026-11-30-150000_totals/up.sql"),
    include_str!("../../../migrations/sqlite/2026-11-30-200000_unrecorded/up.sql"),
    include_str!("../../../migrations/sqlite/2026-11-30-220000_orders/up.sql"),
);

/// One migration, and whether the database has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MigrationStatus {
    /// The name of its folder.
    pub name: String,
    /// Whether the database has it.
    pub applied: bool,
}

/// Applies every pending migration, creating the database if there is none. Returns the status afterwards.
pub fn up(path: &Path) -> Result<Vec<MigrationStatus>, MigrateError> {
    birth::before_sqlite(path, true).map_err(failed)?;
    pragma::create(path).map_err(failed)?;
    let mut connection = open(path)?;
    run_pending(&mut connection)?;
    statuses(&mut connection)
}

/// Undoes the last migration, and what it stored is lost. Returns the status afterwards.
pub fn down(path: &Path) -> Result<Vec<MigrationStatus>, MigrateError> {
    let mut connection = open(path)?;
    undo_last(&mut connection)?;
    statuses(&mut connection)
}

/// Undoes the last migration and applies it again; what it stored is lost. Returns the status afterwards.
pub fn redo(path: &Path) -> Result<Vec<MigrationStatus>, MigrateError> {
    let mut connection = open(path)?;
    undo_last(&mut connection)?;
    connection.run_next_migration(MIGRATIONS).map_err(failed)?;
    statuses(&mut connection)
}

/// Every migration that this program knows, oldest first, and whether the database has it.
pub fn status(path: &Path) -> Result<Vec<MigrationStatus>, MigrateError> {
    statuses(&mut open(path)?)
}

/// Applies every pending migration; refuses a database that is newer than this program.
pub(crate) fn run_pending(connection: &mut SqliteConnection) -> Result<(), MigrateError> {
    refuse_newer(connection)?;
    connection
        .run_pending_migrations(MIGRATIONS)
        .map_err(failed)?;
    Ok(())
}

fn open(path: &Path) -> Result<SqliteConnection, MigrateError> {
    pragma::connect(path, Role::Migration, &Options::default()).map_err(failed)
}

fn undo_last(connection: &mut SqliteConnection) -> Result<(), MigrateError> {
    refuse_newer(connection)?;
    if connection.applied_migrations().map_err(failed)?.is_empty() {
        return Err(MigrateError::NothingApplied);
    }
    let undone = connection.revert_last_migration(MIGRATIONS);
    undone.map(drop).map_err(failed)
}

fn refuse_newer(connection: &mut SqliteConnection) -> Result<(), MigrateError> {
    let known = known()?;
    let is_known = |version: &MigrationVersion<'static>| {
        known.iter().any(|known| known.name().version() == *version)
    };
    let applied = connection.applied_migrations().map_err(failed)?;
    match applied.into_iter().find(|version| !is_known(version)) {
        Some(version) => Err(MigrateError::Newer {
            version: version.to_string(),
        }),
        None => Ok(()),
    }
}

fn statuses(connection: &mut SqliteConnection) -> Result<Vec<MigrationStatus>, MigrateError> {
    refuse_newer(connection)?;
    let applied = connection.applied_migrations().map_err(failed)?;
    let known = known()?;
    let statuses = known.iter().map(|migration| MigrationStatus {
        name: migration.name().to_string(),
        applied: applied.contains(&migration.name().version().as_owned()),
    });
    Ok(statuses.collect())
}

/// The versions that this program knows, oldest first, each with its name.
pub(crate) fn versions() -> Result<Vec<(String, String)>, MigrateError> {
    let known = known()?.into_iter().map(|migration| {
        let name = migration.name();
        (name.version().to_string(), name.to_string())
    });
    Ok(known.collect())
}

fn known() -> Result<Vec<Box<dyn Migration<Sqlite>>>, MigrateError> {
    let mut known = MigrationSource::<Sqlite>::migrations(&MIGRATIONS).map_err(failed)?;
    known.sort_by_key(|migration| migration.name().version().as_owned());
    Ok(known)
}

fn failed(error: impl std::fmt::Display) -> MigrateError {
    MigrateError::Failed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use diesel::connection::SimpleConnection;

    /// Some do not look at what they find; whoever comes after them on the same connection does.
    #[test]
    fn rules_are_kept_once_the_migrations_have_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db");
        pragma::create(&path).unwrap();
        let mut connection = open(&path).unwrap();
        run_pending(&mut connection).unwrap();
        let second = "insert into counters (one, last_payment, last_part, last_event, fences) values (2, 0, 0, 0, 0)";
        let refused = connection.batch_execute(second).unwrap_err();
        assert!(refused.to_string().contains("CHECK"), "{refused}");
    }

    #[test]
    fn the_schema_is_every_migration() {
        let known = known().unwrap();
        assert_eq!(known.len(), 10, "add the new up.sql to SCHEMA");
    }
}
