//! Whatever a reviewed object says, calls go where the configuration says, as whom it says, and ask for its regions.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{
    double::Call,
    plan::{ACCESS_KEY, HANGZHOU},
    scene::Scene,
};

const BEIJING: &str = "cn-beijing";

const CASES: u32 = 256;

/// What is locked, and what is asked for by name, in the cloud of the test.
const LISTED: [&str; 2] = ["i-web", "d-data"];

/// A port that nobody has any business with, whose address the objects name.
struct Decoy {
    address: String,
    visits: Arc<AtomicUsize>,
}

impl Decoy {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let visits = Arc::new(AtomicUsize::new(0));
        let visited = Arc::clone(&visits);
        tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                visited.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { address, visits }
    }
}

/// A text that would mean something in a URL, a header, a query or JSON, or one that is just what it should be.
fn hostile(decoy: &str) -> impl Strategy<Value = String> + use<> {
    let pieces = [
        decoy,
        "http://",
        "//",
        "@",
        "/",
        "?",
        "#",
        "&RegionId=evil",
        "&Action=DeleteInstance",
        "\r\nhost: evil.example\r\n",
        "\r\n\r\n",
        "\"]",
        "\",\"i-other",
        "%00",
        "%2e%2e%2f",
        "../",
        "evil.example",
        ".aliyuncs.com",
        HANGZHOU,
        "i-web",
        "i-",
        "d-data",
        "d-",
        "prod",
        "\u{0}",
        "\u{3002}",
        "LTAIevil",
    ]
    .map(str::to_owned);
    let piece = prop_oneof![
        4 => prop::sample::select(pieces.to_vec()),
        1 => "[a-z0-9-]{1,12}",
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 1..5).prop_map(|pieces| pieces.concat())
}

/// What should be there, or something hostile.
fn or(plain: &'static str, decoy: &str) -> impl Strategy<Value = String> + use<> {
    prop_oneof![2 => Just(plain.to_owned()), 3 => hostile(decoy)]
}

/// An object under review: our own kind, or a Crossplane one, whose ids stand in an annotation and in the status.
fn object(decoy: &str) -> impl Strategy<Value = Value> + use<> {
    let action = prop::sample::select(vec![
        "StartInstance",
        "CreateInstance",
        "ReInitDisk",
        "ResetDisk",
        "AttachDisk",
        "CreateDisk",
        "RunInstances",
    ]);
    let ids = (or("i-web", decoy), or("d-data", decoy), hostile(decoy));
    let whose = (or("prod", decoy), or(HANGZHOU, decoy));
    let plain = (action, ids, whose, any::<bool>(), hostile(decoy)).prop_map(
        |(action, (instance, disk, more), (account, region), names_account, parameter)| {
            let mut spec = json!({"action": action, "regionId": region, "instanceIds": [instance, more], "diskIds": [disk],
                "parameters": {"Endpoint": parameter, "RegionId": parameter}});
            if names_account {
                spec["account"] = account.into();
            }
            json!({"apiVersion": "arrears.dev/v1alpha1", "kind": "EcsOperation",
                "metadata": {"name": "ask", "namespace": "shop"}, "spec": spec})
        },
    );
    let ids = (or("i-web", decoy), or("d-data", decoy), hostile(decoy));
    let whose = (or("default", decoy), or(HANGZHOU, decoy));
    let crossplane = (prop::sample::select(vec!["Instance", "Disk", "DiskAttachment"]), ids, whose).prop_map(
        |(kind, (instance, disk, more), (config, region))| {
            let own = match kind {
                "Instance" => &instance,
                _ => &disk,
            };
            json!({"apiVersion": "ecs.alibabacloud.crossplane.io/v1alpha1", "kind": kind,
                "metadata": {"name": "ask", "annotations": {"crossplane.io/external-name": own}},
                "spec": {"providerConfigRef": {"name": config}, "forProvider": {"region": region, "instanceId": instance,
                    "diskId": disk, "status": "Running", "size": 40, "diskName": more, "imageId": more}},
                "status": {"atProvider": {"id": own, "systemDiskId": disk, "instanceId": instance, "diskId": disk}}})
        },
    );
    prop_oneof![3 => plain, 1 => crossplane]
}

/// Checks what one call says against what it may say.
fn check(call: &Call, host: &str, said: &BTreeSet<String>) {
    let request = &call.request;
    assert_eq!(request.path, "/", "{call:?}");
    assert_eq!(request.header("host").as_deref(), Some(host), "{call:?}");
    assert_eq!(call.access_key.as_deref(), Some(ACCESS_KEY), "{call:?}");
    assert!(
        ["DescribeInstances", "DescribeDisks"].contains(&call.action.as_str()),
        "{call:?}"
    );
    let region = call.region.as_deref();
    assert!(
        region == Some(HANGZHOU) || region == Some(BEIJING),
        "{call:?}"
    );
    assert!(
        call.answer.as_ref().is_some_and(|(status, code)| {
            *status == 200 || code.as_deref() == Some("DryRunOperation")
        }),
        "{call:?}"
    );
    let known = [
        "RegionId",
        "MaxResults",
        "LockReason",
        "NextToken",
        "DryRun",
        "InstanceIds",
        "DiskIds",
    ];
    for (name, value) in &call.parameters {
        assert!(known.contains(&name.as_str()), "{call:?}");
        if ["InstanceIds", "DiskIds"].contains(&name.as_str()) {
            let ids: Vec<String> = serde_json::from_str(value).unwrap();
            let prefix = if name == "InstanceIds" { "i-" } else { "d-" };
            for id in ids {
                let is_plain = id.len() <= 64
                    && id.strip_prefix(prefix).is_some_and(|tail| {
                        !tail.is_empty()
                            && tail
                                .bytes()
                                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                    });
                let is_listed = LISTED.contains(&id.as_str());
                // Where a disk is attached is asked for what is listed nowhere; an instance never is.
                let may_be = is_listed || (name == "DiskIds" && said.contains(&id));
                assert!(is_plain && may_be, "{id:?} in {call:?}");
            }
        } else {
            let is_ours = [
                "cn-hangzhou",
                "cn-beijing",
                "100",
                "500",
                "financial",
                "true",
            ];
            assert!(is_ours.contains(&value.as_str()), "{call:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_an_object_says_reaches_the_host_the_path_or_the_credentials_of_a_call() {
    let scene = Scene::begin_in(&[BEIJING, HANGZHOU]).await;
    scene.cloud().lock_instance("i-web", ["financial"]);
    scene.cloud().lock_disk("d-data", ["financial"]);
    scene.list().await;
    let decoy = Decoy::open().await;
    let endpoint = scene.double.endpoint();
    let host = endpoint.strip_prefix("http://").unwrap();

    let mut runner = TestRunner::new(Config::with_cases(CASES));
    let objects = object(&decoy.address);
    let mut said = BTreeSet::new();
    for case in 0..CASES {
        let object = objects.new_tree(&mut runner).unwrap().current();
        for id in object["spec"]["diskIds"].as_array().into_iter().flatten() {
            said.insert(id.as_str().unwrap().to_owned());
        }
        let texts = [
            "/metadata/annotations/crossplane.io~1external-name",
            "/spec/forProvider/diskId",
        ];
        said.extend(
            texts
                .iter()
                .filter_map(|text| Some(object.pointer(text)?.as_str()?.to_owned())),
        );
        // Every denial is in doubt.
        scene.seconds(11);
        if case % 16 == 0 {
            scene.list().await;
        }
        scene.review(&object).await;
    }
    let calls = scene.double.all_calls();
    assert!(
        CASES as usize / 10 < calls.len(),
        "only {} calls",
        calls.len()
    );
    for call in &calls {
        check(call, host, &said);
    }
    let asked = |name: &str| {
        calls
            .iter()
            .filter(|call| call.parameters.contains_key(name))
            .count()
    };
    assert!(0 < asked("InstanceIds") && 0 < asked("DiskIds"));
    assert_eq!(decoy.visits.load(Ordering::SeqCst), 0);
}
