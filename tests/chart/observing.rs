//! Alerts and the dashboard speak of metrics that there are.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::chart::{object, render};

/// Those of the API server itself that alerts speak of.
const FOREIGN: [&str; 1] = ["apiserver_admission_webhook_fail_open_count"];

const ALERTS: [&str; 18] = [
    "ArrearsAbsent",
    "ArrearsReplicasMissing",
    "ArrearsNoLeader",
    "ArrearsSeveralLeaders",
    "ArrearsSnapshotOld",
    "ArrearsSnapshotUnusable",
    "ArrearsEcsDenied",
    "ArrearsEcsFailing",
    "ArrearsCertificateEnds",
    "ArrearsCertificateNotTaken",
    "ArrearsProbeNotReached",
    "ArrearsRegistrationFought",
    "ArrearsReviewsCrowded",
    "ArrearsReviewsSlow",
    "ArrearsVerdictsUnknown",
    "ArrearsReviewsUnreadable",
    "ArrearsConfigurationNotTaken",
    "ArrearsPassedUnjudged",
];

/// The names of metrics in a query.
fn names(query: &str) -> BTreeSet<&str> {
    let words = query.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words
        .filter(|word| word.starts_with("arrears_") || word.starts_with("apiserver_"))
        .collect()
}

/// Whether the program registers a metric that is scraped under this name.
fn is_exposed(name: &str) -> bool {
    let own = name.trim_start_matches("arrears_");
    let suffixes = ["_total", "_bucket", "_sum", "_count"];
    let stems = suffixes
        .iter()
        .filter_map(|suffix| own.strip_suffix(suffix))
        .chain([own]);
    let literals: Vec<String> = stems.map(|stem| format!("\"{stem}\"")).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/telemetry");
    fs::read_dir(folder).unwrap().any(|entry| {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap_or_default();
        literals.iter().any(|literal| text.contains(literal))
    })
}

fn assert_well_formed(query: &str) {
    let count = |letter: char| query.matches(letter).count();
    for (open, close) in [('(', ')'), ('{', '}'), ('[', ']')] {
        assert_eq!(count(open), count(close), "{query}");
    }
    assert_eq!(count('"') % 2, 0, "{query}");
    let names = names(query);
    assert!(!names.is_empty(), "{query} asks for nothing");
    for name in names {
        let known = FOREIGN.contains(&name) || is_exposed(name);
        assert!(known, "there is no metric {name}, of which {query} speaks");
    }
}

#[test]
fn a_name_that_is_no_metric_is_found_out() {
    assert!(is_exposed("arrears_reviews_total"));
    assert!(is_exposed("arrears_review_duration_seconds_bucket"));
    assert!(!is_exposed("arrears_reviews_lost_total"));
}

#[test]
fn every_alert_speaks_of_metrics_that_there_are_and_says_what_to_do() {
    let objects = render(&[("metrics.prometheusRule.enabled", "true")]);
    let rule = object(&objects, "PrometheusRule", "arrears");
    let rules = rule["spec"]["groups"][0]["rules"].as_array().unwrap();
    let alerts: Vec<&str> = rules
        .iter()
        .map(|rule| rule["alert"].as_str().unwrap())
        .collect();
    assert_eq!(alerts, ALERTS);
    for rule in rules {
        let (alert, query) = (
            rule["alert"].as_str().unwrap(),
            rule["expr"].as_str().unwrap(),
        );
        assert_well_formed(query);
        let is_ours = !names(query).iter().any(|name| FOREIGN.contains(name));
        assert!(
            !is_ours || query.contains(r#"namespace="arrears-system""#),
            "{query}"
        );
        let text = |name: &str| rule["annotations"][name].as_str().unwrap_or_default();
        assert!(
            !text("summary").is_empty() && !text("description").is_empty(),
            "{alert}"
        );
        let anchor = format!("/docs/operations.md#{}", alert.to_lowercase());
        assert!(text("runbook_url").ends_with(&anchor), "{alert}");
        let page = include_str!("../../docs/operations.md");
        assert!(
            page.contains(&format!("\n### {alert}\n")),
            "nothing is said of {alert}"
        );
        assert!(
            ["critical", "warning"]
                .map(Value::from)
                .contains(&rule["labels"]["severity"]),
            "{alert}"
        );
    }
}

#[test]
fn thresholds_follow_the_values() {
    let values = [
        ("metrics.prometheusRule.enabled", "true"),
        ("metrics.prometheusRule.thresholds.inFlightPercent", "50"),
        ("metrics.prometheusRule.thresholds.snapshotAgeSeconds", "90"),
        ("metrics.prometheusRule.severities.urgent", "page"),
        ("maxInFlight", "1000"),
        ("replicas", "5"),
    ];
    let objects = render(&values);
    let rules = &object(&objects, "PrometheusRule", "arrears")["spec"]["groups"][0]["rules"];
    let rule = |name: &str| {
        rules
            .as_array()
            .unwrap()
            .iter()
            .find(|rule| rule["alert"] == name)
            .unwrap()
    };
    let ends = |name: &str, end: &str| {
        let query = rule(name)["expr"].as_str().unwrap();
        assert!(query.ends_with(end), "{query}");
    };
    ends("ArrearsReviewsCrowded", "> 500");
    ends("ArrearsSnapshotOld", "> 90");
    ends("ArrearsReviewsSlow", "> 1");
    ends("ArrearsReplicasMissing", "< 5");
    assert_eq!(rule("ArrearsNoLeader")["labels"]["severity"], "page");
}

#[test]
fn the_dashboard_is_json_and_speaks_of_metrics_that_there_are() {
    let objects = render(&[("metrics.dashboard.enabled", "true")]);
    let map = object(&objects, "ConfigMap", "arrears-dashboard");
    assert_eq!(map["metadata"]["labels"]["grafana_dashboard"], "1");
    let dashboard: Value =
        serde_json::from_str(map["data"]["arrears.json"].as_str().unwrap()).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    assert!(15 <= panels.len(), "only {} panels", panels.len());
    let mut places = BTreeSet::new();
    for panel in panels {
        assert!(
            places.insert(panel["gridPos"].to_string()),
            "{} lies on another",
            panel["title"]
        );
        for target in panel["targets"].as_array().unwrap() {
            assert_well_formed(target["expr"].as_str().unwrap());
        }
    }
}
