//! LDK's router, in the same worlds: `find_route` with the default scorer, told of every failure.

use super::attempt::{Order, Router, Way};
use super::world::{Direction, World, number};
use domain::ShortChannelId;
use lightning::bitcoin::Network as Chain;
use lightning::bitcoin::constants::ChainHash;
use lightning::ln::channel_state::{ChannelCounterparty, ChannelDetails, ChannelShutdownState};
use lightning::ln::msgs::UnsignedChannelUpdate;
use lightning::ln::types::ChannelId;
use lightning::routing::gossip::{NetworkGraph, NodeId};
use lightning::routing::router::{
    InFlightHtlcs, Path, PaymentParameters, Route, RouteParameters,
    ScorerAccountingForInFlightHtlcs, find_route,
};
use lightning::routing::scoring::{
    ProbabilisticScorer, ProbabilisticScoringDecayParameters, ProbabilisticScoringFeeParameters,
    ScoreUpdate,
};
use lightning::types::features::{Bolt11InvoiceFeatures, ChannelFeatures, InitFeatures};
use lightning::util::logger::{Logger, Record};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The most paths of one route.
const PATHS_MAX: u8 = 20;

/// What of its spendable funds a node is asked for when it cannot pay all: the rest is for fees.
const THOUSANDTHS: u64 = 985;

struct Quiet;

impl Logger for Quiet {
    fn log(&self, _: Record) {}
}

static QUIET: Quiet = Quiet;

type Graph = NetworkGraph<&'static Quiet>;
type Scorer = ProbabilisticScorer<Arc<Graph>, &'static Quiet>;

/// LDK's router, and what it has been told.
pub(super) struct Ldk {
    graph: Arc<Graph>,
    scorer: Scorer,
    tastes: ProbabilisticScoringFeeParameters,
    is_warm: bool,
    /// The paths of the last answer, and those that have arrived, each with the node it begins at.
    last: Vec<(usize, Path)>,
    arrived: Vec<(usize, Path)>,
    failed: Vec<u64>,
    has_forgiven: bool,
    rounds: u64,
}

/// A route from one of our nodes.
struct Quote {
    ours: usize,
    amount: u64,
    route: Route,
}

impl Ldk {
    /// A router that knows the network's channels.
    pub(super) fn new(world: &World, is_warm: bool) -> Ldk {
        let graph = Arc::new(graph(world));
        Ldk {
            scorer: scorer(&graph),
            graph,
            tastes: ProbabilisticScoringFeeParameters::default(),
            is_warm,
            last: Vec::new(),
            arrived: Vec::new(),
            failed: Vec::new(),
            has_forgiven: false,
            rounds: 0,
        }
    }

    /// The cheapest route for a millionth first; of each of our nodes for all that is left, or for as
    /// much of it as it can.
    fn quotes(&self, world: &World, order: &Order) -> Vec<Quote> {
        let quotes = world.own.iter().filter_map(|ours| {
            let spendable: u64 = world.from[*ours]
                .iter()
                .map(|at| world.balance(*at) - order.held_on(*at))
                .sum();
            let all = order.left.min(spendable / 1_000 * THOUSANDTHS);
            let tries = if world.own.len() == 1 { 1 } else { 4 };
            let mut amounts = (0..tries).map(|halved| all >> halved);
            amounts.find_map(|amount| self.quote(world, order, *ours, amount))
        });
        let mut quotes: Vec<Quote> = quotes.collect();
        quotes.sort_by_key(|quote| {
            let fee = u128::from(quote.route.get_total_fees());
            let ppm = fee * 1_000_000 / u128::from(quote.amount.max(1));
            (quote.amount < order.left, ppm)
        });
        quotes
    }

    fn quote(&self, world: &World, order: &Order, ours: usize, amount: u64) -> Option<Quote> {
        let share = u128::from(order.fee_left) * u128::from(amount) / u128::from(order.left);
        let mut payee = PaymentParameters::from_node_id(world.network.keys[order.payee], 18)
            .with_bolt11_features(features())
            .ok()?
            .with_max_path_count(PATHS_MAX)
            .with_max_total_cltv_expiry_delta(2_016);
        payee.previously_failed_channels.clone_from(&self.failed);
        let mut wanted = RouteParameters::from_payment_params_and_value(payee, amount);
        wanted.max_total_routing_fee_msat = u64::try_from(share).ok();
        let hops = world.from[ours].iter();
        let hops: Vec<_> = hops.map(|at| first_hop(world, order, *at)).collect();
        let hops: Vec<_> = hops.iter().collect();
        let mut in_flight = InFlightHtlcs::new();
        for (ours, path) in &self.arrived {
            in_flight.process_path(path, world.network.keys[*ours]);
        }
        let scorer = ScorerAccountingForInFlightHtlcs::new(&self.scorer, &in_flight);
        let mut seed = [7; 32];
        seed[..8].copy_from_slice(&self.rounds.to_le_bytes());
        let from = &world.network.keys[ours];
        let route = find_route(
            from,
            &wanted,
            &self.graph,
            Some(&hops),
            &QUIET,
            &scorer,
            &self.tastes,
            &seed,
        );
        let route = route.ok()?;
        Some(Quote {
            ours,
            amount,
            route,
        })
    }
}

impl Router for Ldk {
    fn begins(&mut self, _: &World) {
        if !self.is_warm {
            self.scorer = scorer(&self.graph);
        }
        self.arrived.clear();
        self.failed.clear();
        self.has_forgiven = false;
    }

    /// Channels that failed are left out, and forgiven once.
    fn ways(&mut self, world: &World, order: &Order) -> Vec<Way> {
        self.rounds += 1;
        let mut quotes = self.quotes(world, order);
        if quotes.is_empty() && !self.has_forgiven && !self.failed.is_empty() {
            self.has_forgiven = true;
            self.failed.clear();
            quotes = self.quotes(world, order);
        }
        self.last.clear();
        let mut left = order.left;
        for quote in quotes {
            if quote.route.get_total_amount() <= left {
                left -= quote.route.get_total_amount();
                let paths = quote.route.paths.into_iter();
                self.last.extend(paths.map(|path| (quote.ours, path)));
            }
        }
        self.last.iter().map(|(_, path)| way(world, path)).collect()
    }

    fn hears(&mut self, _: &World, _: &Order, place: usize, _: &Way, failed: Option<usize>) {
        let (ours, path) = self.last[place].clone();
        match failed {
            None => self.arrived.push((ours, path)),
            Some(hop) => {
                let channel = path.hops[hop].short_channel_id;
                self.scorer.payment_path_failed(&path, channel, now());
                self.failed.push(channel);
            }
        }
    }

    fn has_paid(&mut self, _: &World, _: &Order) {
        for (_, path) in &self.arrived {
            self.scorer.payment_path_successful(path, now());
        }
    }
}

fn scorer(graph: &Arc<Graph>) -> Scorer {
    let decay = ProbabilisticScoringDecayParameters::default();
    ProbabilisticScorer::new(decay, Arc::clone(graph), &QUIET)
}

/// The hops with the amounts that they carry; LDK has what each costs.
fn way(world: &World, path: &Path) -> Way {
    let mut carried = 0;
    let hops = path.hops.iter().rev().map(|hop| {
        carried += hop.fee_msat;
        let channel = world.places[&ShortChannelId(hop.short_channel_id)];
        let is_to_second =
            world.network.keys[world.network.channels[channel].ends[1]] == hop.pubkey;
        let half = usize::from(!is_to_second);
        (Direction { channel, half }, carried)
    });
    let mut hops: Vec<_> = hops.collect();
    hops.reverse();
    Way { hops }
}

fn graph(world: &World) -> Graph {
    let graph = Graph::new(Chain::Bitcoin, &QUIET);
    let at = now().as_secs();
    for (place, channel) in world.network.channels.iter().enumerate() {
        let mut ends = channel
            .ends
            .map(|end| NodeId::from_pubkey(&world.network.keys[end]));
        ends.sort();
        let features = ChannelFeatures::empty();
        let sats = Some(channel.capacity / 1_000);
        let added = graph.add_channel_from_partial_announcement(
            number(place).0,
            sats,
            at,
            features,
            ends[0],
            ends[1],
        );
        added.expect("a new channel is taken");
        for half in 0..2 {
            let direction = Direction {
                channel: place,
                half,
            };
            let updated = graph.update_channel_unsigned(&update(world, direction, at));
            updated.expect("a new update of a known channel is taken");
        }
    }
    graph
}

fn update(world: &World, at: Direction, timestamp: u64) -> UnsignedChannelUpdate {
    let half = world.half(at);
    let disabled = if half.enabled { 0 } else { 2 };
    UnsignedChannelUpdate {
        chain_hash: ChainHash::BITCOIN,
        short_channel_id: number(at.channel).0,
        timestamp: u32::try_from(timestamp).unwrap_or(u32::MAX),
        message_flags: 1,
        channel_flags: world.directed(at).direction | disabled,
        cltv_expiry_delta: half.delay,
        htlc_minimum_msat: half.min,
        htlc_maximum_msat: half.max,
        fee_base_msat: half.base,
        fee_proportional_millionths: half.ppm,
        excess_data: Vec::new(),
    }
}

fn now() -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default()
}

fn features() -> Bolt11InvoiceFeatures {
    let mut features = Bolt11InvoiceFeatures::empty();
    features.set_variable_length_onion_required();
    features.set_payment_secret_required();
    features.set_basic_mpp_optional();
    features
}

fn first_hop(world: &World, order: &Order, at: Direction) -> ChannelDetails {
    let spendable = world.balance(at) - order.held_on(at);
    let limit = spendable.min(world.half(at).max);
    ChannelDetails {
        channel_id: ChannelId::new_zero(),
        counterparty: ChannelCounterparty {
            features: InitFeatures::empty(),
            node_id: world.network.keys[world.to(at)],
            unspendable_punishment_reserve: 0,
            forwarding_info: None,
            outbound_htlc_minimum_msat: None,
            outbound_htlc_maximum_msat: None,
        },
        funding_txo: None,
        funding_redeem_script: None,
        channel_type: None,
        short_channel_id: Some(number(at.channel).0),
        inbound_scid_alias: None,
        outbound_scid_alias: None,
        channel_value_satoshis: world.capacity(at) / 1_000,
        user_channel_id: 0,
        outbound_capacity_msat: limit,
        next_outbound_htlc_minimum_msat: 1,
        next_outbound_htlc_limit_msat: limit,
        next_splice_out_maximum_sat: 0,
        inbound_capacity_msat: 0,
        unspendable_punishment_reserve: None,
        confirmations_required: None,
        confirmations: None,
        force_close_spend_delay: None,
        is_outbound: true,
        is_channel_ready: true,
        is_usable: true,
        is_announced: true,
        inbound_htlc_minimum_msat: None,
        inbound_htlc_maximum_msat: None,
        config: None,
        feerate_sat_per_1000_weight: None,
        channel_shutdown_state: Some(ChannelShutdownState::NotShuttingDown),
        pending_inbound_htlcs: Vec::new(),
        pending_outbound_htlcs: Vec::new(),
        current_dust_exposure_msat: None,
        splice_details: None,
    }
}
