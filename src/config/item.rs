//! One object of the configuration, checked as far as it can be by itself.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};
use tracing::warn;

use super::{error::Problem, secret::Secret};
use crate::{
    api::{self, AccountName, EcsAccount, OperationBinding, OverduePolicy},
    decision::{Labels, Policy},
    kinds::Binding,
    lock::{self, RegionKey},
    manifest::{self, Document},
};

/// An object, and where it stands.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) place: Place,
    pub(super) kind: Kind,
}

/// Where an object begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The file, or the object where it comes from a cluster.
    pub(super) file: String,
    /// Its line; an object of a cluster has none.
    pub(super) line: Option<usize>,
}

/// What the object is.
#[derive(Debug)]
pub(super) enum Kind {
    Account(Box<Account>),
    /// The policy that rules, compiled.
    Policy(Box<Policy>),
    /// A document of a listing.
    Locks(lock::Part),
    Binding(Box<OperationBinding>),
    Namespace(String, Labels),
    Secret(Secret),
}

/// An account, and the regions it lists.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) object: EcsAccount,
    pub(super) name: String,
    pub(super) regions: Vec<RegionKey>,
}

/// The kinds that are configuration; no other group has kinds of these names.
const KINDS: [&str; 4] = [
    "EcsAccount",
    "OverduePolicy",
    "LockSnapshot",
    "OperationBinding",
];

impl Item {
    /// Reads an object; none where it is no configuration of ours.
    pub(super) fn read(
        document: &Document<'_>,
        now: Timestamp,
    ) -> Result<Option<Self>, Vec<Problem>> {
        let header = document.header();
        let (api_version, kind) = match (header.api_version.as_deref(), header.kind.as_deref()) {
            (Some(api_version), Some(kind)) => (api_version, kind),
            (None, _) | (_, None) => {
                let message = "not a Kubernetes object: it has to say its apiVersion and its kind";
                return Err(at(document, "", message));
            }
        };
        let group = header.group().unwrap_or_default();
        if api_version != api::API_VERSION && (group == api::GROUP || KINDS.contains(&kind)) {
            let message = format!(
                "there is no {kind} in `{api_version}`; write `{}`",
                api::API_VERSION
            );
            return Err(at(document, "apiVersion", message));
        }
        let read = match (group, kind) {
            ("", "Namespace") => namespace(document).map(Some),
            ("", "Secret") => secret(document),
            (api::GROUP, "EcsAccount") => account(document).map(Some),
            (api::GROUP, "OverduePolicy") => policy(document),
            (api::GROUP, "LockSnapshot") => locks(document, now).map(Some),
            (api::GROUP, "OperationBinding") => binding(document).map(Some),
            (api::GROUP, unknown) if unknown != "EcsOperation" => {
                return Err(at(document, "kind", unknown_kind(unknown)));
            }
            (_, _) => {
                pass_over(document, "no configuration of arrears");
                Ok(None)
            }
        };
        Ok(read?.map(|kind| Self {
            place: Place {
                file: document.source().to_owned(),
                line: Some(document.line()),
            },
            kind,
        }))
    }

    /// The binding, if it is one.
    pub(super) fn binding(&self) -> Option<&OperationBinding> {
        match &self.kind {
            Kind::Binding(binding) => Some(binding),
            _ => None,
        }
    }

    /// Whether it is a listing that does not say when it was made.
    pub(super) fn is_undated(&self) -> bool {
        matches!(&self.kind, Kind::Locks(part) if part.observed_at().is_none())
    }
}

// === impl Place ===

impl Place {
    /// A problem of the object that begins here.
    pub(super) fn problem(&self, message: impl fmt::Display) -> Problem {
        Problem {
            file: self.file.clone(),
            place: self.line.map(|line| (line, 1)),
            message: message.to_string(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(formatter, "{}:{line}", self.file),
            None => formatter.write_str(&self.file),
        }
    }
}

fn at(document: &Document<'_>, field: &str, message: impl fmt::Display) -> Vec<Problem> {
    vec![document.error(field, message).into()]
}

fn unknown_kind(kind: &str) -> String {
    let nearest = KINDS
        .into_iter()
        .map(|known| (strsim::normalized_damerau_levenshtein(known, kind), known))
        .max_by(|(one, _), (other, _)| one.total_cmp(other));
    match nearest {
        Some((likeness, known)) if 0.6 < likeness => {
            format!("unknown kind `{kind}`; is `{known}` meant?")
        }
        _ => format!(
            "`{kind}` is no kind of configuration; there are {}",
            KINDS.join(", ")
        ),
    }
}

fn pass_over(document: &Document<'_>, reason: &str) {
    let header = document.header();
    warn!(
        file = document.source(),
        line = document.line(),
        kind = header.kind.as_deref(),
        name = header.name.as_deref(),
        reason,
        "document passed over"
    );
}

fn parse<T: DeserializeOwned>(document: &Document<'_>) -> Result<T, Vec<Problem>> {
    document.parse().map_err(one)
}

fn one(error: manifest::Error) -> Vec<Problem> {
    vec![error.into()]
}

/// Fails with the problems that an object's own check has found.
fn checked(document: &Document<'_>, problems: Vec<api::Problem>) -> Result<(), Vec<Problem>> {
    match problems.is_empty() {
        true => Ok(()),
        false => Err(located(document, problems)),
    }
}

/// The problems at their places in the file.
fn located(document: &Document<'_>, problems: Vec<api::Problem>) -> Vec<Problem> {
    let located = problems
        .into_iter()
        .map(|problem| document.error(&problem.path, &problem).into());
    located.collect()
}

fn account(document: &Document<'_>) -> Result<Kind, Vec<Problem>> {
    let object: EcsAccount = parse(document)?;
    checked(document, object.check())?;
    let name = object.metadata.name.clone().unwrap_or_default();
    let account: AccountName = name
        .parse()
        .map_err(|error: api::TextError| at(document, "metadata.name", error.to_string()))?;
    let spec = &object.spec;
    let regions = match (spec.regions.as_slice(), &spec.default_region) {
        // The only region that the account speaks of.
        ([], Some(region)) => std::slice::from_ref(region),
        (regions, _) => regions,
    };
    let regions = regions.iter().map(|region| RegionKey {
        account: account.clone(),
        region: region.clone(),
    });
    let regions = regions.collect();
    Ok(Kind::Account(Box::new(Account {
        object,
        name,
        regions,
    })))
}

/// The policy named `default`; others are checked and have no say.
fn policy(document: &Document<'_>) -> Result<Option<Kind>, Vec<Problem>> {
    let policy: OverduePolicy = parse(document)?;
    checked(document, policy.check())?;
    let compiled = Policy::compile(&policy.spec).map_err(|problems| located(document, problems))?;
    match policy.metadata.name.as_deref() {
        Some(OverduePolicy::IN_FORCE) => Ok(Some(Kind::Policy(Box::new(compiled)))),
        Some(_) => {
            pass_over(document, "only the OverduePolicy named default rules");
            Ok(None)
        }
        None => {
            let message = "an OverduePolicy needs a name; the one named `default` rules";
            Err(at(document, "metadata", message))
        }
    }
}

fn locks(document: &Document<'_>, now: Timestamp) -> Result<Kind, Vec<Problem>> {
    let text = document.to_json().map_err(one)?;
    let part = lock::Part::from_json(&text).map_err(|error| {
        // The typed reading is slower, and knows the place in a file of several documents.
        match document.parse::<api::LockSnapshot>() {
            Err(placed) => vec![placed.into()],
            Ok(_) => at(document, "spec", error.message()),
        }
    })?;
    part.check_not_ahead(now)
        .map_err(|error| at(document, "spec.observedAt", error.message()))?;
    Ok(Kind::Locks(part))
}

fn binding(document: &Document<'_>) -> Result<Kind, Vec<Problem>> {
    let binding: OperationBinding = parse(document)?;
    checked(document, binding.check())?;
    Binding::compile(&binding).map_err(|problems| located(document, problems))?;
    Ok(Kind::Binding(Box::new(binding)))
}

fn secret(document: &Document<'_>) -> Result<Option<Kind>, Vec<Problem>> {
    match Secret::of(parse(document)?) {
        Ok(Some(secret)) => Ok(Some(Kind::Secret(secret))),
        Ok(None) => {
            pass_over(document, "no access keys in it");
            Ok(None)
        }
        Err(problem) => Err(at(document, "data", problem)),
    }
}

fn namespace(document: &Document<'_>) -> Result<Kind, Vec<Problem>> {
    #[derive(Deserialize)]
    struct Namespace {
        metadata: Metadata,
    }
    #[derive(Deserialize)]
    struct Metadata {
        name: String,
        labels: Option<Labels>,
    }
    let Namespace { metadata } = parse(document)?;
    Ok(Kind::Namespace(
        metadata.name,
        metadata.labels.unwrap_or_default(),
    ))
}
