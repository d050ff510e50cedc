//! A regtest chain without a bitcoind: blocks are fabricated when asked for.
//!
//! It is the fee estimator and the broadcaster of every node. Consensus is reduced to what Lightning
//! can see: linked headers with valid regtest proof of work and merkle root, no double spends, lock
//! times. Scripts and signatures are not checked, so a coin needs no wallet.

use domain::Mutex;
use lightning::bitcoin::block::{Header, Version as BlockVersion};
use lightning::bitcoin::constants::genesis_block;
use lightning::bitcoin::hashes::Hash;
use lightning::bitcoin::transaction::Version;
use lightning::bitcoin::{
    Amount, Block, CompactTarget, Network, OutPoint, ScriptBuf, Sequence, Transaction, TxIn,
    TxMerkleNode, TxOut, Witness, absolute,
};
use lightning::chain::BlockLocator;
use lightning::chain::chaininterface::{
    BroadcasterInterface, ConfirmationTarget, FeeEstimator, TransactionType,
};
use std::collections::{HashSet, VecDeque};
use std::sync::MutexGuard;
use std::time::{SystemTime, UNIX_EPOCH};

/// The least fee rate that LDK accepts, in sat per 1,000 weight units.
const FEE_RATE: u32 = 253;
/// Regtest's difficulty: every second header is valid.
const BITS: u32 = 0x207f_ffff;
/// Lock times below this are heights, from here on times.
const LOCK_TIME_THRESHOLD: u32 = 500_000_000;

/// Coins that a block makes.
pub(crate) const COINS_PER_BLOCK: usize = 4;

/// The blocks and what waits for the next one.
pub(crate) struct Chain(Mutex<State>);

struct State {
    blocks: Vec<Block>,
    unspent: HashSet<OutPoint>,
    /// Coinbases that nobody has been given yet.
    coins: VecDeque<OutPoint>,
    mempool: Vec<Transaction>,
}

impl Chain {
    /// The genesis block and then `blocks`.
    pub(crate) fn replayed(blocks: Vec<Block>) -> Chain {
        let mut state = State {
            blocks: vec![genesis_block(Network::Regtest)],
            unspent: HashSet::new(),
            coins: VecDeque::new(),
            mempool: Vec::new(),
        };
        for block in blocks {
            for tx in block.txdata.iter().skip(1) {
                state.spend(tx);
            }
            state.connect(block);
        }
        Chain(Mutex::new(state))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change below leaves the state whole before anything can panic.
        self.0.lock()
    }

    /// The best block.
    pub(crate) fn tip(&self) -> BlockLocator {
        let state = self.state();
        BlockLocator::new(state.tip().block_hash(), state.height())
    }

    /// Every block above `height`, with its own height.
    pub(crate) fn after(&self, height: u32) -> Vec<(u32, Block)> {
        let state = self.state();
        let above = (0..).zip(&state.blocks).filter(|(h, _)| *h > height);
        above.map(|(h, block)| (h, block.clone())).collect()
    }

    /// How many transactions wait for a block.
    pub(crate) fn waiting(&self) -> usize {
        self.state().mempool.len()
    }

    /// A valid transaction that pays `output`, if there is a coin left.
    pub(crate) fn fund(&self, output: TxOut) -> Option<Transaction> {
        let coin = self.state().coins.pop_front()?;
        Some(Transaction {
            version: Version::TWO,
            lock_time: absolute::LockTime::ZERO,
            input: vec![TxIn {
                previous_output: coin,
                sequence: Sequence::MAX,
                witness: Witness::from_slice(&[anyone().as_bytes()]),
                ..TxIn::default()
            }],
            output: vec![output],
        })
    }

    /// Confirms what waits and fits. What does not fit is dropped: LDK repeats what matters to it.
    pub(crate) fn mine(&self) -> (u32, Block) {
        let mut state = self.state();
        let mut txdata = vec![coinbase(state.height() + 1)];
        txdata.extend(state.confirm());
        let block = solved(state.tip(), txdata);
        state.connect(block.clone());
        (state.height(), block)
    }
}

impl State {
    fn tip(&self) -> &Block {
        self.blocks.last().expect("there is a genesis block")
    }

    fn height(&self) -> u32 {
        u32::try_from(self.blocks.len() - 1).expect("fewer than 2^32 blocks")
    }

    fn connect(&mut self, block: Block) {
        let id = block.txdata[0].compute_txid();
        for (number, _) in (0..).zip(&block.txdata[0].output) {
            let coin = OutPoint::new(id, number);
            if self.unspent.insert(coin) {
                self.coins.push_back(coin);
            }
        }
        self.blocks.push(block);
    }

    /// Takes out of the mempool what the next block holds. Rounds, so that any order will do.
    fn confirm(&mut self) -> Vec<Transaction> {
        let height = absolute::Height::from_consensus(self.height()).expect("a height");
        let time = self.tip().header.time.max(LOCK_TIME_THRESHOLD);
        let time = absolute::Time::from_consensus(time).expect("a time");
        let mut waiting = std::mem::take(&mut self.mempool);
        waiting.retain(|tx| tx.is_absolute_timelock_satisfied(height, time));
        let mut confirmed = Vec::new();
        loop {
            let (fits, rest): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|tx| self.spend(tx));
            if fits.is_empty() {
                return confirmed;
            }
            confirmed.extend(fits);
            waiting = rest;
        }
    }

    /// Moves the coins, if all of them are there.
    fn spend(&mut self, tx: &Transaction) -> bool {
        let spent: Vec<OutPoint> = tx.input.iter().map(|i| i.previous_output).collect();
        if !spent.iter().all(|coin| self.unspent.contains(coin)) {
            return false;
        }
        self.unspent.retain(|coin| !spent.contains(coin));
        self.coins.retain(|coin| !spent.contains(coin));
        let id = tx.compute_txid();
        let outputs = (0..).take(tx.output.len()).map(|n| OutPoint::new(id, n));
        self.unspent.extend(outputs);
        true
    }
}

/// The script that anyone can satisfy.
fn anyone() -> ScriptBuf {
    ScriptBuf::from_bytes(vec![0x51])
}

fn coinbase(height: u32) -> Transaction {
    Transaction {
        version: Version::TWO,
        lock_time: absolute::LockTime::ZERO,
        input: vec![TxIn {
            script_sig: ScriptBuf::builder()
                .push_int(i64::from(height))
                .into_script(),
            ..TxIn::default()
        }],
        output: vec![
            TxOut {
                value: Amount::from_int_btc(12),
                script_pubkey: anyone().to_p2wsh(),
            };
            COINS_PER_BLOCK
        ],
    }
}

fn solved(tip: &Block, txdata: Vec<Transaction>) -> Block {
    let header = Header {
        version: BlockVersion::TWO,
        prev_blockhash: tip.block_hash(),
        merkle_root: TxMerkleNode::all_zeros(),
        // Real time: LDK expires invoices by it.
        time: seconds_now().max(tip.header.time + 1),
        bits: CompactTarget::from_consensus(BITS),
        nonce: 0,
    };
    let mut block = Block { header, txdata };
    block.header.merkle_root = block.compute_merkle_root().expect("there is a coinbase");
    while block.header.validate_pow(block.header.target()).is_err() {
        block.header.nonce += 1;
    }
    block
}

fn seconds_now() -> u32 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.ok()
        .and_then(|t| u32::try_from(t.as_secs()).ok())
        .unwrap_or_default()
}

impl BroadcasterInterface for Chain {
    fn broadcast_transactions(&self, transactions: &[(&Transaction, TransactionType)]) {
        let transactions = transactions.iter().map(|(tx, _)| (*tx).clone());
        self.state().mempool.extend(transactions);
    }
}

impl FeeEstimator for Chain {
    fn get_est_sat_per_1000_weight(&self, _: ConfirmationTarget) -> u32 {
        FEE_RATE
    }
}
