//! A daemon that knows `listpayments` only, and says what a test wants.

use crate::support::Home;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

/// What comes back for one call.
pub(super) enum Answer {
    Result(Value),
    Error(Value),
    HangUp,
    /// The connection stays, and nothing comes.
    Silence,
}

/// It lives as long as the test's runtime.
pub(super) struct Server {
    home: Home,
    asked: Arc<Mutex<Vec<Value>>>,
}

/// A call's parameters, and the process that calls.
pub(super) struct Call {
    pub(super) params: Value,
    pub(super) process: i32,
}

impl Server {
    pub(super) fn new(mut answer: impl FnMut(&Call) -> Answer + Send + 'static) -> Server {
        let home = Home::new();
        let listener = UnixListener::bind(home.path().join("ampere-rpc")).unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let _ = serve(connection, &heard, &mut answer).await;
            }
        });
        Server { home, asked }
    }

    /// One that has these rows, and gives at most so many at a time.
    pub(super) fn of(rows: Vec<Value>, page_max: usize) -> Server {
        Server::new(move |call| Answer::Result(page(&rows, page_max, &call.params)))
    }

    /// The same, which gives only those of the direction and the status that are asked for.
    pub(super) fn filtering(rows: Vec<Value>, page_max: usize) -> Server {
        Server::new(move |call| {
            let is_asked_for = |row: &&Value| {
                ["direction", "status"].into_iter().all(|field| {
                    let (asked, is) = (call.params[field].as_str(), row[field].as_str());
                    asked.is_none_or(|asked| asked == "all" || is.is_none_or(|is| is == asked))
                })
            };
            let rows: Vec<Value> = rows.iter().filter(is_asked_for).cloned().collect();
            Answer::Result(page(&rows, page_max, &call.params))
        })
    }

    pub(super) fn home(&self) -> &Path {
        self.home.path()
    }

    /// A path beside its socket.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The parameters of all calls.
    pub(super) fn asked(&self) -> Vec<Value> {
        self.asked.lock().unwrap().clone()
    }

    /// The names of the files beside its socket.
    pub(super) fn files(&self) -> Vec<String> {
        let folder = std::fs::read_dir(self.home()).unwrap();
        let names = folder.map(|file| file.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name != "ampere-rpc").collect();
        names.sort();
        names
    }
}

/// The page that `listpayments` would give.
pub(super) fn page(rows: &[Value], page_max: usize, params: &Value) -> Value {
    let id = |row: &Value| row["id"].as_u64().unwrap();
    let start = params["start"].as_u64().unwrap_or(0);
    let mut rest = rows.iter().filter(|row| id(row) >= start);
    let found: Vec<Value> = rest.by_ref().take(page_max).cloned().collect();
    match rest.next() {
        Some(next) => json!({"payments": found, "next": id(next)}),
        None => json!({"payments": found}),
    }
}

async fn serve(
    mut connection: UnixStream,
    asked: &Mutex<Vec<Value>>,
    answer: &mut impl FnMut(&Call) -> Answer,
) -> std::io::Result<()> {
    let process = connection.peer_cred()?.pid().unwrap();
    let mut input = Vec::new();
    loop {
        let mut requests = serde_json::Deserializer::from_slice(&input).into_iter::<Value>();
        let Some(Ok(request)) = requests.next() else {
            if connection.read_buf(&mut input).await? == 0 {
                return Ok(());
            }
            continue;
        };
        let read = requests.byte_offset();
        input.drain(..read);
        assert_eq!(request["method"], "listpayments");
        let params = request["params"].clone();
        asked.lock().unwrap().push(params.clone());
        let reply = match answer(&Call { params, process }) {
            Answer::Result(result) => json!({"id": request["id"], "result": result}),
            Answer::Error(error) => json!({"id": request["id"], "error": error}),
            Answer::HangUp => return Ok(()),
            Answer::Silence => continue,
        };
        connection
            .write_all(format!("{reply}\n\n").as_bytes())
            .await?;
    }
}
