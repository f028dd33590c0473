//! The reviews that are sent, as a kube-apiserver would send them.
//!
//! Everything that tells two reviews apart (uid, name, instance id) is filled in for each one, so that no server can
//! know an answer from the last time.

use anyhow::Context;
use bytes::Bytes;
use serde_json::Value;

use crate::{
    objects::{Bulk, instance, new_instance, review},
    site::id_digits,
};

/// One kind of review, in two versions: one to be allowed, one to be denied.
pub(crate) struct Body {
    /// Its name in reports.
    pub(crate) name: &'static str,
    allowed: Template,
    denied: Template,
}

/// One review, ready to be sent.
pub(crate) struct Review {
    /// What the answer must echo.
    pub(crate) uid: String,
    /// Its text.
    pub(crate) text: Bytes,
    /// What arrears must answer.
    pub(crate) denied: bool,
}

/// Text with gaps.
struct Template {
    pieces: Vec<Piece>,
    length: usize,
}

enum Piece {
    Text(String),
    /// The review's uid.
    Uid,
    /// Ten digits, never the same twice.
    Serial,
    /// Fourteen digits that name one of the locked instances, after the letters that make it one.
    Number,
}

// === impl Body ===

impl Body {
    /// A new Instance: account-wide state, so the account decides.
    pub(crate) fn create() -> anyhow::Result<Self> {
        let review = |account| review("CREATE", &new_instance(account), &Value::Null);
        Ok(Self {
            name: "create",
            allowed: Template::parse(&review("clean"))?,
            denied: Template::parse(&review("default"))?,
        })
    }

    /// A running Instance is given another type: it is stopped, changed and started; its own state decides.
    pub(crate) fn update() -> anyhow::Result<Self> {
        Self::resize(
            "update",
            Bulk {
                tags: 25,
                disks: 4,
                user_data: 1_200,
            },
        )
    }

    /// The same with an object as large as one can well be.
    pub(crate) fn large_update() -> anyhow::Result<Self> {
        Self::resize(
            "large update",
            Bulk {
                tags: 1_400,
                disks: 1_060,
                user_data: 16_000,
            },
        )
    }

    /// The size of one review.
    pub(crate) fn length(&self) -> usize {
        self.allowed.length
    }

    /// A review; every tenth is one to be denied.
    pub(crate) fn review(&self, serial: u64, locked_instances: u64) -> Review {
        match serial % 10 {
            9 => self.denied(serial, locked_instances),
            _ => self.allowed.fill(serial, locked_instances, false),
        }
    }

    /// A review to be denied.
    pub(crate) fn denied(&self, serial: u64, locked_instances: u64) -> Review {
        self.denied.fill(serial, locked_instances, true)
    }

    fn resize(name: &'static str, bulk: Bulk) -> anyhow::Result<Self> {
        let review = |prefix| {
            let old = instance(prefix, "ecs.g7.large", 7, bulk);
            let new = instance(prefix, "ecs.g7.xlarge", 8, bulk);
            review("UPDATE", &new, &old)
        };
        Ok(Self {
            name,
            allowed: Template::parse(&review("i-bp1f"))?,
            denied: Template::parse(&review("i-bp1l"))?,
        })
    }
}

// === impl Template ===

impl Template {
    /// Reads text with gaps in angle brackets, which the API server's JSON has nowhere else: Go escapes them.
    fn parse(text: &str) -> anyhow::Result<Self> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('<') {
            let (gap, after) = after.split_once('>').context("a gap without end")?;
            pieces.push(Piece::Text(before.to_owned()));
            pieces.push(match gap {
                "uid" => Piece::Uid,
                "serial" => Piece::Serial,
                "number" => Piece::Number,
                other => anyhow::bail!("no such gap: {other}"),
            });
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        let length = pieces.iter().map(Piece::length).sum();
        Ok(Self { pieces, length })
    }

    fn fill(&self, serial: u64, locked_instances: u64, denied: bool) -> Review {
        let uid = format!("{serial:08x}-5e1f-4c3a-9b7d-{serial:012x}");
        let name = format!("{serial:010}");
        let number = format!("{:014}", id_digits(serial % locked_instances.max(1)));
        let mut text = Vec::with_capacity(self.length);
        for piece in &self.pieces {
            let filled = match piece {
                Piece::Text(text) => text,
                Piece::Uid => &uid,
                Piece::Serial => &name,
                Piece::Number => &number,
            };
            text.extend_from_slice(filled.as_bytes());
        }
        Review {
            uid,
            text: text.into(),
            denied,
        }
    }
}

impl Piece {
    fn length(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Uid => 36,
            Self::Serial => 10,
            Self::Number => 14,
        }
    }
}
