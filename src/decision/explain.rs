//! The sentences: one line, stable, without times or request ids, so that events and conditions are not told apart.

use std::fmt;

use super::{
    account::NoAccount,
    line::Line,
    outcome::Effect,
    state::{Gap, Side, Sides},
    verdict::{Finding, Subject, Verdict},
};
use crate::{
    kinds::Note,
    matrix::{Call, Edition, Ruling},
};

/// The longest message, in bytes.
pub const MESSAGE_LIMIT: usize = 400;

/// The longest warning, in bytes.
pub const WARNING_LIMIT: usize = 120;

/// Any text as a message: one line of at most [`MESSAGE_LIMIT`] bytes, without the words that make GitOps tools
/// delete and recreate an object.
#[must_use]
pub fn message_line(text: impl fmt::Display) -> String {
    Line::of(MESSAGE_LIMIT, text)
}

/// The note as a warning.
#[must_use]
pub fn note_warning(note: &Note<'_>) -> String {
    let Note::NeedsReplacement { field } = note;
    Line::of(
        WARNING_LIMIT,
        format_args!(
            "arrears: the provider will refuse to change {field}: it needs a new resource"
        ),
    )
}

impl Finding<'_> {
    /// The whole sentence: what, why, by which cell and field, and what to do.
    #[must_use]
    pub fn message(&self) -> String {
        Line::of(MESSAGE_LIMIT, Sentence(self))
    }

    /// The sentence in short, for a `Warning` header.
    #[must_use]
    pub fn warning(&self) -> String {
        Line::of(WARNING_LIMIT, Warning(self))
    }

    fn prospect(&self) -> &'static str {
        match self.ruling {
            Some(Ruling::Forbidden) => "would fail",
            Some(Ruling::Permitted | Ruling::Irrelevant) => "would run",
            Some(Ruling::Contradicted | Ruling::Undocumented | Ruling::Unlisted) | None => {
                "may fail"
            }
        }
    }
}

impl Verdict<'_> {
    /// The message of a refusal: the first finding, and how many more.
    #[must_use]
    pub fn message(&self) -> Option<String> {
        let refusal = self.refusal()?;
        let more = self.with_effect(Effect::Refuse).count().saturating_sub(1);
        let mut tail = String::new();
        if 0 < more {
            tail = format!(" ({more} more)");
        }
        if let Some(reason) = self.unconfirmed {
            tail += &format!(" (as last listed: {reason})");
        }
        let limit = MESSAGE_LIMIT.saturating_sub(tail.len());
        Some(Line::of(limit, Sentence(refusal)) + &tail)
    }
}

struct Sentence<'f>(&'f Finding<'f>);

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let finding = self.0;
        match &finding.subject {
            Subject::Operation {
                call,
                sides,
                field,
                gap: Some(gap),
                ..
            } => write!(
                formatter,
                "ECS {} can't be judged: whether {} locked for overdue payment is unknown: {gap} [matrix {}; field {field}]. {}",
                Named(call),
                Asked(finding, sides),
                finding.edition,
                remedy(gap),
            ),
            Subject::Operation {
                call,
                sides,
                field,
                gap: None,
                ..
            } => write!(
                formatter,
                "ECS {} {}: {}{} {} locked for overdue payment [matrix {}: {}; field {field}]. Settle the bill, then retry.",
                Named(call),
                finding.prospect(),
                Locked(finding, sides),
                Place(finding),
                is_or_are(sides),
                finding.edition,
                Cells(finding, call),
            ),
            Subject::Malformed(malformed) => write!(
                formatter,
                "the ECS operation can't be told: field {} is {}, expected {}. Mend the field, then retry.",
                malformed.field, malformed.found, malformed.expected
            ),
        }
    }
}

struct Warning<'f>(&'f Finding<'f>);

impl fmt::Display for Warning<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let finding = self.0;
        match &finding.subject {
            Subject::Operation {
                call,
                gap: Some(gap),
                ..
            } => write!(formatter, "arrears: ECS {} not judged: {gap}", Named(call)),
            Subject::Operation {
                call,
                sides,
                gap: None,
                ..
            } => write!(
                formatter,
                "arrears: ECS {} {}: {} {} overdue [{}]",
                Named(call),
                finding.prospect(),
                Locked(finding, sides),
                is_or_are(sides),
                finding.edition,
            ),
            Subject::Malformed(malformed) => write!(
                formatter,
                "arrears: {} is {}, expected {}; not judged",
                malformed.field, malformed.found, malformed.expected
            ),
        }
    }
}

/// What is locked: `instance i-abc and disk d-abc`.
struct Locked<'f>(&'f Finding<'f>, &'f Sides<'f>);

impl fmt::Display for Locked<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.1.instance, self.1.disk) {
            (Side::Locked(instance), Side::Locked(disk)) => {
                write!(formatter, "instance {instance} and disk {disk}")
            }
            (Side::Locked(instance), _) => write!(formatter, "instance {instance}"),
            (_, Side::Locked(disk)) => write!(formatter, "disk {disk}"),
            (_, _) => Target(self.0).fmt(formatter),
        }
    }
}

fn is_or_are(sides: &Sides<'_>) -> &'static str {
    match (sides.instance, sides.disk) {
        (Side::Locked(_), Side::Locked(_)) => "are",
        (_, _) => "is",
    }
}

/// What the question is about whose answer is unknown: `instance i-abc is`.
struct Asked<'f>(&'f Finding<'f>, &'f Sides<'f>);

impl fmt::Display for Asked<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = Target(self.0);
        match (self.1.instance_id, self.1.disk_id) {
            (None, None) if self.1.is_about_unnamed() => formatter.write_str("the target is"),
            (None, None) => formatter.write_str("the account is"),
            (Some(_), Some(_)) => write!(formatter, "{target} are"),
            (Some(_), None) | (None, Some(_)) => write!(formatter, "{target} is"),
        }
    }
}

/// The target in words.
struct Target<'f>(&'f Finding<'f>);

impl fmt::Display for Target<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.ids(), self.0.account) {
            ((Some(instance), Some(disk)), _) => {
                write!(formatter, "instance {instance} and disk {disk}")
            }
            ((Some(instance), None), _) => write!(formatter, "instance {instance}"),
            ((None, Some(disk)), _) => write!(formatter, "disk {disk}"),
            ((None, None), Some(account)) => write!(formatter, "account {account}"),
            ((None, None), None) => formatter.write_str("the account"),
        }
    }
}

/// ` (account prod, cn-hangzhou)`.
struct Place<'f>(&'f Finding<'f>);

impl fmt::Display for Place<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.account, self.0.region) {
            (Some(account), Some(region)) => write!(formatter, " (account {account}, {region})"),
            (Some(account), None) => write!(formatter, " (account {account})"),
            (None, Some(region)) => write!(formatter, " ({region})"),
            (None, None) => Ok(()),
        }
    }
}

/// What the edition says of the state: `instance overdue, disk normal -> error`.
struct Cells<'f>(&'f Finding<'f>, &'f Call<'f>);

impl fmt::Display for Cells<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(finding, call) = self;
        let Some(state) = finding.state else {
            return formatter.write_str("state unknown");
        };
        let side = |overdue: bool| if overdue { "overdue" } else { "normal" };
        let (instance, disk) = (side(state.instance), side(state.disk));
        write!(formatter, "instance {instance}, disk {disk} -> ")?;
        let documented = match call {
            Call::Listed { action, .. } => Edition::get(finding.edition).cells(*action, state),
            Call::Unlisted(_) => smallvec::SmallVec::new(),
        };
        match (finding.ruling, documented.as_slice()) {
            (Some(Ruling::Undocumented), _) => formatter.write_str("not documented"),
            (Some(Ruling::Unlisted), _) => formatter.write_str("action in no table"),
            (Some(Ruling::Contradicted), all) => {
                for (index, documented) in all.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    let (cell, table) = (documented.cell, documented.table);
                    write!(formatter, "{comma}{cell} in the {table} table")?;
                }
                Ok(())
            }
            (_, [first, ..]) => write!(formatter, "{}", first.cell),
            (_, []) => formatter.write_str("normal"),
        }
    }
}

fn remedy(gap: &Gap<'_>) -> &'static str {
    match gap {
        Gap::Account(_) => "Add the account to the configuration, then retry.",
        Gap::NeverListed(_) | Gap::Expired(_) | Gap::OtherReasons(_) | Gap::Attachments(_) => {
            "Retry once lock facts are fresh."
        }
        Gap::Unresolved(_) => "It is judged once the reference is resolved.",
        Gap::Elsewhere(_) => "Give the object as the cluster has it (--base).",
        Gap::Missing(_) => "Name the target, then retry.",
    }
}

/// A call by its name in the matrix, and the newer name it goes by.
pub(super) struct Named<'a>(pub &'a Call<'a>);

impl fmt::Display for Named<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.name())?;
        match self.0.called() {
            Some(called) => write!(formatter, " (as {called})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Gap<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(reason) => write!(formatter, "{reason}"),
            Self::NeverListed(Some(region)) => {
                write!(formatter, "region {region} has never been listed")
            }
            Self::NeverListed(None) => formatter.write_str("nothing has ever been listed"),
            Self::Expired(region) => {
                write!(formatter, "the last listing of region {region} is too old")
            }
            Self::OtherReasons(region) => write!(
                formatter,
                "region {region} has not been listed for all lock reasons yet"
            ),
            Self::Unresolved(field) => write!(formatter, "{field} is not resolved yet"),
            Self::Elsewhere(field) => write!(formatter, "the manifest does not show {field}"),
            Self::Missing(field) => write!(formatter, "{field} names no id"),
            Self::Attachments(disk) => {
                write!(formatter, "the instances of disk {disk} are not known")
            }
        }
    }
}

impl fmt::Display for NoAccount<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDefault => {
                formatter.write_str("the object names no account and there is no default one")
            }
            Self::NoSuchAccount(name) => write!(formatter, "account {name} is not configured"),
            Self::NoSuchProviderConfig(name) => {
                write!(formatter, "no account names provider config {name}")
            }
        }
    }
}
