//! Named checks, and the readiness that follows from them.
//!
//! A check can be set from anywhere at any time. Ready means: every check that was set holds and the process is not
//! draining. A warning is told to whoever asks in detail and never makes the process unready, because losing all
//! endpoints turns a clear answer into a connection error that `failurePolicy` decides.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt::Write as _,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

/// The checks of this process; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    draining: AtomicBool,
    checks: Mutex<BTreeMap<Cow<'static, str>, Check>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Check {
    Holds,
    Warns(String),
    Fails(String),
}

/// What the checks said at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Whether requests should be sent here.
    pub ready: bool,
    /// One line for each check, by name, and one for the outcome.
    pub text: String,
}

impl Health {
    /// Says whether the check `name` holds; a failing one makes the process unready.
    pub fn set(&self, name: impl Into<Cow<'static, str>>, outcome: Result<(), String>) {
        let check = match outcome {
            Ok(()) => Check::Holds,
            Err(reason) => Check::Fails(reason),
        };
        self.checks().insert(name.into(), check);
    }

    /// Says that the check `name` holds with a reservation that whoever looks after the process should hear.
    pub fn warn(&self, name: impl Into<Cow<'static, str>>, reason: impl Into<String>) {
        self.checks()
            .insert(name.into(), Check::Warns(reason.into()));
    }

    /// Forgets the check `name`, for things that come and go, such as a file.
    pub fn forget(&self, name: &str) {
        self.checks().remove(name);
    }

    /// Makes the process unready for the rest of its life.
    pub fn drain(&self) {
        self.0.draining.store(true, Ordering::Release);
    }

    /// Whether requests should be sent here.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let draining = self.0.draining.load(Ordering::Acquire);
        !draining
            && self
                .checks()
                .values()
                .all(|check| !matches!(check, Check::Fails(_)))
    }

    /// Every check in words, as Kubernetes' own `/readyz?verbose` spells them.
    #[must_use]
    pub fn report(&self) -> Report {
        let draining = self.0.draining.load(Ordering::Acquire);
        let mut text = String::new();
        let mut ready = !draining;
        for (name, check) in self.checks().iter() {
            // Writing to a String can't fail.
            let _ = match check {
                Check::Holds => writeln!(text, "[+]{name} ok"),
                Check::Warns(reason) => writeln!(text, "[!]{name}: {reason}"),
                Check::Fails(reason) => {
                    ready = false;
                    writeln!(text, "[-]{name}: {reason}")
                }
            };
        }
        if draining {
            text.push_str("[-]draining: the process was told to stop\n");
        }
        text.push_str(match ready {
            true => "readyz check passed\n",
            false => "readyz check failed\n",
        });
        Report { ready, text }
    }

    fn checks(&self) -> MutexGuard<'_, BTreeMap<Cow<'static, str>, Check>> {
        // Each change is one insertion, so a map that a panic left behind is whole.
        self.0.checks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_means_that_every_check_set_holds() {
        let health = Health::default();
        assert!(health.is_ready());
        health.set("locks", Err("no snapshot read yet".to_owned()));
        health.set("certificate", Ok(()));
        assert!(!health.is_ready());
        health.set("locks", Ok(()));
        assert!(health.is_ready());
    }

    #[test]
    fn a_warning_is_told_and_leaves_the_process_ready() {
        let health = Health::default();
        health.set("certificate", Ok(()));
        health.warn(
            "config policy.yaml",
            "line 3: unknown field; last good one in force",
        );
        let report = health.report();
        assert!(report.ready && health.is_ready());
        assert_eq!(
            report.text,
            "[+]certificate ok\n[!]config policy.yaml: line 3: unknown field; last good one in force\nreadyz check passed\n"
        );
        health.forget("config policy.yaml");
        assert_eq!(
            health.report().text,
            "[+]certificate ok\nreadyz check passed\n"
        );
    }

    #[test]
    fn draining_is_unready_whatever_the_checks_say() {
        let health = Health::default();
        let elsewhere = health.clone();
        health.set("certificate", Ok(()));
        elsewhere.drain();
        let report = health.report();
        assert!(!report.ready && !health.is_ready());
        assert_eq!(
            report.text,
            "[+]certificate ok\n[-]draining: the process was told to stop\nreadyz check failed\n"
        );
    }
}
