//! `ampere pay INVOICE`: asked and drawn on a terminal, one call elsewhere.

mod args;
mod asked;
mod bill;
mod follow;
mod left;

pub(super) use args::{MORE, Options};
pub(super) use asked::Asked;

use super::params::Style;
use super::{call, failed, output, payment};
use crate::exit::Exit;
use crate::say::say;
use crate::shutdown::interrupted;
use crate::trouble::trouble;
use crate::view::{Names, is_terminal};
use anyhow::anyhow;
use args::{Terms, Wish};
use bill::Bill;
use domain::Invoice;
use follow::Follow;
use rpc::client::{CallError, Client};
use serde_json::{Value, json};
use std::io::{IsTerminal, stdin};
use std::path::Path;

/// What to do, once a daemon is there.
pub(super) struct Pay {
    wish: Wish,
    raw: bool,
}

impl Pay {
    /// From the command line.
    pub(super) fn read(options: Options, style: Style, raw: bool) -> anyhow::Result<Pay> {
        let wish = options.wish(style)?;
        Ok(Pay { wish, raw })
    }

    /// Pays, until nothing is under way any more or somebody wants to leave.
    pub(super) async fn run(self, client: Client, asked: Asked) -> Exit {
        match self.wish {
            Wish::Call(params) => plain(client, &asked, params, self.raw).await,
            Wish::Pay(terms) if is_terminal() && !self.raw => live(client, &asked, terms).await,
            Wish::Pay(Terms {
                mut params,
                dry_run,
                ..
            }) => {
                if dry_run {
                    params.insert("dry_run".to_owned(), json!(true));
                }
                plain(client, &asked, params.into(), self.raw).await
            }
        }
    }
}

/// One call, and its answer as JSON.
async fn plain(mut client: Client, asked: &Asked, params: Value, raw: bool) -> Exit {
    let bolt11 = ["bolt11", "invstring"]
        .iter()
        .find_map(|key| params.get(key));
    let bolt11 = bolt11.or_else(|| params.get(0)).and_then(Value::as_str);
    let invoice = bolt11.and_then(|bolt11| rpc::invoice::decode(bolt11).ok());
    let answer = tokio::select! {
        // In this order: nothing is begun before signals are heard.
        biased;
        Ok(()) = interrupted() => return left::told(asked, invoice.as_ref()).await,
        answer = client.call_raw("pay", &params) => answer,
    };
    match answer {
        Ok(result) => output::result(&mut client, "pay", result.get(), raw).await,
        Err(error) => {
            let help = help(&error);
            let exit = call::failed("pay", error);
            if let Some(help) = help {
                say!(" help: {help}");
            }
            exit
        }
    }
}

/// Shown, asked for, and drawn.
async fn live(mut client: Client, asked: &Asked, terms: Terms) -> Exit {
    let (invoice, estimate) = match quoted(&mut client, &terms).await {
        Ok(quoted) => quoted,
        Err(exit) => return exit,
    };
    let names = Names::ask(&mut client).await;
    let bill = Bill::new(&invoice, &estimate, &names);
    if let Err(ended) = bill.show() {
        return ended.told("pay");
    }
    if terms.dry_run {
        return Exit::Ok;
    }
    if !terms.yes && !stdin().is_terminal() {
        let help = "say so with --yes";
        return failed(
            &trouble("not paid", "nobody can be asked", help),
            Exit::Usage,
        );
    }
    let mut follow = Follow::new(&invoice, names);
    let paid = async {
        if !terms.yes && !bill::is_wanted().await {
            say!("not paid: nothing was sent");
            return Exit::Error;
        }
        order(client, &asked.rpc_file, terms, &mut follow).await
    };
    let done = tokio::select! {
        biased;
        Ok(()) = interrupted() => None,
        exit = paid => Some(exit),
    };
    if let Some(exit) = done {
        return exit;
    }
    follow.leave();
    left::told(asked, Some(&invoice)).await
}

/// The invoice, and what it would cost; or how this ends without either.
async fn quoted(client: &mut Client, terms: &Terms) -> Result<(Invoice, Value), Exit> {
    let invoice = rpc::invoice::decode(&terms.bolt11);
    let invoice = invoice.map_err(|why| failed(&anyhow!(why), Exit::Usage))?;
    let row = payment::row(client, &hash_of(&invoice)).await;
    let row = row.map_err(refused)?;
    if row["status"] == "complete" {
        let preimage = row["preimage"].as_str().unwrap_or_default();
        let words = format!("it is paid already: preimage {preimage}");
        return Err(output::print(&words));
    }
    let params = Value::Object(terms.params.clone());
    let estimate = client.call("estimate", params).await;
    Ok((invoice, estimate.map_err(refused)?))
}

/// Makes the order durable, and draws what comes of it.
async fn order(mut client: Client, rpc_file: &Path, terms: Terms, follow: &mut Follow) -> Exit {
    let mut params = terms.params;
    params.insert("timeout".to_owned(), json!(0));
    match client.call("pay", params.into()).await {
        // It has its order, or is paid or failed already: all that is read from the lists.
        Ok(_) => follow.run(client, rpc_file).await,
        Err(error) => refused(error),
    }
}

/// In words alone: there is somebody who reads them.
fn refused(error: CallError) -> Exit {
    let help = help(&error);
    let CallError::Rpc { code, message, .. } = error else {
        return call::failed("pay", error);
    };
    say!("error {code}: {}", crate::escape::line(&message));
    if let Some(help) = help {
        say!(" help: {help}");
    }
    Exit::Error
}

/// What to do about it, where the command line has something for it.
fn help(error: &CallError) -> Option<String> {
    let CallError::Rpc { code, data, .. } = error else {
        return None;
    };
    let data = data.as_ref()?;
    let needed = data["fee_needed_msat"].as_u64().filter(|_| *code == 206)?;
    Some(format!(
        "the ways there are now ask for --max-fee {needed}msat"
    ))
}

/// What an invoice's payment is called.
fn hash_of(invoice: &Invoice) -> String {
    invoice.payment_hash.to_string()
}
