//! What is said beside yes and no: warnings, audit annotations, the milder modes of rules, and 503 where facts are missing.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::plane::call::{Answer, Call, merge};
use crate::scene::{
    GROUPS, OVERDUE, PAID, existing, for_provider, guard, guarded, instance, of_account, plane,
    unguarded,
};
use crate::table::Expected::{Denied, Passes, Warns};
use crate::table::{meets, stand};

const GROUP: &str = GROUPS[1];
const KEYS: [&str; 9] = [
    "verdict", "action", "target", "state", "ruling", "edition", "source", "age", "rule",
];

fn start(object: &Value) -> Call {
    merge(object, for_provider(json!({"status": "Running"})))
}

/// What the audit log holds of the webhook for Crossplane's kinds, by key; ages are left out, after a look at their shape.
async fn annotations(answer: &Answer) -> BTreeMap<String, String> {
    let mut ours: BTreeMap<String, String> = plane()
        .await
        .audit_annotations(answer)
        .await
        .into_iter()
        .filter_map(|(key, value)| {
            let key = key.strip_prefix("crossplane.ecs.arrears.dev/")?;
            Some((key.to_owned(), value))
        })
        .collect();
    if let Some(ages) = ours.remove("age") {
        let is_age = |age: &str| age == "-" || age.parse::<jiff::SignedDuration>().is_ok();
        assert!(ages.split(',').all(is_age), "{ages:?}");
        ours.insert("age".to_owned(), "...".to_owned());
    }
    ours
}

fn expected(values: [&str; 9]) -> BTreeMap<String, String> {
    KEYS.iter()
        .zip(values)
        .map(|(key, value)| ((*key).to_owned(), value.to_owned()))
        .collect()
}

#[tokio::test]
async fn the_audit_log_has_all_nine_annotations_of_what_is_denied_and_of_what_is_allowed() {
    let tenant = unguarded("answers-audited").await;
    let locked = existing(GROUP, "locked", OVERDUE);
    let paid = existing(GROUP, "paid", PAID);
    for object in [&locked, &paid] {
        stand(&tenant, object).await;
    }
    guard(&tenant).await;

    let denied = tenant
        .rejects(start(&locked), "ECS StartInstance would fail")
        .await;
    assert_eq!(
        annotations(&denied).await,
        expected([
            "deny",
            "StartInstance",
            OVERDUE,
            "instance",
            "Forbidden",
            "2018-06",
            "File",
            "...",
            "-",
        ])
    );
    let allowed = tenant.accepts(start(&paid)).await;
    assert_eq!(
        annotations(&allowed).await,
        expected([
            "allow",
            "StartInstance",
            PAID,
            "neither",
            "Permitted",
            "2018-06",
            "File",
            "...",
            "-",
        ])
    );
    let created = tenant
        .rejects(instance(GROUP, "new"), "CreateInstance")
        .await;
    assert_eq!(
        annotations(&created).await,
        expected([
            "deny",
            "CreateInstance,StartInstance",
            "prod,prod",
            "both,both",
            "Forbidden,Forbidden",
            "2018-06,2018-06",
            "File,File",
            "...",
            "-,-",
        ])
    );
    // A dry run is recorded like the real thing; what asks for nothing is not recorded at all.
    let rehearsed = tenant
        .rejects(start(&locked).dry_run(), "StartInstance")
        .await;
    assert_eq!(annotations(&rehearsed).await, annotations(&denied).await);
    let labelled = tenant
        .accepts(merge(&locked, json!({"metadata": {"labels": {"a": "b"}}})))
        .await;
    assert_eq!(annotations(&labelled).await, BTreeMap::new());
}

#[tokio::test]
async fn a_denial_carries_a_cause_for_each_finding_and_when_to_come_back() {
    let tenant = guarded("answers-causes").await;
    let answer = tenant.rejects(instance(GROUP, "new"), "(1 more)").await;
    let details = &answer.body["details"];
    let causes: Vec<_> = details["causes"].as_array().unwrap().iter().collect();
    assert_eq!(causes.len(), 2, "{details}");
    for (cause, action) in causes.iter().zip(["CreateInstance", "StartInstance"]) {
        assert_eq!(cause["reason"], "EcsOverduePayment");
        assert_eq!(cause["field"], "spec.forProvider");
        let text = format!("ECS {action} (as RunInstances) would fail");
        assert!(
            cause["message"].as_str().unwrap().starts_with(&text),
            "{cause}"
        );
    }
    assert!(
        0 < details["retryAfterSeconds"].as_u64().unwrap(),
        "{details}"
    );
}

#[tokio::test]
async fn a_rule_makes_a_denial_a_warning_a_record_or_nothing() {
    let object = existing(GROUP, "locked", OVERDUE);
    let warning =
        Warns("arrears: ECS StartInstance would fail: instance i-bp1overdue is overdue [2018-06]");
    let cases = [
        ("relaxed-team", warning, ["warn", "relaxed"]),
        ("rules-labelled", warning, ["warn", "labelled"]),
        ("audited-team", Passes, ["audit", "audited"]),
        ("unjudged-team", Passes, ["allow", "unjudged"]),
    ];
    for (name, expected, [verdict, rule]) in cases {
        let tenant = unguarded(name).await;
        stand(&tenant, &object).await;
        guard(&tenant).await;
        let answer = tenant.accepts(start(&object).dry_run()).await;
        let annotations = annotations(&answer).await;
        assert_eq!(
            (
                annotations["verdict"].as_str(),
                annotations["rule"].as_str()
            ),
            (verdict, rule),
            "{name}"
        );
        meets(&tenant, start(&object), expected).await;
    }
    // No rule of namespaces holds for what is in none.
    let tenant = unguarded("relaxed-cluster").await;
    let object = existing(GROUPS[0], "locked-and-in-no-namespace", OVERDUE);
    stand(&tenant, &object).await;
    guard(&tenant).await;
    meets(
        &tenant,
        start(&object),
        Denied("ECS StartInstance would fail"),
    )
    .await;
}

#[tokio::test]
async fn kubectl_shows_warnings_and_says_that_the_object_was_made() {
    let tenant = guarded("relaxed-kubectl").await;
    let object = tenant.own(instance(GROUP, "web")).to_string();
    for (arguments, said) in [
        (
            &["apply", "--dry-run=server"][..],
            "created (server dry run)",
        ),
        (&["apply"], "created"),
    ] {
        let arguments = [arguments, &["--context=developer", "-f", "-"]].concat();
        let output = plane().await.kubectl(&arguments, &object).await;
        assert_eq!(
            output.stderr.trim_end(),
            "Warning: arrears: ECS CreateInstance (as RunInstances) would fail: instance i-bp1both and disk d-bp1overdue are overdue [2018-06]\n\
             Warning: arrears: ECS StartInstance (as RunInstances) would fail: instance i-bp1both and disk d-bp1overdue are overdue [2018-06]"
        );
        assert_eq!(
            output.text(),
            format!("instance.ecs.alibabacloud.m.crossplane.io/web {said}\n")
        );
    }
}

#[tokio::test]
async fn kubectl_prints_a_503_at_once_where_facts_are_missing() {
    let tenant = guarded("answers-unknown").await;
    let object = of_account("staging", instance(GROUP, "put-off"));
    let begin = Instant::now();
    let output = plane()
        .await
        .kubectl(&["create", "-f", "-"], &tenant.own(object).to_string())
        .await;
    let took = begin.elapsed();
    assert_eq!(
        output.stderr.trim_end(),
        "Error from server (ServiceUnavailable): error when creating \"STDIN\": admission webhook \"crossplane.ecs.arrears.dev\" denied the \
         request: ECS CreateInstance (as RunInstances) can't be judged: whether the account is locked for overdue payment is unknown: region \
         cn-shanghai has never been listed [matrix 2018-06; field spec.forProvider]. Retry once lock facts are fresh. (1 more)"
    );
    assert_eq!(output.code, 1);
    // Told when to come back, kubectl would ask ten times more, and wait each time.
    let by_kubectl = |event: &Value| {
        event["verb"] == "create" && event["userAgent"].to_string().contains("kubectl/")
    };
    let events = plane()
        .await
        .audit_events_of("put-off", |event| {
            by_kubectl(event) && event["responseStatus"]["code"] == 503
        })
        .await;
    assert_eq!(events.iter().filter(|event| by_kubectl(event)).count(), 1);
    assert!(took < Duration::from_secs(10), "{took:?}");
}
