//! What is known of an account's keys, and what whoever asks for them gets (pure).

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{error::Error, keys::Keys, plan::Fetched};

/// Temporary keys are renewed when they last no longer than this: as the vendor's own library does.
pub(super) const MARGIN: SignedDuration = SignedDuration::from_secs(180);

/// Keys that do not say when they end are looked up again after this: somebody may have changed them.
pub(super) const REREAD: SignedDuration = SignedDuration::from_mins(5);

/// From the end of one fetch to the next, whoever asks for it.
pub(super) const PAUSE: SignedDuration = SignedDuration::from_secs(5);

/// The last keys, and what came of fetching others.
#[derive(Debug, Default)]
pub(super) struct State {
    current: Option<Current>,
    /// Why the last fetch came to nothing, if it did.
    failure: Option<Error>,
    /// When the last fetch ended.
    fetched_at: Option<Timestamp>,
}

#[derive(Debug)]
struct Current {
    keys: Arc<Keys>,
    name: &'static str,
    source: String,
    since: Timestamp,
    /// ECS has refused them.
    is_rejected: bool,
}

/// What whoever asks for keys gets.
#[derive(Debug)]
pub(super) enum Answer {
    /// These.
    Keys(Arc<Keys>),
    /// These, while others are being fetched.
    KeysForNow(Arc<Keys>),
    /// Others, once they are fetched.
    Fetch,
    /// None: fetching some has just failed.
    Failure(Error),
}

/// What is to be told of a fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// The keys are from elsewhere than the last ones.
    Source,
    /// The fetch failed, and not as the last one did.
    Failure,
    /// Nothing that was not known.
    None,
}

impl State {
    pub(super) fn answer(&self, now: Timestamp) -> Answer {
        let is_too_soon = self.is_too_soon(now);
        let Some((current, keys)) = self.current.as_ref().zip(self.lasting(now)) else {
            return match &self.failure {
                Some(failure) if is_too_soon => Answer::Failure(failure.clone()),
                _ => Answer::Fetch,
            };
        };
        let is_due = match keys.expires_at {
            Some(expires_at) => expires_at.duration_since(now) <= MARGIN,
            None => REREAD <= now.duration_since(current.since),
        };
        match (current.is_rejected, is_due) {
            _ if is_too_soon => Answer::Keys(keys),
            (true, _) => Answer::Fetch,
            (false, true) => Answer::KeysForNow(keys),
            (false, false) => Answer::Keys(keys),
        }
    }

    /// The current keys, if they have not ended.
    pub(super) fn lasting(&self, now: Timestamp) -> Option<Arc<Keys>> {
        let keys = &self.current.as_ref()?.keys;
        let has_ended = keys.expires_at.is_some_and(|expires_at| expires_at <= now);
        (!has_ended).then(|| Arc::clone(keys))
    }

    /// Takes in what came of a fetch that ended now.
    pub(super) fn take(&mut self, fetched: Result<Fetched, Error>, now: Timestamp) -> News {
        self.fetched_at = Some(now);
        match fetched {
            Ok(Fetched { keys, name, source }) => {
                self.failure = None;
                let is_news = self.source() != Some(&source);
                self.current = Some(Current {
                    keys: Arc::new(keys),
                    name,
                    source,
                    since: now,
                    is_rejected: false,
                });
                if is_news { News::Source } else { News::None }
            }
            Err(failure) => {
                let is_news = self.failure.as_ref() != Some(&failure);
                self.failure = Some(failure);
                if is_news { News::Failure } else { News::None }
            }
        }
    }

    /// ECS does not take these keys; they may be others than the current ones by now.
    pub(super) fn reject(&mut self, keys: &Keys) {
        if let Some(current) = &mut self.current
            && std::ptr::eq(&raw const *current.keys, keys)
        {
            current.is_rejected = true;
        }
    }

    /// Which source of the chain has served.
    pub(super) fn served(&self) -> Option<&'static str> {
        self.current.as_ref().map(|current| current.name)
    }

    /// Where the current keys are from.
    pub(super) fn source(&self) -> Option<&String> {
        self.current.as_ref().map(|current| &current.source)
    }

    fn is_too_soon(&self, now: Timestamp) -> bool {
        // A clock that was put back must not keep anybody waiting for it.
        let since = |at: Timestamp| now.duration_since(at);
        self.fetched_at
            .is_some_and(|at| (SignedDuration::ZERO..PAUSE).contains(&since(at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn fetched(id: &str, expires_at: Option<i64>) -> Result<Fetched, Error> {
        Ok(Fetched {
            keys: Keys {
                access_key_id: id.to_owned(),
                access_key_secret: "s".into(),
                security_token: None,
                expires_at: expires_at.map(at),
            },
            name: "a source",
            source: "a source of keys".to_owned(),
        })
    }

    fn failed(why: &str) -> Result<Fetched, Error> {
        Err(Error::of("a source", why))
    }

    /// What is answered at a time, in a word.
    fn told(state: &State, now: i64) -> String {
        match state.answer(at(now)) {
            Answer::Keys(keys) => keys.access_key_id.clone(),
            Answer::KeysForNow(keys) => format!("{} for now", keys.access_key_id),
            Answer::Fetch => "fetch".to_owned(),
            Answer::Failure(failure) => failure.to_string(),
        }
    }

    #[test]
    fn temporary_keys_are_renewed_before_they_end_and_serve_meanwhile() {
        let mut state = State::default();
        assert_eq!(told(&state, 0), "fetch");
        state.take(fetched("one", Some(3600)), at(0));
        for (now, expected) in [
            (0, "one"),
            (3419, "one"),
            (3420, "one for now"),
            (3599, "one for now"),
            (3600, "fetch"),
            (9999, "fetch"),
        ] {
            assert_eq!(told(&state, now), expected, "{now}");
        }
    }

    #[test]
    fn keys_without_an_end_are_looked_up_again_now_and_then() {
        let mut state = State::default();
        state.take(fetched("one", None), at(0));
        assert_eq!(told(&state, 299), "one");
        assert_eq!(told(&state, 300), "one for now");
        assert_eq!(told(&state, 1_000_000), "one for now");
    }

    #[test]
    fn the_last_keys_outlive_failures_until_they_really_end() {
        let mut state = State::default();
        state.take(fetched("one", Some(3600)), at(0));
        state.take(failed("away"), at(3420));
        assert_eq!(told(&state, 3421), "one", "too soon for another try");
        assert_eq!(told(&state, 3425), "one for now");
        state.take(failed("away"), at(3598));
        assert_eq!(told(&state, 3599), "one");
        assert_eq!(told(&state, 3600), "a source: away");
        assert_eq!(told(&state, 3603), "fetch");
        state.take(fetched("two", Some(7200)), at(3603));
        assert_eq!(told(&state, 3604), "two");
    }

    #[test]
    fn a_failure_is_the_answer_for_a_while() {
        let mut state = State::default();
        state.take(failed("away"), at(0));
        assert_eq!(told(&state, 0), "a source: away");
        assert_eq!(told(&state, 4), "a source: away");
        assert_eq!(told(&state, 5), "fetch");
    }

    #[test]
    fn rejected_keys_are_replaced_and_no_others_but_they() {
        let mut state = State::default();
        state.take(fetched("one", Some(3600)), at(0));
        let one = state.lasting(at(1)).unwrap();
        state.reject(&one);
        assert_eq!(told(&state, 1), "one", "too soon");
        assert_eq!(told(&state, 10), "fetch");
        state.take(fetched("two", Some(3600)), at(10));
        state.reject(&one);
        assert_eq!(told(&state, 100), "two");
    }

    #[test]
    fn a_clock_that_is_put_back_keeps_nobody_waiting() {
        let mut state = State::default();
        state.take(failed("away"), at(1000));
        assert_eq!(told(&state, 0), "fetch");
    }

    #[test]
    fn only_what_is_new_is_told() {
        let mut state = State::default();
        for (outcome, news) in [
            (failed("away"), News::Failure),
            (failed("away"), News::None),
            (failed("still away"), News::Failure),
            (fetched("one", None), News::Source),
            (fetched("two", None), News::None),
            (failed("still away"), News::Failure),
        ] {
            assert_eq!(state.take(outcome, at(0)), news);
        }
    }
}
