//! `cargo xtask migrate`: a database's schema, up and down by hand.

use crate::Direction;
use anyhow::{Context, Result, bail};
use comfy_table::{Table, presets::NOTHING};
use std::path::{Path, PathBuf};
use storage::migrate::{self, MigrationStatus};

/// The database's name in the data directory.
const DATABASE: &str = "ampere.sqlite3";

/// Does it, and shows which migrations the database has afterwards.
pub(crate) fn run(
    direction: Direction,
    database: Option<PathBuf>,
    data_dir: Option<PathBuf>,
) -> Result<()> {
    let database = database.map_or_else(|| default_database(data_dir), Ok)?;
    let done = match direction {
        Direction::Up => migrate::up(&database),
        Direction::Down | Direction::Redo | Direction::Status if !database.exists() => {
            bail!(
                "there is no database at {}; `up` makes one",
                database.display()
            )
        }
        Direction::Down => migrate::down(&database),
        Direction::Redo => migrate::redo(&database),
        Direction::Status => migrate::status(&database),
    };
    let statuses = done.with_context(|| format!("database {}", database.display()))?;
    show(&database, &statuses);
    Ok(())
}

fn default_database(data_dir: Option<PathBuf>) -> Result<PathBuf> {
    let data_dir = match data_dir {
        Some(data_dir) => data_dir,
        None => std::env::home_dir()
            .context("no home directory is known: say --database FILE")?
            .join(".ampere"),
    };
    Ok(data_dir.join(DATABASE))
}

fn show(database: &Path, statuses: &[MigrationStatus]) {
    println!("{}", database.display());
    let mut table = Table::new();
    table
        .load_preset(NOTHING)
        .set_header(["migration", "state"]);
    for status in statuses {
        let state = if status.applied { "applied" } else { "pending" };
        table.add_row([status.name.as_str(), state]);
    }
    println!("{table}");
}
