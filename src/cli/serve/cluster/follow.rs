//! The loop that puts in force what the API server says.
//!
//! Never ends the process, and makes it unready only until every region was heard of for the first time: whatever
//! becomes of the API server, what is in force is known and ages by the policy.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use tokio::{
    signal::unix::Signal,
    sync::watch,
    time::{Instant, sleep_until},
};
use tracing::{error, info, warn};

use super::super::{
    live::{Asks, Live},
    log_basis,
    telling::Telling,
};
use crate::{
    api::OperationBinding,
    cluster::{Complaint, News, Watch},
    config::Refresh,
    ecs::Setting,
    telemetry::{Health, Metrics},
};

/// The readiness check that holds once every region was heard of.
const CHECK: &str = "locks";

/// So long it is waited for that at the start; who can't ask answers all the same.
const PATIENCE: Duration = Duration::from_secs(30);

/// Owns the watch and puts in force what it says.
pub(super) struct Follow {
    watch: Watch,
    live: Arc<Live>,
    telling: Telling,
    health: Health,
    bindings: watch::Sender<Arc<[OperationBinding]>>,
    complaints: watch::Sender<Arc<[Complaint]>>,
    /// Until when unheard regions make the process unready.
    deadline: Option<Instant>,
}

impl Follow {
    /// Puts in force what the watch has heard so far.
    pub(super) async fn start(
        mut watch: Watch,
        setting: Setting,
        replicas: NonZeroU32,
        metrics: &Arc<Metrics>,
        health: &Health,
    ) -> anyhow::Result<Self> {
        let News {
            configuration,
            listings,
        } = watch.news().await;
        let Refresh::Changed(configuration) = configuration else {
            anyhow::bail!("nothing of the configuration can be put in force");
        };
        log_basis(watch.objects().count(), &configuration.basis);
        let asks = Asks::WhileLeading(replicas);
        let live = Live::new(*configuration, setting, asks, health.clone())?;
        live.observe(metrics);
        for (key, listed) in listings {
            live.board.list(&key, listed);
        }
        let mut telling = Telling::new(Arc::clone(metrics), health.clone());
        telling.tell(watch.objects().notices());
        let mut follow = Self {
            bindings: watch::Sender::new(watch.objects().bindings().into()),
            complaints: watch::Sender::new(watch.complaints().into()),
            watch,
            live: Arc::new(live),
            telling,
            health: health.clone(),
            deadline: Some(Instant::now() + PATIENCE),
        };
        follow.check();
        Ok(follow)
    }

    /// What is in force.
    pub(super) fn live(&self) -> &Arc<Live> {
        &self.live
    }

    /// The bindings in force, now and later.
    pub(super) fn bindings(&self) -> watch::Receiver<Arc<[OperationBinding]>> {
        self.bindings.subscribe()
    }

    /// What is wrong with single objects, now and later.
    pub(super) fn complaints(&self) -> watch::Receiver<Arc<[Complaint]>> {
        self.complaints.subscribe()
    }

    /// Follows for ever; lists every region, if this replica does so, when a hangup is signalled.
    pub(super) async fn run(mut self, mut hangup: Signal) {
        let mut listed = self.live.board.changed();
        loop {
            let deadline = self.deadline;
            let patience = async {
                match deadline {
                    Some(deadline) => sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.watch.heard() => {
                    let news = self.watch.news().await;
                    self.take_over(news);
                }
                Ok(()) = listed.changed() => self.watch.know(self.live.board.listings()),
                () = patience => {}
                Some(()) = hangup.recv() => {
                    info!("told to list every region");
                    self.live.fleet.wake_all();
                }
            }
            self.check();
        }
    }

    fn take_over(&mut self, news: News) {
        let News {
            configuration,
            listings,
        } = news;
        match configuration {
            Refresh::Unchanged | Refresh::Unsettled => {}
            Refresh::Changed(configuration) => {
                log_basis(self.watch.objects().count(), &configuration.basis);
                self.live.configure(*configuration);
                let bindings = self.watch.objects().bindings();
                self.bindings.send_if_modified(|known| {
                    let is_news = **known != *bindings;
                    *known = bindings.into();
                    is_news
                });
                self.tell();
            }
            Refresh::Refused => {
                error!("the former configuration stays in force as a whole");
                self.tell();
            }
        }
        for (key, listed) in listings {
            self.live.board.list(&key, listed);
        }
    }

    fn tell(&mut self) {
        self.telling.reloaded(self.watch.objects().notices());
        self.complaints.send_replace(self.watch.complaints().into());
    }

    /// Makes the process ready once every region that is to be asked for was heard of, or it was waited for long enough.
    fn check(&mut self) {
        let Some(deadline) = self.deadline else {
            return;
        };
        let polled = self.live.polled();
        let asked: usize = polled
            .borrow()
            .iter()
            .map(|polled| polled.regions.len())
            .sum();
        let known = self.live.board.listings().len();
        if known < asked && Instant::now() < deadline {
            let reason = format!("{known} of {asked} regions were heard of");
            self.health.set(CHECK, Err(reason));
            return;
        }
        if known < asked {
            warn!(
                known,
                asked,
                "not every region was heard of; what is unknown is answered as the policy says"
            );
        }
        self.deadline = None;
        self.health.set(CHECK, Ok(()));
    }
}
