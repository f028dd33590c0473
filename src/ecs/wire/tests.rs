//! The shapes of both APIs, and what is no such shape.

use serde_json::{Value, json};

use super::*;

fn instances(body: &Value) -> Result<Page<Instance>, String> {
    Instance::read(body.to_string().as_bytes())
}

fn disks(body: &Value) -> Result<Page<Disk>, String> {
    Disk::read(body.to_string().as_bytes())
}

/// The locks of an instance whose `OperationLocks` is this.
fn instance_locks(locks: &Value) -> Result<Locks, String> {
    let page = instances(&json!({"Instances": {"Instance": [
        {"InstanceId": "i-1", "OperationLocks": locks},
    ]}}))?;
    Ok(page.items[0].locks.clone())
}

/// The locks of a disk whose `OperationLocks` is this.
fn disk_locks(locks: &Value) -> Result<Locks, String> {
    let page = disks(&json!({"Disks": {"Disk": [
        {"DiskId": "d-1", "OperationLocks": locks},
    ]}}))?;
    Ok(page.items[0].locks.clone())
}

fn listed(reasons: &[&str]) -> Locks {
    Locks::Listed(reasons.iter().map(|&reason| reason.to_owned()).collect())
}

#[test]
fn an_instance_answer_is_read_as_the_service_gives_it() {
    let page = instances(&json!({
        "RequestId": "473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E",
        "TotalCount": 2, "PageSize": 100, "PageNumber": 1, "NextToken": "caeba0bbb2be03f84eb48b699f0a4883",
        "Instances": {"Instance": [
            {"InstanceId": "i-bp1a", "Status": "Stopped", "RegionId": "cn-hangzhou", "Tags": {"Tag": []},
             "OperationLocks": {"LockReason": [{"LockReason": "financial", "LockMsg": "overdue"}, {"LockReason": "security"}]}},
            {"InstanceId": "i-bp1b", "OperationLocks": {"LockReason": []}},
        ]},
    }));
    assert_eq!(
        page.unwrap(),
        Page {
            items: vec![
                Instance {
                    id: "i-bp1a".to_owned(),
                    locks: listed(&["financial", "security"]),
                },
                Instance {
                    id: "i-bp1b".to_owned(),
                    locks: listed(&[]),
                },
            ],
            next_token: Some("caeba0bbb2be03f84eb48b699f0a4883".to_owned()),
        }
    );
}

#[test]
fn one_instance_is_read_from_the_top_of_its_answer() {
    let body = json!({
        "InstanceId": "i-1", "Status": "Running", "RequestId": "r",
        "OperationLocks": {"LockReason": [{"LockReason": "financial"}]},
    });
    let instance: Instance = read(body.to_string().as_bytes()).unwrap();
    assert_eq!(instance.id, "i-1");
    assert_eq!(instance.locks, listed(&["financial"]));
}

#[test]
fn a_disk_answer_is_read_with_every_instance_that_the_disk_is_attached_to_once() {
    let page = disks(&json!({
        "RequestId": "r", "TotalCount": 0, "NextToken": "",
        "Disks": {"Disk": [
            {"DiskId": "d-1", "InstanceId": "i-1", "Status": "In_use", "Portable": true, "MultiAttach": "Enabled",
             "OperationLocks": {"OperationLock": [{"LockReason": "financial"}]},
             "Attachments": {"Attachment": [{"InstanceId": "i-1", "Device": "/dev/xvda"}, {"InstanceId": "i-2"}, {"InstanceId": null}]},
             "MountInstances": {"MountInstance": [{"InstanceId": "i-2"}, {"InstanceId": "i-3"}]}},
            {"DiskId": "d-2", "InstanceId": "", "OperationLocks": {"OperationLock": []},
             "Attachments": {"Attachment": []}, "MountInstances": {"MountInstance": []}},
            {"DiskId": "d-3", "InstanceId": null, "Attachments": null},
        ]},
    }))
    .unwrap();
    assert_eq!(page.next_token, None);
    assert_eq!(page.items[0].locks, listed(&["financial"]));
    assert_eq!(page.items[0].instances, ["i-1", "i-2", "i-3"]);
    assert_eq!(page.items[1].locks, listed(&[]));
    assert!(page.items[1].instances.is_empty());
    assert_eq!(page.items[2].locks, Locks::Absent);
    assert!(page.items[2].instances.is_empty());
}

#[test]
fn missing_and_null_locks_are_told_apart_from_no_locks() {
    assert_eq!(instance_locks(&Value::Null), Ok(Locks::Absent));
    assert_eq!(disk_locks(&Value::Null), Ok(Locks::Absent));
    let page = instances(&json!({"Instances": {"Instance": [{"InstanceId": "i-1"}]}}));
    assert_eq!(page.unwrap().items[0].locks, Locks::Absent);
}

#[test]
fn one_lock_without_a_list_around_it_is_a_lock() {
    let bare = json!({"LockReason": "financial", "LockMsg": "m"});
    let locks = instance_locks(&json!({"LockReason": bare.clone()}));
    assert_eq!(locks, Ok(listed(&["financial"])));
    let locks = disk_locks(&json!({"OperationLock": bare}));
    assert_eq!(locks, Ok(listed(&["financial"])));
}

#[test]
fn the_locks_of_one_api_in_the_shape_of_the_other_are_an_error() {
    let entry = json!([{"LockReason": "financial"}]);
    let error = instance_locks(&json!({"OperationLock": entry.clone()})).unwrap_err();
    assert!(error.contains("missing field `LockReason`"), "{error}");
    let error = disk_locks(&json!({"LockReason": entry})).unwrap_err();
    assert!(error.contains("missing field `OperationLock`"), "{error}");
}

#[test]
fn locks_of_no_known_shape_are_an_error_and_never_no_locks() {
    for shape in [
        json!({}),
        json!([]),
        json!([[]]),
        json!([{"LockReason": "financial"}]),
        json!("financial"),
        json!(false),
        json!(0),
    ] {
        assert!(instance_locks(&shape).is_err(), "{shape}");
        assert!(disk_locks(&shape).is_err(), "{shape}");
    }
    for list in [
        json!(null),
        json!("financial"),
        json!(["financial"]),
        json!([["financial"]]),
        json!([null]),
        json!([{}]),
        json!([{"Reason": "financial"}]),
        json!([{"LockReason": null}]),
        json!([{"LockReason": 1}]),
        json!({}),
        json!({"LockReason": ["financial"]}),
    ] {
        assert!(
            instance_locks(&json!({ "LockReason": list })).is_err(),
            "{list}"
        );
        assert!(
            disk_locks(&json!({ "OperationLock": list })).is_err(),
            "{list}"
        );
    }
}

#[test]
fn an_answer_without_its_list_is_an_error_and_never_an_empty_list() {
    for body in [
        json!({}),
        json!([]),
        json!([{"Instance": []}]),
        json!(null),
        json!({"RequestId": "r", "TotalCount": 0}),
        json!({"Instances": null, "Disks": null}),
        json!({"Instances": [], "Disks": []}),
        json!({"Instances": [[]], "Disks": [[]]}),
        json!({"Instances": {}, "Disks": {}}),
        json!({"Instances": {"Instance": null}, "Disks": {"Disk": null}}),
        json!({"Instances": {"Instance": {}}, "Disks": {"Disk": {}}}),
        json!({"Instances": {"Instance": [null]}, "Disks": {"Disk": [null]}}),
        json!({"Instances": {"Instance": [{}]}, "Disks": {"Disk": [{}]}}),
        json!({"Instances": {"Instance": [["i-1"]]}, "Disks": {"Disk": [["d-1"]]}}),
        json!({"Instances": {"Instance": [{"InstanceId": ""}]}, "Disks": {"Disk": [{"DiskId": ""}]}}),
        json!({"Instances": {"Instance": []}, "Disks": {"Disk": []}, "NextToken": 7}),
    ] {
        assert!(instances(&body).is_err(), "{body}");
        assert!(disks(&body).is_err(), "{body}");
    }
    // Each API has its own list.
    assert!(instances(&json!({"Disks": {"Disk": []}})).is_err());
    assert!(disks(&json!({"Instances": {"Instance": []}})).is_err());
}

#[test]
fn an_attachment_to_nobody_knows_what_is_an_error() {
    for attachments in [
        json!([]),
        json!({}),
        json!({"Attachment": null}),
        json!({"Attachment": ["i-1"]}),
        json!({"Attachment": [{"Device": "/dev/xvda"}]}),
    ] {
        let entry = json!({"DiskId": "d-1", "Attachments": attachments});
        let page = disks(&json!({"Disks": {"Disk": [entry]}}));
        assert!(page.is_err(), "{attachments}");
    }
}

#[test]
fn every_cut_of_an_answer_is_an_error() {
    let body = json!({
        "Instances": {"Instance": [{"InstanceId": "i-1", "OperationLocks": {"LockReason": [{"LockReason": "financial"}]}}]},
        "NextToken": "",
    })
    .to_string();
    for end in 0..body.len() {
        let cut = Instance::read(&body.as_bytes()[..end]);
        assert!(cut.is_err(), "{}", &body[..end]);
    }
    assert!(Instance::read(body.as_bytes()).is_ok());
    assert!(Instance::read(format!("{body}{body}").as_bytes()).is_err());
}

#[test]
fn problems_say_where_they_are() {
    let problem = |body: &str| Instance::read(body.as_bytes()).unwrap_err();
    assert!(problem("<html>").starts_with("the answer is not JSON at line 1"));
    assert!(problem("{\"Instances\"").starts_with("the answer ends early"));
    assert!(problem("{}").contains("another shape: missing field `Instances`"));
}
