//! The life of a release on a real API server, with the leader's entries in the object that Helm owns.

use k8s_openapi::ByteString;
use serde_json::{Value, json};

use crate::chart::{documents, object, template};
use crate::plane::Plane;
use crate::plane::authority::Authority;
use crate::plane::call::{apply, create, delete, replace};
use crate::scene::{NAMESPACE, RELEASE, on, plane, values};

const NAME: &str = "billing-arrears";

fn named(api_version: &str, kind: &str, name: &str) -> Value {
    json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}})
}

fn registration(name: &str) -> Value {
    named(
        "admissionregistration.k8s.io/v1",
        "ValidatingWebhookConfiguration",
        name,
    )
}

fn definition(name: &str) -> Value {
    named(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        &format!("{name}.arrears.dev"),
    )
}

fn owned(api_version: &str, kind: &str) -> Value {
    let mut object = named(api_version, kind, NAME);
    object["metadata"]["namespace"] = json!(NAMESPACE);
    object
}

/// The entries as the leader applies them: whole, under its own name, and only to the object that it has seen.
async fn lead(plane: &Plane, name: &str, authority: &str) -> Value {
    let live = plane.stored(&registration(name)).await;
    let mut ours = registration(name);
    ours["metadata"]["uid"] = live["metadata"]["uid"].clone();
    ours["webhooks"] = json!([{
        "name": format!("{name}.ecs.arrears.dev"),
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "timeoutSeconds": 3,
        "failurePolicy": "Ignore",
        "matchPolicy": "Equivalent",
        "rules": [{"apiGroups": ["nobody.example"], "apiVersions": ["*"], "operations": ["CREATE"], "resources": ["things"], "scope": "*"}],
        "clientConfig": {
            "service": {"namespace": NAMESPACE, "name": name, "path": "/validate", "port": 443},
            "caBundle": ByteString(authority.as_bytes().to_vec()),
        },
    }]);
    let answer = plane
        .answers(apply(ours).manager("arrears-registration"))
        .await;
    assert_eq!(answer.code, 200, "{}", answer.body);
    answer.body
}

async fn upgrade(plane: &Plane, values: &Value, more: &[&str]) -> Result<String, String> {
    on(
        plane,
        &[&["upgrade", RELEASE, "CHART"], more].concat(),
        values,
    )
    .await
}

#[tokio::test]
async fn a_release_comes_changes_and_goes_with_the_leader_at_work() {
    let plane = plane().await;

    // Installed on a cluster without our kinds, and yet with objects of them.
    let account = named("arrears.dev/v1alpha1", "EcsAccount", "prod");
    let policy = named("arrears.dev/v1alpha1", "OverduePolicy", "default");
    assert_eq!(
        plane.stored(&account).await["spec"]["regions"],
        json!(["cn-hangzhou"])
    );
    assert_eq!(
        plane.stored(&policy).await["spec"]["rules"][0]["mode"],
        "Audit"
    );
    let deployment = owned("apps/v1", "Deployment");
    assert_eq!(plane.stored(&deployment).await["spec"]["replicas"], 2);
    assert!(plane.stored(&registration(NAME)).await["webhooks"].is_null());

    // The same again changes nothing of what the leader has added.
    let authority = Authority::new().pem();
    let led = lead(plane, NAME, &authority).await;
    upgrade(plane, &values(), &[]).await.unwrap();
    assert_eq!(plane.stored(&registration(NAME)).await, led);
    assert_eq!(lead(plane, NAME, &authority).await, led);

    // Neither do other values, and they arrive.
    let mut enforcing = values();
    enforcing["stage"] = json!("enforce");
    enforcing["replicas"] = json!(3);
    enforcing["commonLabels"] = json!({"team": "billing"});
    enforcing["metrics"] = json!({"prometheusRule": {"enabled": true}});
    upgrade(plane, &enforcing, &[]).await.unwrap();
    let live = plane.stored(&registration(NAME)).await;
    assert_eq!(live["webhooks"], led["webhooks"]);
    assert_eq!(live["metadata"]["labels"]["team"], "billing");
    assert_eq!(plane.stored(&deployment).await["spec"]["replicas"], 3);
    assert!(
        plane.stored(&policy).await.is_null(),
        "no stage needs it any more"
    );
    let again = lead(plane, NAME, &authority).await;
    assert_eq!(
        again["metadata"]["labels"]["team"], "billing",
        "the leader takes nothing of Helm's"
    );

    // Other definitions than the chart's are refused, by name, until told otherwise.
    let made = plane.stored(&definition("operationbindings")).await;
    let mut old = made.clone();
    old["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["description"] = json!("of yesterday");
    assert_eq!(plane.answers(replace(old)).await.code, 200);
    let complaint = upgrade(plane, &enforcing, &[]).await.unwrap_err();
    assert!(
        complaint.contains("other definitions of operationbindings.arrears.dev than"),
        "{complaint}"
    );
    upgrade(plane, &enforcing, &["--set", "crds.check=false"])
        .await
        .unwrap();
    assert_eq!(plane.answers(replace(made.clone())).await.code, 200);

    // The release takes the definitions over, and brings them up to date from then on.
    enforcing["crds"] = json!({"manage": true});
    upgrade(plane, &enforcing, &["--take-ownership"])
        .await
        .unwrap();
    let mut old = plane.stored(&definition("operationbindings")).await;
    assert_eq!(
        old["metadata"]["annotations"]["helm.sh/resource-policy"],
        "keep"
    );
    old["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["description"] = json!("of yesterday");
    assert_eq!(plane.answers(replace(old)).await.code, 200);
    // Helm 3 does not apply server-side, so that there is nothing to force.
    let help = on(plane, &["upgrade", "--help"], &json!({})).await.unwrap();
    let force = ["--force-conflicts"];
    let force = &force[..usize::from(help.contains(force[0]))];
    upgrade(plane, &enforcing, force).await.unwrap();
    let current = plane.stored(&definition("operationbindings")).await;
    assert_eq!(current["spec"], made["spec"]);

    // Gone: the registration with the leader's entries, and all else but the definitions.
    on(plane, &["uninstall", RELEASE], &json!({}))
        .await
        .unwrap();
    for gone in [
        &registration(NAME),
        &deployment,
        &account,
        &owned("v1", "Service"),
    ] {
        assert!(plane.stored(gone).await.is_null(), "{gone} is left");
    }
    assert_eq!(
        plane.stored(&definition("operationbindings")).await["spec"],
        made["spec"]
    );
}

/// As Argo CD does it, which applies what `helm template` prints.
#[tokio::test]
async fn applying_the_rendered_registration_again_changes_nothing_of_the_leaders() {
    let plane = plane().await;
    let objects = documents(&template("argo", NAMESPACE, []).unwrap());
    let rendered = object(&objects, "ValidatingWebhookConfiguration", "argo-arrears").clone();
    let sync = async || {
        let call = apply(rendered.clone()).manager("argocd-controller");
        plane.answers(call).await.body
    };
    sync().await;
    let led = lead(plane, "argo-arrears", &Authority::new().pem()).await;
    assert_eq!(sync().await, led);
    // With somebody else's object of that name the leader has nothing to do.
    plane.answers(delete(&rendered)).await;
    plane.answers(create(rendered.clone())).await;
    let mut late = registration("argo-arrears");
    late["metadata"]["uid"] = led["metadata"]["uid"].clone();
    late["webhooks"] = led["webhooks"].clone();
    let answer = plane
        .answers(apply(late).manager("arrears-registration"))
        .await;
    assert_eq!(answer.code, 422, "{}", answer.body);
    plane.answers(delete(&rendered)).await;
}
