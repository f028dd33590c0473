//! Every right that `arrears serve --cluster` needs, and what for: the one table of them.

use crate::api::GROUP;

/// Some verbs on some resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Where it holds.
    pub place: Place,
    /// The API group; empty for core types.
    pub group: &'static str,
    /// The resources, with a slash the subresources.
    pub resources: &'static [&'static str],
    /// Which of the objects.
    pub names: Names,
    /// What may be done.
    pub verbs: &'static [&'static str],
    /// Whether it is needed only where arrears makes its own certificates.
    pub is_for_own_certificates: bool,
    /// What for.
    pub purpose: &'static str,
}

/// Where a right holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the whole cluster.
    Cluster,
    /// In the namespace that arrears runs in.
    Namespace,
    /// Where events about objects without a namespace belong.
    Events,
}

/// Which objects a right is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// All of the resource.
    Any,
    /// The `ValidatingWebhookConfiguration` of the installation.
    Registration,
    /// The Lease of the installation.
    Lease,
    /// The Secrets with the authorities and with the served certificate.
    Certificates,
    /// The Secret with the served certificate.
    ServedCertificate,
    /// The Secrets that EcsAccounts name.
    Credentials,
}

const fn grant(
    place: Place,
    group: &'static str,
    resources: &'static [&'static str],
    names: Names,
    verbs: &'static [&'static str],
    purpose: &'static str,
) -> Grant {
    Grant {
        place,
        group,
        resources,
        names,
        verbs,
        is_for_own_certificates: false,
        purpose,
    }
}

const fn own_certificates(
    names: Names,
    verbs: &'static [&'static str],
    purpose: &'static str,
) -> Grant {
    Grant {
        is_for_own_certificates: true,
        ..grant(Place::Namespace, "", &["secrets"], names, verbs, purpose)
    }
}

/// All of them.
pub const GRANTS: &[Grant] = &[
    grant(
        Place::Cluster,
        GROUP,
        &[
            "ecsaccounts",
            "overduepolicies",
            "operationbindings",
            "locksnapshots",
        ],
        Names::Any,
        &["list", "watch"],
        "every replica decides by them",
    ),
    grant(
        Place::Cluster,
        GROUP,
        &["locksnapshots"],
        Names::Any,
        &["create", "patch", "delete"],
        "the leader publishes what ECS says",
    ),
    grant(
        Place::Cluster,
        GROUP,
        &["ecsaccounts/status"],
        Names::Any,
        &["patch"],
        "the leader says how an account stands",
    ),
    grant(
        Place::Cluster,
        "",
        &["namespaces"],
        Names::Any,
        &["list", "watch"],
        "policies select namespaces by label",
    ),
    grant(
        Place::Cluster,
        "admissionregistration.k8s.io",
        &["validatingwebhookconfigurations"],
        Names::Registration,
        &["list", "watch", "patch"],
        "the leader keeps its entries, and never makes the object",
    ),
    // A creation can't be limited to a name.
    grant(
        Place::Namespace,
        "coordination.k8s.io",
        &["leases"],
        Names::Any,
        &["create"],
        "one replica leads",
    ),
    grant(
        Place::Namespace,
        "coordination.k8s.io",
        &["leases"],
        Names::Lease,
        &["get", "update"],
        "one replica leads",
    ),
    own_certificates(
        Names::Any,
        &["create"],
        "the leader makes authorities and certificates",
    ),
    own_certificates(
        Names::Certificates,
        &["get", "update"],
        "the leader renews authorities and certificates, and every replica reads the one it serves",
    ),
    own_certificates(
        Names::ServedCertificate,
        &["list", "watch"],
        "every replica follows the certificate it serves",
    ),
    grant(
        Place::Namespace,
        "",
        &["secrets"],
        Names::Credentials,
        &["get"],
        "every replica asks ECS before it denies",
    ),
    grant(
        Place::Namespace,
        GROUP,
        &["ecsoperations"],
        Names::Any,
        &["create"],
        "the leader proves by a dry run that reviews reach it",
    ),
    grant(
        Place::Events,
        "events.k8s.io",
        &["events"],
        Names::Any,
        &["create"],
        "the leader tells when an account becomes overdue, and when it is settled",
    ),
];
