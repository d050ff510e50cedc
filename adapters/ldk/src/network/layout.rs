//! Who is on the network, and between whom there are channels.

use std::path::Path;

/// A node of the network.
pub(crate) struct Member {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it takes for a forward, over whichever of its channels.
    pub(crate) fees: Fees,
}

/// What a forward costs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Fees {
    /// Whatever its size.
    pub(crate) base_msat: u32,
    /// For each million msat.
    pub(crate) ppm: u32,
}

/// A channel of the network.
#[derive(Clone, Copy)]
pub(crate) struct Channel {
    /// Who opened it.
    pub(crate) from: usize,
    /// Who accepted it.
    pub(crate) to: usize,
    /// What it can carry in all, in sat.
    pub(crate) capacity: u64,
    /// How much of it starts on the side of who accepted it, in sat.
    pub(crate) pushed: u64,
    /// Whether it is in the public graph. One that is not is known to its ends, and to whoever reads
    /// an invoice that names it.
    pub(crate) is_public: bool,
}

/// The part of the network that one directory holds.
#[derive(Clone, Copy)]
pub(crate) struct Layout {
    /// The nodes. The first is always ours.
    pub(crate) members: &'static [Member],
    /// The channels between them.
    pub(crate) channels: &'static [Channel],
}

/// What most nodes take.
const USUAL: Fees = Fees {
    base_msat: 1_000,
    ppm: 100,
};

/// Fifty times that, so that a way over grace is the last choice.
const DEAR: Fees = Fees {
    base_msat: 20_000,
    ppm: 5_000,
};

const MEMBERS: [Member; 8] = [
    member("alice", USUAL),
    member("bob", USUAL),
    member("carol", USUAL),
    member("dave", USUAL),
    member("erin", USUAL),
    member("frank", USUAL),
    member("grace", DEAR),
    member("heidi", USUAL),
];

/// The nodes alice, bob, carol and dave, and the four channels between them: two disjoint ways from
/// alice to dave, with three quarters of each channel on alice's end of it. Until the others came,
/// this was the network.
pub(crate) const CORE: Layout = Layout {
    members: MEMBERS.split_at(4).0,
    channels: CHANNELS.split_at(4).0,
};

/// All of it.
pub(super) const WHOLE: Layout = Layout {
    members: &MEMBERS,
    channels: &CHANNELS,
};

const CHANNELS: [Channel; 11] = [
    channel("alice", "bob", 16_000_000, 4_000_000),
    channel("alice", "carol", 16_000_000, 4_000_000),
    channel("bob", "dave", 12_000_000, 3_000_000),
    channel("carol", "dave", 12_000_000, 3_000_000),
    channel("bob", "erin", 10_000_000, 4_000_000),
    // The graph shows 10,000,000 sat from carol to frank. Carol has 500,000 of them.
    channel("frank", "carol", 10_000_000, 500_000),
    channel("erin", "frank", 8_000_000, 2_000_000),
    channel("bob", "grace", 8_000_000, 2_000_000),
    channel("grace", "frank", 12_000_000, 3_000_000),
    channel("dave", "erin", 6_000_000, 3_000_000),
    private(channel("frank", "heidi", 5_000_000, 1_000_000)),
];

impl Layout {
    /// What the directory of a network holds: the core alone, if it is from before there was more.
    pub(super) fn found_in(dir: &Path) -> Layout {
        let mut later = MEMBERS.iter().skip(CORE.members.len());
        if later.any(|member| dir.join(super::file_name(member.name)).exists()) {
            return WHOLE;
        }
        tracing::info!(dir = %dir.display(), "a network of four nodes: a new directory gets eight");
        CORE
    }

    /// The places of those that are ours; nothing if grace shall be and is not there.
    pub(super) fn own(&self, grace: bool) -> Option<Vec<usize>> {
        let mut own = vec![super::ALICE];
        if grace {
            own.push(self.members.iter().position(|m| m.name == "grace")?);
        }
        Some(own)
    }

    /// The names of all nodes that a network may have.
    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        MEMBERS.iter().map(|member| member.name)
    }
}

const fn member(name: &'static str, fees: Fees) -> Member {
    Member { name, fees }
}

const fn channel(from: &str, to: &str, capacity: u64, pushed: u64) -> Channel {
    Channel {
        from: place(from),
        to: place(to),
        capacity,
        pushed,
        is_public: true,
    }
}

const fn private(channel: Channel) -> Channel {
    Channel {
        is_public: false,
        ..channel
    }
}

/// The initial tells: no two are alike.
const fn place(name: &str) -> usize {
    let mut place = 0;
    while MEMBERS[place].name.as_bytes()[0] != name.as_bytes()[0] {
        place += 1;
    }
    place
}
