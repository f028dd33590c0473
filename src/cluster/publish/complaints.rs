//! What can't be published, told once for as long as it lasts.

use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::watch;
use tracing::{error, info};

/// What is wrong, by what it is wrong with; clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Complaints(Arc<watch::Sender<BTreeMap<String, String>>>);

impl Complaints {
    /// Everything that is wrong, now and later.
    pub(super) fn all(&self) -> watch::Receiver<BTreeMap<String, String>> {
        self.0.subscribe()
    }

    /// Says what is wrong with something, unless it was said.
    pub(super) fn tell(&self, about: &str, problem: &str) {
        let is_news = self.0.send_if_modified(|all| {
            let known = all.insert(about.to_owned(), problem.to_owned());
            known.as_deref() != Some(problem)
        });
        if is_news {
            error!(about, problem, "can't be published");
        }
    }

    /// Says that nothing is wrong with something, if something was.
    pub(super) fn settle(&self, about: &str) {
        if self.0.send_if_modified(|all| all.remove(about).is_some()) {
            info!(about, "can be published again");
        }
    }

    /// Forgets what is wrong with things that are no more.
    pub(super) fn retain(&self, is_there: impl Fn(&str) -> bool) {
        self.0.send_if_modified(|all| {
            let before = all.len();
            all.retain(|about, _| is_there(about));
            all.len() < before
        });
    }
}
