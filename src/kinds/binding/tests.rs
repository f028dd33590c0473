//! What every form of binding asks for, and that no object makes a binding expensive or panic.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::api::{OperationBinding, OverduePolicy};

const GARDENER: &str = include_str!("../../../examples/gardener/binding.yaml");
const GARDENER_POLICY: &str = include_str!("../../../examples/gardener/policy.yaml");

const CONTRACT: &str = r#"
  target: {group: acme.example, kinds: [VirtualMachine], resources: [virtualmachines]}
  paths: {region: $.spec.region, account: $.spec.account, instanceIds: [$.status.instanceId], diskIds: [$.spec.disks.*.id]}
  operations:
  - {action: CreateInstance, on: [CREATE]}
  - {action: StartInstance, on: [UPDATE], changed: $.spec.power, equals: "On"}
"#;

pub(super) fn compile(yaml: &str) -> Result<Binding, Vec<String>> {
    let document: OperationBinding = serde_saphyr::from_str(yaml).unwrap();
    Binding::compile(&document)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

pub(super) fn binding(spec: &str) -> Result<Binding, Vec<String>> {
    compile(&format!("metadata: {{name: acme}}\nspec: {spec}"))
}

/// A binding of `Vm` whose operations are these.
fn operations(operations: &str) -> Binding {
    binding(&format!(
        "{{target: {{group: acme.example, kinds: [Vm]}}, paths: {{instanceIds: [$.status.ids.*, $.spec.id], diskIds: [$.spec.disks.*.id]}}, operations: [{operations}]}}"
    ))
    .unwrap()
}

fn read(binding: &Binding, object: &Value) -> BoundObject {
    let text = object.to_string();
    binding
        .read(&mut serde_json::Deserializer::from_str(&text))
        .unwrap()
}

fn created(binding: &Binding, new: &Value) -> String {
    describe(&binding.infer(&read(binding, new), None, Origin::ApiServer))
}

fn updated(binding: &Binding, old: &Value, new: &Value) -> String {
    let (old, new) = (read(binding, old), read(binding, new));
    describe(&binding.infer(&new, Some(&old), Origin::ApiServer))
}

/// One line: account and region where given, then `Action instances / disks (field)` for each call.
fn describe(inference: &Inference<'_>) -> String {
    match inference {
        Inference::Nothing => "nothing".into(),
        Inference::Malformed(wrong) => {
            format!(
                "{} is {}, expected {}",
                wrong.field, wrong.found, wrong.expected
            )
        }
        Inference::Asked(asked) => {
            let subject = match (&asked.subject.account, &asked.subject.region) {
                (AccountRef::Default, None) => String::new(),
                (AccountRef::Named(name), region) => {
                    format!("{name} {}: ", region.as_deref().unwrap_or("-"))
                }
                (AccountRef::Default, Some(region)) => format!("- {region}: "),
                (AccountRef::ProviderConfig { .. }, _) => "?".into(),
            };
            let calls = asked.operations.iter().map(|operation| {
                format!(
                    "{} {} / {} ({})",
                    operation.call.name(),
                    ids(&operation.target.instances),
                    ids(&operation.target.disks),
                    operation.field
                )
            });
            format!("{subject}{}", calls.collect::<Vec<_>>().join("; "))
        }
    }
}

fn ids(ids: &Ids<'_>) -> String {
    match ids {
        Ids::None => "-".into(),
        Ids::Known(ids) => ids.join("+"),
        Ids::Missing(field) => format!("no {field}"),
        Ids::Elsewhere(field) => format!("elsewhere {field}"),
        Ids::Unresolved(field) => format!("unresolved {field}"),
    }
}

#[test]
fn the_binding_of_the_contract_asks_for_what_it_says() {
    let binding = binding(CONTRACT).unwrap();
    let vm = |power: &str, rest: Value| json!({"spec": {"power": power, "region": "cn-hangzhou", "account": "prod", "disks": [{"id": "d-1"}, {"id": "d-2"}]}, "status": rest});
    let off = vm("Off", json!({"instanceId": "i-1"}));
    let on = vm("On", json!({"instanceId": "i-1"}));
    let start = "prod cn-hangzhou: StartInstance i-1 / - (spec.power)";
    for (name, old, new, expected) in [
        (
            "create",
            None,
            &off,
            "prod cn-hangzhou: CreateInstance - / - (spec)",
        ),
        ("started", Some(&off), &on, start),
        ("stopped", Some(&on), &off, "nothing"),
        ("still on", Some(&on), &on, "nothing"),
        ("power first given", Some(&json!({"spec": {}})), &on, start),
        (
            "power taken away",
            Some(&on),
            &json!({"spec": {}}),
            "nothing",
        ),
        ("another word", Some(&off), &vm("on", json!({})), "nothing"),
        (
            "no id yet",
            Some(&off),
            &vm("On", json!({})),
            "prod cn-hangzhou: StartInstance no status.instanceId / - (spec.power)",
        ),
        (
            "an empty id",
            Some(&off),
            &vm("On", json!({"instanceId": ""})),
            "prod cn-hangzhou: StartInstance no status.instanceId / - (spec.power)",
        ),
        (
            "no id, no account, no region",
            Some(&json!({})),
            &json!({"spec": {"power": "On"}}),
            "StartInstance no status.instanceId / - (spec.power)",
        ),
        (
            "being deleted",
            Some(&off),
            &json!({"metadata": {"deletionTimestamp": "2026-11-23T10:00:00Z"}, "spec": {"power": "On"}}),
            "nothing",
        ),
        (
            "an id of another type",
            Some(&off),
            &vm("On", json!({"instanceId": 7})),
            "status.instanceId is a number, expected an instance id",
        ),
        (
            "an id of another form",
            Some(&off),
            &vm("On", json!({"instanceId": "alicloud://cn-hangzhou.i-1"})),
            "status.instanceId is a string, expected an instance id",
        ),
        (
            "a region of another type",
            None,
            &json!({"spec": {"region": ["cn-hangzhou"]}}),
            "spec.region is a list, expected the id of a region",
        ),
        (
            "an account of another type",
            None,
            &json!({"spec": {"account": {"name": "prod"}}}),
            "spec.account is an object, expected the name of an account",
        ),
        (
            "empty names",
            None,
            &json!({"spec": {"region": "", "account": null}}),
            "CreateInstance - / - (spec)",
        ),
        (
            "not even an object",
            None,
            &json!([1, 2]),
            "CreateInstance - / - (spec)",
        ),
        (
            "what is wrong where nothing is asked",
            Some(&on),
            &vm("Off", json!({"instanceId": 7})),
            "nothing",
        ),
    ] {
        let found = match old {
            Some(old) => updated(&binding, old, new),
            None => created(&binding, new),
        };
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn a_change_is_a_difference_of_the_lists_of_nodes() {
    let disks = operations("{action: DeleteDisk, on: [UPDATE], changed: '$.spec.disks.*.id'}");
    let vm = |ids: &[&str]| json!({"spec": {"note": ids.len(), "disks": ids.iter().map(|id| json!({"id": id, "size": ids.len()})).collect::<Vec<_>>()}});
    let asked = |ids: &str| format!("DeleteDisk - / {ids} (spec.disks.*.id)");
    for (old, new, expected) in [
        (vm(&["d-1"]), vm(&["d-1"]), "nothing".to_owned()),
        (vm(&["d-1"]), vm(&["d-1", "d-2"]), asked("d-1+d-2")),
        (vm(&["d-1", "d-2"]), vm(&["d-2", "d-1"]), asked("d-2+d-1")),
        (vm(&["d-1"]), vm(&[]), asked("no spec.disks.*.id")),
        (
            json!({}),
            json!({"spec": {"disks": []}}),
            "nothing".to_owned(),
        ),
        (
            vm(&["d-1"]),
            json!({"spec": {"note": 9, "disks": [{"id": "d-1", "size": 50}]}}),
            "nothing".to_owned(),
        ),
    ] {
        assert_eq!(updated(&disks, &old, &new), expected, "{old} -> {new}");
    }
    let both = operations("{action: CreateImage, on: [CREATE, UPDATE], changed: $.spec.image}");
    let image = json!({"spec": {"image": {"a": 1}, "id": "i-9"}});
    assert_eq!(created(&both, &image), "CreateImage i-9 / - (spec.image)");
    assert_eq!(created(&both, &json!({"spec": {}})), "nothing");
    assert_eq!(updated(&both, &image, &image), "nothing");
    assert_eq!(
        updated(&both, &image, &json!({"spec": {"image": {"a": 2}}})),
        "CreateImage - / - (spec.image)"
    );
    let always = operations("{action: RebootInstance, on: [UPDATE]}");
    assert_eq!(
        updated(&always, &image, &image),
        "RebootInstance i-9 / - (spec)"
    );
    assert_eq!(created(&always, &image), "nothing");
}

#[test]
fn equals_is_strict_about_types() {
    for (scalar, value, is_equal) in [
        (r#""1""#, json!("1"), true),
        (r#""1""#, json!(1), false),
        ("1", json!(1), true),
        ("1", json!(1.0), true),
        ("1.0", json!(1), true),
        ("1", json!("1"), false),
        ("1", json!(true), false),
        ("-3", json!(-3), true),
        ("0.5", json!(0.5), true),
        ("true", json!(true), true),
        ("true", json!("true"), false),
        ("true", json!(false), false),
        (r#""""#, json!(""), true),
        (r#""""#, json!(null), false),
        (r#""On""#, json!(["On"]), false),
        (r#""On""#, json!({"On": "On"}), false),
    ] {
        let binding = operations(&format!(
            "{{action: CreateInstance, on: [UPDATE], changed: $.spec.x, equals: {scalar}}}"
        ));
        let expected = if is_equal {
            "CreateInstance - / - (spec.x)"
        } else {
            "nothing"
        };
        let old = json!({"spec": {"x": {"before": 1}}});
        assert_eq!(
            updated(&binding, &old, &json!({"spec": {"x": value}})),
            expected,
            "{scalar} {value}"
        );
    }
    let any = operations(
        "{action: CreateInstance, on: [UPDATE], changed: '$.spec.vms.*.power', equals: On1}",
    );
    let vms =
        |powers: [&str; 2]| json!({"spec": {"vms": powers.map(|power| json!({"power": power}))}});
    assert_eq!(
        updated(&any, &vms(["Off", "Off"]), &vms(["Off", "On1"])),
        "CreateInstance - / - (spec.vms.*.power)"
    );
    assert_eq!(
        updated(&any, &vms(["Off", "Off"]), &vms(["Off", "Gone"])),
        "nothing"
    );
}

#[test]
fn each_action_takes_its_own_ids() {
    let full = json!({"spec": {"id": "i-9", "disks": [{"id": "d-1"}, {"id": null}, {"id": "d-2"}]}, "status": {"ids": ["i-1", "i-2"]}});
    let bare = json!({"spec": {}});
    for (action, with_ids, without) in [
        (
            "StartInstances",
            "StartInstance i-1+i-2+i-9 / -",
            "StartInstance no status.ids.* / -",
        ),
        (
            "AttachDisk",
            "AttachDisk i-1+i-2+i-9 / d-1+d-2",
            "AttachDisk no status.ids.* / no spec.disks.*.id",
        ),
        (
            "DeleteDisk",
            "DeleteDisk - / d-1+d-2",
            "DeleteDisk - / no spec.disks.*.id",
        ),
        (
            "ReplaceSystemDisk",
            "ReplaceSystemDisk i-1+i-2+i-9 / d-1+d-2",
            "ReplaceSystemDisk no status.ids.* / -",
        ),
        (
            "CreateDisk",
            "CreateDisk i-1+i-2+i-9 / -",
            "CreateDisk - / -",
        ),
        (
            "CreateSecurityGroup",
            "CreateSecurityGroup - / -",
            "CreateSecurityGroup - / -",
        ),
        (
            "ResizeDisk",
            "ResizeDisk i-1+i-2+i-9 / d-1+d-2",
            "ResizeDisk - / -",
        ),
    ] {
        let binding = operations(&format!("{{action: {action}, on: [CREATE]}}"));
        assert_eq!(created(&binding, &full), format!("{with_ids} (spec)"));
        assert_eq!(created(&binding, &bare), format!("{without} (spec)"));
    }
    let create = operations("{action: RunInstances, on: [CREATE]}");
    let wrong_ids = json!({"spec": {"id": 7, "disks": [{"id": []}]}});
    assert_eq!(
        created(&create, &wrong_ids),
        "CreateInstance - / - (spec); StartInstance - / - (spec)"
    );
    let attach = operations("{action: AttachDisk, on: [CREATE]}");
    let second = json!({"spec": {"id": "i-9", "disks": [{"id": "d-1"}, {"id": "i-2"}]}});
    assert_eq!(
        created(&attach, &second),
        "spec.disks[1].id is a string, expected a disk id"
    );
}

#[test]
fn a_manifest_does_not_show_ids_that_stand_outside_its_spec() {
    let text = |binding: &Binding| {
        let object = read(binding, &json!({"spec": {}}));
        describe(&binding.infer(&object, None, Origin::Manifest))
    };
    let both = operations("{action: AttachDisk, on: [CREATE]}");
    assert_eq!(
        text(&both),
        "AttachDisk elsewhere status.ids.* / no spec.disks.*.id (spec)"
    );
    assert_eq!(
        text(&operations("{action: CreateImage, on: [CREATE]}")),
        "CreateImage - / - (spec)"
    );
}

#[test]
fn several_places_for_one_name_must_agree() {
    let spec = "{target: {group: acme.example, kinds: [Vm]}, paths: {region: '$.spec.zones.*.region'}, operations: [{action: CreateInstance, on: [CREATE]}]}";
    let binding = binding(spec).unwrap();
    let zones = |regions: &[&str]| json!({"spec": {"zones": regions.iter().map(|region| json!({"region": region})).collect::<Vec<_>>()}});
    for (regions, expected) in [
        (
            &["cn-a", "", "cn-a"][..],
            "- cn-a: CreateInstance - / - (spec)",
        ),
        (&[], "CreateInstance - / - (spec)"),
        (
            &["cn-a", "cn-b"],
            "spec.zones[1].region is a string, expected the same text as found before",
        ),
    ] {
        assert_eq!(created(&binding, &zones(regions)), expected);
    }
}

#[test]
fn a_new_gardener_machine_makes_an_instance_unless_it_has_one() {
    let binding = compile(GARDENER).unwrap();
    assert_eq!(
        (binding.name(), binding.group()),
        ("gardener-machine", "machine.sapcloud.io")
    );
    assert!(binding.kinds().eq(["Machine"]));
    let machine = json!({
        "apiVersion": "machine.sapcloud.io/v1alpha1",
        "kind": "Machine",
        "metadata": {"name": "shoot-worker-z1-abcde", "namespace": "shoot--garden--ali", "labels": {"name": "shoot-worker"}},
        "spec": {"class": {"kind": "MachineClass", "name": "shoot-worker-z1"}, "nodeTemplate": {"metadata": {}}},
    });
    let mut restored = machine.clone();
    restored["spec"]["providerID"] = json!("cn-hangzhou.i-bp1restored");
    let run = "CreateInstance - / - (spec); StartInstance - / - (spec)";
    assert_eq!(created(&binding, &machine), run);
    assert_eq!(created(&binding, &restored), "nothing");
    assert_eq!(updated(&binding, &machine, &restored), "nothing");
    assert_eq!(updated(&binding, &restored, &machine), "nothing");
    let machine = read(&binding, &machine);
    let Inference::Asked(asked) = binding.infer(&machine, None, Origin::ApiServer) else {
        panic!("a new machine asks")
    };
    assert!(
        asked
            .operations
            .iter()
            .all(|operation| operation.call.called() == Some("RunInstances"))
    );
    let policy: OverduePolicy = serde_saphyr::from_str(GARDENER_POLICY).unwrap();
    assert_eq!(policy.check(), []);
}

#[test]
fn an_object_too_large_to_look_at_is_named_and_asks_for_nothing_else() {
    let binding = operations("{action: DeleteDisk, on: [UPDATE], changed: $.spec.disks}");
    let large = json!({"spec": {"id": "i-9", "disks": vec![0; MOST_VALUES + 1]}});
    let small = json!({"spec": {"disks": []}});
    let told = "spec.disks is a list, expected at most 50000 values where its binding looks";
    assert_eq!(updated(&binding, &small, &large), told);
    assert_eq!(updated(&binding, &large, &small), told);
    assert_eq!(created(&binding, &large), "nothing");
    let disks: Vec<_> = (0..=MOST_IDS)
        .map(|number| json!({"id": format!("d-{number}")}))
        .collect();
    let many = json!({"spec": {"disks": disks}});
    assert_eq!(
        updated(&binding, &small, &many),
        "spec.disks[1000].id is a string, expected at most 1000 ids"
    );
    let elsewhere = json!({"spec": {"disks": [{"id": "d-1"}], "data": vec![0; MOST_VALUES + 1]}, "data": vec![0; MOST_VALUES + 1]});
    assert_eq!(
        updated(&binding, &small, &elsewhere),
        "DeleteDisk - / d-1 (spec.disks)"
    );
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "([id]-)?[a-z0-9]{0,4}".prop_map(Value::from),
    ];
    let name = prop::sample::select(vec![
        "metadata",
        "spec",
        "status",
        "power",
        "disks",
        "id",
        "instanceId",
        "region",
        "account",
        "class",
        "providerID",
        "ids",
        "deletionTimestamp",
    ]);
    leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(Value::from_iter::<std::collections::BTreeMap<String, Value>>),
        ]
    })
}

proptest! {
    #[test]
    fn any_objects_get_an_answer(new in any_json(), old in any_json()) {
        let all = operations(
            "{action: AttachDisk, on: [CREATE, UPDATE]}, {action: StartInstance, on: [UPDATE], changed: $.spec.power, equals: a}, {action: ResizeDisk, on: [UPDATE], changed: $..id}",
        );
        for binding in [binding(CONTRACT).unwrap(), compile(GARDENER).unwrap(), all] {
            let deleting = new.pointer("/metadata/deletionTimestamp").is_some_and(|stamp| !stamp.is_null());
            for answer in [created(&binding, &new), updated(&binding, &old, &new)] {
                prop_assert!(!answer.is_empty());
                prop_assert!(!deleting || answer == "nothing", "{answer}");
            }
        }
    }
}
