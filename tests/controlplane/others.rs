//! The kinds that are no Crossplane objects: NodeClaim, Machine, EcsOperation, and a kind that a binding makes known.

use serde_json::{Value, json};

use crate::plane::call::{create, delete, merge};
use crate::plane::product::{Product, documents};
use crate::plane::users::DEVELOPER;
use crate::scene::{LOCKS, guard, guarded, plane, unguarded, with};
use crate::table::Expected::{self, Denied, NotJudged, Passes, Warns};
use crate::table::{meets, stand};

const CREATE: &str = "ECS CreateInstance (as RunInstances) would fail: instance i-bp1both and disk d-bp1overdue (account prod, cn-hangzhou) \
                      are locked for overdue payment";

fn node_claim(name: &str, group: &str, kind: &str) -> Value {
    let class = json!({"group": group, "kind": kind, "name": "default"});
    json!({
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodeClaim",
        "metadata": {"name": name},
        "spec": {"nodeClassRef": class, "requirements": []},
    })
}

fn machine(name: &str, kind: &str) -> Value {
    let value = json!({"kind": kind, "regionId": "cn-hangzhou", "instanceType": "ecs.g7.large"});
    json!({
        "apiVersion": "machine.openshift.io/v1beta1",
        "kind": "Machine",
        "metadata": {"name": name},
        "spec": {"providerSpec": {"value": value}},
    })
}

fn shoot_machine(name: &str) -> Value {
    json!({
        "apiVersion": "machine.sapcloud.io/v1alpha1",
        "kind": "Machine",
        "metadata": {"name": name},
        "spec": {"class": {"kind": "MachineClass", "name": "worker"}},
    })
}

fn operation(name: &str, spec: Value) -> Value {
    json!({
        "apiVersion": "arrears.dev/v1alpha1",
        "kind": "EcsOperation",
        "metadata": {"name": name},
        "spec": spec,
    })
}

#[tokio::test]
async fn a_node_claim_is_judged_when_its_class_is_of_this_cloud() {
    let tenant = unguarded("others-claims").await;
    let old = node_claim("old-claim", "karpenter.alibabacloud.com", "ECSNodeClass");
    stand(&tenant, &old).await;
    guard(&tenant).await;

    let ours = node_claim("new-claim", "karpenter.alibabacloud.com", "ECSNodeClass");
    meets(&tenant, ours, Denied(CREATE)).await;
    for (name, group, kind) in [
        ("claim-elsewhere", "karpenter.k8s.aws", "EC2NodeClass"),
        (
            "claim-of-other-karpenter",
            "karpenter.k8s.alibabacloud",
            "ECSNodeClass",
        ),
    ] {
        meets(&tenant, node_claim(name, group, kind), Passes).await;
    }
    let finalizers = json!({"metadata": {"finalizers": ["karpenter.sh/termination"]}});
    meets(&tenant, merge(&old, finalizers), Passes).await;
    meets(
        &tenant,
        merge(
            &old,
            json!({"status": {"providerID": "cn-hangzhou.i-bp1x"}}),
        )
        .status(),
        Passes,
    )
    .await;
    tenant.accepts(delete(&old)).await;
    tenant
        .accepts(merge(&old, json!({"metadata": {"finalizers": null}})))
        .await;
    assert_eq!(tenant.stored(&old).await, Value::Null);
}

#[tokio::test]
async fn a_machine_is_judged_when_it_is_of_this_cloud_and_has_no_instance() {
    const OURS: &str = "AlibabaCloudMachineProviderConfig";
    let tenant = unguarded("others-machines").await;
    let old = machine("old", OURS);
    stand(&tenant, &old).await;
    guard(&tenant).await;

    meets(&tenant, machine("new", OURS), Denied(CREATE)).await;
    meets(
        &tenant,
        machine("elsewhere", "AWSMachineProviderConfig"),
        Passes,
    )
    .await;
    let instance =
        json!({"spec": {"providerID": "alibabacloud:///cn-hangzhou/cn-hangzhou-k/i-bp1x"}});
    meets(
        &tenant,
        with(machine("moved", OURS), instance.clone()),
        Passes,
    )
    .await;
    meets(&tenant, merge(&old, instance), Passes).await;
    let resized = json!({"spec": {"providerSpec": {"value": {"instanceType": "ecs.g7.xlarge"}}}});
    meets(&tenant, merge(&old, resized), Passes).await;
    meets(&tenant, delete(&old), Passes).await;

    // No schema guards what a Machine says to its provider.
    let odd = json!({"spec": {"providerSpec": {"value": {"regionId": 5}}}});
    let text = "field spec.providerSpec.value.regionId is a number, expected a string. Mend the field, then retry.";
    meets(&tenant, with(machine("odd", OURS), odd), NotJudged(text)).await;
}

#[tokio::test]
async fn an_operation_is_judged_by_its_action_account_and_ids() {
    let tenant = guarded("others-operations").await;
    let cases: [(&str, Value, Expected); 13] = [
        (
            "start-locked",
            json!({"action": "StartInstance", "instanceIds": ["i-bp1paid", "i-bp1overdue"]}),
            Denied(
                "ECS StartInstance would fail: instance i-bp1overdue (account prod, cn-hangzhou) is locked for overdue payment",
            ),
        ),
        (
            "start-locked-by-newer-name",
            json!({"action": "StartInstances", "instanceIds": ["i-bp1overdue"]}),
            Denied("ECS StartInstance (as StartInstances) would fail"),
        ),
        (
            "start-paid",
            json!({"action": "StartInstance", "instanceIds": ["i-bp1paid"], "account": "prod", "regionId": "cn-hangzhou"}),
            Passes,
        ),
        (
            "start-nothing",
            json!({"action": "StartInstance"}),
            NotJudged("ECS StartInstance can't be judged"),
        ),
        (
            "resize-locked",
            json!({"action": "ModifyInstanceSpec", "instanceIds": ["i-bp1overdue"]}),
            Warns("arrears: ECS ModifyInstanceSpec may fail"),
        ),
        (
            "delete-locked",
            json!({"action": "DeleteInstance", "instanceIds": ["i-bp1overdue"]}),
            Passes,
        ),
        (
            "describe-what-nobody-has-listed",
            json!({"action": "DescribeDisks", "account": "staging"}),
            Passes,
        ),
        ("run", json!({"action": "RunInstances"}), Denied(CREATE)),
        (
            "run-in-paid",
            json!({"action": "RunInstances", "account": "lab"}),
            Passes,
        ),
        (
            "run-in-unlisted",
            json!({"action": "RunInstances", "account": "staging"}),
            NotJudged("region cn-shanghai has never been listed"),
        ),
        (
            "run-for-a-stranger",
            json!({"action": "RunInstances", "account": "stranger"}),
            NotJudged("account stranger is not configured"),
        ),
        (
            "reset-locked-disk",
            json!({"action": "ResetDisk", "diskIds": ["d-bp1overdue"]}),
            Denied("ECS ResetDisk would fail"),
        ),
        (
            "no-such-action",
            json!({"action": "LaunchRocket", "parameters": {"Stage": "2"}}),
            Passes,
        ),
    ];
    for (name, spec, expected) in cases {
        meets(
            &tenant,
            create(operation(name, spec)).by(DEVELOPER),
            expected,
        )
        .await;
    }
}

/// The files are the ones that are shipped; only the locks are added.
#[tokio::test]
async fn the_gardener_example_judges_machines_in_the_shoots_of_this_provider() {
    const BINDING: &str = include_str!("../../examples/gardener/binding.yaml");
    const RULES: &str = include_str!("../../examples/gardener/policy.yaml");
    const NAMESPACES: &str = r"
apiVersion: v1
kind: Namespace
metadata: {name: shoot--shop--hangzhou, labels: {shoot.gardener.cloud/provider: alicloud}}
";
    // `prod` alone, so that it is the default one: Machines name no account.
    let locks = LOCKS.split("---").next().unwrap();
    let product = Product::start(&[
        ("binding.yaml", BINDING),
        ("policy.yaml", RULES),
        ("locks.yaml", locks),
        ("namespaces.yaml", NAMESPACES),
    ])
    .await;
    let here = plane().await.tenant("shoot--shop--hangzhou").await;
    let elsewhere = plane().await.tenant("shoot--shop--ireland").await;
    let old = shoot_machine("old");
    stand(&here, &old).await;
    for tenant in [&here, &elsewhere] {
        tenant
            .register(product.registration(), &product.url, &product.authority)
            .await;
    }

    let answer = here.rejects(shoot_machine("new"), CREATE).await;
    let message = answer.body["message"].as_str().unwrap();
    assert!(
        message.starts_with(
            "admission webhook \"gardener-machine.binding.ecs.arrears.dev\" denied the request: "
        ),
        "{message}"
    );
    meets(&here, shoot_machine("new"), Denied(CREATE)).await;
    meets(&elsewhere, shoot_machine("new"), Passes).await;
    let instance = json!({"spec": {"providerID": "cn-hangzhou.i-bp1x"}});
    meets(
        &here,
        with(shoot_machine("moved"), instance.clone()),
        Passes,
    )
    .await;
    meets(&here, merge(&old, instance), Passes).await;
    meets(&here, delete(&old), Passes).await;

    // The binding itself is one that the API server takes, from the same file and by the same tool as users'.
    let binding = documents(BINDING).remove(0);
    here.accepts(create(binding).dry_run()).await;
    let applied = plane()
        .await
        .kubectl(
            &[
                "apply",
                "--server-side",
                "--force-conflicts",
                "--dry-run=server",
                "-f",
                "-",
            ],
            &[BINDING, RULES].join("\n---\n"),
        )
        .await;
    assert_eq!(
        applied.text(),
        "operationbinding.arrears.dev/gardener-machine serverside-applied (server dry run)\n\
         overduepolicy.arrears.dev/default serverside-applied (server dry run)\n"
    );
    product.stop().await;
}
