//! A payment drawn for people: a row for each part, and a bar for the whole.

mod amount;
mod bar;
mod canvas;
mod names;
mod snapshot;

pub use amount::sat;
pub use canvas::{Canvas, is_terminal, print_line, write_line};
pub use names::{Names, short};
pub use snapshot::{PartRow, Snapshot, State};
