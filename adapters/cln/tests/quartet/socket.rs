//! One call over a node's JSON-RPC socket.

use std::io;
use std::path::Path;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

/// Calls `method`, on a connection of its own.
///
/// An error that is not the node's, such as a connection it did not take or has dropped, has the
/// `code` null.
pub async fn call(socket: &Path, method: &str, params: &Value) -> Result<Value, Value> {
    let request = json!({"jsonrpc": "2.0", "id": method, "method": method, "params": params});
    let answer = exchange(socket, request.to_string().as_bytes()).await;
    let mut answer = answer.map_err(|error| {
        json!({"code": null, "message": format!("{method} on {}: {error}", socket.display())})
    })?;
    match answer.get_mut("error") {
        Some(error) => Err(error.take()),
        None => Ok(answer["result"].take()),
    }
}

async fn exchange(socket: &Path, request: &[u8]) -> io::Result<Value> {
    let mut stream = UnixStream::connect(socket).await?;
    stream.write_all(request).await?;
    let mut answer = Vec::new();
    // An empty line follows an answer, and none is within it.
    while !answer.ends_with(b"\n\n") {
        if stream.read_buf(&mut answer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(serde_json::from_slice(&answer)?)
}
