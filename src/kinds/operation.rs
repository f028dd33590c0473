//! What a request is found to ask for.

use std::borrow::Cow;

use super::lenient::Shape;
use crate::matrix::Call;

/// What one admission request asks of ECS.
#[derive(Debug, PartialEq)]
pub enum Inference<'a> {
    /// No ECS call follows from it.
    Nothing,
    /// These calls follow from it.
    Asked(Asked<'a>),
    /// A field that decides has a shape no controller could use.
    Malformed(Malformed<'a>),
}

/// The calls that follow from a request, and whose they are.
#[derive(Debug, Default, PartialEq)]
pub struct Asked<'a> {
    /// Account and region that the object belongs to.
    pub subject: Subject<'a>,
    /// In the order in which the controller makes them.
    pub operations: Vec<Operation<'a>>,
    /// What the requester should hear although no call is judged by it.
    pub note: Option<Note<'a>>,
}

/// Account and region of an object, as far as it says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Subject<'a> {
    /// The account.
    pub account: AccountRef<'a>,
    /// The region; none = the account's default.
    pub region: Option<Cow<'a, str>>,
}

/// How an object names its account.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum AccountRef<'a> {
    /// It does not: the default account.
    #[default]
    Default,
    /// By the name of an EcsAccount.
    Named(Cow<'a, str>),
    /// By a Crossplane provider configuration.
    ProviderConfig {
        /// `ProviderConfig` or `ClusterProviderConfig`, where the reference says which.
        kind: Option<Cow<'a, str>>,
        /// The namespace of a namespaced `ProviderConfig`.
        namespace: Option<Cow<'a, str>>,
        /// Its name.
        name: Cow<'a, str>,
    },
}

/// One action, its targets, and the field that asks for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation<'a> {
    /// The action.
    pub call: Call<'a>,
    /// Its targets.
    pub target: Target<'a>,
    /// The path of the field that asks for it, `spec.forProvider.imageId`.
    pub field: Cow<'a, str>,
}

/// What an operation works on. Which of the two sides counts for the state is the matter of the action.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Target<'a> {
    /// The instances it names.
    pub instances: Ids<'a>,
    /// The disks it names.
    pub disks: Ids<'a>,
}

/// Ids of one sort that an operation names.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Ids<'a> {
    /// It names none.
    #[default]
    None,
    /// It names these; never empty.
    Known(Vec<Cow<'a, str>>),
    /// It names some by a reference, in this field, that is resolved before the call is made; the request that
    /// makes the call passes here again.
    Unresolved(Cow<'a, str>),
    /// It has one, kept in this field, which the document at hand does not show.
    Elsewhere(Cow<'a, str>),
    /// It needs one and this field, where it ought to be, has none.
    Missing(Cow<'a, str>),
}

/// A relevant field of an impossible type.
#[derive(Clone, Debug, PartialEq)]
pub struct Malformed<'a> {
    /// Its path.
    pub field: Cow<'a, str>,
    /// What a controller could use, with its article: "a string".
    pub expected: &'static str,
    /// What is there.
    pub found: Shape,
}

/// What the requester should hear although it decides nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Note<'a> {
    /// A changed field that the provider can only honour by replacing the resource, which it refuses to do.
    NeedsReplacement {
        /// Its path.
        field: Cow<'a, str>,
    },
}

// === impl Ids ===

impl<'a> Ids<'a> {
    /// Exactly this id.
    #[must_use]
    pub fn one(id: impl Into<Cow<'a, str>>) -> Self {
        Self::Known(vec![id.into()])
    }

    /// These ids, or `otherwise` where there are none.
    #[must_use]
    pub fn all(ids: impl IntoIterator<Item = Cow<'a, str>>, otherwise: Self) -> Self {
        let ids: Vec<Cow<'a, str>> = ids.into_iter().collect();
        if ids.is_empty() {
            otherwise
        } else {
            Self::Known(ids)
        }
    }
}

// === impl Target ===

impl<'a> Target<'a> {
    /// Nothing that exists: the account.
    pub const ACCOUNT: Self = Self {
        instances: Ids::None,
        disks: Ids::None,
    };

    /// These instances.
    #[must_use]
    pub fn instances(instances: Ids<'a>) -> Self {
        Self {
            instances,
            disks: Ids::None,
        }
    }

    /// These disks.
    #[must_use]
    pub fn disks(disks: Ids<'a>) -> Self {
        Self {
            instances: Ids::None,
            disks,
        }
    }
}
