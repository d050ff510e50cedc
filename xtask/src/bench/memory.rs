//! What this process holds in memory.

use anyhow::{Context, Result};

/// Bytes in memory now, as the kernel counts them.
pub(super) fn resident() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("read /proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kib: u64 = kib.context("the kernel says VmRSS in kB")?.trim().parse()?;
    Ok(kib * 1024)
}

/// How much each of so many costs, from what there was without them.
pub(super) fn each(before: u64, after: u64, many: u32) -> f64 {
    let more = after.saturating_sub(before);
    super::sample::float(more) / f64::from(many)
}
