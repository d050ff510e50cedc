//! The fields that a part and a payment share.

use domain::Retry;
use serde::Serialize;
use std::borrow::Cow;

/// When it was accepted, how it ended, and what its caller wrote beside it.
#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(super) struct CourseView<'a> {
    /// When it was accepted, in Unix seconds.
    pub(super) created_at: u64,
    /// When it ended, in Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) completed_at: Option<u64>,
    /// `pending`, `complete` or `failed`.
    pub(super) status: &'static str,
    /// The proof of payment, 32 bytes of hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) payment_preimage: Option<String>,
    /// What was written beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<&'a str>,
    /// The caller's own name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) label: Option<&'a str>,
}

/// Whether to pay again.
#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(super) struct RetryView {
    /// Whether paying again can cost nothing twice: nothing is pending, and nothing is unknown.
    safe_to_retry: bool,
    /// The reason for that, in words.
    why: Cow<'static, str>,
}

impl From<Retry> for RetryView {
    fn from(retry: Retry) -> RetryView {
        RetryView {
            safe_to_retry: retry.is_safe,
            why: retry.why,
        }
    }
}
