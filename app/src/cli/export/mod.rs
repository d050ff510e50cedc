//! `ampere export`: all payments, for the books.
//!
//! A page of `listpayments` is written out before the next is asked for, so that memory does not grow
//! with the list.

mod account;
mod args;
mod format;
mod pages;
mod progress;
mod rows;
mod target;
pub(super) mod time;

pub(super) use args::{MORE, Options};

use crate::exit::Exit;
use crate::say::say;
use crate::shutdown::interrupted;
use crate::trouble::report;
use anyhow::{Context, anyhow};
use format::Writer;
use pages::{Pages, Reply};
use progress::Progress;
use rows::Row;
use rpc::client::{CallError, Client};
use target::Target;
use time::Range;

/// Writes them.
pub(super) async fn run(client: Client, options: Options) -> Exit {
    // Whoever reads standard output may take their time: there, a signal ends us as it ends anybody.
    let cleans_up = options.output.is_some();
    let outcome = tokio::select! {
        // In this order: nothing is begun before signals are heard.
        biased;
        Ok(()) = interrupted(), if cleans_up => Err(anyhow!("stopped by a signal")),
        outcome = export(client, &options) => outcome,
    };
    let Err(error) = outcome else {
        return Exit::Ok;
    };
    say!("{}", report(&error));
    match error.downcast_ref() {
        Some(CallError::Connection(_)) => Exit::NoConnection,
        _ => Exit::Error,
    }
}

async fn export(client: Client, options: &Options) -> anyhow::Result<()> {
    let target = Target::open(options.output.as_deref())?;
    let mut pages = Pages::new(client, options.direction(), options.status());
    let mut export = Export {
        writer: format::writer(options.format, &options.books, target.writer()?)?,
        range: options.range(),
        progress: Progress::new(!target.is_terminal()),
        written: 0,
        damaged: 0,
    };
    let whole = export.whole(&mut pages).await;
    let remark = whole.with_context(|| {
        let left = match target {
            Target::Stdout => "what was written is not all of them",
            Target::File(_) => "no file was written",
        };
        format!(
            "the export broke off after {} payments; {left}",
            export.written
        )
    })?;
    target.finish()?;
    export.report(remark);
    Ok(())
}

struct Export {
    writer: Box<dyn Writer>,
    range: Range,
    progress: Progress,
    written: u64,
    damaged: u64,
}

impl Export {
    /// What people should know besides, if anything.
    async fn whole(&mut self, pages: &mut Pages) -> anyhow::Result<Option<String>> {
        while let Some(page) = pages.next().await? {
            self.page(&page)?;
        }
        self.writer.finish()
    }

    fn page(&mut self, page: &Reply) -> anyhow::Result<()> {
        for json in page.rows()? {
            let row = Row::read(json).context("a row of listpayments is not understood")?;
            match row {
                Row::Payment(payment) if self.range.contains(payment.at()) => {
                    self.writer.payment(&payment)?;
                }
                Row::Payment(_) => continue,
                Row::Damaged(row) => {
                    self.damaged += 1;
                    self.writer.damaged(&row)?;
                }
            }
            self.written += 1;
        }
        self.writer.flush()?;
        self.progress.set(self.written);
        Ok(())
    }

    fn report(self, remark: Option<String>) {
        // The bar goes first.
        drop(self.progress);
        if let Some(remark) = remark {
            say!("{remark}");
        }
        if self.damaged > 0 {
            let damaged = self.damaged;
            say!("warning: damaged rows: {damaged}; they are marked in the export");
        }
    }
}
