//! The pods: what they may do, how they come and go, and what they are told.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::chart::{container, documents, object, render, template};
use crate::combinations::combinations;

fn deployment(objects: &[Value]) -> &Value {
    let mut found = objects
        .iter()
        .filter(|object| object["kind"] == "Deployment");
    found.next().expect("a Deployment is rendered")
}

fn seconds(text: &str) -> i64 {
    text.strip_suffix('s').unwrap().parse().unwrap()
}

#[test]
fn the_program_is_told_all_of_this_and_nothing_else() {
    let container = container(&render(&[]));
    assert_eq!(container.args, ["serve"]);
    let expected = [
        ("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true"),
        ("ARREARS_ADMIN_LISTEN", "0.0.0.0:8080"),
        ("ARREARS_AUTHORITY_LIFETIME", "8760h"),
        ("ARREARS_CERTIFICATE_LIFETIME", "720h"),
        ("ARREARS_CLUSTER", "true"),
        ("ARREARS_FAILURE_POLICY", "Fail"),
        ("ARREARS_IDENTITY", "arrears-5d8c-x2x9q"),
        ("ARREARS_LAME_DUCK", "10s"),
        ("ARREARS_LEASE_DURATION", "15s"),
        ("ARREARS_LISTEN", "0.0.0.0:8443"),
        ("ARREARS_LOG_FORMAT", "json"),
        ("ARREARS_MAX_CONNECTIONS", "4096"),
        ("ARREARS_MAX_IN_FLIGHT", "512"),
        ("ARREARS_NAME", "arrears"),
        ("ARREARS_NAMESPACE", "arrears-system"),
        ("ARREARS_REPLICAS", "2"),
        ("ARREARS_SERVICE_PORT", "443"),
        ("ARREARS_WEBHOOK_TIMEOUT", "3s"),
        ("RUST_LOG", "info"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(
        container.env("arrears-5d8c-x2x9q"),
        BTreeMap::from(expected)
    );
}

#[test]
fn values_reach_the_program() {
    for (values, name, expected) in [
        (
            &[("stage", "observe")][..],
            "ARREARS_FAILURE_POLICY",
            "Ignore",
        ),
        (
            &[("stage", "observe"), ("webhook.failurePolicy", "Fail")],
            "ARREARS_FAILURE_POLICY",
            "Fail",
        ),
        (
            &[("webhook.timeoutSeconds", "7")],
            "ARREARS_WEBHOOK_TIMEOUT",
            "7s",
        ),
        (&[("service.port", "9443")], "ARREARS_SERVICE_PORT", "9443"),
        (&[("replicas", "3")], "ARREARS_REPLICAS", "3"),
        // Helm reads large numbers as floating-point ones.
        (
            &[("maxInFlight", "10000000")],
            "ARREARS_MAX_IN_FLIGHT",
            "10000000",
        ),
        (
            &[("leaseDurationSeconds", "60")],
            "ARREARS_LEASE_DURATION",
            "60s",
        ),
        (&[("fullnameOverride", "gate")], "ARREARS_NAME", "gate"),
        (
            &[("certificates.source", "CertManager")],
            "ARREARS_CA_BUNDLE",
            "/run/arrears/tls/ca.crt",
        ),
        (
            &[
                ("clientAuthentication.configMapName", "authority"),
                ("clientAuthentication.names", "{one,two}"),
            ],
            "ARREARS_CLIENT_NAMES",
            "one,two",
        ),
        (
            &[
                ("rrsa.roleArn", "acs:ram::1:role/r"),
                ("rrsa.oidcProviderArn", "acs:ram::1:oidc-provider/p"),
            ],
            "ALIBABA_CLOUD_OIDC_TOKEN_FILE",
            "/var/run/secrets/ack.alibabacloud.com/rrsa-tokens/token",
        ),
    ] {
        let env = container(&render(values)).env("pod");
        assert_eq!(
            env.get(name).map(String::as_str),
            Some(expected),
            "{values:?}"
        );
    }
}

/// Files of a volume that is not mounted are not there, and a mount without a volume is no pod.
#[test]
fn every_file_that_the_program_is_told_of_is_mounted() {
    for combination in combinations() {
        let objects = &combination.objects;
        let pod = &deployment(objects)["spec"]["template"]["spec"];
        let mounts = pod["containers"][0]["volumeMounts"].as_array().cloned();
        let mounts = mounts.unwrap_or_default();
        for (name, value) in container(objects).env("pod") {
            let is_file = ["/run/", "/var/run/"]
                .iter()
                .any(|root| value.starts_with(root));
            if is_file {
                let inside = |mount: &Value| {
                    value.starts_with(&format!("{}/", mount["mountPath"].as_str().unwrap()))
                };
                let (combination, mounted) = (&combination.name, mounts.iter().any(inside));
                assert!(mounted, "{combination}: {name}={value} is not mounted");
            }
        }
        for mount in &mounts {
            // A file mounted by itself is never updated.
            assert!(mount["subPath"].is_null(), "{}: {mount}", combination.name);
        }
    }
}

/// webhook.md: a pod is killed only when the lame duck, the requests under way and the Lease have had their time.
#[test]
fn a_pod_has_time_to_go() {
    for combination in combinations() {
        let objects = &combination.objects;
        let pod = &deployment(objects)["spec"]["template"]["spec"];
        let env = container(objects).env("pod");
        let lame_duck = seconds(&env["ARREARS_LAME_DUCK"]);
        let grace = pod["terminationGracePeriodSeconds"].as_i64().unwrap();
        assert!(lame_duck + 20 <= grace, "{}: {grace} s", combination.name);
    }
}

#[test]
fn a_pod_is_replaced_before_it_goes_and_its_probes_ask_the_admin_port() {
    let objects = render(&[]);
    let spec = &deployment(&objects)["spec"];
    assert_eq!(spec["replicas"], 2);
    assert_eq!(
        spec["strategy"]["rollingUpdate"],
        json!({"maxSurge": 1, "maxUnavailable": 0})
    );
    let container = &spec["template"]["spec"]["containers"][0];
    for (probe, path) in [
        ("startupProbe", "/livez"),
        ("livenessProbe", "/livez"),
        ("readinessProbe", "/readyz"),
    ] {
        let request = json!({"path": path, "port": "admin"});
        assert_eq!(container[probe]["httpGet"], request, "{probe}");
    }
    assert!(container["resources"]["limits"]["memory"].is_string());
    assert!(
        container["resources"]["limits"]["cpu"].is_null(),
        "a limit of CPU is a limit of speed"
    );
    // What the Service sends, a port of the container takes.
    let service = object(&objects, "Service", "arrears");
    assert_eq!(service["spec"]["ports"][0]["targetPort"], "webhook");
    assert_eq!(
        container["ports"][0],
        json!({"name": "webhook", "containerPort": 8443, "protocol": "TCP"})
    );
}

#[test]
fn what_selects_pods_selects_those_of_the_webhook_and_no_others() {
    for combination in combinations() {
        let objects = &combination.objects;
        let selector = &deployment(objects)["spec"]["selector"]["matchLabels"];
        let matches = |labels: &Value| {
            let mut wanted = selector.as_object().unwrap().iter();
            wanted.all(|(name, value)| labels[name] == *value)
        };
        let name = &combination.name;
        assert!(
            matches(&deployment(objects)["spec"]["template"]["metadata"]["labels"]),
            "{name}"
        );
        for object in objects {
            let spec = &object["spec"];
            match object["kind"].as_str().unwrap() {
                "Service" => assert_eq!(&spec["selector"], selector, "{name}"),
                "PodDisruptionBudget" => {
                    assert_eq!(&spec["selector"]["matchLabels"], selector, "{name}");
                }
                "NetworkPolicy" => {
                    assert_eq!(&spec["podSelector"]["matchLabels"], selector, "{name}");
                }
                "Pod" => assert!(
                    !matches(&object["metadata"]["labels"]),
                    "{name}: the test's pod"
                ),
                _ => {}
            }
        }
    }
}

#[test]
fn one_replica_has_no_disruption_budget_because_no_node_could_be_drained() {
    let has = |objects: &[Value]| {
        objects
            .iter()
            .any(|object| object["kind"] == "PodDisruptionBudget")
    };
    assert!(has(&render(&[])));
    assert!(!has(&render(&[("replicas", "1")])));
}

/// The metadata service hands out the node's role to whoever asks.
#[test]
fn the_metadata_service_is_out_of_reach_unless_the_ram_role_is_wanted() {
    let address = "100.100.100.200/32";
    let allowed = |values: &[(&str, &str)]| {
        let objects = render(values);
        let policy = object(&objects, "NetworkPolicy", "arrears");
        let rules = policy["spec"]["egress"].as_array().unwrap().clone();
        let peers = rules.iter().flat_map(|rule| rule["to"].as_array().unwrap());
        for peer in peers
            .clone()
            .filter(|peer| peer["ipBlock"]["cidr"] == "0.0.0.0/0")
        {
            let except = peer["ipBlock"]["except"].as_array().unwrap();
            assert!(except.contains(&json!(address)), "{peer}");
        }
        let mut peers = peers;
        peers.any(|peer| peer["ipBlock"]["cidr"] == address)
    };
    assert!(!allowed(&[]));
    assert!(allowed(&[("ramRole.enabled", "true")]));
    let env = container(&render(&[("ramRole.enabled", "true")])).env("pod");
    assert!(!env.contains_key("ALIBABA_CLOUD_ECS_METADATA_DISABLED"));
}

#[test]
fn names_follow_the_release() {
    for (release, expected) in [
        ("arrears", "arrears"),
        ("billing", "billing-arrears"),
        ("my-arrears", "my-arrears"),
        (
            "a-release-whose-name-is-as-long-as-a-name-may-be-53ch",
            "a-release-whose-name-is-as-long-as-a-name-may-be-5",
        ),
    ] {
        let objects = documents(&template(release, "ns", []).unwrap());
        for kind in [
            "Deployment",
            "Service",
            "ValidatingWebhookConfiguration",
            "ClusterRole",
        ] {
            object(&objects, kind, expected);
        }
        assert_eq!(container(&objects).env("pod")["ARREARS_NAME"], expected);
    }
}
