//! Who may talk to the plane: an administrator, and users whose rights and names are those of the field.

use serde_json::{Value, json};

/// Somebody the API server knows by a token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct User {
    /// The name of the kubectl context that acts as this user.
    pub(crate) context: &'static str,
    /// The name as `userInfo.username` has it.
    pub(crate) name: &'static str,
    groups: &'static str,
}

/// May do everything.
pub(crate) const ADMIN: User = User {
    context: "admin",
    name: "admin",
    groups: "system:masters",
};

/// The ServiceAccount of a Crossplane provider, named after the hash of its package revision.
pub(crate) const PROVIDER: User = User {
    context: "provider",
    name: "system:serviceaccount:crossplane-system:provider-alibabacloud-ecs-0f3c5b1d9a7e",
    groups: "system:serviceaccounts,system:serviceaccounts:crossplane-system",
};

/// Somebody of a team, who may do everything to the resources of the clouds and nothing else.
pub(crate) const DEVELOPER: User = User {
    context: "developer",
    name: "jo@shop.example",
    groups: "shop-developers",
};

const ALL: [User; 3] = [ADMIN, PROVIDER, DEVELOPER];

/// The API groups in which the provider and the developer may do everything.
const GROUPS: [&str; 6] = [
    "arrears.dev",
    "ecs.alibabacloud.crossplane.io",
    "ecs.alibabacloud.m.crossplane.io",
    "karpenter.sh",
    "machine.openshift.io",
    "machine.sapcloud.io",
];

impl User {
    /// Known to everyone on this machine while the tests run: the plane listens on loopback and guards nothing.
    fn token(self) -> String {
        format!("token-of-{}", self.context)
    }
}

/// The file of `--token-auth-file`.
pub(super) fn token_file() -> String {
    let line = |user: User| {
        let groups = user.groups;
        format!(
            "{},{},{},\"{groups}\"\n",
            user.token(),
            user.name,
            user.context
        )
    };
    ALL.map(line).concat()
}

/// A kubeconfig (JSON is YAML) with a context for each user.
pub(super) fn kubeconfig(server: &str, authority_file: &str) -> String {
    let user = |user: User| json!({"name": user.context, "user": {"token": user.token()}});
    let context = |user: User| json!({"name": user.context, "context": {"cluster": "plane", "user": user.context}});
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "plane", "cluster": {"server": server, "certificate-authority": authority_file}}],
        "users": ALL.map(user),
        "contexts": ALL.map(context),
        "current-context": ADMIN.context,
    })
    .to_string()
}

/// The role and binding that give the provider and the developer their rights.
pub(super) fn rights() -> [Value; 2] {
    let subject = |user: User| json!({"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": user.name});
    [
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": "cloud-resources"},
            "rules": [{"apiGroups": GROUPS, "resources": ["*"], "verbs": ["*"]}],
        }),
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "cloud-resources"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cloud-resources"},
            "subjects": [subject(PROVIDER), subject(DEVELOPER)],
        }),
    ]
}
