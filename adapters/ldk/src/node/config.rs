//! How the nodes of our network behave.

use crate::network::Fees;
use lightning::util::config::{MaxDustHTLCExposure, UserConfig};

/// Blocks that a forwarding node wants for itself. LDK silently raises anything under 48 to that.
pub(crate) const CLTV_DELTA: u16 = 72;
/// What our invoices ask for. BOLT 11's customary 18 is less than LDK accepts.
pub(crate) const FINAL_DELTA: u16 = 45;
/// The most HTLCs of one side in a channel that BOLT 2 allows.
const HTLCS_MAX: u16 = 483;
/// LDK's default allows 2,530 sat of small HTLCs in all.
const DUST_EXPOSURE_MSAT: u64 = 10_000_000_000;

/// Of a node that takes those fees, whose new channels are announced or not.
pub(crate) fn user_config(fees: Fees, is_public: bool) -> UserConfig {
    let mut config = UserConfig::default();
    let handshake = &mut config.channel_handshake_config;
    handshake.announce_for_forwarding = is_public;
    handshake.minimum_depth = 1;
    handshake.our_max_accepted_htlcs = HTLCS_MAX;
    handshake.announced_channel_max_inbound_htlc_value_in_flight_percentage = 100;
    // There is no wallet to bump fees with, so commitments carry their own.
    handshake.negotiate_anchors_zero_fee_htlc_tx = false;
    // Who opens a channel says whether it is private, and HTLCs are forwarded over it all the same.
    config
        .channel_handshake_limits
        .force_announced_channel_preference = false;
    config.accept_forwards_to_priv_channels = true;
    let channel = &mut config.channel_config;
    channel.max_dust_htlc_exposure = MaxDustHTLCExposure::FixedLimitMsat(DUST_EXPOSURE_MSAT);
    channel.forwarding_fee_base_msat = fees.base_msat;
    channel.forwarding_fee_proportional_millionths = fees.ppm;
    channel.cltv_expiry_delta = CLTV_DELTA;
    config
}
