//! `arrears manifests lint` over what arrears writes itself, and over what it must find.

use std::fs;

use super::arrears;

/// One entry as arrears writes it; `with` is put in the place of what the table of the test says.
const GOOD: &str = "
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: tried}
webhooks:
- name: tried.ecs.arrears.dev
  admissionReviewVersions: [v1]
  sideEffects: None
  timeoutSeconds: 3
  failurePolicy: Fail
  matchPolicy: Equivalent
  clientConfig: {service: {namespace: billing, name: arrears, path: /validate}}
  namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [billing]}]}
  rules:
  - apiGroups: [acme.example]
    apiVersions: ['*']
    resources: [machines]
    operations: [CREATE, UPDATE]
  matchConditions:
  - {name: not-deleting, expression: '!has(object.metadata.deletionTimestamp)'}
";

/// What the chart renders: the leader owns the entries.
const OF_THE_CHART: &str = "
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: arrears}
";

const PROBE: &str =
    "object.metadata.?name.orValue('') == 'arrears-probe' && request.?dryRun.orValue(false)";

fn lint(text: &str) -> super::Ran {
    arrears(&["manifests", "lint", "-"], text)
}

fn but(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    GOOD.replace(from, to)
}

#[test]
fn what_arrears_writes_is_clean() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let issued = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(path("ca.pem"), issued.cert.pem()).unwrap();
    fs::create_dir(path("conf")).unwrap();
    fs::write(
        path("conf/binding.yaml"),
        "apiVersion: arrears.dev/v1alpha1\nkind: OperationBinding\nmetadata: {name: acme}\nspec: {target: {group: acme.example, kinds: [Vm]}, paths: {instanceIds: [$.spec.id]}, \
         operations: [{action: StartInstance, on: [CREATE, UPDATE], changed: $.spec.power}]}\n",
    )
    .unwrap();
    for way in [
        ["--service", "billing/arrears"],
        ["--service", "billing/arrears:8443"],
        ["--url", "https://127.0.0.1:8443"],
    ] {
        let written = arrears(
            &[
                &["manifests", "webhook"],
                &way[..],
                &["--ca-bundle", &path("ca.pem"), "--config", &path("conf")],
            ]
            .concat(),
            "",
        );
        assert_eq!(written.code, 0, "{}", written.stderr);
        let ran = lint(&written.stdout);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (0, "1 configurations, 5 entries: 0 findings\n"),
            "{way:?}"
        );
        // As a list, as JSON, between other things, and from a file.
        let object: serde_json::Value = serde_saphyr::from_str(&written.stdout).unwrap();
        let list = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": [object, {"apiVersion": "v1", "kind": "Secret"}]});
        fs::write(path("list.json"), list.to_string()).unwrap();
        let ran = arrears(&["manifests", "lint", &path("list.json")], "");
        assert_eq!(ran.code, 0, "{}", ran.stdout);
        assert!(ran.stdout.contains("5 entries"), "{}", ran.stdout);
    }
    let stream = format!("{OF_THE_CHART}---\n# nothing\n---\n{GOOD}");
    let ran = lint(&stream);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (0, "2 configurations, 1 entries: 0 findings\n")
    );
}

#[test]
fn whatever_could_hold_a_cluster_back_is_found() {
    let selector = "namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [billing]}]}";
    let groups = "apiGroups: [acme.example]";
    let resources = "resources: [machines]";
    let both = "apiGroups: [acme.example]\n    apiVersions: ['*']\n    resources: [machines]";
    let of = |groups: &str, resources: &str| {
        format!("apiGroups: {groups}\n    apiVersions: ['*']\n    resources: {resources}")
    };
    let operations = "operations: [CREATE, UPDATE]";
    let own = "the webhook's own namespace, billing";
    let bookkeeping = "only record results";
    for (from, to, says) in [
        (groups, "apiGroups: ['']".to_owned(), "the core group's machines"),
        (both, of("['']", "['*']"), "the core group's pods, nodes, secrets"),
        (groups, "apiGroups: ['*']".to_owned(), "machines of every group"),
        (both, of("['*']", "['*/*']"), "pods, leases.coordination.k8s.io and all else"),
        (groups, "apiGroups: ['*.example']".to_owned(), "the groups `*.example`"),
        (both, of("[coordination.k8s.io]", "[leases]"), "can match leases"),
        (both, of("[coordination.k8s.io]", "['*']"), "can match leases"),
        (both, of("[acme.example, apps]", "[deployments]"), "Kubernetes' own group `apps`"),
        (both, of("[k8s.io]", "[things]"), "own group `k8s.io`"),
        (both, of("[storage.k8s.io]", "[csinodes]"), "own group `storage.k8s.io`"),
        (resources, "resources: ['*']".to_owned(), "every resource of its groups"),
        (resources, "resources: [machines/status]".to_owned(), "the subresource machines/status"),
        (resources, "resources: ['*/scale']".to_owned(), "the subresource */scale"),
        (both, of("[arrears.dev]", "[ecsoperations, ecsaccounts]"), "arrears.dev ecsaccounts"),
        (both, of("[arrears.dev]", "[overduepolicies]"), "arrears.dev overduepolicies"),
        (both, of("[arrears.dev]", "[locksnapshots]"), "arrears.dev locksnapshots"),
        (both, of("[arrears.dev]", "[operationbindings]"), "arrears.dev operationbindings"),
        (both, of("[arrears.dev]", "['*']"), "ecsaccounts, overduepolicies, locksnapshots, operationbindings"),
        (operations, "operations: [CREATE, DELETE]".to_owned(), "can match DELETE"),
        (operations, "operations: [CONNECT]".to_owned(), "can match CONNECT"),
        (operations, "operations: ['*']".to_owned(), "DELETE and CONNECT"),
        (selector, String::new(), own),
        (selector, "namespaceSelector: {}".to_owned(), own),
        (selector, "namespaceSelector: {matchLabels: {team: shop}}".to_owned(), own),
        (
            selector,
            selector.replace("billing", "other"),
            own,
        ),
        (
            selector,
            selector.replace("NotIn", "In"),
            own,
        ),
        (
            selector,
            "objectSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [billing]}]}".to_owned(),
            own,
        ),
        ("sideEffects: None", "sideEffects: NoneOnDryRun".to_owned(), "sideEffects is NoneOnDryRun"),
        ("timeoutSeconds: 3", "timeoutSeconds: 11".to_owned(), "timeoutSeconds is 11"),
        ("matchPolicy: Equivalent", "matchPolicy: Exact".to_owned(), "matchPolicy is not Equivalent"),
        ("failurePolicy: Fail", "failurePolicy: Fall".to_owned(), "neither Fail nor Ignore"),
        ("[v1]", "[v1beta1]".to_owned(), "lacks v1"),
        ("'!has(object.metadata.deletionTimestamp)'", "'true'".to_owned(), bookkeeping),
        ("'!has(object.metadata.deletionTimestamp)'", "'has(object.metadata.deletionTimestamp)'".to_owned(), bookkeeping),
        (
            both,
            of("[ecs.alibabacloud.crossplane.io]", "[instances]"),
            "no matchCondition not-paused, asks-for-something, not-a-created-id",
        ),
    ] {
        let ran = lint(&but(from, &to));
        assert_eq!(ran.code, 1, "{to}: {}{}", ran.stdout, ran.stderr);
        let line = ran.stdout.lines().next().unwrap();
        assert!(
            line.starts_with("-:6: finding: tried tried.ecs.arrears.dev: "),
            "{line}"
        );
        assert!(ran.stdout.contains(says), "{to}: {says}: {}", ran.stdout);
        assert!(line.contains("; "), "a remedy: {line}");
    }
}

#[test]
fn what_can_not_match_is_no_finding() {
    let selector = "namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [billing]}]}";
    let service = "clientConfig: {service: {namespace: billing, name: arrears, path: /validate}}";
    let only = |value: &str| {
        format!("namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {value}}}}}")
    };
    for (from, to) in [
        (selector, only("shop")),
        (
            selector,
            selector.replace("NotIn", "In").replace("billing", "shop"),
        ),
        (
            selector,
            selector.replace("[billing]", "[kube-system, billing]"),
        ),
        (
            service,
            "clientConfig: {url: 'https://127.0.0.1/'}".to_owned(),
        ),
        ("  matchPolicy: Equivalent\n", String::new()),
        ("  failurePolicy: Fail\n", String::new()),
        ("apiGroups: [acme.example]", "apiGroups: []".to_owned()),
    ] {
        let ran = lint(&but(from, &to));
        assert_eq!(ran.code, 0, "{to}: {}{}", ran.stdout, ran.stderr);
    }
    let cluster = but(
        "resources: [machines]",
        "scope: Cluster\n    resources: [machines]",
    );
    let ran = lint(&cluster.replace(selector, ""));
    assert_eq!(ran.code, 0, "{}", ran.stdout);
}

#[test]
fn a_long_timeout_is_advised_against() {
    for (to, seconds) in [("timeoutSeconds: 10", 10), ("timeoutSeconds: 4", 4)] {
        let ran = lint(&but("timeoutSeconds: 3", to));
        assert_eq!(ran.code, 0);
        let says = format!(
            "-:6: advice: tried tried.ecs.arrears.dev: timeoutSeconds is {seconds}; 3 is enough\n"
        );
        assert!(ran.stdout.starts_with(&says), "{}", ran.stdout);
    }
    let ran = lint(&but("  timeoutSeconds: 3\n", ""));
    assert!(
        ran.stdout.contains("timeoutSeconds is 10"),
        "{}",
        ran.stdout
    );
}

/// The probe lives in the webhook's own namespace, and nothing else may.
#[test]
fn only_the_probe_may_be_matched_in_the_own_namespace() {
    let selector = "operator: NotIn, values: [billing]";
    let rule = "apiGroups: [acme.example]\n    apiVersions: ['*']\n    resources: [machines]\n    operations: [CREATE, UPDATE]";
    let condition = "{name: not-deleting, expression: '!has(object.metadata.deletionTimestamp)'}";
    let probe = |resource: &str, operations: &str, expression: &str| {
        GOOD.replace(selector, "operator: In, values: [billing]")
            .replace(
                rule,
                &format!("apiGroups: [arrears.dev]\n    apiVersions: ['*']\n    resources: [{resource}]\n    operations: [{operations}]"),
            )
            .replace(condition, &format!("{{name: is-the-probe, expression: \"{expression}\"}}"))
    };
    let ran = lint(&probe("ecsoperations", "CREATE", PROBE));
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    for (wider, says) in [
        (probe("ecsoperations", "CREATE", "true"), "own namespace"),
        (
            probe("ecsoperations", "CREATE", &format!("{PROBE} || true")),
            "own namespace",
        ),
        (
            probe("ecsoperations", "CREATE, UPDATE", PROBE),
            "own namespace",
        ),
        (probe("ecsaccounts", "CREATE", PROBE), "ecsaccounts"),
    ] {
        let ran = lint(&wider);
        assert_eq!(ran.code, 1, "{wider}");
        assert!(ran.stdout.contains(says), "{}", ran.stdout);
    }
}

#[test]
fn what_can_not_be_read_is_told_and_the_rest_is_looked_at() {
    let ran = lint(&format!(
        "{}\n---\n: : :\n",
        but("[CREATE, UPDATE]", "['*']")
    ));
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("-:"), "{}", ran.stderr);
    assert!(ran.stdout.contains("DELETE and CONNECT"), "{}", ran.stdout);
    let ran = lint(&but("resources: [machines]", "resources: 7"));
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    let ran = arrears(&["manifests", "lint", "nowhere.yaml"], "");
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("nowhere.yaml"), "{}", ran.stderr);
}
