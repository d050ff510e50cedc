//! The Python environment that `cargo xtask test` makes.

use std::path::{Path, PathBuf};

/// Its interpreter.
pub(crate) fn python() -> PathBuf {
    let made = std::env::var_os("AMPERE_PYTHON").map(PathBuf::from);
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.venv/bin/python");
    let python = made.unwrap_or(usual);
    assert!(
        python.exists(),
        "no Python with pyln-client and beancount at {}: run `cargo xtask test`, which makes one, or \
         set AMPERE_PYTHON to the interpreter of a virtual environment that has both",
        python.display()
    );
    python
}
