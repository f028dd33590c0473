//! From the name of an API call to the actions of the matrix: the one alias table.

use std::borrow::Cow;

use smallvec::{SmallVec, smallvec};

use super::action::{Action, Targets, is_cure_or_cleanup_or_read};

/// A newer name and the actions of the tables it stands for.
#[derive(Clone, Copy, Debug)]
pub struct Alias {
    /// The newer name.
    pub name: &'static str,
    /// What the tables call it; a call of several actions is forbidden if any of them is.
    pub actions: &'static [&'static str],
}

/// Every alias, by name. Only a successor of the same action is here: an API of its own is `Unlisted`.
pub const ALIASES: [Alias; 10] = [
    Alias {
        name: "AuthorizeSecurityGroupEgress",
        actions: &["AuthorizeSecurityGroup"],
    },
    Alias {
        name: "DeleteInstances",
        actions: &["DeleteInstance"],
    },
    Alias {
        name: "DescribeAutoSnapshotPolicyEx",
        actions: &["DescribeAutoSnapshotPolicy"],
    },
    Alias {
        name: "ModifyAutoSnapshotPolicyEx",
        actions: &["ModifyAutoSnapshotPolicy"],
    },
    Alias {
        name: "RebootInstances",
        actions: &["RebootInstance"],
    },
    Alias {
        name: "ResetDisks",
        actions: &["ResetDisk"],
    },
    Alias {
        name: "RevokeSecurityGroupEgress",
        actions: &["RevokeSecurityGroup"],
    },
    Alias {
        name: "RunInstances",
        actions: &["CreateInstance", "StartInstance"],
    },
    Alias {
        name: "StartInstances",
        actions: &["StartInstance"],
    },
    Alias {
        name: "StopInstances",
        actions: &["StopInstance"],
    },
];

/// APIs that no edition lists and that are known to exist: a policy may name them.
const UNLISTED: [&str; 62] = [
    "ApplyAutoSnapshotPolicy",
    "AssignIpv6Addresses",
    "AssignPrivateIpAddresses",
    "AttachInstanceRamRole",
    "AttachKeyPair",
    "AttachNetworkInterface",
    "CancelAutoSnapshotPolicy",
    "CopyImage",
    "CreateAutoProvisioningGroup",
    "CreateAutoSnapshotPolicy",
    "CreateNetworkInterface",
    "CreateSnapshotGroup",
    "DeleteAutoProvisioningGroup",
    "DeleteAutoSnapshotPolicy",
    "DeleteNetworkInterface",
    "DeleteSnapshotGroup",
    "DetachInstanceRamRole",
    "DetachKeyPair",
    "DetachNetworkInterface",
    "ImportImage",
    "JoinResourceGroup",
    "ModifyAutoProvisioningGroup",
    "ModifyDiskChargeType",
    "ModifyDiskSpec",
    "ModifyImageAttribute",
    "ModifyInstanceAttachmentAttributes",
    "ModifyInstanceAutoReleaseTime",
    "ModifyInstanceAutoRenewAttribute",
    "ModifyInstanceChargeType",
    "ModifyInstanceDeployment",
    "ModifyInstanceMaintenanceAttributes",
    "ModifyInstanceMetadataOptions",
    "ModifyInstanceNetworkSpec",
    "ModifyInstanceVncPasswd",
    "ModifyInstanceVpcAttribute",
    "ModifyPrepayInstanceSpec",
    "ModifySecurityGroupAttribute",
    "ModifySecurityGroupEgressRule",
    "ModifySecurityGroupPolicy",
    "ModifySecurityGroupRule",
    "ModifySnapshotAttribute",
    "ModifySnapshotGroup",
    "ReActivateInstances",
    "RedeployInstance",
    "RenewInstance",
    "ResizeDisk",
    "TagResources",
    "UnassignIpv6Addresses",
    "UnassignPrivateIpAddresses",
    "UntagResources",
    "AllocateDedicatedHosts",
    "AllocateEipAddress",
    "AssociateEipAddress",
    "ConvertNatPublicIpToEip",
    "CreateKeyPair",
    "CreateLaunchTemplate",
    "DeleteKeyPairs",
    "DeleteLaunchTemplate",
    "ImportKeyPair",
    "InvokeCommand",
    "ModifyReservedInstances",
    "RunCommand",
];

/// One action that an API call performs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call<'a> {
    /// An action of the matrix.
    Listed {
        /// What the tables call it.
        action: Action,
        /// The newer name it was called by.
        called: Option<&'static str>,
    },
    /// An API that is in no table.
    Unlisted(Cow<'a, str>),
}

/// The actions that an API call of this name performs, in order.
#[must_use]
pub fn calls(name: Cow<'_, str>) -> SmallVec<[Call<'_>; 2]> {
    if let Some(action) = Action::named(&name) {
        return smallvec![Call::Listed {
            action,
            called: None
        }];
    }
    match ALIASES
        .binary_search_by_key(&&*name, |alias| alias.name)
        .ok()
        .and_then(|index| ALIASES.get(index))
    {
        Some(alias) => alias
            .actions
            .iter()
            .filter_map(|action| Action::named(action))
            .map(|action| Call::Listed {
                action,
                called: Some(alias.name),
            })
            .collect(),
        None => smallvec![Call::Unlisted(name)],
    }
}

/// What the matrix calls the actions of a known name: itself, or what the alias stands for.
pub fn canonical_names(name: &'static str) -> impl Iterator<Item = &'static str> {
    let alias = ALIASES.iter().find(|alias| alias.name == name);
    alias
        .into_iter()
        .flat_map(|alias| alias.actions.iter().copied())
        .chain(alias.is_none().then_some(name))
}

/// Whether a name is an action of an edition, an alias, or an API known to be in no table.
#[must_use]
pub fn is_known_action(name: &str) -> bool {
    known_actions().any(|known| known == name)
}

/// The known action whose name is nearest to a mistyped one, if any is near.
#[must_use]
pub fn nearest_action(name: &str) -> Option<&'static str> {
    known_actions()
        .map(|known| {
            (
                strsim::normalized_damerau_levenshtein(
                    &known.to_ascii_lowercase(),
                    &name.to_ascii_lowercase(),
                ),
                known,
            )
        })
        .filter(|(likeness, _)| 0.7 < *likeness)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, known)| known)
}

/// Every name that [`is_known_action`] accepts.
pub fn known_actions() -> impl Iterator<Item = &'static str> {
    Action::all()
        .map(Action::name)
        .chain(ALIASES.iter().map(|alias| alias.name))
        .chain(UNLISTED)
}

// === impl Call ===

impl Call<'_> {
    /// The name in the vendor's tables, or the API's own where no table lists it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Listed { action, .. } => action.name(),
            Self::Unlisted(name) => name,
        }
    }

    /// The name for a label of bounded cardinality.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Listed { action, .. } => action.name(),
            Self::Unlisted(_) => "other",
        }
    }

    /// The newer name it was called by, if any.
    #[must_use]
    pub fn called(&self) -> Option<&'static str> {
        match self {
            Self::Listed { called, .. } => *called,
            Self::Unlisted(_) => None,
        }
    }

    /// Which ids it takes; nothing is known of the ids of an unlisted API.
    #[must_use]
    pub fn targets(&self) -> Option<Targets> {
        match self {
            Self::Listed {
                called: Some("RunInstances"),
                ..
            } => Some(Targets::Account),
            Self::Listed { action, .. } => Some(action.targets()),
            Self::Unlisted(_) => None,
        }
    }

    /// Whether no setting may deny it; see [`is_cure_or_cleanup_or_read`].
    #[must_use]
    pub fn is_protected(&self) -> bool {
        is_cure_or_cleanup_or_read(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_instances_is_create_and_start() {
        let names: Vec<_> = calls("RunInstances".into())
            .iter()
            .map(|call| call.name().to_owned())
            .collect();
        assert_eq!(names, ["CreateInstance", "StartInstance"]);
    }

    #[test]
    fn aliases_are_sorted_and_name_actions_of_the_matrix() {
        assert!(ALIASES.is_sorted_by_key(|alias| alias.name));
        for alias in ALIASES {
            assert_eq!(
                calls(alias.name.into()).len(),
                alias.actions.len(),
                "{}",
                alias.name
            );
            assert_eq!(Action::named(alias.name), None);
        }
    }

    #[test]
    fn an_api_of_its_own_is_never_taken_for_a_near_one() {
        for name in UNLISTED {
            assert_eq!(calls(name.into()).as_slice(), [Call::Unlisted(name.into())]);
        }
    }

    #[test]
    fn a_mistyped_action_is_told_its_neighbour() {
        assert_eq!(nearest_action("StartInstanse"), Some("StartInstance"));
        assert_eq!(nearest_action("startinstance"), Some("StartInstance"));
        assert_eq!(nearest_action("FlyToTheMoon"), None);
    }
}
