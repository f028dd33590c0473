//! The label sets of the metrics.
//!
//! A value is an enum or a `&'static str`, so that no byte of a request can become a label and the number of series
//! is bounded by what is written in this program.

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};

/// Which reviews a count is of.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ReviewLabels {
    /// The kind of the object, where it is one that this program knows, else [`super::OTHER`].
    pub kind: &'static str,
    /// `CREATE`, `UPDATE`, ..., else [`super::OTHER`].
    pub operation: &'static str,
    /// What was answered.
    pub verdict: Verdict,
}

/// Which findings a count is of.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct FindingLabels {
    /// The ECS action, where an edition names it, else [`super::OTHER`].
    pub action: &'static str,
    /// What the edition says of it.
    pub ruling: &'static str,
    /// The mode of the policy rule that matched.
    pub mode: &'static str,
}

/// What a review was answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Allowed.
    Allow,
    /// Allowed with a warning.
    Warn,
    /// Allowed, and noted for the audit log.
    Audit,
    /// Denied.
    Deny,
    /// Answered with the outcome configured for missing facts.
    Unknown,
    /// Not a review that can be judged, or a bug.
    Error,
}

/// How an attempt to take over changed files ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReloadOutcome {
    /// The new content is in force.
    Ok,
    /// The new content is unusable; the old one stays in force.
    Error,
}

/// The actions that ECS is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EcsAction {
    /// Lists instances.
    DescribeInstances,
    /// Lists disks.
    DescribeDisks,
    /// Tells one instance.
    DescribeInstanceAttribute,
}

/// How one request to ECS ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallOutcome {
    /// With what was asked for.
    Ok,
    /// Too many requests.
    Throttled,
    /// No permission, or credentials that do not count.
    Denied,
    /// Anything else.
    Error,
    /// There was no answer in time.
    Timeout,
}

/// What came of asking about a target before a denial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConfirmationOutcome {
    /// It is locked.
    StillLocked,
    /// It is locked no more.
    Paid,
    /// ECS could not be asked.
    Failed,
    /// Somebody else was asking already.
    Shared,
}

/// What came of a review sent through the API server to learn whether it reaches us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProbeOutcome {
    /// A replica answered it.
    Reached,
    /// The API server could not call us.
    Unreachable,
    /// The API server did not call us: our entries are not in force.
    Unmatched,
    /// It could not be sent, or somebody else refused it.
    Failed,
}

/// `outcome`, alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OutcomeLabels {
    pub(super) outcome: ReloadOutcome,
}

/// Which requests to ECS a count is of.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct CallLabels {
    pub(super) action: EcsAction,
    pub(super) outcome: CallOutcome,
}

/// `action`, alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct EcsActionLabels {
    pub(super) action: EcsAction,
}

/// `outcome` of a confirmation, alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ConfirmationLabels {
    pub(super) outcome: ConfirmationOutcome,
}

/// `outcome` of a probe, alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ProbeLabels {
    pub(super) outcome: ProbeOutcome,
}

/// What this program is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct BuildLabels {
    pub(super) version: &'static str,
    pub(super) editions: String,
}

// === impl Verdict ===

impl Verdict {
    /// The label value.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Audit => "audit",
            Self::Deny => "deny",
            Self::Unknown => "unknown",
            Self::Error => "error",
        }
    }
}

impl EncodeLabelValue for Verdict {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        EncodeLabelValue::encode(&self.name(), encoder)
    }
}

// === impl ReloadOutcome ===

impl ReloadOutcome {
    /// The label value.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
        }
    }
}

impl EncodeLabelValue for ReloadOutcome {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        EncodeLabelValue::encode(&self.name(), encoder)
    }
}

// === impl EcsAction ===

impl EcsAction {
    /// All of them.
    pub const ALL: [Self; 3] = [
        Self::DescribeInstances,
        Self::DescribeDisks,
        Self::DescribeInstanceAttribute,
    ];

    /// The label value.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DescribeInstances => "DescribeInstances",
            Self::DescribeDisks => "DescribeDisks",
            Self::DescribeInstanceAttribute => "DescribeInstanceAttribute",
        }
    }
}

impl EncodeLabelValue for EcsAction {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        EncodeLabelValue::encode(&self.name(), encoder)
    }
}

// === impl CallOutcome ===

impl CallOutcome {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Ok,
        Self::Throttled,
        Self::Denied,
        Self::Error,
        Self::Timeout,
    ];

    /// The label value.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Throttled => "throttled",
            Self::Denied => "denied",
            Self::Error => "error",
            Self::Timeout => "timeout",
        }
    }
}

impl EncodeLabelValue for CallOutcome {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        EncodeLabelValue::encode(&self.name(), encoder)
    }
}

// === impl ConfirmationOutcome ===

impl ConfirmationOutcome {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::StillLocked, Self::Paid, Self::Failed, Self::Shared];

    /// The label value.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::StillLocked => "still_locked",
            Self::Paid => "paid",
            Self::Failed => "failed",
            Self::Shared => "shared",
        }
    }
}

impl EncodeLabelValue for ConfirmationOutcome {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        EncodeLabelValue::encode(&self.name(), encoder)
    }
}

// === impl ProbeOutcome ===

impl ProbeOutcome {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Reached,
        Self::Unreachable,
        Self::Unmatched,
        Self::Failed,
    ];

    /// The label value.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Reached => "reached",
            Self::Unreachable => "unreachable",
            Self::Unmatched => "unmatched",
            Self::Failed => "failed",
        }
    }
}

impl EncodeLabelValue for ProbeOutcome {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        EncodeLabelValue::encode(&self.name(), encoder)
    }
}
