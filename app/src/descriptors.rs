//! File descriptors: each connection takes one, and the usual soft limit of 1,024 is less than
//! the socket's own limit of connections and the databases together.

/// As many as a daemon can use with the largest sensible limits.
const ENOUGH: u64 = 65_536;

/// Raises the soft limit towards the hard one. Without it the daemon works, and refuses
/// connections sooner.
pub fn raise() {
    match rlimit::increase_nofile_limit(ENOUGH) {
        Ok(descriptors) => tracing::debug!(descriptors, "file descriptors at most"),
        Err(error) => tracing::warn!(%error, "the limit of file descriptors stays as it is"),
    }
}
