//! The handle that a test holds.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinSet;

use super::invoice::Invoice;
use super::socket::{bind, listen};
use super::state::{Sent, State};
use super::topology::{EAST, Hop, L4, PAYEE_KEY, WEST};

/// A fake lightningd. Clones are handles to the same one.
#[derive(Debug, Clone)]
pub struct Lightningd(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// Whatever runs for the process; it ends with it.
    tasks: Mutex<JoinSet<()>>,
    rpc_file: PathBuf,
}

impl Lightningd {
    /// Starts a new node at this socket. It is bound when this returns.
    ///
    /// # Panics
    ///
    /// If the socket cannot be bound, or outside of a Tokio runtime.
    #[must_use]
    pub fn start(socket: &Path) -> Self {
        Self::start_in(socket, State::new(&EAST, Arc::default()))
    }

    /// Starts another node of ours, whose neighbours and payee are the same as this one's.
    ///
    /// # Panics
    ///
    /// As [`Lightningd::start`].
    #[must_use]
    pub fn start_another(&self, socket: &Path) -> Self {
        let payee = self.with(|state| Arc::clone(&state.world.payee));
        Self::start_in(socket, State::new(&WEST, payee))
    }

    fn start_in(socket: &Path, state: State) -> Self {
        let news = state.payee().news(state.place.us);
        let lightningd = Self(Arc::new(Shared {
            state: Mutex::new(state),
            tasks: Mutex::new(JoinSet::new()),
            rpc_file: socket.to_owned(),
        }));
        lightningd.start_again();
        let weak = Arc::downgrade(&lightningd.0);
        tokio::spawn(async move {
            loop {
                news.notified().await;
                let Some(shared) = weak.upgrade() else { return };
                Self(shared).with(State::settle);
            }
        });
        lightningd
    }

    /// Starts the node again after [`Lightningd::kill`], with another `created_at` in `getlog`.
    /// The channels are back at once, unless [`Lightningd::reconnect`] says otherwise.
    pub fn start_again(&self) {
        let listener = bind(self.rpc_file());
        let gone = self.with(State::boot);
        self.spawn(listen(self.clone(), listener, gone));
    }

    /// kill -9: all connections are cut at once and the socket refuses; HTLCs that were not
    /// committed are lost, and their rows with them dead.
    pub async fn kill(&self) {
        self.with(State::die);
        let mut tasks =
            std::mem::take(&mut *self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        tasks.shutdown().await;
    }

    /// [`Lightningd::kill`] and [`Lightningd::start_again`].
    pub async fn restart(&self) {
        self.kill().await;
        self.start_again();
    }

    /// Where the socket is.
    #[must_use]
    pub fn rpc_file(&self) -> &Path {
        &self.0.rpc_file
    }

    /// l1, the node itself.
    #[must_use]
    pub fn node_id(&self) -> &'static str {
        self.with(|state| state.place.us)
    }

    /// l4, whom it pays.
    #[must_use]
    pub fn destination(&self) -> &'static str {
        L4
    }

    /// What l4 signs invoices with.
    #[must_use]
    pub fn destination_key(&self) -> [u8; 32] {
        PAYEE_KEY
    }

    /// The way to l4 over l2 (0) or l3 (1), with the right fees and a final delay of 18.
    #[must_use]
    pub fn way(&self, i: usize, amount_msat: u64) -> Vec<Hop> {
        self.with(|state| state.place.way(i, amount_msat))
    }

    /// A new invoice of l4. The same calls give the same invoices in every run.
    #[must_use]
    pub fn invoice(&self, amount_msat: u64) -> Invoice {
        self.with(|state| state.payee().issue(amount_msat))
    }

    /// Whether l4 has been paid for this hash.
    #[must_use]
    pub fn is_paid(&self, payment_hash: &str) -> bool {
        self.with(|state| state.payee().is_paid(payment_hash))
    }

    /// Lets l4 know an invoice that comes from elsewhere.
    pub fn adopt(
        &self,
        payment_hash: &str,
        payment_secret: &str,
        preimage: &str,
        amount_msat: u64,
    ) {
        let invoice = Invoice {
            payment_hash: payment_hash.to_owned(),
            payment_secret: payment_secret.to_owned(),
            preimage: preimage.to_owned(),
            amount_msat,
        };
        self.with(|state| state.payee().adopt(invoice));
    }

    /// What was really sent: every part with the number of HTLCs that were committed for it, in
    /// the order of the first. Neither restarts nor backups change it.
    #[must_use]
    pub fn ledger(&self) -> Vec<Sent> {
        self.with(|state| state.world.ledger.clone())
    }

    /// Everything happens in here. A test that has panicked still drops its guards.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.0.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Runs something for as long as the process lives.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.0
            .tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .spawn(task);
    }
}
