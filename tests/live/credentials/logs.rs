//! Nothing secret is in any log line, error, answer or metric, whatever goes wrong.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::json;
use tracing::Level;
use tracing_subscriber::{fmt, util::SubscriberInitExt as _};

use super::places::{
    Make, NEXT_ROLE, NEXT_TOKEN, PROVIDER, ROLE, TOKEN, machine, oidc, profile, profiles, roles,
    secret, section, signer, temporary, until_renewed, variables,
};
use crate::{
    double::{Fault, TokenState},
    plan::{ACCESS_KEY, Ground, Keyed, Plan, SECRET},
    scene::Scene,
};

const PASSWORD: &str = "passwordofthetests";
const IN_FILE: &str = "secretinabrokenfile";

/// What must be nowhere: whole where it is known, else by its beginning.
const SECRETS: [&str; 8] = [
    SECRET,
    TOKEN,
    NEXT_TOKEN,
    PASSWORD,
    IN_FILE,
    // Secrets and tokens of the double's temporary keys, also where they are encoded.
    "tempsecret",
    "CAISdouble",
    // Tokens of its metadata service.
    "AQAEAdouble",
];

/// Everything that is logged, and that is told in other ways.
#[derive(Clone, Default)]
struct Record(Arc<Mutex<Vec<u8>>>);

impl io::Write for Record {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Record {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn note(&self, text: &impl std::fmt::Debug) {
        let line = format!("told: {text:?}\n");
        self.0.lock().unwrap().extend_from_slice(line.as_bytes());
    }

    /// Lists, and asks for what is locked; notes all that comes of it, and says how often listing failed.
    async fn go(&self, scene: &Scene) -> usize {
        let mut failures = 0;
        for outcome in scene.try_list().await {
            if let Err(error) = outcome {
                failures += 1;
                self.note(&error);
                self.note(&(error.to_string(), error.remedy(), error.in_short()));
            }
        }
        self.note(&scene.ask("StartInstance", &["i-web"], &[]).await);
        self.note(&scene.ask("StartInstance", &["i-free"], &[]).await);
        self.note(&scene.clients);
        self.note(&scene.clients.sources());
        self.note(&scene.metrics.render());
        failures
    }
}

async fn scene(keys: Make) -> Scene {
    let scene = Scene::of(Plan {
        keys: &keys,
        attempt: Duration::from_secs(5),
        ..Plan::default()
    })
    .await;
    scene.cloud().lock_instance("i-web", ["financial"]);
    scene.cloud().instance("i-free");
    scene
}

/// What `fault` does to `action`, for one round.
async fn round(record: &Record, scene: &Scene, action: &str, fault: Fault) {
    scene.seconds(4_000);
    let set = scene.double.fault(fault.action(action));
    record.go(scene).await;
    assert!(1 <= set.hits(), "{action}");
    set.lift();
}

async fn tokens_of_the_cluster(record: &Record) {
    let scene = scene(oidc).await;
    assert_eq!(record.go(&scene).await, 0);
    scene.minute();
    record.go(&scene).await;
    scene.double.expire_sessions();
    assert_eq!(record.go(&scene).await, 0);
    for fault in [
        Fault::server_error(),
        Fault::truncated(),
        Fault::reset_in_body(),
        Fault::html(200),
        Fault::rewritten(|_, answer| answer["Credentials"]["Expiration"] = json!("tempsecret")),
    ] {
        round(record, &scene, "AssumeRoleWithOIDC", fault).await;
    }
    let echo = Fault::echo(400, "AuthenticationFail.OIDCToken.Invalid");
    round(record, &scene, "AssumeRoleWithOIDC", echo).await;
    scene
        .account()
        .oidc_role(ROLE, PROVIDER, TOKEN, TokenState::Expired);
    scene.seconds(4_000);
    assert_eq!(record.go(&scene).await, 1);
    std::fs::write(scene.home.join("token"), NEXT_TOKEN).unwrap();
    scene.minute();
    assert_eq!(record.go(&scene).await, 1, "the token is unknown");
    std::fs::remove_file(scene.home.join("token")).unwrap();
    scene.minute();
    assert_eq!(record.go(&scene).await, 1);
}

/// The double repeats the whole canonical request, with the token.
async fn signatures_that_do_not_match(record: &Record) {
    let write = |home: &std::path::Path, keys: &(String, String, String), secret: &str| {
        let profile = json!({"name": "it", "mode": "StsToken",
            "access_key_id": keys.0, "access_key_secret": secret, "sts_token": keys.2});
        let text = json!({"current": "it", "profiles": [profile]}).to_string();
        std::fs::write(home.join(".aliyun/config.json"), text).unwrap();
    };
    let scene = scene(|ground| {
        profiles(ground, &json!([]));
        variables(&[])
    })
    .await;
    let keys = temporary(&Ground {
        cloud: &scene.double,
        home: &scene.home,
        config: &scene.home,
    });
    write(&scene.home, &keys, &keys.1);
    assert_eq!(record.go(&scene).await, 0);
    scene.minute();
    record.go(&scene).await;
    write(&scene.home, &keys, PASSWORD);
    let first = signer(&scene);
    assert_eq!(first, keys.0);
    // Keys without an end are read again now and then, perhaps while the last ones serve.
    scene.seconds(400);
    let is_refused = || {
        let calls = scene.double.all_calls().into_iter();
        let codes = calls.filter_map(|call| call.answer.and_then(|(_, code)| code));
        codes.filter(|code| code == "SignatureDoesNotMatch").count()
    };
    for _ in 0..200 {
        if is_refused() != 0 {
            break;
        }
        record.go(&scene).await;
    }
    assert_ne!(is_refused(), 0);
    scene.minute();
    assert_eq!(record.go(&scene).await, 1);
    // Confirmation alone, too.
    record.note(&scene.ask("StartInstance", &["i-web"], &[]).await);
}

async fn roles_of_the_machine(record: &Record) {
    let scene = scene(|ground| {
        roles(ground);
        machine(ground);
        let chain = json!([
            {"name": "it", "mode": "ChainableRamRoleArn", "source_profile": "first", "ram_role_arn": NEXT_ROLE},
            {"name": "first", "mode": "EcsRamRole"},
        ]);
        profiles(ground, &chain)
    })
    .await;
    assert_eq!(record.go(&scene).await, 0);
    let first = signer(&scene);
    scene.seconds(3_500);
    until_renewed(&scene, &first).await;
    for code in ["SignatureDoesNotMatch", "InvalidParameter", "NoPermission"] {
        round(record, &scene, "AssumeRole", Fault::echo(400, code)).await;
    }
    for action in ["MetadataToken", "MetadataRole", "MetadataKeys"] {
        for fault in [
            Fault::html(403),
            Fault::truncated(),
            Fault::reset(),
            Fault::echo(400, "Echo"),
        ] {
            round(record, &scene, action, fault).await;
        }
    }
    // ECS itself.
    for code in ["SignatureDoesNotMatch", "InvalidSecurityToken.Expired"] {
        scene.seconds(4_000);
        let set = scene.double.fault(Fault::echo(400, code));
        assert_eq!(record.go(&scene).await, 1);
        set.lift();
    }
}

async fn keys_of_a_secret(record: &Record) {
    let scene = scene(|ground| {
        roles(ground);
        secret(ground, &json!({"roleArn": ROLE}))
    })
    .await;
    assert_eq!(record.go(&scene).await, 0);
    scene.double.set_active(ACCESS_KEY, false);
    scene.seconds(4_000);
    assert_eq!(record.go(&scene).await, 1);
    scene.account().key(ACCESS_KEY, "another");
    scene.minute();
    assert_eq!(record.go(&scene).await, 1);
    scene.double.delete_key(ACCESS_KEY);
    scene.minute();
    assert_eq!(record.go(&scene).await, 1);
}

async fn addresses_with_passwords(record: &Record) {
    let scene = scene(|ground| {
        let cloud = ground.cloud;
        cloud.uri_keys(cloud.first_account());
        let address = cloud.credentials_uri();
        let address = address.replace("http://", &format!("http://user:{PASSWORD}@"));
        let address = format!("{address}?password={PASSWORD}");
        variables(&[("ALIBABA_CLOUD_CREDENTIALS_URI", &address)])
    })
    .await;
    assert_eq!(record.go(&scene).await, 0);
    let visit = scene.double.calls("CredentialsUri").remove(0);
    assert!(visit.request.query.contains(PASSWORD));
    for fault in [
        Fault::html(403),
        Fault::truncated(),
        Fault::redirect(PASSWORD),
        Fault::echo(400, "Echo"),
        Fault::reset(),
    ] {
        scene.seconds(20_000);
        round(record, &scene, "CredentialsUri", fault).await;
    }
    scene.double.close();
    scene.seconds(30_000);
    assert_eq!(record.go(&scene).await, 1);
}

async fn files_that_are_broken(record: &Record) {
    let broken: [Make; 6] = [
        |ground| {
            profiles(ground, &json!(IN_FILE));
            section(ground, &format!("access_key_secret {IN_FILE}"))
        },
        |ground| {
            profiles(
                ground,
                &json!([{"name": "it", "access_key_secret": [IN_FILE]}]),
            )
        },
        |ground| {
            let key = json!({"access_key_secret": IN_FILE});
            profile(ground, "AK", &key)
        },
        |ground| section(ground, &format!("type=sts\naccess_key_secret={IN_FILE}")),
        |ground| {
            section(ground, &format!("[{IN_FILE}"));
            let directory = ground.home.join(".aliyun");
            std::fs::create_dir_all(&directory).unwrap();
            let text =
                format!("{{\"profiles\": [{{\"name\": \"it\", \"sts_token\": \"{IN_FILE}\" oops");
            std::fs::write(directory.join("config.json"), text).unwrap();
            variables(&[])
        },
        |ground| Keyed {
            credentials: json!({"source": "Profile", "profile": "it"}),
            ..profile(
                ground,
                "AK",
                &json!({"access_key_id": "a\nb", "access_key_secret": IN_FILE}),
            )
        },
    ];
    for keys in broken {
        let scene = scene(keys).await;
        assert_eq!(record.go(&scene).await, 1);
    }
}

#[tokio::test]
async fn no_secret_is_told_to_anybody_in_any_way() {
    let record = Record::default();
    let writer = record.clone();
    // As long as there is one subscriber only, what another test's thread logs first counts as wanted by nobody.
    let _another = tracing::Dispatch::new(tracing_subscriber::registry());
    // What runs here runs in this thread; the double does not.
    let logs = fmt()
        .with_max_level(Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish()
        .set_default();
    tokens_of_the_cluster(&record).await;
    signatures_that_do_not_match(&record).await;
    roles_of_the_machine(&record).await;
    keys_of_a_secret(&record).await;
    addresses_with_passwords(&record).await;
    files_that_are_broken(&record).await;
    drop(logs);

    let text = record.text();
    for happened in [
        "TRACE",
        "credentials found",
        "reqwest",
        "rustls",
        "i-web",
        "InternalError",
        "OIDCToken.Expired",
        "SignatureDoesNotMatch",
        "InvalidSecurityToken.Expired",
        "NoPermission",
        "You sent (secret).",
        "credentials URI",
        ".aliyun/config.json",
        ".alibabacloud/credentials",
    ] {
        assert!(text.contains(happened), "the record has no {happened}");
    }
    for secret in SECRETS {
        let hits: Vec<_> = text.lines().filter(|line| line.contains(secret)).collect();
        assert!(hits.is_empty(), "{secret}: {hits:#?}");
    }
    // An access key is no secret, but its signature opens doors for a quarter of an hour.
    assert!(!text.contains("Signature=") && !text.contains(ACCESS_KEY));
}
