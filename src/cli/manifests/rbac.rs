//! `arrears manifests rbac`: the rights of `arrears serve --cluster`, as roles and their bindings.
//!
//! Guarantees: the roles hold what the table of grants holds, and nothing else. The ServiceAccount is somebody else's.

mod grants;

use std::path::PathBuf;

use k8s_openapi::{
    api::rbac::v1::{
        ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, RoleRef, Subject,
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};

pub use self::grants::{GRANTS, Grant, Names, Place};
use super::output::{self, Document};
use crate::{
    api::is_dns_label,
    cluster::{EVENT_NAMESPACE, Installation},
};

const API_GROUP: &str = "rbac.authorization.k8s.io";

#[derive(Debug, clap::Args)]
pub(super) struct RbacArgs {
    /// The namespace that arrears runs in
    #[arg(long, value_name = "NS", default_value = "arrears-system", value_parser = label)]
    namespace: String,

    /// The name of the installation: that of its ServiceAccount, Lease and ValidatingWebhookConfiguration
    #[arg(long, value_name = "NAME", default_value = "arrears", value_parser = label)]
    name: String,

    /// A Secret that an EcsAccount names its credentials by; may be given again
    #[arg(long, value_name = "NAME")]
    credential_secret: Vec<String>,

    /// Where certificates come from
    #[arg(long, value_enum, default_value_t)]
    certificates: CertificateSource,

    /// Write a file into this directory instead of to standard output
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Where certificates come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum CertificateSource {
    /// arrears makes them, and keeps them in Secrets.
    #[default]
    SelfManaged,
    /// They are mounted, as cert-manager's are.
    Files,
}

/// What the rights of one installation depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permissions {
    /// The installation.
    pub installation: Installation,
    /// The Secrets that its EcsAccounts name.
    pub credential_secrets: Vec<String>,
    /// Where its certificates come from.
    pub certificates: CertificateSource,
}

impl RbacArgs {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self {
            namespace,
            name,
            credential_secret,
            certificates,
            out,
        } = self;
        let permissions = Permissions {
            installation: Installation {
                namespace,
                name,
                identity: String::new(),
            },
            credential_secrets: credential_secret,
            certificates,
        };
        output::write(&permissions.documents()?, out.as_deref())
    }
}

fn label(text: &str) -> Result<String, &'static str> {
    match is_dns_label(text) {
        true => Ok(text.to_owned()),
        false => Err("expected small letters, digits and dashes, at most 63"),
    }
}

// === impl Permissions ===

impl Permissions {
    /// The rules of the role for this place, in the order of the table.
    #[must_use]
    pub fn rules(&self, place: Place) -> Vec<PolicyRule> {
        GRANTS
            .iter()
            .filter(|grant| grant.place == place)
            .filter_map(|grant| self.rule(grant))
            .collect()
    }

    /// The rule of a grant; none where there is nothing that it could be about.
    fn rule(&self, grant: &Grant) -> Option<PolicyRule> {
        let names = match self.names(grant.names) {
            Some(names) if names.is_empty() => return None,
            names => names,
        };
        if grant.is_for_own_certificates && self.certificates == CertificateSource::Files {
            return None;
        }
        let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
        Some(PolicyRule {
            api_groups: Some(vec![grant.group.to_owned()]),
            non_resource_urls: None,
            resource_names: names,
            resources: Some(texts(grant.resources)),
            verbs: texts(grant.verbs),
        })
    }

    /// The names of the objects that are meant; `None` = all.
    fn names(&self, names: Names) -> Option<Vec<String>> {
        let installation = &self.installation;
        match names {
            Names::Any => None,
            Names::Registration => Some(vec![installation.webhook().to_owned()]),
            Names::Lease => Some(vec![installation.lease().to_owned()]),
            Names::Certificates => Some(vec![
                installation.authority_secret(),
                installation.certificate_secret(),
            ]),
            Names::ServedCertificate => Some(vec![installation.certificate_secret()]),
            Names::Credentials => Some(self.credential_secrets.clone()),
        }
    }

    /// The roles and their bindings.
    ///
    /// # Errors
    ///
    /// When an object can't be written as YAML.
    pub fn documents(&self) -> anyhow::Result<Vec<Document>> {
        let Installation {
            namespace, name, ..
        } = &self.installation;
        let events = format!("{name}-events");
        let cluster_role = ClusterRole {
            metadata: metadata(name, None),
            rules: Some(self.rules(Place::Cluster)),
            aggregation_rule: None,
        };
        let cluster_binding = ClusterRoleBinding {
            metadata: metadata(name, None),
            role_ref: reference("ClusterRole", name),
            subjects: Some(vec![self.subject()]),
        };
        let role = |name: &str, namespace: &str, place| Role {
            metadata: metadata(name, Some(namespace)),
            rules: Some(self.rules(place)),
        };
        let binding = |name: &str, namespace: &str| RoleBinding {
            metadata: metadata(name, Some(namespace)),
            role_ref: reference("Role", name),
            subjects: Some(vec![self.subject()]),
        };
        Ok(vec![
            Document::new("clusterrole.yaml", &cluster_role)?,
            Document::new("clusterrolebinding.yaml", &cluster_binding)?,
            Document::new("role.yaml", &role(name, namespace, Place::Namespace))?,
            Document::new("rolebinding.yaml", &binding(name, namespace))?,
            Document::new(
                "role-events.yaml",
                &role(&events, EVENT_NAMESPACE, Place::Events),
            )?,
            Document::new(
                "rolebinding-events.yaml",
                &binding(&events, EVENT_NAMESPACE),
            )?,
        ])
    }

    fn subject(&self) -> Subject {
        Subject {
            api_group: None,
            kind: "ServiceAccount".to_owned(),
            name: self.installation.name.clone(),
            namespace: Some(self.installation.namespace.clone()),
        }
    }
}

fn metadata(name: &str, namespace: Option<&str>) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.to_owned()),
        namespace: namespace.map(str::to_owned),
        labels: Some([("app.kubernetes.io/name".to_owned(), "arrears".to_owned())].into()),
        ..ObjectMeta::default()
    }
}

fn reference(kind: &str, name: &str) -> RoleRef {
    RoleRef {
        api_group: API_GROUP.to_owned(),
        kind: kind.to_owned(),
        name: name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permissions() -> Permissions {
        Permissions {
            installation: Installation {
                namespace: "billing".to_owned(),
                name: "guard".to_owned(),
                identity: String::new(),
            },
            credential_secrets: vec!["prod".to_owned()],
            certificates: CertificateSource::SelfManaged,
        }
    }

    fn secrets(permissions: &Permissions) -> Vec<(Option<Vec<String>>, Vec<String>)> {
        permissions
            .rules(Place::Namespace)
            .into_iter()
            .filter(|rule| rule.resources.as_deref() == Some(&["secrets".to_owned()]))
            .map(|rule| (rule.resource_names, rule.verbs))
            .collect()
    }

    #[test]
    fn nothing_is_granted_that_would_give_more_than_it_says() {
        for grant in GRANTS {
            let texts = [grant.group]
                .into_iter()
                .chain(grant.resources.iter().copied())
                .chain(grant.verbs.iter().copied());
            for text in texts {
                assert!(!text.contains('*'), "{grant:?}");
            }
            for verb in ["escalate", "bind", "impersonate", "deletecollection"] {
                assert!(!grant.verbs.contains(&verb), "{grant:?}");
            }
            if grant.resources.contains(&"secrets") && grant.verbs != ["create"] {
                assert_ne!(grant.names, Names::Any, "{grant:?}");
            }
            if grant.group == "admissionregistration.k8s.io" {
                assert_eq!(grant.names, Names::Registration);
                assert!(!grant.verbs.contains(&"create") && !grant.verbs.contains(&"delete"));
            }
            assert!(!grant.purpose.is_empty());
        }
    }

    #[test]
    fn secrets_are_those_of_the_installation_and_of_its_accounts() {
        let names = |names: &[&str]| Some(names.iter().map(ToString::to_string).collect());
        let verbs = |verbs: &[&str]| verbs.iter().map(ToString::to_string).collect();
        let own: Vec<(Option<Vec<String>>, Vec<String>)> = vec![
            (None, verbs(&["create"])),
            (names(&["guard-ca", "guard-tls"]), verbs(&["get", "update"])),
            (names(&["guard-tls"]), verbs(&["list", "watch"])),
        ];
        let accounts = (names(&["prod"]), verbs(&["get"]));
        let mut all = own.clone();
        all.push(accounts.clone());
        assert_eq!(secrets(&permissions()), all);
        let mounted = Permissions {
            certificates: CertificateSource::Files,
            ..permissions()
        };
        assert_eq!(secrets(&mounted), [accounts]);
        let without = Permissions {
            credential_secrets: vec![],
            ..permissions()
        };
        assert_eq!(secrets(&without), own);
    }

    #[test]
    fn every_role_has_its_binding() {
        let yaml: Vec<String> = permissions()
            .documents()
            .unwrap()
            .into_iter()
            .map(|document| document.yaml)
            .collect();
        insta::assert_snapshot!(yaml.join("---\n"));
    }
}
