//! The port: ways for `pay`, found over one graph and one knowledge that all requests share.

use crate::graph::Graph;
use crate::knowledge::Knowledge;
use crate::net::Net;
use crate::plan::plan;
use crate::search::{Want, search};
use async_trait::async_trait;
use domain::{Clock, GraphChange, Lesson, NoPlan, Plan, RouteFinder, RouteRequest, Timestamp};
use fastrand::Rng;
use futures::StreamExt;
use futures::stream::BoxStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// How many searches run at the same time. The others wait: each takes a core for itself.
const SEARCHES_MAX: usize = 2;

/// How many changes of the graph are taken in at once.
const CHANGES_MAX: usize = 1_024;

/// Finds ways as cheapest flows over the public graph, from all of our nodes at once. A clone shares all.
#[derive(Clone)]
pub struct Finder {
    shared: Arc<Shared>,
    searches: Arc<Semaphore>,
}

struct Shared {
    graph: RwLock<Graph>,
    knowledge: Mutex<Knowledge>,
    clock: Arc<dyn Clock>,
    rng: Mutex<Rng>,
}

impl Finder {
    /// A finder over that graph. The clock tells how old knowledge is; the seed decides how many blocks
    /// are put on top of delays.
    pub fn new(graph: Graph, clock: Arc<dyn Clock>, seed: u64) -> Finder {
        let shared = Shared {
            graph: RwLock::new(graph),
            knowledge: Mutex::default(),
            clock,
            rng: Mutex::new(Rng::with_seed(seed)),
        };
        Finder {
            shared: Arc::new(shared),
            searches: Arc::new(Semaphore::new(SEARCHES_MAX)),
        }
    }

    /// Whether all of the graph has been told. Until then there are no plans.
    pub fn is_loaded(&self) -> bool {
        self.shared.graph().is_loaded()
    }

    /// About how many bytes the graph and the knowledge take.
    pub fn memory(&self) -> usize {
        self.shared.graph().memory() + self.shared.knowledge().memory()
    }

    /// Takes changes of the graph in. It waits for the searches that are under way, up to some hundred
    /// milliseconds: an async task uses [`Finder::follow`].
    pub fn apply(&self, changes: &[GraphChange]) {
        let graph = self.shared.graph.write();
        let mut graph = graph.unwrap_or_else(PoisonError::into_inner);
        for change in changes {
            graph.apply(change);
        }
    }

    /// Takes changes in as they come, until the stream ends.
    pub async fn follow(&self, changes: BoxStream<'static, GraphChange>) {
        let mut changes = changes.ready_chunks(CHANGES_MAX);
        while let Some(changes) = changes.next().await {
            let finder = self.clone();
            if let Err(error) = spawn_blocking(move || finder.apply(&changes)).await {
                tracing::error!(%error, "changes of the graph were not taken in");
            }
        }
    }
}

#[async_trait]
impl RouteFinder for Finder {
    /// The search runs beside the async tasks. Whoever does not wait for its end does not end it.
    async fn find(&self, request: &RouteRequest) -> Result<Plan, NoPlan> {
        let away = |why: &str| NoPlan::Away(why.into());
        if !self.is_loaded() {
            return Err(away("the graph is not loaded yet"));
        }
        let searches = Arc::clone(&self.searches);
        let turn = searches.acquire_owned().await;
        let turn = turn.map_err(|_| away("the finder has ended"))?;
        let (shared, request) = (Arc::clone(&self.shared), request.clone());
        let found = spawn_blocking(move || {
            let _turn = turn;
            shared.find(&request)
        });
        found.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a search has ended before its end");
            Err(away("the search has failed"))
        })
    }

    fn learn(&self, lesson: &Lesson, at: Timestamp) {
        let mut knowledge = self.shared.knowledge();
        for bound in &lesson.bounds {
            knowledge.learn(bound, at);
        }
        for moved in &lesson.moved {
            knowledge.moved(moved.channel, moved.amount);
        }
    }
}

impl Shared {
    fn find(&self, request: &RouteRequest) -> Result<Plan, NoPlan> {
        let graph = self.graph();
        let net = Net::new(&graph, &self.knowledge(), request, self.clock.now());
        let want = Want::new(request).ok_or(NoPlan::TooSlow)?;
        let candidate = search(&net, &want)?;
        let plan = {
            let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
            plan(&graph, &net, request, &candidate, &mut rng)
        };
        let plan = plan.ok_or_else(|| NoPlan::Away("a way became no route".into()))?;
        request.check(&plan).map_err(|fault| {
            tracing::error!(%fault, "a plan was thrown away");
            NoPlan::Away(fault.to_string())
        })?;
        Ok(plan)
    }

    fn graph(&self) -> RwLockReadGuard<'_, Graph> {
        self.graph.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn knowledge(&self) -> MutexGuard<'_, Knowledge> {
        let knowledge = self.knowledge.lock();
        knowledge.unwrap_or_else(PoisonError::into_inner)
    }
}
