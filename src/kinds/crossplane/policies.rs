//! `spec.managementPolicies`: what the provider may do to the external resource.

use std::borrow::Cow;

use serde::de::SeqAccess;

use crate::kinds::lenient::{Lenient, Shaped};

/// The set of policies of an object. Absent means everything, as the CRDs default it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Policies(u8);

/// What the provider may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Permissions {
    /// It may make the resource.
    pub(super) create: bool,
    /// It may change the resource.
    pub(super) update: bool,
}

const OBSERVE: u8 = 1;
const CREATE: u8 = 1 << 1;
const UPDATE: u8 = 1 << 2;
const DELETE: u8 = 1 << 3;
const LATE_INITIALIZE: u8 = 1 << 4;
const ALL: u8 = 1 << 5;
/// A word that Crossplane doesn't know; it belongs to no supported set.
const UNKNOWN: u8 = 1 << 6;

// === impl Permissions ===

impl Permissions {
    pub(super) const NONE: Self = Self {
        create: false,
        update: false,
    };

    /// What is permitted here and wasn't `before`.
    pub(super) fn beyond(self, before: Self) -> Self {
        Self {
            create: self.create && !before.create,
            update: self.update && !before.update,
        }
    }
}

// === impl Policies ===

impl Policies {
    /// What these policies permit: nothing, if the reconciler refuses the set.
    pub(super) fn permissions(self) -> Permissions {
        if self.is_supported() {
            Permissions {
                create: self.has_any(CREATE | ALL),
                update: self.has_any(UPDATE | ALL),
            }
        } else {
            Permissions::NONE
        }
    }

    /// Whether the provider writes observed values into fields that are not set.
    pub(super) fn late_initializes(self) -> bool {
        self.has_any(LATE_INITIALIZE | ALL)
    }

    /// Crossplane takes 15 exact sets (`defaultSupportedManagementPolicies` of crossplane-runtime): `*` alone,
    /// all eight with Observe and Create, and seven more. At any other the reconciler stops with an error.
    fn is_supported(self) -> bool {
        const OBSERVE_DELETE: u8 = OBSERVE | DELETE;
        const OBSERVE_UPDATE: u8 = OBSERVE | UPDATE;
        const IMPORT: u8 = OBSERVE | LATE_INITIALIZE;
        const ADOPT: u8 = OBSERVE | UPDATE | LATE_INITIALIZE;
        match self.0 {
            0 | ALL | OBSERVE | OBSERVE_DELETE | OBSERVE_UPDATE | IMPORT | ADOPT => true,
            bits => bits & (OBSERVE | CREATE) == OBSERVE | CREATE && bits & (ALL | UNKNOWN) == 0,
        }
    }

    fn has_any(self, bits: u8) -> bool {
        self.0 & bits != 0
    }
}

impl Default for Policies {
    fn default() -> Self {
        Self(ALL)
    }
}

impl<'de> Shaped<'de> for Policies {
    fn from_list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let mut bits = Some(0);
        while let Some(policy) = list.next_element::<Lenient<Cow<'de, str>>>()? {
            bits = bits
                .zip(policy.value().map(|word| bit(word)))
                .map(|(bits, bit)| bits | bit);
        }
        Ok(bits.map(Self))
    }
}

fn bit(word: &str) -> u8 {
    match word {
        "Observe" => OBSERVE,
        "Create" => CREATE,
        "Update" => UPDATE,
        "Delete" => DELETE,
        "LateInitialize" => LATE_INITIALIZE,
        "*" => ALL,
        _ => UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_fifteen_sets_are_supported() {
        let supported = (0..=u8::MAX)
            .filter(|bits| bits & 0x80 == 0 && Policies(*bits).is_supported())
            .count();
        assert_eq!(supported, 15);
    }

    #[test]
    fn a_set_that_the_reconciler_refuses_permits_nothing() {
        for refused in [
            CREATE,
            UPDATE,
            CREATE | UPDATE,
            ALL | OBSERVE,
            OBSERVE | UNKNOWN,
        ] {
            assert_eq!(Policies(refused).permissions(), Permissions::NONE);
        }
    }
}
