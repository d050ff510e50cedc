//! A route as bytes: a version, then 53 bytes a hop (node id 33, channel 8, amount 8, delay 4), all
//! big-endian. The number of hops follows from the length.

use domain::{Hop, Msat, NodeId, Route, ShortChannelId};

const VERSION: u8 = 1;
const HOP_LEN: usize = 33 + 8 + 8 + 4;

/// The bytes of a route.
pub(crate) fn encode(route: &Route) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1 + route.hops().len() * HOP_LEN);
    bytes.push(VERSION);
    for hop in route.hops() {
        bytes.extend_from_slice(hop.node.bytes());
        bytes.extend_from_slice(&hop.channel.0.to_be_bytes());
        bytes.extend_from_slice(&hop.amount.get().to_be_bytes());
        bytes.extend_from_slice(&hop.delay.to_be_bytes());
    }
    bytes
}

/// The route of those bytes, or what is wrong with them.
pub(crate) fn decode(bytes: &[u8]) -> Result<Route, String> {
    let (&version, mut rest) = bytes.split_first().ok_or("it is empty")?;
    if version != VERSION {
        return Err(format!("version {version} is not known"));
    }
    let mut hops = Vec::with_capacity(rest.len() / HOP_LEN);
    while !rest.is_empty() {
        let (hop, tail) = hop(rest).ok_or("its last hop is cut off")??;
        hops.push(hop);
        rest = tail;
    }
    Route::new(hops).map_err(|error| error.to_string())
}

type HopAndTail<'a> = Result<(Hop, &'a [u8]), String>;

fn hop(bytes: &[u8]) -> Option<HopAndTail<'_>> {
    let (node, bytes) = bytes.split_first_chunk::<33>()?;
    let (channel, bytes) = bytes.split_first_chunk::<8>()?;
    let (amount, bytes) = bytes.split_first_chunk::<8>()?;
    let (delay, tail) = bytes.split_first_chunk::<4>()?;
    let hop = || -> HopAndTail<'_> {
        let hop = Hop {
            node: NodeId::new(*node).map_err(|error| error.to_string())?,
            channel: ShortChannelId(u64::from_be_bytes(*channel)),
            amount: Msat::new(u64::from_be_bytes(*amount)).map_err(|error| error.to_string())?,
            delay: u32::from_be_bytes(*delay),
        };
        Ok((hop, tail))
    };
    Some(hop())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(hops: u8) -> Route {
        let hop = |index: u8| Hop {
            node: NodeId::new(
                [[2; 1].as_slice(), &[index; 32]]
                    .concat()
                    .try_into()
                    .unwrap(),
            )
            .unwrap(),
            channel: ShortChannelId(u64::MAX - u64::from(index)),
            amount: Msat::new(1_000_000 - u64::from(index)).unwrap(),
            delay: 100 - u32::from(index),
        };
        Route::new((0..hops).map(hop).collect()).unwrap()
    }

    #[test]
    fn every_route_comes_back() {
        for hops in 1..=20 {
            let bytes = encode(&route(hops));
            assert_eq!(bytes.len(), 1 + usize::from(hops) * HOP_LEN);
            assert_eq!(decode(&bytes), Ok(route(hops)));
        }
    }

    #[test]
    fn no_bytes_panic() {
        let bytes = encode(&route(3));
        for end in 0..bytes.len() {
            let whole = end > 1 && (end - 1) % HOP_LEN == 0;
            assert_eq!(decode(&bytes[..end]).is_ok(), whole, "{end} bytes");
        }
        for (index, wrong) in [(0, 0), (0, 9), (1, 4), (42, 255)] {
            let mut bytes = bytes.clone();
            bytes[index] = wrong;
            assert!(decode(&bytes).is_err(), "byte {index} is {wrong}");
        }
        assert!(decode(&[vec![VERSION], vec![2; 21 * HOP_LEN]].concat()).is_err());
    }
}
