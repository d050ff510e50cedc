//! lightningd's `gossip_store`, version 16, as it writes it.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::gossip::{PublicChannel, PublicPolicy};
use super::topology::CAPACITY_MSAT;

const VERSION: u8 = 16;
const DELETED: u16 = 0x8000;
const COMPLETED: u16 = 0x2000;
const UUID: [u8; 32] = [0x75; 32];

/// What a record can say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// `channel_announcement`.
    Announcement(PublicChannel),
    /// `gossip_store_channel_amount`.
    Amount,
    /// `channel_update`.
    Update(PublicPolicy),
    /// `node_announcement`.
    Node,
    /// `gossip_store_delete_chan`.
    Delete(String),
    /// `gossip_store_chan_dying`.
    Dying(String),
    /// `gossip_store_ended`.
    Ended,
    /// `gossip_store_uuid`.
    Uuid,
    /// One that nobody knows yet.
    Unheard,
}

impl Message {
    /// The record of this message, complete.
    #[must_use]
    pub fn record(&self) -> Vec<u8> {
        self.flagged(COMPLETED)
    }

    /// The record while it is being written.
    #[must_use]
    pub fn incomplete(&self) -> Vec<u8> {
        self.flagged(0)
    }

    /// The record of a message that was superseded.
    #[must_use]
    pub fn deleted(&self) -> Vec<u8> {
        self.flagged(COMPLETED | DELETED)
    }

    /// Flags, length, checksum (which nobody here checks), time.
    fn flagged(&self, flags: u16) -> Vec<u8> {
        let bytes = self.bytes();
        let length = u16::try_from(bytes.len()).expect("a message");
        let mut record = [flags, length].map(u16::to_be_bytes).concat();
        record.extend([0; 8]);
        record.extend(bytes);
        record
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Announcement(channel) => announcement(channel),
            Self::Amount => typed(4101, &[&(CAPACITY_MSAT / 1_000).to_be_bytes()]),
            Self::Update(policy) => update(policy),
            Self::Node => typed(257, &[&[1; 140]]),
            Self::Delete(scid) => typed(4103, &[&number(scid)]),
            Self::Dying(scid) => typed(4106, &[&number(scid), &120_u32.to_be_bytes()]),
            Self::Ended => typed(4105, &[&45_u64.to_be_bytes(), &UUID]),
            Self::Uuid => typed(4107, &[&UUID]),
            Self::Unheard => typed(4999, &[&[1; 40]]),
        }
    }
}

fn typed(number: u16, fields: &[&[u8]]) -> Vec<u8> {
    [&number.to_be_bytes(), fields.concat().as_slice()].concat()
}

/// BOLT #7's eight bytes of a `BxTxO`.
fn number(scid: &str) -> [u8; 8] {
    let places: Vec<u64> = scid
        .split('x')
        .map(|n| n.parse().expect("a place"))
        .collect();
    (places[0] << 40 | places[1] << 16 | places[2]).to_be_bytes()
}

fn announcement(channel: &PublicChannel) -> Vec<u8> {
    let nodes = channel
        .nodes
        .each_ref()
        .map(|node| hex::decode(node).expect("an id"));
    let (signatures, chain, keys) = ([7; 4 * 64], [6; 32], [2; 2 * 33]);
    let features = [0, 1, 0x20];
    let scid = number(&channel.scid);
    typed(
        256,
        &[
            &signatures,
            &features,
            &chain,
            &scid,
            &nodes[0],
            &nodes[1],
            &keys,
        ],
    )
}

fn update(policy: &PublicPolicy) -> Vec<u8> {
    let (signature, chain) = ([7; 64], [6; 32]);
    let channel_flags = policy.direction | u8::from(!policy.is_enabled) << 1;
    typed(
        258,
        &[
            &signature,
            &chain,
            &number(&policy.scid),
            &1_780_000_000_u32.to_be_bytes(),
            &[1, channel_flags],
            &policy.delay.to_be_bytes(),
            &0_u64.to_be_bytes(),
            &policy.fee_base_msat.to_be_bytes(),
            &policy.fee_ppm.to_be_bytes(),
            &policy.htlc_max_msat.to_be_bytes(),
        ],
    )
}

/// The file.
#[derive(Debug)]
pub struct GossipStore {
    path: PathBuf,
    file: File,
}

impl GossipStore {
    /// A new file in that folder, in the place of one that may be there.
    #[must_use]
    pub fn create(folder: &Path, messages: &[Message]) -> Self {
        Self::of_version(folder, VERSION, messages)
    }

    /// The same of another version.
    #[must_use]
    pub fn of_version(folder: &Path, version: u8, messages: &[Message]) -> Self {
        let (path, new) = (folder.join("gossip_store"), folder.join("gossip_store.tmp"));
        let mut options = OpenOptions::new();
        let options = options.read(true).append(true).create_new(true);
        let mut store = Self {
            file: options.open(&new).expect("a new file"),
            path,
        };
        store.write(&[version]);
        store.append(&[Message::Uuid]);
        store.append(messages);
        std::fs::rename(new, &store.path).expect("a folder of ours");
        store
    }

    /// Adds what is complete.
    pub fn append(&mut self, messages: &[Message]) {
        let records: Vec<_> = messages.iter().map(Message::record).collect();
        self.write(&records.concat());
    }

    /// Adds bytes as they are.
    pub fn write(&mut self, bytes: &[u8]) {
        self.file.write_all(bytes).expect("a file of ours");
    }

    /// Writes the file anew, and ends this one, as lightningd does when it has grown too long.
    #[must_use]
    pub fn compacted(mut self, messages: &[Message]) -> Self {
        let folder = self.path.parent().expect("a folder").to_owned();
        let new = Self::create(&folder, messages);
        self.append(&[Message::Ended]);
        new
    }

    /// Takes away what was written in the end.
    pub fn cut(&self, bytes: u64) {
        let length = self.file.metadata().expect("a file of ours").len();
        self.file.set_len(length - bytes).expect("a file of ours");
    }
}
