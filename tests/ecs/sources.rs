//! Where keys come from: STS, the metadata service in both its versions, and the credentials URI.

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    caller::{Caller, Reply},
    double::{Account, Cloud, MetadataVersion, TokenState},
};

const ROLE: &str = "acs:ram::1234567890123456:role/reader";
const PROVIDER: &str = "acs:ram::1234567890123456:oidc-provider/ack-rrsa-c1";
const KEYS: &str = "/latest/meta-data/ram/security-credentials/";

/// Keys in an answer must open ECS; says when they expire.
async fn open_ecs(cloud: &Cloud, keys: &Value) -> String {
    let key = |name: &str| keys[name].as_str().unwrap();
    let reply = Caller::new(cloud, "DescribeInstances", &[("RegionId", "cn-hangzhou")])
        .key(key("AccessKeyId"), key("AccessKeySecret"))
        .token(key("SecurityToken"))
        .send()
        .await;
    assert_eq!(reply.ids(), ["i-1"]);
    key("Expiration").to_owned()
}

fn owner(cloud: &Cloud) -> Account<'_> {
    let owner = cloud.account("OWNER", "THEIRS");
    owner
        .region("cn-hangzhou")
        .lock_instance("i-1", ["financial"]);
    cloud.set_clock(|| "2026-11-24T06:00:00Z".parse().unwrap());
    owner
}

async fn assume(cloud: &Cloud, parameters: &[(&str, &str)]) -> Reply {
    let mut all = vec![("RoleArn", ROLE), ("RoleSessionName", "arrears")];
    all.retain(|(name, _)| !parameters.iter().any(|(other, _)| name == other));
    all.extend(parameters);
    let call = Caller::new(cloud, "AssumeRole", &all).version("2015-04-01");
    call.form().send().await
}

#[tokio::test]
async fn a_role_is_assumed_by_those_it_trusts() {
    let cloud = Cloud::start();
    let owner = owner(&cloud);
    let friend = cloud.account("AKID", "SECRET");
    assert_eq!(
        assume(&cloud, &[]).await.refusal(),
        (404, "EntityNotExist.Role")
    );
    owner.role(ROLE, owner);
    assert_eq!(assume(&cloud, &[]).await.refusal(), (403, "NoPermission"));
    owner.role(ROLE, friend);
    let reply = assume(&cloud, &[("DurationSeconds", "900")]).await;
    assert_eq!(
        open_ecs(&cloud, &reply.body["Credentials"]).await,
        "2026-11-24T06:15:00Z"
    );

    let rows = [
        (
            ("DurationSeconds", "899"),
            "InvalidParameter.DurationSeconds",
        ),
        (
            ("RoleSessionName", "a session"),
            "InvalidParameter.RoleSessionName",
        ),
        (("RoleArn", ""), "MissingRoleArn"),
    ];
    for (parameter, code) in rows {
        assert_eq!(assume(&cloud, &[parameter]).await.refusal(), (400, code));
    }
    let forged = Caller::new(&cloud, "AssumeRole", &[("RoleArn", ROLE)]).version("2015-04-01");
    assert_eq!(
        forged.key("AKID", "WRONG").form().send().await.code(),
        "SignatureDoesNotMatch"
    );
    assert_eq!(cloud.calls("AssumeRole")[0].parameters["RoleArn"], ROLE);
}

#[tokio::test]
async fn a_token_of_the_cluster_opens_the_role_of_its_provider_unsigned_by_form_or_by_query() {
    let cloud = Cloud::start();
    let owner = owner(&cloud);
    owner.oidc_role(ROLE, PROVIDER, "good.jwt", TokenState::Good);
    owner.oidc_role(ROLE, PROVIDER, "old.jwt", TokenState::Expired);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let query = |provider: &str, token: &str| {
        format!(
            "RoleArn={ROLE}&OIDCProviderArn={provider}&OIDCToken={token}&RoleSessionName=arrears"
        )
    };
    let url = format!(
        "{}/?Version=2015-04-01&Action=AssumeRoleWithOIDC&Format=JSON",
        cloud.endpoint()
    );
    let by_form = async |provider: &str, token: &str| {
        let request = client.post(&url).body(query(provider, token));
        let response = request
            .header("content-type", "application/x-www-form-urlencoded")
            .send()
            .await
            .unwrap();
        let status = response.status().as_u16();
        (
            status,
            serde_json::from_slice::<Value>(&response.bytes().await.unwrap()).unwrap(),
        )
    };
    let (status, body) = by_form(PROVIDER, "good.jwt").await;
    assert_eq!(status, 200);
    assert_eq!(
        open_ecs(&cloud, &body["Credentials"]).await,
        "2026-11-24T07:00:00Z"
    );
    let by_query = client
        .get(format!("{url}&{}", query(PROVIDER, "good.jwt")))
        .send()
        .await
        .unwrap();
    assert_eq!(by_query.status(), 200);

    for (provider, token, refusal) in [
        (
            PROVIDER,
            "old.jwt",
            (401, "AuthenticationFail.OIDCToken.Expired"),
        ),
        (
            PROVIDER,
            "forged.jwt",
            (401, "AuthenticationFail.OIDCToken.Invalid"),
        ),
        (
            "acs:ram::1:oidc-provider/other",
            "good.jwt",
            (404, "EntityNotExist.OIDCProvider"),
        ),
    ] {
        let (status, body) = by_form(provider, token).await;
        assert_eq!((status, body["Code"].as_str().unwrap()), refusal);
    }
}

/// Status and text.
async fn visit(cloud: &Cloud, method: Method, path: &str, header: (&str, &str)) -> (u16, String) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.request(method, format!("{}{path}", cloud.endpoint()));
    let response = request.header(header.0, header.1).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

async fn token(cloud: &Cloud, seconds: &str) -> (u16, String) {
    let header = ("X-aliyun-ecs-metadata-token-ttl-seconds", seconds);
    visit(cloud, Method::PUT, "/latest/api/token", header).await
}

#[tokio::test]
async fn the_metadata_service_gives_out_the_keys_of_the_machine_by_version() {
    let cloud = Cloud::start();
    let owner = owner(&cloud);
    let get = async |path: &str, token: &str| {
        visit(
            &cloud,
            Method::GET,
            path,
            ("X-aliyun-ecs-metadata-token", token),
        )
        .await
    };
    let get_v1 = async |path: &str| visit(&cloud, Method::GET, path, ("accept", "*/*")).await;

    assert_eq!(token(&cloud, "21600").await.0, 404);
    cloud.machine_role("node", owner);
    let (_, good) = token(&cloud, "21600").await;
    assert_eq!(token(&cloud, "21601").await.0, 400);
    assert_eq!(get(KEYS, &good).await, (200, "node".to_owned()));
    assert_eq!(get(KEYS, "forged").await.0, 403);
    assert_eq!(get(&format!("{KEYS}other"), &good).await.0, 404);
    let (_, keys) = get(&format!("{KEYS}node"), &good).await;
    let keys: Value = serde_json::from_str(&keys).unwrap();
    assert_eq!(keys["Code"], "Success");
    assert_eq!(open_ecs(&cloud, &keys).await, "2026-11-24T12:00:00Z");

    assert_eq!(get_v1(KEYS).await.0, 200);
    cloud.metadata_version(MetadataVersion::OnlyV2);
    assert_eq!(get_v1(KEYS).await.0, 403);
    cloud.metadata_version(MetadataVersion::OnlyV1);
    assert_eq!(token(&cloud, "21600").await.0, 404);
    assert_eq!(get_v1(KEYS).await.0, 200);
    assert_eq!(cloud.count("MetadataToken"), 4);
    assert_eq!(cloud.count("MetadataKeys"), 2);
}

#[tokio::test]
async fn the_credentials_uri_gives_out_new_keys_each_time() {
    let cloud = Cloud::start();
    let owner = owner(&cloud);
    assert_eq!(
        reqwest::get(cloud.credentials_uri())
            .await
            .unwrap()
            .status(),
        404
    );
    cloud.uri_keys(owner);
    cloud.machine_keys_live(SignedDuration::from_mins(30));
    let keys = async || -> Value {
        let response = reqwest::get(cloud.credentials_uri()).await.unwrap();
        serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
    };
    let (first, second) = (keys().await, keys().await);
    assert_ne!(first["AccessKeyId"], second["AccessKeyId"]);
    assert_eq!(open_ecs(&cloud, &first).await, "2026-11-24T06:30:00Z");
    assert_eq!(open_ecs(&cloud, &second).await, "2026-11-24T06:30:00Z");
    assert_eq!(first["Code"], json!("Success"));
}
