//! A page of a list, as JSON.

use crate::error::{Code, RpcError};
use crate::reply::{Written, reply_error};
use crate::services::Context;
use crate::views::{AsView, Viewed};
use domain::{Listed, Page};
use serde::Serialize;
use serde_json::value::RawValue;

/// A row, written as its view.
pub(crate) type Row<T> = Written<AsView<Listed<T>>>;

/// A page as JSON, written where it holds up no payment: its rows go where `wrap` puts them.
pub(crate) async fn page<T: Send + 'static, P: Serialize + 'static>(
    context: &Context,
    page: Page<T>,
    id: fn(&T) -> u64,
    wrap: impl FnOnce(Vec<Row<T>>, Option<u64>) -> P + Send + 'static,
) -> Result<Written<P>, RpcError>
where
    Listed<T>: Viewed,
{
    let max_bytes = context.limits.page_bytes;
    let written = context.page_writer.write(move || {
        let (rows, next) = rows(page, max_bytes, id, |row| Row::new(&AsView(row)))?;
        Written::new(&wrap(rows, next)).map_err(|error| reply_error(&error))
    });
    let failed = || RpcError::new(Code::Internal, "the list could not be written".to_owned());
    written.await.unwrap_or_else(|| Err(failed()))
}

/// A page's rows as JSON and where the next page starts. It ends early where `max_bytes` are full,
/// so that no reply is larger than what a client and this daemon can hold.
pub(crate) fn rows<T, R: AsRef<RawValue>>(
    page: Page<T>,
    max_bytes: usize,
    id: impl Fn(&T) -> u64,
    write: impl Fn(Listed<T>) -> serde_json::Result<R>,
) -> Result<(Vec<R>, Option<u64>), RpcError> {
    let mut rows = Vec::with_capacity(page.rows.len());
    let mut bytes = 0usize;
    for row in page.rows {
        let number = row.number(&id);
        let json = write(row).map_err(|error| reply_error(&error))?;
        bytes = bytes.saturating_add(json.as_ref().get().len());
        if bytes > max_bytes && !rows.is_empty() {
            return Ok((rows, Some(number)));
        }
        rows.push(json);
    }
    Ok((rows, page.next))
}
