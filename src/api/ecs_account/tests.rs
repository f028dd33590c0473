//! The account as users write it: the contract's example, the defaults, and what is refused.

use super::*;

const CONTRACT: &str = r#"
apiVersion: arrears.dev/v1alpha1
kind: EcsAccount
metadata: {name: prod}
spec:
  default: true
  regions: [cn-hangzhou, cn-beijing]
  defaultRegion: cn-hangzhou
  providerConfigs: [{name: default}, {kind: ProviderConfig, namespace: shop, name: aliyun}]
  credentials: {source: Default}
  network: Public
  endpoints: {cn-hangzhou: "http://127.0.0.1:9180"}
  pollInterval: 30s
"#;

fn read(yaml: &str) -> Result<EcsAccount, String> {
    serde_saphyr::from_str(yaml).map_err(|error| error.to_string())
}

fn account(spec: &str) -> Result<EcsAccount, String> {
    read(&format!("metadata: {{name: prod}}\nspec: {{{spec}}}\n"))
}

fn problems(spec: &str) -> Vec<String> {
    account(spec)
        .unwrap()
        .check()
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn the_document_of_the_contract_is_read_and_written_without_loss() {
    let account = read(CONTRACT).unwrap();
    assert_eq!(account.check(), []);
    let written: serde_json::Value = serde_json::to_value(&account).unwrap();
    let mut expected: serde_json::Value = serde_saphyr::from_str(CONTRACT).unwrap();
    expected["spec"]["callsPerSecond"] = 20.into();
    assert_eq!(written, expected);
}

#[test]
fn an_account_needs_nothing_but_its_name() {
    let account = account("").unwrap();
    assert_eq!(account.check(), []);
    assert_eq!(account.spec.poll_interval, GoDuration::from_secs(30));
    assert_eq!(account.spec.credentials.source, CredentialSource::Default);
    assert_eq!(account.spec.network, Network::Public);
    assert!(!account.spec.default);
    assert_eq!(
        read("metadata: {}\nspec: {}\n").unwrap().check()[0].path,
        "metadata.name"
    );
}

#[test]
fn impossible_values_are_refused_where_they_are_read() {
    for (wrong, says) in [
        ("region: [cn-hangzhou]", "unknown field"),
        ("regions: [CN]", "region id"),
        ("network: vpc", "unknown variant"),
        ("pollInterval: 30", "a unit is missing"),
        ("endpoints: {cn-hangzhou: '127.0.0.1:9180'}", "endpoint"),
        ("endpoints: {'cn/..': 'http://127.0.0.1:9180'}", "region id"),
        ("credentials: {source: Env}", "unknown variant"),
        (
            "providerConfigs: [{kind: Other, name: a}]",
            "unknown variant",
        ),
    ] {
        let error = account(wrong).unwrap_err();
        assert!(error.contains(says), "{wrong}: {error}");
    }
}

#[test]
fn what_one_field_can_not_show_is_a_problem_with_its_place() {
    for (wrong, problem) in [
        ("regions: [a, b, a]", "spec.regions[2]: `a` is given twice"),
        (
            "regions: [a], defaultRegion: b",
            "spec.defaultRegion: `b` is not one of regions",
        ),
        (
            "credentials: {source: Profile}",
            "spec.credentials.profile: is needed with source Profile",
        ),
        (
            "credentials: {secretRef: {namespace: a, name: b}}",
            "spec.credentials.secretRef: belongs to source Secret, but source is Default",
        ),
        (
            "credentials: {roleArn: 'acs:ram::x:role/y'}",
            "spec.credentials.roleArn: expected acs:ram::<account id>:role/<name>",
        ),
        (
            "providerConfigs: [{kind: ClusterProviderConfig, namespace: a, name: b}]",
            "spec.providerConfigs[0].namespace: a ClusterProviderConfig has no namespace",
        ),
        (
            "providerConfigs: [{namespace: a, name: b}, {namespace: a, name: b}]",
            "spec.providerConfigs[1]: `a/b` is given twice",
        ),
        (
            "pollInterval: 0s",
            "spec.pollInterval: must be longer than 0s",
        ),
    ] {
        assert_eq!(problems(wrong), [problem], "{wrong}");
    }
    assert!(
        problems("defaultRegion: cn-hangzhou").is_empty(),
        "snapshots may be the only source of regions"
    );
    assert!(problems("credentials: {source: Secret, secretRef: {namespace: a, name: b}, roleArn: 'acs:ram::1:role/y'}").is_empty());
}
