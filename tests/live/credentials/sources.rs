//! Each source serves, against STS, the metadata service and the address of the double.

use serde_json::json;

use super::places::{
    Make, NEXT_ROLE, PROVIDER, ROLE, machine, oidc, profile, profiles, roles, secret, section,
    session, temporary, token_file, uri, variables,
};
use crate::{
    double::MetadataVersion,
    plan::{ACCESS_KEY, Keyed, Plan, SECRET, own_key},
    scene::Scene,
};

/// Where keys are, how that is told, and what is visited for them.
struct Row(&'static str, &'static [&'static str], Make);

const VARIABLES: &str = "environment variables";
const OIDC: &str = "OIDC (RRSA)";
const PROFILE: &str = "CLI profile";
const FILE: &str = "credentials file";
const MACHINE: &str = "ECS RAM role";
const ADDRESS: &str = "credentials URI";

const ASSUMED: &[&str] = &["AssumeRole"];
const BY_TOKEN: &[&str] = &["AssumeRoleWithOIDC"];
const NAMED_MACHINE: &[&str] = &["MetadataToken", "MetadataKeys"];
const SOME_MACHINE: &[&str] = &["MetadataToken", "MetadataRole", "MetadataKeys"];

async fn check(Row(source, visits, keys): Row) {
    let scene = Scene::of(Plan {
        keys: &keys,
        ..Plan::default()
    })
    .await;
    scene.cloud().lock_instance("i-web", ["financial"]);
    scene.cloud().instance("i-free");
    scene.list().await;
    scene.minute();
    scene.denies("StartInstance", &["i-web"], &[]).await;
    scene.allows("StartInstance", &["i-free"], &[]).await;
    let told = scene.clients.sources();
    assert!(told[0].1.starts_with(source), "{told:?} for {source}");
    let calls = scene.double.all_calls();
    let visited: Vec<_> = calls
        .iter()
        .map(|call| call.action.as_str())
        .filter(|action| !action.starts_with("Describe"))
        .collect();
    assert_eq!(visited, visits, "{source}");
}

async fn check_all(rows: impl IntoIterator<Item = Row>) {
    for row in rows {
        check(row).await;
    }
}

#[tokio::test]
async fn variables_serve() {
    check_all([Row(VARIABLES, &[], own_key), Row(VARIABLES, &[], session)]).await;
}

#[tokio::test]
async fn a_token_of_the_cluster_serves() {
    check(Row(OIDC, BY_TOKEN, oidc)).await;
}

#[tokio::test]
async fn profiles_of_every_mode_serve() {
    check_all([
        Row(PROFILE, &[], |ground| {
            let key = json!({"access_key_id": ACCESS_KEY, "access_key_secret": SECRET});
            profile(ground, "AK", &key)
        }),
        Row(PROFILE, &[], |ground| {
            let (id, secret, token) = temporary(ground);
            let key =
                json!({"access_key_id": id, "access_key_secret": secret, "sts_token": token});
            profile(ground, "StsToken", &key)
        }),
        Row(PROFILE, ASSUMED, |ground| {
            roles(ground);
            let role = json!({"access_key_id": ACCESS_KEY, "access_key_secret": SECRET, "ram_role_arn": ROLE});
            profile(ground, "RamRoleArn", &role)
        }),
        Row(
            PROFILE,
            &[
                "MetadataToken",
                "MetadataKeys",
                "AssumeRole",
                "AssumeRole",
            ],
            |ground| {
                roles(ground);
                machine(ground);
                let chain = json!([
                    {"name": "it", "mode": "ChainableRamRoleArn", "source_profile": "next", "ram_role_arn": NEXT_ROLE},
                    {"name": "next", "mode": "ChainableRamRoleArn", "source_profile": "first", "ram_role_arn": ROLE},
                    {"name": "first", "mode": "EcsRamRole", "ram_role_name": "node"},
                ]);
                profiles(ground, &chain)
            },
        ),
        Row(PROFILE, NAMED_MACHINE, |ground| {
            machine(ground);
            profile(ground, "EcsRamRole", &json!({"ram_role_name": "node"}))
        }),
        Row(PROFILE, BY_TOKEN, |ground| {
            let file = token_file(ground);
            let token = json!({"ram_role_arn": ROLE, "oidc_provider_arn": PROVIDER, "oidc_token_file": file});
            profile(ground, "OIDC", &token)
        }),
        Row(PROFILE, &["CredentialsUri"], |ground| {
            uri(ground);
            let address = ground.cloud.credentials_uri();
            profile(
                ground,
                "CredentialsURI",
                &json!({"credentials_uri": address}),
            )
        }),
    ])
    .await;
}

#[tokio::test]
async fn sections_of_every_type_serve() {
    check_all([
        Row(FILE, &[], |ground| {
            let key = format!("access_key_id={ACCESS_KEY}\naccess_key_secret={SECRET}");
            section(ground, &format!("type=access_key\n{key}"))
        }),
        Row(FILE, &[], |ground| {
            let (id, secret, token) = temporary(ground);
            let key = format!("access_key_id={id}\naccess_key_secret={secret}");
            section(ground, &format!("type=sts\n{key}\nsecurity_token={token}"))
        }),
        Row(FILE, ASSUMED, |ground| {
            roles(ground);
            let key = format!("access_key_id={ACCESS_KEY}\naccess_key_secret={SECRET}");
            section(
                ground,
                &format!("type=ram_role_arn\n{key}\nrole_arn={ROLE}"),
            )
        }),
        Row(FILE, NAMED_MACHINE, |ground| {
            machine(ground);
            section(ground, "type=ecs_ram_role\nrole_name=node")
        }),
        Row(FILE, BY_TOKEN, |ground| {
            let file = token_file(ground);
            let token = format!("oidc_provider_arn={PROVIDER}\noidc_token_file_path={file}");
            section(
                ground,
                &format!("type=oidc_role_arn\nrole_arn={ROLE}\n{token}"),
            )
        }),
    ])
    .await;
}

#[tokio::test]
async fn the_machine_serves_in_both_versions_of_its_service() {
    check_all([
        Row(MACHINE, SOME_MACHINE, machine),
        Row(MACHINE, SOME_MACHINE, |ground| {
            ground.cloud.metadata_version(MetadataVersion::OnlyV2);
            machine(ground)
        }),
        Row(MACHINE, SOME_MACHINE, |ground| {
            ground.cloud.metadata_version(MetadataVersion::OnlyV1);
            machine(ground)
        }),
        Row(MACHINE, NAMED_MACHINE, |ground| {
            machine(ground);
            variables(&[("ALIBABA_CLOUD_ECS_METADATA", "node")])
        }),
    ])
    .await;
}

#[tokio::test]
async fn the_machine_does_not_serve_without_a_token_where_that_is_forbidden() {
    let scene = Scene::of(Plan {
        keys: &|ground| {
            ground.cloud.metadata_version(MetadataVersion::OnlyV1);
            machine(ground);
            variables(&[("ALIBABA_CLOUD_IMDSV1_DISABLED", "true")])
        },
        ..Plan::default()
    })
    .await;
    let error = scene.try_list().await.remove(0).unwrap_err();
    assert!(
        error.message.contains("ECS RAM role: "),
        "{}",
        error.message
    );
    assert_eq!(scene.calls("MetadataRole"), 0);
    assert_eq!(scene.calls("MetadataKeys"), 0);
}

#[tokio::test]
async fn an_address_serves() {
    check(Row(
        ADDRESS,
        &["MetadataToken", "MetadataRole", "CredentialsUri"],
        uri,
    ))
    .await;
}

#[tokio::test]
async fn an_explicit_profile_and_a_secret_serve_and_lead_to_a_role() {
    check_all([
        Row("CLI profile reader", &[], |ground| {
            let reader = json!({"name": "reader", "mode": "AK", "access_key_id": ACCESS_KEY, "access_key_secret": SECRET});
            let current = json!({"name": "it", "mode": "AK", "access_key_id": "other", "access_key_secret": "other"});
            Keyed {
                credentials: json!({"source": "Profile", "profile": "reader"}),
                // The chain's first source, which does not count here.
                ..{
                    profiles(ground, &json!([current, reader]));
                    variables(&[
                        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "other"),
                        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "other"),
                    ])
                }
            }
        }),
        Row("Secret billing/keys", &[], |ground| {
            secret(ground, &json!({}))
        }),
        Row("Secret billing/keys", ASSUMED, |ground| {
            roles(ground);
            // Instead of the STS that everybody else is asked at.
            let endpoint = ground.cloud.endpoint();
            secret(
                ground,
                &json!({"roleArn": ROLE, "stsEndpoint": endpoint}),
            )
        }),
        Row(VARIABLES, ASSUMED, |ground| {
            roles(ground);
            Keyed {
                credentials: json!({"roleArn": ROLE}),
                ..own_key(ground)
            }
        }),
    ])
    .await;
}

#[tokio::test]
async fn of_all_sources_the_first_in_the_vendors_order_serves() {
    let all: [(&str, Make); 6] = [
        (VARIABLES, own_key),
        (OIDC, oidc),
        (PROFILE, |ground| {
            let key = json!({"access_key_id": ACCESS_KEY, "access_key_secret": SECRET});
            profile(ground, "AK", &key)
        }),
        (FILE, |ground| {
            let key = format!("access_key_id={ACCESS_KEY}\naccess_key_secret={SECRET}");
            section(ground, &format!("type=access_key\n{key}"))
        }),
        (MACHINE, machine),
        (ADDRESS, uri),
    ];
    for first in 0..all.len() {
        let scene = Scene::of(Plan {
            keys: &|ground| {
                let made = all[first..].iter().map(|(_, make)| make(ground));
                let variables = made.flat_map(|keyed| keyed.variables);
                Keyed {
                    variables: variables.collect(),
                    credentials: json!({}),
                }
            },
            ..Plan::default()
        })
        .await;
        scene.list().await;
        let told = scene.clients.sources();
        assert!(told[0].1.starts_with(all[first].0), "{told:?}");
    }
}
