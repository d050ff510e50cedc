//! Which daemon is asked, and how to ask it again.

use crate::config::Flags;
use std::path::PathBuf;

/// Which daemon is asked.
pub(in crate::cli) struct Asked {
    pub(super) rpc_file: PathBuf,
    /// How it is asked again: `ampere`, with the options that lead to it.
    pub(super) ampere: String,
}

impl Asked {
    /// The one at that socket, to which these options lead.
    pub(in crate::cli) fn new(rpc_file: PathBuf, place: &Flags) -> Asked {
        let mut ampere = "ampere".to_owned();
        let options = [
            ("--data-dir", &place.data_dir),
            ("--rpc-file", &place.rpc_file),
        ];
        for (option, path) in options {
            if let Some(path) = path {
                ampere = format!(
                    "{ampere} {option} {}",
                    shell_word(&path.display().to_string())
                );
            }
        }
        Asked { rpc_file, ampere }
    }
}

/// As a shell reads it as one word.
fn shell_word(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+:,@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::Asked;
    use crate::config::Flags;

    #[test]
    fn whoever_leaves_is_told_the_options_that_lead_to_the_daemon() {
        let ampere = |data_dir: Option<&str>, rpc_file: Option<&str>| {
            let place = Flags {
                data_dir: data_dir.map(Into::into),
                rpc_file: rpc_file.map(Into::into),
            };
            Asked::new("/run/rpc".into(), &place).ampere
        };
        assert_eq!(ampere(None, None), "ampere");
        assert_eq!(ampere(Some("/tmp/a"), None), "ampere --data-dir /tmp/a");
        let both = ampere(Some("my node's"), Some("/run/rpc"));
        assert_eq!(
            both,
            r"ampere --data-dir 'my node'\''s' --rpc-file /run/rpc"
        );
    }
}
