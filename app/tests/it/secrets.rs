//! Rule A-15, with everything logged that can be: whatever is done, and whatever is refused, no log line
//! and no error tells a preimage, a secret, a payment's metadata or an invoice.

mod lightningd;

use crate::support::{Daemon, Home, Invoice, LARGER, SMALLER, Secrets, WHOLE, soon};
use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

/// What a caller may believe to be a preimage, a secret or metadata, and puts into the wrong place.
const STRAY: &str = "c0ffee5ec2e7c0ffee5ec2e7c0ffee5ec2e7c0ffee5ec2e7c0ffee5ec2e7c0de";
const METADATA: &str = "0badcafe0badcafe0badcafe0badcafe0badcafe0badcafe0badcafe0badf00d";

struct Tour {
    home: Home,
    secrets: Secrets,
}

impl Tour {
    fn new() -> Tour {
        let mut secrets = Secrets::default();
        secrets.keep("a stray secret", STRAY);
        secrets.keep("payment_metadata", METADATA);
        let home = Home::new();
        Tour { home, secrets }
    }

    async fn start(&self, arguments: &[&str]) -> Daemon {
        let mut command = self.home.ampered();
        command.env("AMPERE_LOG", "trace").args(arguments);
        Daemon::spawn(command, self.home.path().join("ampere-rpc")).await
    }

    async fn invoice(&mut self, daemon: &Daemon) -> (Invoice, String) {
        let made = daemon.ok("dev-invoice", json!([WHOLE])).await;
        let invoice = Invoice::from(&made, WHOLE);
        let secret = made["payment_secret"].as_str().unwrap().to_owned();
        self.secrets.keep("payment_secret", &secret);
        self.secrets.keep_text("bolt11", &invoice.bolt11);
        (invoice, secret)
    }

    async fn refused(&mut self, daemon: &Daemon, method: &str, params: Value) -> i64 {
        let refused = daemon.refused(method, params).await;
        self.secrets.refused(&refused);
        refused.code
    }

    /// Stops it and takes its log, to the last line.
    async fn end(&mut self, daemon: Daemon) {
        let log = daemon.terminated().await;
        assert!(log.contains("ampered has stopped"), "{log}");
        self.secrets.heard("the log", log);
    }
}

#[tokio::test]
async fn whatever_is_done_no_secret_is_told() {
    let mut tour = Tour::new();
    let daemon = tour.start(&[]).await;
    pay(&mut tour, &daemon).await;
    stray_everywhere(&mut tour, &daemon).await;
    shout(&mut tour, &daemon).await;
    let (invoice, secret) = fail_and_hold(&mut tour, &daemon).await;
    tour.end(daemon).await;

    // With a live part, and again once its row is damaged, by a preimage that opens nothing.
    let daemon = tour.start(&["--log-format", "json"]).await;
    daemon.ok("listpartialpayments", json!([])).await;
    tour.end(daemon).await;
    let database = rusqlite::Connection::open(tour.home.path().join("ampere.sqlite3")).unwrap();
    let damage = format!(
        "update payments set payment_preimage = x'{STRAY}', status = 1, completed_at = 1, \
         delivered_msat = 1, intended_msat = intended_msat where live_parts > 0;"
    );
    database
        .execute_batch(
            "drop trigger payments_terms_are_fixed; pragma ignore_check_constraints = on;",
        )
        .unwrap();
    database.execute_batch(&damage).unwrap();
    drop(database);
    let daemon = tour.start(&[]).await;
    let mut params = invoice.part(&daemon.route(1, SMALLER).await);
    params["payment_secret"] = json!(secret);
    assert_eq!(tour.refused(&daemon, "sendpartialpay", params).await, 232);
    let waited = json!([invoice.hash]);
    assert_eq!(tour.refused(&daemon, "waitsendpay", waited).await, 232);
    let rows = daemon.payments(json!([])).await;
    let row = rows
        .iter()
        .find(|row| row["warning_quarantined"].is_string());
    tour.secrets.heard("a warning", row.unwrap().to_string());
    tour.end(daemon).await;
    tour.secrets.check();
}

/// Both ways of paying, with the secret and with the invoice, by name and by position.
async fn pay(tour: &mut Tour, daemon: &Daemon) {
    let (invoice, secret) = tour.invoice(daemon).await;
    let mut named = invoice.part(&daemon.route(0, LARGER).await);
    named["payment_secret"] = json!(secret);
    let first = daemon.ok("sendpartialpay", named.clone()).await;
    assert_eq!(
        tour.refused(daemon, "waitpartialpay", json!([first["id"], 0]))
            .await,
        200
    );
    assert_eq!(
        tour.refused(daemon, "sendpartialpay", named.clone()).await,
        200,
        "too much"
    );
    for (key, value) in [("payment_secret", STRAY), ("payment_metadata", METADATA)] {
        let mut other = json!({"route": daemon.route(1, SMALLER).await, "payment_hash": invoice.hash,
            "intended_msatoshi": WHOLE, "payment_secret": secret});
        other[key] = json!(value);
        assert_eq!(
            tour.refused(daemon, "sendpartialpay", other.clone()).await,
            201,
            "{key}"
        );
        other["bolt11"] = json!(invoice.bolt11);
        assert_eq!(
            tour.refused(daemon, "sendpartialpay", other).await,
            -32602,
            "{key}"
        );
    }
    let route = daemon.route(1, SMALLER).await;
    let placed = json!([
        route,
        invoice.hash,
        WHOLE,
        "tea",
        secret,
        null,
        invoice.bolt11
    ]);
    daemon
        .ok(
            "check",
            json!(["sendpartialpay", route, invoice.hash, WHOLE, null, secret]),
        )
        .await;
    let second = daemon.ok("sendpartialpay", placed).await;
    for part in [first, second] {
        let done = daemon.ok("waitpartialpay", json!([part["id"]])).await;
        tour.secrets.keep_preimage_of(&done);
    }
    let (alone, _) = tour.invoice(daemon).await;
    daemon
        .ok("sendpay", alone.pay(&daemon.route(0, WHOLE).await))
        .await;
    tour.secrets
        .keep_preimage_of(&daemon.ok("waitsendpay", json!([alone.hash])).await);
    for method in ["listpayments", "listpartialpayments", "getinfo"] {
        daemon.ok(method, json!([])).await;
    }
    daemon
        .ok("listpayments", json!({"bolt11": alone.bolt11}))
        .await;
    let paid = json!({"payment_hash": alone.hash, "route": daemon.route(0, LARGER).await});
    assert_eq!(tour.refused(daemon, "sendpay", paid).await, 201);
}

/// A secret in the place of each parameter of each method, and a little more and less than one.
async fn stray_everywhere(tour: &mut Tour, daemon: &Daemon) {
    let (invoice, _) = tour.invoice(daemon).await;
    let route = daemon.route(0, LARGER).await;
    let strays = [
        json!(STRAY),
        json!(STRAY.to_uppercase()),
        json!(format!("{STRAY}0")),
        json!(hex::decode(STRAY).unwrap()),
        json!([STRAY]),
        json!({STRAY: STRAY}),
        json!(format!("{} ", invoice.bolt11)),
        json!(format!(
            "lightning:{}",
            invoice.bolt11.replacen('1', "2", 2)
        )),
    ];
    let sound =
        json!({"route": route, "payment_hash": invoice.hash, "intended_msatoshi": WHOLE, "id": 1});
    for method in rpc::methods::all()
        .iter()
        .filter(|method| method.name != "stop")
    {
        for stray in &strays {
            let mut cases = vec![json!({STRAY: 1})];
            cases.extend((!stray.is_array()).then(|| stray.clone()));
            // What is taken for a hash is none of our secrets.
            for param in method
                .params
                .iter()
                .filter(|param| param.name != "payment_hash")
            {
                let mut params = Map::new();
                for needed in method.params.iter().filter(|param| param.required) {
                    let value = sound.get(needed.name).cloned();
                    params.insert(needed.name.to_owned(), value.unwrap_or(json!("nothing")));
                }
                params.insert(param.name.to_owned(), stray.clone());
                // Waits must not last.
                if method.params.iter().any(|param| param.name == "timeout") {
                    params.entry("timeout").or_insert(json!(0));
                }
                cases.push(Value::Object(params));
            }
            for params in cases {
                if let Err(refused) = daemon.call(method.name, params).await {
                    tour.secrets.refused(&refused);
                }
            }
        }
    }
    tour.refused(daemon, STRAY, json!([])).await;
    tour.refused(daemon, "help", json!([STRAY])).await;
    tour.refused(daemon, "check", json!([STRAY])).await;
}

/// Requests that are none, with secrets in them. The id is the caller's own, and comes back.
async fn shout(tour: &mut Tour, daemon: &Daemon) {
    let secret = format!("\"{STRAY}\"");
    for request in [
        format!(r#"{{"jsonrpc":"2.0","id":{secret},"method":"getinfo","params":[]}}"#),
        format!(r#"{{"jsonrpc":"2.0","id":{secret},"method":{secret},"params":{secret}}}"#),
        format!(r#"{{"jsonrpc":{secret},"id":1,"method":"getinfo","params":[]}}"#),
        format!(r#"{{"id":1,"method":[{secret}],{secret}:{secret}}}"#),
        format!(r#"{{"jsonrpc":"2.0","id":{{{secret}:1}},"method":"getinfo","params":[]}}"#),
        format!(r#"{{"jsonrpc":"2.0","id":1,"id":{secret},"method":"getinfo"}}"#),
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"sendpay","params":{{"payment_secret":{secret}"#
        ),
        format!(r#"{{"payment_secret":{secret} {secret}}}"#),
        format!(r#"{{"payment_secret":{STRAY}}}"#),
        format!("{{{}{secret}", "[".repeat(40)),
        secret.clone(),
        format!("payment_secret={STRAY}\n"),
    ] {
        let mut socket = UnixStream::connect(&daemon.rpc_file).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        // The daemon may have hung up by now.
        let _ = socket.shutdown().await;
        let mut said = String::new();
        soon("an end", socket.read_to_string(&mut said))
            .await
            .unwrap();
        let reply: Value = serde_json::from_str(&said).unwrap();
        tour.secrets.heard("an error", reply["error"].to_string());
    }
}

/// Parts that fail on their way and at their end, with all that a part can carry; and one that is held.
async fn fail_and_hold(tour: &mut Tour, daemon: &Daemon) -> (Invoice, String) {
    let (invoice, _) = tour.invoice(daemon).await;
    let cheap = daemon.route_without_fee(0, LARGER).await;
    let part = daemon.ok("sendpartialpay", invoice.part(&cheap)).await;
    assert_eq!(
        tour.refused(daemon, "waitpartialpay", json!([part["id"]]))
            .await,
        204
    );
    let route = daemon.route(0, WHOLE).await;
    let unknown = json!({"route": route, "payment_hash": "ab".repeat(32), "intended_msatoshi": WHOLE,
        "payment_secret": STRAY, "payment_metadata": METADATA});
    let part = daemon.ok("sendpartialpay", unknown).await;
    assert_eq!(
        tour.refused(daemon, "waitpartialpay", json!([part["id"]]))
            .await,
        203
    );
    tour.refused(daemon, "waitsendpay", json!(["ab".repeat(32)]))
        .await;
    daemon.ok("dev-hold", json!(["on"])).await;
    let (held, secret) = tour.invoice(daemon).await;
    daemon.send(&held, &daemon.route(0, LARGER).await).await;
    (held, secret)
}
