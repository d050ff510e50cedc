//! `listpayments`, a page at a time.

use anyhow::{Context, bail};
use rpc::client::{CallError, Client};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Wrong parameters: among them a `limit` above what this daemon allows.
const INVALID_PARAMS: i32 = -32602;

/// The list, read once from its beginning.
pub(super) struct Pages {
    client: Client,
    params: Params,
    is_over: bool,
}

#[derive(Serialize)]
struct Params {
    direction: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u32>,
}

/// A page as it came.
pub(super) struct Reply(Box<RawValue>);

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    payments: Vec<&'a RawValue>,
    next: Option<u64>,
}

impl Pages {
    pub(super) fn new(
        client: Client,
        direction: &'static str,
        status: Option<&'static str>,
    ) -> Pages {
        let params = Params {
            direction,
            status,
            start: None,
            limit: Some(rpc::Limits::default().page_max),
        };
        Pages {
            client,
            params,
            is_over: false,
        }
    }

    /// The next page; `None` after the last.
    pub(super) async fn next(&mut self) -> anyhow::Result<Option<Reply>> {
        if self.is_over {
            return Ok(None);
        }
        let reply = match self.ask().await {
            // Its largest page may have been configured to be smaller; its usual one will do.
            Err(CallError::Rpc { code, .. }) if code == INVALID_PARAMS && self.is_first() => {
                self.params.limit = None;
                self.ask().await?
            }
            reply => reply?,
        };
        let next = page(&reply)?.next;
        // A list that does not go on would be read for ever.
        if next.is_some_and(|next| next <= self.params.start.unwrap_or(0)) {
            bail!("listpayments: the next page is not after this one");
        }
        self.is_over = next.is_none();
        self.params.start = next;
        Ok(Some(Reply(reply)))
    }

    async fn ask(&mut self) -> Result<Box<RawValue>, CallError> {
        self.client.call_raw("listpayments", &self.params).await
    }

    fn is_first(&self) -> bool {
        self.params.start.is_none()
    }
}

impl Reply {
    /// The rows, in the order of the list.
    pub(super) fn rows(&self) -> anyhow::Result<Vec<&RawValue>> {
        Ok(page(&self.0)?.payments)
    }
}

fn page(reply: &RawValue) -> anyhow::Result<Page<'_>> {
    serde_json::from_str(reply.get()).context("listpayments: no page")
}
