//! What the figures are called, what they are of, and what they are wanted to be.

use super::report::{thousands, time};

/// What a figure is wanted to be.
#[derive(Clone, Copy)]
pub(super) enum Goal {
    /// That or more.
    AtLeast(f64),
    /// That or less.
    AtMost(f64),
}

/// What a figure is of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// One figure of this run over another.
    Ratio,
    /// Bytes.
    Bytes,
    /// Microseconds.
    Micros,
    /// Seconds.
    Seconds,
    /// Things.
    Count,
}

/// One line of the table.
pub(super) struct Line {
    pub(super) key: &'static str,
    pub(super) title: &'static str,
    pub(super) unit: Unit,
    pub(super) goal: Option<Goal>,
}

const fn line(key: &'static str, title: &'static str, unit: Unit) -> Line {
    let goal = None;
    Line {
        key,
        title,
        unit,
        goal,
    }
}

const fn at_most(key: &'static str, title: &'static str, unit: Unit, most: f64) -> Line {
    let goal = Some(Goal::AtMost(most));
    Line {
        key,
        title,
        unit,
        goal,
    }
}

const fn at_least(key: &'static str, title: &'static str, unit: Unit, least: f64) -> Line {
    let goal = Some(Goal::AtLeast(least));
    Line {
        key,
        title,
        unit,
        goal,
    }
}

/// In the order of the table.
pub(super) const LINES: [Line; 47] = [
    at_most(
        "engine_256_p99_vs_p50",
        "engine, 256 callers: p99 of the answer, to p50",
        Unit::Ratio,
        4.0,
    ),
    at_most(
        "front_latency_vs_bare",
        "in front of a node: latency, p50, to bare calls",
        Unit::Ratio,
        1.05,
    ),
    at_least(
        "front_throughput_vs_bare",
        "in front of a node: throughput, to bare calls",
        Unit::Ratio,
        0.95,
    ),
    line(
        "front_bare_p50_us",
        "a payment by bare calls, p50",
        Unit::Micros,
    ),
    line(
        "front_ampere_p50_us",
        "the same through Ampere, p50",
        Unit::Micros,
    ),
    at_most(
        "pay_latency_vs_parts",
        "pay in front of the embedded node: p50, to its bare parts",
        Unit::Ratio,
        1.1,
    ),
    line("pay_p50_us", "a payment by pay, p50", Unit::Micros),
    line(
        "pay_parts_p50_us",
        "the same by sendpartialpay of its parts, p50",
        Unit::Micros,
    ),
    at_most(
        "orders_resumed_s",
        "1,000 open orders after kill -9: their node's first answer until all have their parts",
        Unit::Seconds,
        1.0,
    ),
    line(
        "orders_away_asked",
        "what their node was asked in the two seconds that it was away",
        Unit::Count,
    ),
    at_most(
        "orders_waiting_calls",
        "10,000 open orders with parts in flight, ten minutes: calls to store, node and finder",
        Unit::Count,
        0.0,
    ),
    at_most(
        "orders_away_calls",
        "the same while their node is away",
        Unit::Count,
        60.0,
    ),
    at_most(
        "planner_100k_p50_us",
        "a search for ways on a network of the public one's size: 100,000 sat, p50",
        Unit::Micros,
        5_000.0,
    ),
    at_most(
        "planner_1m_p50_us",
        "the same for 1,000,000 sat",
        Unit::Micros,
        20_000.0,
    ),
    at_most(
        "planner_10m_p50_us",
        "the same for 10,000,000 sat",
        Unit::Micros,
        100_000.0,
    ),
    at_most(
        "planner_memory_bytes",
        "what the graph and the knowledge take then",
        Unit::Bytes,
        32e6,
    ),
    line("waiters", "waiters at once", Unit::Count),
    at_most(
        "waiter_engine_bytes",
        "a waiter in the engine",
        Unit::Bytes,
        1_024.0,
    ),
    at_most(
        "waiter_engine_woken_s",
        "its outcome until it is woken, longest",
        Unit::Seconds,
        1.0,
    ),
    at_most(
        "waiter_socket_bytes",
        "a waiter through the socket",
        Unit::Bytes,
        4_096.0,
    ),
    at_most(
        "waiter_socket_woken_s",
        "its outcome until its reply, longest",
        Unit::Seconds,
        1.0,
    ),
    line(
        "pressure_load_vs_sustained",
        "twice the load: asked for, to what is sustained",
        Unit::Ratio,
    ),
    line(
        "pressure_busy_share",
        "twice the load: answered busy",
        Unit::Ratio,
    ),
    line(
        "pressure_busy_p99_us",
        "twice the load: the answer busy, p99",
        Unit::Micros,
    ),
    at_most(
        "pressure_memory_growth",
        "twice the load: memory at the end, to its first half",
        Unit::Ratio,
        1.1,
    ),
    at_most(
        "pressure_lost",
        "twice the load: parts without an outcome",
        Unit::Count,
        0.0,
    ),
    at_most(
        "start_10k_live_s",
        "start after kill -9 with 10,000 live parts",
        Unit::Seconds,
        1.0,
    ),
    at_most(
        "commit_longest_vs_median",
        "longest of 1,000 commits, checkpoints included (middle of six), to the median",
        Unit::Ratio,
        10.0,
    ),
    at_most(
        "analyze_longest_vs_median",
        "longest commit beside another program's ANALYZE (middle of six), to the median",
        Unit::Ratio,
        10.0,
    ),
    at_most(
        "analyze_nice_longest_vs_median",
        "the same where it runs under `nice`",
        Unit::Ratio,
        10.0,
    ),
    line(
        "write_longest_vs_median",
        "longest of 1,000 bare writes of that size (middle of six): the disk's own",
        Unit::Ratio,
    ),
    line(
        "commit_longest_of_all_vs_median",
        "longest of 6,000 commits",
        Unit::Ratio,
    ),
    line(
        "write_longest_of_all_vs_median",
        "longest of 6,000 bare writes",
        Unit::Ratio,
    ),
    at_most(
        "lists_p99_vs_alone",
        "sendpartialpay p99 beside ten who page through everything, to alone",
        Unit::Ratio,
        1.5,
    ),
    line(
        "lists_pages_per_s",
        "pages of 100 that they got a second",
        Unit::Count,
    ),
    line("size_payments", "payments of two parts", Unit::Count),
    at_most(
        "size_bytes_per_payment",
        "the database, a payment",
        Unit::Bytes,
        1_000.0,
    ),
    at_most(
        "size_lookup_growth",
        "a payment by its hash, to 10,000 payments",
        Unit::Ratio,
        2.0,
    ),
    at_most(
        "size_parts_of_hash_growth",
        "the parts of a hash, to 10,000 payments",
        Unit::Ratio,
        2.0,
    ),
    at_most(
        "size_first_page_growth",
        "first page, to 10,000 payments",
        Unit::Ratio,
        2.0,
    ),
    at_most(
        "size_middle_page_growth",
        "middle page, to 10,000 payments",
        Unit::Ratio,
        2.0,
    ),
    at_most(
        "size_last_page_growth",
        "last page, to 10,000 payments",
        Unit::Ratio,
        2.0,
    ),
    at_most(
        "size_complete_page_growth",
        "a page of what is complete, to 10,000 payments",
        Unit::Ratio,
        2.0,
    ),
    at_most(
        "size_failed_page_growth",
        "a page of what failed, to 10,000 payments",
        Unit::Ratio,
        2.0,
    ),
    at_most(
        "size_pending_page_growth",
        "a page of what is pending, to 10,000 payments",
        Unit::Ratio,
        2.0,
    ),
    at_most(
        "size_live_parts_growth",
        "all live parts, to 10,000 payments",
        Unit::Ratio,
        2.0,
    ),
    at_most(
        "size_start_growth",
        "start with 10,000 live parts, to 10,000 payments",
        Unit::Ratio,
        2.0,
    ),
];

impl Unit {
    pub(super) fn shown(self, figure: f64) -> String {
        match self {
            Unit::Ratio => format!("{figure:.2}"),
            Unit::Bytes => format!("{figure:.0} B"),
            Unit::Micros => time(figure),
            Unit::Seconds => format!("{figure:.2} s"),
            Unit::Count => thousands(figure),
        }
    }
}

impl Goal {
    /// The goal, and whether it is met.
    pub(super) fn judged(self, found: Option<f64>, unit: Unit) -> String {
        let (sign, goal, is_met) = match self {
            Goal::AtLeast(goal) => ("≥", goal, found.is_some_and(|f| f >= goal)),
            Goal::AtMost(goal) => ("≤", goal, found.is_some_and(|f| f <= goal)),
        };
        format!(
            "{sign} {} {}",
            unit.shown(goal),
            if is_met { "met" } else { "MISSED" }
        )
    }
}
