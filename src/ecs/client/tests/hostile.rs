//! Whatever a reviewed object says, a call goes where the configuration says and asks what this program asks.

use proptest::prelude::*;

use super::*;

/// Texts that mean something to a reader of URLs, headers or JSON.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        "[ -~]{1,6}",
        prop::sample::select(vec![
            "&",
            "=",
            "?",
            "#",
            "/",
            "\\",
            "..",
            "@evil.example",
            "http://evil.example/",
            "\r\nHost: evil.example",
            "\n",
            "\0",
            "%2f",
            "%0d%0a",
            "\"]",
            "\",\"",
            "]}",
            "RegionId=cn-evil",
            "&AccessKeyId=x",
            "\u{202e}",
            "+",
            "i-1",
            "cn-hangzhou",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

#[test]
fn no_id_token_or_reason_changes_where_a_call_goes_or_what_it_asks() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut scene = runtime.block_on(Scene::new(|_| ok(an_empty_page())));
    let texts = (hostile(), hostile(), prop::collection::vec(hostile(), 1..4));
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(200));
    let scene = std::cell::RefCell::new(&mut scene);
    let outcome = runner.run(&texts, |(reason, token, ids)| {
        let mut scene = scene.borrow_mut();
        let id = ids[0].clone();
        runtime.block_on(async {
            let locked = Query::Locked {
                reason: &reason,
                next_token: Some(&token),
            };
            scene.instances(locked).await.unwrap();
            scene.instances(Query::Ids(&ids)).await.unwrap();
            // No such instance comes back, but it was asked for.
            scene.instance(&id).await.unwrap_err();
        });
        let requests = scene.service.requests();
        prop_assert_eq!(requests.len(), 3);
        for request in &requests {
            prop_assert_eq!(request.path(), "/");
            prop_assert_eq!(request.header("host"), scene.service.host());
            let hosts = request.headers.iter().filter(|(name, _)| name == "host");
            prop_assert_eq!(hosts.count(), 1);
            prop_assert_eq!(request.header("x-acs-security-token"), "the-token-0");
            let credential = "ACS3-HMAC-SHA256 Credential=the-id-0,";
            prop_assert!(request.header("authorization").starts_with(credential));
        }
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        prop_assert_eq!(
            requests[0].query(),
            vec![
                pair("LockReason", &reason),
                pair("MaxResults", "100"),
                pair("NextToken", &token),
                pair("RegionId", "cn-hangzhou"),
            ]
        );
        let asked: Vec<String> =
            serde_json::from_str(&requests[1].parameter("InstanceIds")).unwrap();
        prop_assert_eq!(asked, ids);
        prop_assert_eq!(requests[1].query().len(), 3);
        prop_assert_eq!(requests[2].query(), vec![pair("InstanceId", &id)]);
        Ok(())
    });
    outcome.unwrap();
}

proptest! {
    #[test]
    fn no_text_of_a_region_makes_a_call_that_the_configuration_does_not_name(
        text in prop_oneof![hostile(), "[a-z]{1,4}(-[a-z0-9]{1,4}){0,2}"],
    ) {
        let Ok(region) = text.parse::<RegionId>() else {
            return Ok(());
        };
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let outcome = runtime.block_on(async {
            let mut scene = Scene::new(|_| ok(an_empty_page())).await;
            let outcome = scene.client.instances(&region, LOCKED, patience()).await;
            (outcome, scene.service.requests().len())
        });
        match region.as_str() {
            "cn-hangzhou" => prop_assert_eq!(outcome.1, 1),
            _ => {
                prop_assert_eq!(outcome.0.unwrap_err().class, Class::UnknownRegion);
                prop_assert_eq!(outcome.1, 0);
            }
        }
    }
}
