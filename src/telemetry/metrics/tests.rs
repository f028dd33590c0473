use super::*;
use crate::telemetry::Verdict;

fn lines(page: &str, name: &str) -> Vec<String> {
    page.lines()
        .filter(|line| line.starts_with(name))
        .map(str::to_owned)
        .collect()
}

#[test]
fn counters_gauges_and_histogram_have_the_names_of_the_contract() {
    let metrics = Metrics::new();
    metrics.reviewed(&ReviewLabels {
        kind: "EcsOperation",
        operation: "CREATE",
        verdict: Verdict::Deny,
    });
    metrics.found(&FindingLabels {
        action: "StartInstance",
        ruling: "Forbidden",
        mode: "Deny",
    });
    metrics.connection_opened();
    metrics.tls_certificate_ends(1_800_000_000);
    metrics.tls_authority_ends(1_900_000_000);
    metrics.tls_reloaded(ReloadOutcome::Error);
    metrics.config_reloaded(ReloadOutcome::Ok);
    metrics.confirmed(ConfirmationOutcome::Paid);
    metrics.asked(
        EcsAction::DescribeDisks,
        CallOutcome::Throttled,
        Duration::from_millis(30),
    );
    let in_flight = metrics.begin_review();
    let leading = metrics.begin_leading();
    let page = metrics.render();
    for line in [
        r#"arrears_reviews_total{kind="EcsOperation",operation="CREATE",verdict="deny"} 1"#,
        r#"arrears_findings_total{action="StartInstance",ruling="Forbidden",mode="Deny"} 1"#,
        "arrears_reviews_in_flight 1",
        "arrears_connections 1",
        "arrears_leader 1",
        "arrears_tls_certificate_not_after_seconds 1800000000",
        "arrears_tls_authority_not_after_seconds{} 1900000000",
        r#"arrears_tls_reloads_total{outcome="error"} 1"#,
        r#"arrears_tls_reloads_total{outcome="ok"} 0"#,
        r#"arrears_config_reloads_total{outcome="ok"} 1"#,
        r#"arrears_config_reloads_total{outcome="error"} 0"#,
        "arrears_review_duration_seconds_count 0",
        r#"arrears_ecs_requests_total{action="DescribeDisks",outcome="throttled"} 1"#,
        r#"arrears_ecs_requests_total{action="DescribeInstances",outcome="ok"} 0"#,
        r#"arrears_ecs_request_duration_seconds_bucket{le="0.05",action="DescribeDisks"} 1"#,
        r#"arrears_ecs_request_duration_seconds_count{action="DescribeInstances"} 0"#,
        r#"arrears_confirmations_total{outcome="paid"} 1"#,
        r#"arrears_confirmations_total{outcome="still_locked"} 0"#,
        concat!(
            r#"arrears_build_info{version=""#,
            env!("CARGO_PKG_VERSION"),
            r#"",editions="2018-06,2018-11"} 1"#
        ),
    ] {
        assert!(
            page.lines().any(|given| given == line),
            "{line} is not in\n{page}"
        );
    }
    assert!(page.ends_with("# EOF\n"));
    drop((in_flight, leading));
    let page = metrics.render();
    assert_eq!(lines(&page, "arrears_leader "), ["arrears_leader 0"]);
    assert_eq!(
        lines(&page, "arrears_reviews_in_flight "),
        ["arrears_reviews_in_flight 0"]
    );
    assert_eq!(
        lines(&page, "arrears_review_duration_seconds_count"),
        ["arrears_review_duration_seconds_count 1"]
    );
}

#[test]
fn facts_are_asked_for_at_each_scrape() {
    use std::sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    };
    let metrics = Metrics::new();
    assert!(lines(&metrics.render(), "arrears_snapshot").is_empty());
    let age = Arc::new(AtomicU64::new(3));
    let shared = Arc::clone(&age);
    metrics.observe_snapshots(move || {
        vec![
            SnapshotFacts {
                account: "prod".to_owned(),
                region: "cn-hangzhou".to_owned(),
                age: Some(Duration::from_secs(shared.load(Ordering::Relaxed))),
                usable: true,
                locked_instances: 2,
                locked_disks: 1,
            },
            SnapshotFacts {
                account: "de\"v".to_owned(),
                region: "cn-beijing".to_owned(),
                age: None,
                usable: false,
                locked_instances: 0,
                locked_disks: 0,
            },
        ]
    });
    let page = metrics.render();
    assert_eq!(
        lines(&page, "arrears_locked_targets"),
        [
            r#"arrears_locked_targets{account="prod",region="cn-hangzhou",target="instance"} 2"#,
            r#"arrears_locked_targets{account="prod",region="cn-hangzhou",target="disk"} 1"#,
            r#"arrears_locked_targets{account="de\"v",region="cn-beijing",target="instance"} 0"#,
            r#"arrears_locked_targets{account="de\"v",region="cn-beijing",target="disk"} 0"#,
        ]
    );
    assert_eq!(
        lines(&page, "arrears_snapshot"),
        [
            r#"arrears_snapshot_age_seconds{account="prod",region="cn-hangzhou"} 3.0"#,
            r#"arrears_snapshot_usable{account="prod",region="cn-hangzhou"} 1"#,
            r#"arrears_snapshot_usable{account="de\"v",region="cn-beijing"} 0"#,
        ]
    );
    age.store(4, Ordering::Relaxed);
    assert!(
        lines(&metrics.render(), "arrears_snapshot_age_seconds").contains(
            &r#"arrears_snapshot_age_seconds{account="prod",region="cn-hangzhou"} 4.0"#.to_owned()
        )
    );
}
