//! The plane itself: it starts, stores, denies, warns and keeps an audit log.

use serde_json::{Value, json};

use crate::plane::Plane;
use crate::plane::call::{apply, create, delete, merge, replace};
use crate::plane::registration::nobody;
use crate::plane::stand_in::StandIn;
use crate::plane::users::{ADMIN, DEVELOPER, PROVIDER};

#[tokio::test]
async fn an_object_is_stored_with_its_defaults_read_by_kubectl_and_in_the_audit_log() {
    let plane = Plane::shared().await;
    let tenant = plane.tenant("foundation-stored").await;
    let answer = tenant.accepts(instance("stored")).await;

    assert_eq!(answer.body["spec"]["managementPolicies"], json!(["*"]));
    assert_eq!(answer.body["spec"]["providerConfigRef"]["name"], "default");
    assert_eq!(answer.body["spec"]["deletionPolicy"], "Delete");

    let path = "-o=jsonpath={.spec.forProvider.instanceType}";
    let arguments = [
        "get",
        "instances.ecs.alibabacloud.crossplane.io",
        "stored",
        path,
    ];
    assert_eq!(plane.kubectl(&arguments, "").await.text(), "ecs.g7.large");

    let event = plane.audit_event(&answer).await;
    assert_eq!(event["verb"], "create");
    assert_eq!(event["objectRef"]["name"], "stored");
    assert_eq!(event["user"]["username"], ADMIN.name);
}

#[tokio::test]
async fn every_foreign_kind_of_both_scopes_can_be_made() {
    let plane = Plane::shared().await;
    let tenant = plane.tenant("foundation-kinds").await;
    let forms = [
        ("Instance", json!({"instanceType": "ecs.g7.large"})),
        (
            "InstanceSet",
            json!({"instanceType": "ecs.g7.large", "imageId": "m-bp1image", "amount": 2}),
        ),
        ("Disk", json!({"size": 20, "category": "cloud_essd"})),
        (
            "DiskAttachment",
            json!({"diskId": "d-bp1a", "instanceId": "i-bp1a"}),
        ),
        ("SecurityGroup", json!({"securityGroupName": "web"})),
    ];
    for group in [
        "ecs.alibabacloud.crossplane.io",
        "ecs.alibabacloud.m.crossplane.io",
    ] {
        for (kind, for_provider) in &forms {
            let object = crossplane(group, kind, "every-kind", for_provider.clone());
            let stored = tenant.accepts(create(object).by(DEVELOPER)).await.body;
            let namespaced = group.contains(".m.");
            assert_eq!(
                stored["metadata"]["namespace"].is_string(),
                namespaced,
                "{group} {kind}"
            );
            assert_eq!(
                stored["spec"]["deletionPolicy"].is_null(),
                namespaced,
                "{group} {kind}"
            );
        }
    }
    let class =
        json!({"group": "karpenter.alibabacloud.com", "kind": "ECSNodeClass", "name": "default"});
    let provider_spec =
        json!({"value": {"kind": "AlibabaCloudMachineProviderConfig", "regionId": "cn-hangzhou"}});
    for (api_version, kind, spec) in [
        (
            "karpenter.sh/v1",
            "NodeClaim",
            json!({"nodeClassRef": class, "requirements": []}),
        ),
        (
            "machine.openshift.io/v1beta1",
            "Machine",
            json!({"providerSpec": provider_spec}),
        ),
        (
            "machine.sapcloud.io/v1alpha1",
            "Machine",
            json!({"class": {"kind": "MachineClass", "name": "worker"}}),
        ),
    ] {
        let metadata = json!({"name": "every-kind"});
        let object =
            json!({"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec});
        tenant.accepts(create(object).by(DEVELOPER)).await;
    }
}

#[tokio::test]
async fn every_way_of_writing_reaches_the_object_as_the_user_and_manager_it_is_sent_by() {
    let plane = Plane::shared().await;
    let tenant = plane.tenant("foundation-writes").await;
    let mut object = instance("written");
    tenant
        .accepts(create(object.clone()).manager("team/one"))
        .await;

    object["spec"]["forProvider"]["instanceName"] = json!("web");
    tenant.accepts(replace(object.clone())).await;
    let pending = json!({"metadata": {"annotations": {"crossplane.io/external-create-pending": "2026-11-23T10:00:00Z"}}});
    let answer = tenant
        .accepts(
            merge(&object, pending)
                .by(PROVIDER)
                .manager("managed.crossplane.io/reconciler"),
        )
        .await;
    assert_eq!(
        plane.audit_event(&answer).await["user"]["username"],
        PROVIDER.name
    );
    tenant
        .accepts(
            merge(
                &object,
                json!({"status": {"atProvider": {"status": "Running"}}}),
            )
            .status(),
        )
        .await;
    let mut applied = instance("written");
    applied["spec"]["forProvider"] = json!({"description": "by apply"});
    tenant.accepts(apply(applied).manager("composed")).await;
    tenant
        .accepts(
            merge(
                &object,
                json!({"spec": {"forProvider": {"instanceType": "ecs.g7.xlarge"}}}),
            )
            .dry_run(),
        )
        .await;

    let stored = tenant.stored(&object).await;
    let for_provider = &stored["spec"]["forProvider"];
    assert_eq!(
        (
            &for_provider["instanceType"],
            &for_provider["instanceName"],
            &for_provider["description"]
        ),
        (&json!("ecs.g7.large"), &json!("web"), &json!("by apply"))
    );
    assert_eq!(stored["status"]["atProvider"]["status"], "Running");
    let fields = stored["metadata"]["managedFields"].as_array().unwrap();
    let managers: Vec<_> = fields
        .iter()
        .filter_map(|entry| entry["manager"].as_str())
        .collect();
    for manager in ["team/one", "managed.crossplane.io/reconciler", "composed"] {
        assert!(
            managers.contains(&manager),
            "{manager} is not in {managers:?}"
        );
    }

    tenant.accepts(delete(&object)).await;
    assert_eq!(tenant.stored(&object).await, Value::Null);
}

#[tokio::test]
async fn a_denial_reaches_kubectl_as_403_text_with_its_causes_and_audit_annotations() {
    let plane = Plane::shared().await;
    let tenant = plane.tenant("foundation-denied").await;
    let server = StandIn::serve(deny).await;
    let registered = tenant
        .register(webhook(), &server.url(), &server.authority())
        .await;

    let answer = tenant
        .rejects(instance("denied"), "the bill of i-bp1locked is not paid")
        .await;
    assert_eq!(
        answer.body["details"]["causes"][0]["field"],
        "spec.forProvider.status"
    );
    let annotations = plane.audit_annotations(&answer).await;
    assert_eq!(
        annotations
            .get("instances.tests.arrears.dev/verdict")
            .map(String::as_str),
        Some("deny")
    );

    let mut object = instance("denied");
    object["metadata"]["labels"] = json!({"tests.arrears.dev/tenant": "foundation-denied"});
    let output = plane
        .kubectl(&["apply", "-f", "-"], &object.to_string())
        .await;
    assert_eq!(output.code, 1);
    assert_eq!(
        output.stderr.trim_end(),
        "Error from server (Forbidden): error when creating \"STDIN\": admission webhook \"instances.tests.arrears.dev\" \
         denied the request: the bill of i-bp1locked is not paid"
    );
    let denied = |event: &Value| {
        event["verb"] == "create" && event["userAgent"].to_string().contains("kubectl/")
    };
    let events = plane.audit_events_of("denied", denied).await;
    assert!(
        events
            .iter()
            .filter(|event| denied(event))
            .all(|event| event["responseStatus"]["code"] == 403)
    );

    tenant.withdraw(&registered).await;
    tenant.accepts(instance("denied")).await;
}

#[tokio::test]
async fn a_warning_is_seen_by_clients_and_kubectl_and_nobody_elses_objects_are_asked_about() {
    let plane = Plane::shared().await;
    let tenant = plane.tenant("foundation-warned").await;
    let warn =
        |_: &Value| json!({"allowed": true, "warnings": ["arrears: \"i-bp1\" may be locked"]});
    let server = StandIn::serve(warn).await;
    tenant
        .register(webhook(), &server.url(), &server.authority())
        .await;

    let answer = tenant.accepts(create(instance("warned")).dry_run()).await;
    assert_eq!(answer.warnings, ["arrears: \"i-bp1\" may be locked"]);
    assert_eq!(tenant.stored(&instance("warned")).await, Value::Null);

    let other = plane.tenant("foundation-unasked").await;
    assert_eq!(
        other.accepts(instance("unasked")).await.warnings,
        Vec::<String>::new()
    );

    let mut object = instance("warned");
    object["metadata"]["labels"] = json!({"tests.arrears.dev/tenant": "foundation-warned"});
    let output = plane
        .kubectl(
            &["apply", "--context=developer", "-f", "-"],
            &object.to_string(),
        )
        .await;
    assert_eq!(
        output.stderr.trim_end(),
        "Warning: arrears: \"i-bp1\" may be locked"
    );
    assert_eq!(
        output.text(),
        "instance.ecs.alibabacloud.crossplane.io/warned created\n"
    );
}

#[tokio::test]
async fn a_webhook_that_nobody_serves_holds_back_what_it_is_registered_for_and_nothing_else() {
    let plane = Plane::shared().await;
    let tenant = plane.tenant("foundation-down").await;
    tenant.accepts(instance("down")).await;
    let registered = tenant.register(webhook(), &nobody(), "").await;

    tenant.holds_back(instance("down-too")).await;
    tenant
        .holds_back(create(instance("down-too")).dry_run())
        .await;
    tenant
        .accepts(
            merge(
                &instance("down"),
                json!({"status": {"atProvider": {"status": "Running"}}}),
            )
            .status(),
        )
        .await;

    tenant.withdraw(&registered).await;
    tenant.accepts(instance("down-too")).await;
}

fn instance(name: &str) -> Value {
    let for_provider =
        json!({"region": "cn-hangzhou", "instanceType": "ecs.g7.large", "imageId": "m-bp1image"});
    crossplane(
        "ecs.alibabacloud.crossplane.io",
        "Instance",
        name,
        for_provider,
    )
}

fn crossplane(group: &str, kind: &str, name: &str, for_provider: Value) -> Value {
    json!({
        "apiVersion": format!("{group}/v1alpha1"),
        "kind": kind,
        "metadata": {"name": name},
        "spec": {"forProvider": for_provider},
    })
}

fn deny(_: &Value) -> Value {
    let message = "the bill of i-bp1locked is not paid";
    let cause = json!({"reason": "EcsOverduePayment", "field": "spec.forProvider.status", "message": message});
    json!({
        "allowed": false,
        "status": {"code": 403, "reason": "Forbidden", "message": message, "details": {"causes": [cause]}},
        "auditAnnotations": {"verdict": "deny"},
    })
}

fn webhook() -> Value {
    let rule = json!({
        "apiGroups": ["ecs.alibabacloud.crossplane.io"],
        "apiVersions": ["*"],
        "resources": ["instances"],
        "operations": ["CREATE", "UPDATE"],
    });
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "stand-in"},
        "webhooks": [{
            "name": "instances.tests.arrears.dev",
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
            "failurePolicy": "Fail",
            "rules": [rule],
        }],
    })
}
