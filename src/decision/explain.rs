//! The sentences: one line, stable, without times or request ids, so that events and conditions are not told apart.

use std::fmt::{self, Write as _};

use super::{
    account::NoAccount,
    state::{Gap, Side, Sides},
    verdict::{Finding, Subject, Verdict},
};
use crate::{
    kinds::Note,
    matrix::{Call, Edition, Ruling, State},
};

/// The longest message, in bytes.
pub const MESSAGE_LIMIT: usize = 400;

/// The longest warning, in bytes.
pub const WARNING_LIMIT: usize = 120;

impl Finding<'_> {
    /// The whole sentence: what, why, by which cell and field, and what to do.
    #[must_use]
    pub fn message(&self) -> String {
        one_line(self.sentence(), MESSAGE_LIMIT)
    }

    /// The sentence in short, for a `Warning` header.
    #[must_use]
    pub fn warning(&self) -> String {
        let sentence = match &self.subject {
            Subject::Operation {
                call, sides, gap, ..
            } => match gap {
                Some(gap) => format!("arrears: ECS {} not judged: {gap}", Named(call)),
                None => format!(
                    "arrears: ECS {} {}: {} {} overdue [{}]",
                    Named(call),
                    self.prospect(),
                    self.locked(sides),
                    self.is_or_are(),
                    self.edition,
                ),
            },
            Subject::Malformed(malformed) => format!(
                "arrears: {} is {}, expected {}; not judged",
                malformed.field, malformed.found, malformed.expected
            ),
        };
        one_line(sentence, WARNING_LIMIT)
    }

    /// What the edition says of the state: `instance overdue, disk normal -> error`.
    #[must_use]
    pub fn cell_text(&self) -> String {
        let Subject::Operation { call, .. } = &self.subject else {
            return String::new();
        };
        let Some(state) = self.state else {
            return "state unknown".to_owned();
        };
        let side = |overdue: bool| if overdue { "overdue" } else { "normal" };
        let mut text = format!(
            "instance {}, disk {} -> ",
            side(state.instance),
            side(state.disk)
        );
        text.push_str(&cells(self, call, state));
        text
    }

    fn sentence(&self) -> String {
        match &self.subject {
            Subject::Operation {
                call,
                sides,
                field,
                gap: Some(gap),
            } => format!(
                "ECS {} can't be judged: {}: {gap} [matrix {}; field {field}]. {}",
                Named(call),
                self.whether(sides),
                self.edition,
                remedy(gap),
            ),
            Subject::Operation {
                call,
                sides,
                field,
                gap: None,
            } => format!(
                "ECS {} {}: {} {} locked for overdue payment [matrix {}: {}; field {field}]. Settle the bill, then retry.",
                Named(call),
                self.prospect(),
                self.place(sides),
                self.is_or_are(),
                self.edition,
                self.cell_text(),
            ),
            Subject::Malformed(malformed) => format!(
                "the ECS operation can't be told: field {} is {}, expected {}. Mend the field, then retry.",
                malformed.field, malformed.found, malformed.expected
            ),
        }
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

    /// `instance i-abc (account prod, cn-hangzhou)`.
    fn place(&self, sides: &Sides<'_>) -> String {
        let mut text = self.locked(sides);
        match (self.account, self.region) {
            (Some(account), Some(region)) => write!(text, " (account {account}, {region})"),
            (Some(account), None) => write!(text, " (account {account})"),
            (None, Some(region)) => write!(text, " ({region})"),
            (None, None) => Ok(()),
        }
        .unwrap_or_default();
        text
    }

    /// `instance i-abc and disk d-abc`: what is locked.
    fn locked(&self, sides: &Sides<'_>) -> String {
        match (sides.instance, sides.disk) {
            (Side::Locked(instance), Side::Locked(disk)) => {
                format!("instance {instance} and disk {disk}")
            }
            (Side::Locked(instance), _) => format!("instance {instance}"),
            (_, Side::Locked(disk)) => format!("disk {disk}"),
            (_, _) => self.target(),
        }
    }

    fn is_or_are(&self) -> &'static str {
        match &self.subject {
            Subject::Operation { sides, .. }
                if matches!(
                    (sides.instance, sides.disk),
                    (Side::Locked(_), Side::Locked(_))
                ) =>
            {
                "are"
            }
            Subject::Operation { .. } | Subject::Malformed(_) => "is",
        }
    }

    /// `whether instance i-abc (account prod, cn-hangzhou) is locked for overdue payment is unknown`.
    fn whether(&self, sides: &Sides<'_>) -> String {
        let what = match (sides.instance_id, sides.disk_id) {
            (None, None) => match sides.gap() {
                Some(Gap::Missing(_) | Gap::Unresolved(_) | Gap::Elsewhere(_)) => {
                    "the target".to_owned()
                }
                _ => "the account".to_owned(),
            },
            _ => self.target(),
        };
        format!("whether {what} is locked for overdue payment is unknown")
    }

    /// The target in words.
    fn target(&self) -> String {
        match (self.ids(), self.account) {
            ((Some(instance), Some(disk)), _) => format!("instance {instance} and disk {disk}"),
            ((Some(instance), None), _) => format!("instance {instance}"),
            ((None, Some(disk)), _) => format!("disk {disk}"),
            ((None, None), Some(account)) => format!("account {account}"),
            ((None, None), None) => "the account".to_owned(),
        }
    }
}

impl Verdict<'_> {
    /// The message of a refusal: the first finding, and how many more.
    #[must_use]
    pub fn message(&self) -> Option<String> {
        let refusal = self.refusal()?;
        let more = self.with_effect(super::Effect::Refuse).count() - 1;
        let tail = match more {
            0 => String::new(),
            more => format!(" ({more} more)"),
        };
        let mut message = one_line(refusal.sentence(), MESSAGE_LIMIT - tail.len());
        message.push_str(&tail);
        Some(message)
    }
}

/// The note as a warning.
#[must_use]
pub fn note_warning(note: &Note<'_>) -> String {
    let Note::NeedsReplacement { field } = note;
    one_line(
        format!("arrears: the provider will refuse to change {field}: it needs a new resource"),
        WARNING_LIMIT,
    )
}

fn cells(finding: &Finding<'_>, call: &Call<'_>, state: State) -> String {
    let documented = match call {
        Call::Listed { action, .. } => Edition::get(finding.edition).cells(*action, state),
        Call::Unlisted(_) => smallvec::SmallVec::new(),
    };
    match finding.ruling {
        Some(Ruling::Contradicted) => documented
            .iter()
            .map(|documented| format!("{} in the {} table", documented.cell, documented.table))
            .collect::<Vec<_>>()
            .join(", "),
        Some(Ruling::Undocumented) => "not documented".to_owned(),
        Some(Ruling::Unlisted) => "action in no table".to_owned(),
        Some(Ruling::Forbidden | Ruling::Permitted | Ruling::Irrelevant) | None => documented
            .first()
            .map_or("normal".to_owned(), |documented| {
                documented.cell.to_string()
            }),
    }
}

fn remedy(gap: &Gap<'_>) -> &'static str {
    match gap {
        Gap::Account(_) => "Add the account to the configuration, then retry.",
        Gap::NeverListed(_) | Gap::Expired(_) | Gap::Attachments(_) => {
            "Retry once lock facts are fresh."
        }
        Gap::Unresolved(_) => "It is judged once the reference is resolved.",
        Gap::Elsewhere(_) => "Give the object as the cluster has it (--base).",
        Gap::Missing(_) => "Name the target, then retry.",
    }
}

/// One line of at most `limit` bytes, without the words that make GitOps tools delete and recreate an object.
fn one_line(text: String, limit: usize) -> String {
    let mut text: String = text
        .chars()
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect();
    for word in ["immutable", "map["] {
        while let Some(at) = text.to_ascii_lowercase().find(word) {
            text.insert(at + word.len() - 1, '-');
        }
    }
    if text.len() <= limit {
        return text;
    }
    let cut = limit.saturating_sub(3);
    let end = (0..=cut).rev().find(|end| text.is_char_boundary(*end));
    text.truncate(end.unwrap_or_default());
    text.push_str("...");
    text
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
