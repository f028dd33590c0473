//! One object of the configuration, checked as far as it can be by itself.

use jiff::Timestamp;
use serde::Deserialize;
use tracing::warn;

use super::error::Problem;
use crate::{
    api::{self, EcsAccount, OperationBinding, OverduePolicy},
    decision::{Labels, Policy},
    kinds::Binding,
    lock,
    manifest::Document,
};

/// An object, and where it stands.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) kind: Kind,
}

/// What the object is.
#[derive(Debug)]
pub(super) enum Kind {
    Account(Box<EcsAccount>),
    /// A policy that rules, compiled.
    Policy(Box<Policy>),
    /// A document of a listing, and the time that stands for its own where it gives none.
    Locks(lock::Part, Timestamp),
    Binding(Box<OperationBinding>),
    Namespace(String, Labels),
}

impl Item {
    /// Reads an object; none where it is no configuration of ours.
    pub(super) fn read(
        document: &Document<'_>,
        file_time: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Self>, Vec<Problem>> {
        let header = document.header();
        let api_version = header.api_version.as_deref().unwrap_or_default();
        let kind = header.kind.as_deref().unwrap_or_default();
        let kind = match (header.group(), kind) {
            (Some(""), "Namespace") => namespace(document)?,
            (Some(api::GROUP), _) if api_version != api::API_VERSION => {
                let message = format!(
                    "unknown version {api_version}; this program knows {}",
                    api::API_VERSION
                );
                return Err(vec![document.error("apiVersion", message).into()]);
            }
            (Some(api::GROUP), "EcsAccount") => account(document)?,
            (Some(api::GROUP), "OverduePolicy") => match policy(document)? {
                Some(kind) => kind,
                None => return Ok(None),
            },
            (Some(api::GROUP), "LockSnapshot") => locks(document, file_time, now)?,
            (Some(api::GROUP), "OperationBinding") => binding(document)?,
            (Some(api::GROUP), other) => {
                let message = format!(
                    "{other:?} is no kind of configuration; expected EcsAccount, OverduePolicy, LockSnapshot or OperationBinding"
                );
                return Err(vec![document.error("kind", message).into()]);
            }
            (Some(_), _) if !kind.is_empty() => {
                warn!(
                    file = document.source(),
                    line = document.line(),
                    api_version,
                    kind,
                    "not configuration, passed over"
                );
                return Ok(None);
            }
            (_, _) => {
                let message = "no Kubernetes object: apiVersion and kind are needed";
                return Err(vec![document.error("", message).into()]);
            }
        };
        Ok(Some(Self {
            file: document.source().to_owned(),
            line: document.line(),
            kind,
        }))
    }

    /// The binding, if it is one.
    pub(super) fn into_binding(self) -> Option<OperationBinding> {
        match self.kind {
            Kind::Binding(binding) => Some(*binding),
            _ => None,
        }
    }

    /// A problem at the object's first line.
    pub(super) fn problem(&self, message: impl Into<String>) -> Problem {
        Problem {
            file: self.file.clone(),
            place: Some((self.line, 1)),
            message: message.into(),
        }
    }
}

/// Fails with the problems that an object's own check has found, at their places in the file.
fn checked(document: &Document<'_>, problems: Vec<api::Problem>) -> Result<(), Vec<Problem>> {
    if problems.is_empty() {
        Ok(())
    } else {
        Err(located(document, problems))
    }
}

fn located(document: &Document<'_>, problems: Vec<api::Problem>) -> Vec<Problem> {
    problems
        .into_iter()
        .map(|problem| document.error(&problem.path, &problem).into())
        .collect()
}

fn account(document: &Document<'_>) -> Result<Kind, Vec<Problem>> {
    let account: EcsAccount = document.parse().map_err(one)?;
    checked(document, account.check())?;
    if account.metadata.name.is_none() {
        return Err(vec![
            document
                .error("metadata", "an EcsAccount needs a name")
                .into(),
        ]);
    }
    Ok(Kind::Account(Box::new(account)))
}

/// The policy named `default`; others are checked and have no say.
fn policy(document: &Document<'_>) -> Result<Option<Kind>, Vec<Problem>> {
    let policy: OverduePolicy = document.parse().map_err(one)?;
    checked(document, policy.check())?;
    let compiled = Policy::compile(&policy.spec).map_err(|problems| located(document, problems))?;
    let name = policy.metadata.name.unwrap_or_default();
    if name == OverduePolicy::IN_FORCE {
        return Ok(Some(Kind::Policy(Box::new(compiled))));
    }
    warn!(
        file = document.source(),
        line = document.line(),
        name,
        "only the OverduePolicy named default rules"
    );
    Ok(None)
}

fn locks(
    document: &Document<'_>,
    file_time: Timestamp,
    now: Timestamp,
) -> Result<Kind, Vec<Problem>> {
    let text = document.to_json().map_err(one)?;
    let part = lock::Part::from_json(&text).map_err(|error| {
        // The typed reading is slower, and knows the place in a file of several documents.
        match document.parse::<api::LockSnapshot>() {
            Err(placed) => vec![placed.into()],
            Ok(_) => vec![document.error("spec", error.message()).into()],
        }
    })?;
    part.check_not_ahead(now)
        .map_err(|error| vec![document.error("spec.observedAt", error.message()).into()])?;
    Ok(Kind::Locks(part, file_time))
}

fn binding(document: &Document<'_>) -> Result<Kind, Vec<Problem>> {
    let binding: OperationBinding = document.parse().map_err(one)?;
    checked(document, binding.check())?;
    Binding::compile(&binding).map_err(|problems| located(document, problems))?;
    Ok(Kind::Binding(Box::new(binding)))
}

fn namespace(document: &Document<'_>) -> Result<Kind, Vec<Problem>> {
    #[derive(Deserialize)]
    struct Namespace {
        metadata: Metadata,
    }
    #[derive(Deserialize)]
    struct Metadata {
        name: String,
        #[serde(default)]
        labels: Labels,
    }
    let namespace: Namespace = document.parse().map_err(one)?;
    Ok(Kind::Namespace(
        namespace.metadata.name,
        namespace.metadata.labels,
    ))
}

fn one(error: crate::manifest::Error) -> Vec<Problem> {
    vec![error.into()]
}
