//! How much of anything one client, or all of them, may take.

use serde::Deserialize;

/// How much of anything one client, or all of them, may take. Times are in seconds.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Bytes of one request.
    pub body_bytes: usize,
    /// How deep arrays and objects may nest in a request, its own braces included.
    pub depth: usize,
    /// Connections at once; one more is told so, and closed.
    pub connections: usize,
    /// Requests of one connection under way, waits apart; the next is not read before one is answered.
    pub in_flight_per_connection: usize,
    /// Waits of one connection under way; one more is answered "busy".
    pub waits_per_connection: usize,
    /// Subscriptions of one connection; one more is answered "busy".
    pub subscriptions_per_connection: usize,
    /// Rows of a list unless `limit` says otherwise.
    pub page_default: u32,
    /// The largest `limit`.
    pub page_max: u32,
    /// Bytes of a list's reply: the page ends there, whatever its `limit`.
    pub page_bytes: usize,
    /// Bytes of a description, a label.
    pub text_bytes: usize,
    /// How long a client may leave a reply unread.
    pub write_timeout_secs: u64,
    /// How long a connection may be without ever having sent a request, or with half of one.
    pub silent_timeout_secs: u64,
    /// How long a connection may rest after a request; 0 is for ever.
    pub idle_timeout_secs: u64,
    /// How long lightningd may leave a passed-on request without a word before it is asked whether it is
    /// there at all; 0 is for ever.
    pub pass_on_timeout_secs: u64,
    /// How long requests under way have to end when the daemon stops.
    pub drain_timeout_secs: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            body_bytes: 256 * 1024,
            depth: 32,
            connections: 1024,
            in_flight_per_connection: 64,
            waits_per_connection: 4096,
            subscriptions_per_connection: 16,
            page_default: 100,
            page_max: 1000,
            page_bytes: 8 * 1024 * 1024,
            text_bytes: 1024,
            write_timeout_secs: 30,
            silent_timeout_secs: 60,
            idle_timeout_secs: 0,
            pass_on_timeout_secs: 30,
            drain_timeout_secs: 10,
        }
    }
}
