use super::*;
use crate::{config::Configuration, decision::Basis};

fn name(kind: &'static str, name: &str) -> ObjectName {
    ObjectName {
        kind,
        namespace: None,
        name: name.to_owned(),
    }
}

fn json(kind: &str, name: &str, spec: &str) -> Vec<u8> {
    format!(
        r#"{{"apiVersion":"arrears.dev/v1alpha1","kind":"{kind}","metadata":{{"name":"{name}"}},"spec":{spec}}}"#
    )
    .into_bytes()
}

fn now() -> Timestamp {
    "2026-11-24T10:00:00Z".parse().unwrap()
}

/// Puts an object as it is just being written.
fn put(objects: &mut Objects, kind: &'static str, called: &str, spec: &str) {
    let json = json(kind, called, spec);
    objects.put(name(kind, called), &json, Arrival::Written, now());
}

fn changed(objects: &mut Objects) -> Configuration {
    match objects.refresh() {
        Refresh::Changed(configuration) => *configuration,
        other => panic!("{other:?}"),
    }
}

fn edition(basis: &Basis) -> &str {
    basis.policy.edition.name()
}

fn problems(objects: &Objects) -> Vec<String> {
    let notices = objects.notices().into_iter();
    let problems = notices.filter(|notice| notice.severity == super::super::Severity::Problem);
    problems
        .map(|notice| format!("{}: {}", notice.about, notice.message))
        .collect()
}

const ACCOUNT: &str = r#"{"regions":["cn-hangzhou"]}"#;

fn snapshot(observed_at: &str) -> String {
    format!(
        r#"{{"account":"prod","region":"cn-hangzhou","observedAt":"{observed_at}","instances":{{"i-1":{{"reasons":["financial"]}}}},"disks":{{}}}}"#
    )
}

fn observed_at(configuration: &Configuration) -> Timestamp {
    let region = configuration.basis.locks.region("prod", "cn-hangzhou");
    region.unwrap().locks().expect("it is listed").observed_at()
}

#[test]
fn an_object_that_breaks_keeps_its_last_good_content_and_no_other_waits_for_it() {
    let mut objects = Objects::default();
    put(
        &mut objects,
        "OverduePolicy",
        "default",
        r#"{"edition":"2018-11"}"#,
    );
    put(&mut objects, "EcsAccount", "prod", ACCOUNT);
    assert_eq!(edition(&changed(&mut objects).basis), "2018-11");
    put(
        &mut objects,
        "OverduePolicy",
        "default",
        r#"{"edition":"1999"}"#,
    );
    put(&mut objects, "EcsAccount", "lab", ACCOUNT);
    let configuration = changed(&mut objects);
    assert_eq!(edition(&configuration.basis), "2018-11");
    assert_eq!(configuration.polled.len(), 2);
    let [problem] = &problems(&objects)[..] else {
        panic!("{:?}", problems(&objects))
    };
    assert!(problem.starts_with("OverduePolicy default: "), "{problem}");
    assert!(
        problem.ends_with("its last good content stays in force"),
        "{problem}"
    );
    put(
        &mut objects,
        "OverduePolicy",
        "default",
        r#"{"edition":"2018-06"}"#,
    );
    assert_eq!(edition(&changed(&mut objects).basis), "2018-06");
    assert_eq!(problems(&objects), [""; 0]);
}

#[test]
fn one_that_is_broken_from_the_start_is_passed_over() {
    let mut objects = Objects::default();
    put(
        &mut objects,
        "OverduePolicy",
        "default",
        r#"{"edition":"1999"}"#,
    );
    put(&mut objects, "EcsAccount", "prod", ACCOUNT);
    let configuration = changed(&mut objects);
    assert_eq!(edition(&configuration.basis), "2018-06");
    assert!(problems(&objects)[0].ends_with("nothing of it is in force"));
}

#[test]
fn of_two_that_do_not_go_together_the_later_one_waits_and_both_are_named() {
    let mut objects = Objects::default();
    put(&mut objects, "EcsAccount", "prod", r#"{"default":true}"#);
    changed(&mut objects);
    put(&mut objects, "EcsAccount", "lab", r#"{"default":true}"#);
    let configuration = changed(&mut objects);
    assert_eq!(configuration.basis.accounts.iter().count(), 1);
    let problem = &problems(&objects)[0];
    assert!(
        problem.starts_with("EcsAccount lab: two default accounts")
            && problem.contains("(the other is at EcsAccount prod)"),
        "{problem}"
    );
    objects.remove(&name("EcsAccount", "prod"));
    let configuration = changed(&mut objects);
    assert_eq!(
        configuration.basis.accounts.iter().next().unwrap().name,
        "lab"
    );
    assert_eq!(problems(&objects), [""; 0]);
}

#[test]
fn after_a_restart_the_elder_of_two_that_do_not_go_together_is_in_force() {
    let mut objects = Objects::default();
    for (called, created) in [
        ("lab", "2026-11-24T09:00:00Z"),
        ("prod", "2026-01-01T00:00:00Z"),
        ("test", "2026-11-24T09:00:00Z"),
    ] {
        let json = json("EcsAccount", called, r#"{"default":true}"#);
        let arrival = Arrival::Found(Some(created.parse().unwrap()));
        objects.put(name("EcsAccount", called), &json, arrival, now());
    }
    let configuration = changed(&mut objects);
    let accounts = configuration.basis.accounts.iter();
    let names: Vec<_> = accounts.map(|account| account.name.as_str()).collect();
    assert_eq!(names, ["prod"]);
    let told = problems(&objects);
    for waiting in ["EcsAccount lab: ", "EcsAccount test: "] {
        assert!(
            told.iter().any(|problem| problem.starts_with(waiting)),
            "{told:?}"
        );
    }
    assert!(
        !told
            .iter()
            .any(|problem| problem.starts_with("EcsAccount prod: ")),
        "{told:?}"
    );
}

#[test]
fn what_says_nothing_new_changes_nothing() {
    let mut objects = Objects::default();
    put(&mut objects, "EcsAccount", "prod", ACCOUNT);
    changed(&mut objects);
    put(&mut objects, "EcsAccount", "prod", ACCOUNT);
    objects.remove(&name("EcsAccount", "lab"));
    assert!(matches!(objects.refresh(), Refresh::Unchanged));
}

#[test]
fn a_listing_ages_from_its_receipt_whatever_clock_dated_it() {
    for date in ["2026-11-24T09:00:00Z", "2031-01-01T00:00:00Z"] {
        let mut objects = Objects::default();
        put(
            &mut objects,
            "LockSnapshot",
            "prod.cn-hangzhou",
            &snapshot(date),
        );
        assert_eq!(observed_at(&changed(&mut objects)), now());
    }
}

#[test]
fn a_listing_that_was_found_is_as_old_as_it_says_or_else_as_its_object() {
    let found = |spec: &str, created: Option<&str>| {
        let mut objects = Objects::default();
        let json = json("LockSnapshot", "prod.cn-hangzhou", spec);
        let created = created.map(|created| created.parse().unwrap());
        let name = name("LockSnapshot", "prod.cn-hangzhou");
        objects.put(name, &json, Arrival::Found(created), now());
        observed_at(&changed(&mut objects)).to_string()
    };
    let long_ago = Some("2026-11-01T00:00:00Z");
    // Created long ago and written anew by a job just now.
    let recent = snapshot("2026-11-24T09:00:00Z");
    assert_eq!(found(&recent, long_ago), "2026-11-24T09:00:00Z");
    assert_eq!(
        found(&snapshot("2031-01-01T00:00:00Z"), long_ago),
        now().to_string()
    );
    let undated = r#"{"account":"prod","region":"cn-hangzhou","instances":{},"disks":{}}"#;
    assert_eq!(found(undated, long_ago), "2026-11-01T00:00:00Z");
    assert_eq!(found(undated, None), now().to_string());
}

#[test]
fn a_listing_that_is_deleted_ages_where_its_region_counts_and_is_forgotten_elsewhere() {
    let mut objects = Objects::default();
    put(&mut objects, "EcsAccount", "prod", ACCOUNT);
    let date = "2026-11-24T10:00:00Z";
    put(
        &mut objects,
        "LockSnapshot",
        "prod.cn-hangzhou",
        &snapshot(date),
    );
    assert!(changed(&mut objects).polled.is_empty());
    objects.remove(&name("LockSnapshot", "prod.cn-hangzhou"));
    let configuration = changed(&mut objects);
    assert_eq!(observed_at(&configuration), now());
    assert_eq!(configuration.polled.len(), 1);
    objects.remove(&name("EcsAccount", "prod"));
    let configuration = changed(&mut objects);
    assert!(configuration.basis.locks.accounts().is_empty());
}

#[test]
fn keys_of_a_secret_reach_the_account_that_names_it() {
    let mut objects = Objects::default();
    let spec = r#"{"regions":["cn-hangzhou"],"credentials":{"source":"Secret","secretRef":{"namespace":"arrears","name":"keys"}}}"#;
    put(&mut objects, "EcsAccount", "prod", spec);
    changed(&mut objects);
    assert_eq!(objects.secrets().len(), 1);
    let secret = br#"{"apiVersion":"v1","kind":"Secret","metadata":{"namespace":"arrears","name":"keys"},"data":{"accessKeyId":"TFRBSXg=","accessKeySecret":"c2VjcmV0"}}"#;
    let called = ObjectName {
        kind: "Secret",
        namespace: Some("arrears".to_owned()),
        name: "keys".to_owned(),
    };
    objects.put(called, secret, Arrival::Written, now());
    let configuration = changed(&mut objects);
    let secret = configuration.polled[0]
        .secret
        .as_ref()
        .expect("it is there");
    assert_eq!(secret.access_key_id, "LTAIx");
}
