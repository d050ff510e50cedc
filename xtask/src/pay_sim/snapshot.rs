//! Reads what Core Lightning's `devtools/gossmap-compress` writes: the public network without its keys.

use super::network::{Channel, Half, Network};
use anyhow::{Context, Result, ensure};
use flate2::read::GzDecoder;
use std::fs::File;
use std::io::Read;
use std::path::Path;

const HEADER: &[u8] = b"GOSSMAP_COMPRESSv1\0";

/// The public network in that file, and so many nodes more.
pub(super) fn read(path: &Path, more: usize) -> Result<Network> {
    let file = File::open(path).with_context(|| format!("open {}", path.display()))?;
    let mut bytes = Vec::new();
    let mut unpacked = GzDecoder::new(file);
    let read = unpacked.read_to_end(&mut bytes);
    read.with_context(|| format!("unpack {}", path.display()))?;
    let numbers = bytes.strip_prefix(HEADER);
    let numbers = numbers.context("it is no compressed gossmap of version 1")?;
    let channels = Numbers(numbers).channels();
    Ok(Network::new(
        channels.context("the gossmap is cut off")?,
        more,
    ))
}

/// Numbers of BOLT 1's type `bigsize`.
struct Numbers<'a>(&'a [u8]);

impl Numbers<'_> {
    fn next(&mut self) -> Result<u64> {
        let first = self.take(1)?[0];
        let length = match first {
            0xfd => 2,
            0xfe => 4,
            0xff => 8,
            small => return Ok(u64::from(small)),
        };
        let bytes = self.take(length)?;
        Ok(bytes
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn take(&mut self, length: usize) -> Result<&[u8]> {
        let (taken, rest) = self.0.split_at_checked(length).context("it ends early")?;
        self.0 = rest;
        Ok(taken)
    }

    fn next_usize(&mut self) -> Result<usize> {
        Ok(usize::try_from(self.next()?)?)
    }

    fn list(&mut self, count: usize) -> Result<Vec<usize>> {
        (0..count).map(|_| self.next_usize()).collect()
    }

    /// So many numbers, each of which is told by its place among those that occur.
    fn looked_up(&mut self, count: usize) -> Result<Vec<u64>> {
        let occurring = self.next_usize()?;
        let occurring: Vec<u64> = (0..occurring).map(|_| self.next()).collect::<Result<_>>()?;
        let one = |_| {
            let place = self.next_usize()?;
            occurring.get(place).copied().context("it names no number")
        };
        (0..count).map(one).collect()
    }

    fn channels(mut self) -> Result<Vec<Channel>> {
        let count = self.next_usize()?;
        let firsts = self.list(count)?;
        let seconds = self.list(count)?;
        let mut enabled = vec![true; count * 2];
        while let Some(disabled) = enabled.get_mut(self.next_usize()?) {
            *disabled = false;
        }
        let capacities = self.looked_up(count)?;
        let [mins, maxes, bases, ppms, delays] = [(); 5].map(|()| self.looked_up(count * 2));
        let (mins, maxes, bases) = (mins?, maxes?, bases?);
        let (ppms, delays) = (ppms?, delays?);
        ensure!(self.0.is_empty(), "something follows its end");
        let half = |index: usize, sats: u64| -> Result<Half> {
            Ok(Half {
                enabled: enabled[index],
                min: mins[index],
                // Two numbers stand for all of the capacity, and for all but a hundredth.
                max: match maxes[index] {
                    0 => sats * 1_000,
                    1 => sats * 990,
                    msat => msat.min(sats * 1_000),
                },
                base: u32::try_from(bases[index])?,
                ppm: u32::try_from(ppms[index])?,
                delay: u16::try_from(delays[index])?,
            })
        };
        let channel = |index: usize| -> Result<Channel> {
            let sats = capacities[index];
            Ok(Channel {
                ends: [firsts[index], seconds[index]],
                capacity: sats * 1_000,
                halves: [half(index * 2, sats)?, half(index * 2 + 1, sats)?],
            })
        };
        (0..count).map(channel).collect()
    }
}
