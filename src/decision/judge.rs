//! The judgement of one operation: sides, cells, ruling, policy.

use jiff::Timestamp;
use smallvec::SmallVec;

use super::{
    Basis,
    account::Account,
    outcome::{Effect, Outcome},
    policy::{Policy, Rule, Scope},
    state::{Facts, Gap, Sides, sides},
    verdict::{Finding, Subject},
};
use crate::{
    api::{AccountScope, Mode, Response},
    kinds::{self, Malformed, Operation},
    lock::AccountView,
    matrix::{Call, Edition, Ruling, State},
};

/// Everything that the judgements of one request share.
pub(super) struct Judge<'a> {
    basis: &'a Basis,
    /// The rules about the object; the action decides which of them holds.
    rules: SmallVec<[&'a Rule; 4]>,
    account: Result<&'a Account, Gap<'a>>,
    region: Option<&'a str>,
    now: Timestamp,
}

/// What is made of one possible pair of sides.
#[derive(Clone, Copy)]
struct Judged {
    state: Option<State>,
    ruling: Option<Ruling>,
    response: Option<Response>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(
        basis: &'a Basis,
        scope: Scope<'a>,
        subject: &'a kinds::Subject<'a>,
        now: Timestamp,
    ) -> Self {
        let account = basis.accounts.of(subject).map_err(Gap::Account);
        let region = account
            .ok()
            .and_then(|account| account.region(subject))
            .or(subject.region.as_deref());
        let name = account.ok().map(|account| account.name.as_str());
        Self {
            basis,
            rules: basis.policy.rules_about(scope, name, now).collect(),
            account,
            region,
            now,
        }
    }

    /// Judges an operation by its worst target.
    pub(super) fn operation(&self, operation: &'a Operation<'a>) -> Finding<'a> {
        let policy = &self.basis.policy;
        let rule = self.rule(operation.call.name());
        let mode = rule.map_or_else(Mode::default, |rule| rule.mode);
        if mode == Mode::Off {
            return self.unjudged(operation, rule);
        }
        let candidates = match self.account {
            Ok(account) => sides(operation, self.facts(account, &operation.field)),
            Err(gap) => SmallVec::from_iter([Sides::unknown(gap)]),
        };
        candidates
            .into_iter()
            .map(|sides| self.finding(operation, sides, rule, mode, policy))
            .min_by_key(|finding| finding.outcome)
            .unwrap_or_else(|| self.unjudged(operation, rule))
    }

    /// A field that can't be read: nothing is known.
    pub(super) fn malformed(&self, malformed: &'a Malformed<'a>) -> Finding<'a> {
        let rule = self.rule("");
        let mode = rule.map_or_else(Mode::default, |rule| rule.mode);
        let (outcome, effect) = mode.of_unknown(self.basis.policy.unknown);
        Finding {
            account: None,
            outcome,
            effect,
            ..self.blank(Subject::Malformed(malformed), rule, mode)
        }
    }

    fn finding(
        &self,
        operation: &'a Operation<'a>,
        sides: Sides<'a>,
        rule: Option<&'a Rule>,
        mode: Mode,
        policy: &Policy,
    ) -> Finding<'a> {
        let judged = judge(&operation.call, &sides, policy);
        let gap = if judged.response.is_none() {
            sides.gap()
        } else {
            None
        };
        let (outcome, effect) = match (judged.response, gap) {
            (Some(response), _) => mode.of_ruling(response),
            // The request that makes the call comes past here again, with the id.
            (None, Some(Gap::Unresolved(_))) => mode.of_unknown(policy.unknown.min(Response::Warn)),
            (None, _) => mode.of_unknown(policy.unknown),
        };
        let evidence = sides.evidence;
        Finding {
            region: evidence.map(|evidence| evidence.region).or(self.region),
            state: judged.state,
            ruling: judged.ruling,
            source: evidence
                .and_then(|evidence| evidence.listing)
                .map(|(source, _)| source),
            age: evidence
                .and_then(|evidence| evidence.listing)
                .map(|(_, age)| age),
            outcome,
            effect,
            ..self.blank(
                Subject::Operation {
                    call: &operation.call,
                    target: &operation.target,
                    sides,
                    field: &operation.field,
                    gap,
                },
                rule,
                mode,
            )
        }
    }

    fn unjudged(&self, operation: &'a Operation<'a>, rule: Option<&'a Rule>) -> Finding<'a> {
        let subject = Subject::Operation {
            call: &operation.call,
            target: &operation.target,
            sides: Sides::unknown(Gap::Missing(&operation.field)),
            field: &operation.field,
            gap: None,
        };
        self.blank(subject, rule, Mode::Off)
    }

    fn blank(&self, subject: Subject<'a>, rule: Option<&'a Rule>, mode: Mode) -> Finding<'a> {
        Finding {
            subject,
            account: self.account.ok().map(|account| account.name.as_str()),
            region: self.region,
            state: None,
            ruling: None,
            edition: self.basis.policy.edition,
            source: None,
            age: None,
            rule,
            mode,
            outcome: Outcome::Allow,
            effect: Effect::Admit,
        }
    }

    fn rule(&self, action: &str) -> Option<&'a Rule> {
        self.rules.iter().copied().find(|rule| rule.covers(action))
    }

    fn facts(&self, account: &'a Account, field: &'a str) -> Facts<'a> {
        let policy = &self.basis.policy;
        let listed = self.basis.locks.account(&account.name);
        let whole = listed.map_or(&[][..], AccountView::regions);
        let own = match self.region {
            Some(region) => listed
                .and_then(|listed| listed.region(region))
                .map_or(&[][..], std::slice::from_ref),
            None => whole,
        };
        Facts {
            regions: own,
            account: match policy.account_scope {
                AccountScope::Account => whole,
                AccountScope::Region => own,
            },
            named_region: self.region,
            field,
            freshness: policy.freshness,
            now: self.now,
        }
    }
}

/// What the edition and the policy's settings make of a call, tried both ways for each side that is unknown.
fn judge(call: &Call<'_>, sides: &Sides<'_>, policy: &Policy) -> Judged {
    let edition = Edition::get(policy.edition);
    let mut possible = states(sides).map(|state| {
        let ruling = edition.ruling(call, state);
        Judged {
            state: Some(state),
            ruling: Some(ruling),
            response: Some(policy.response(call, ruling)),
        }
    });
    let Some(first) = possible.next() else {
        return Judged {
            state: None,
            ruling: None,
            response: None,
        };
    };
    let mut all = first;
    let mut worst = first.response;
    for other in possible {
        all.state = None;
        if all.ruling != other.ruling {
            all.ruling = None;
        }
        if all.response != other.response {
            all.response = None;
        }
        worst = worst.max(other.response);
    }
    // Missing facts alone never make a read, a clean-up or a cure so much as warn.
    if all.response.is_none() && call.is_protected() && worst < Some(Response::Deny) {
        all.response = Some(Response::Allow);
    }
    all
}

fn states(sides: &Sides<'_>) -> impl Iterator<Item = State> {
    let (instances, disks) = (sides.instance.possible(), sides.disk.possible());
    instances
        .iter()
        .flat_map(move |instance| disks.iter().map(move |disk| (*instance, *disk)))
        .map(|(instance, disk)| State { instance, disk })
}
