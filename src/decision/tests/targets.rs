//! Which targets pick which state.

use super::*;

#[test]
fn the_targets_of_an_action_pick_the_state() {
    let basis = basis(&[HANGZHOU, BEIJING], &[]);
    let cases: &[(&str, &[&'static str], &[&'static str], &str)] = &[
        // An instance: itself, and any disk attached to it.
        (
            "StartInstance",
            &["i-locked"],
            &[],
            "deny StartInstance i-locked both Forbidden",
        ),
        (
            "StartInstance",
            &["i-only"],
            &[],
            "deny StartInstance i-only instance Forbidden",
        ),
        (
            "StartInstance",
            &["i-free"],
            &[],
            "allow StartInstance i-free disk Permitted",
        ),
        (
            "StartInstance",
            &["i-other"],
            &[],
            "allow StartInstance i-other neither Permitted",
        ),
        // Another lock reason is no arrears; the reason is compared ignoring case.
        (
            "StartInstance",
            &["i-security"],
            &[],
            "allow StartInstance i-security neither Permitted",
        ),
        // A disk: itself, and any instance it is attached to.
        (
            "ReInitDisk",
            &[],
            &["d-of-locked"],
            "deny ReInitDisk d-of-locked both Forbidden",
        ),
        (
            "ReInitDisk",
            &[],
            &["d-free-of-locked"],
            "deny ReInitDisk d-free-of-locked instance Forbidden",
        ),
        (
            "ReInitDisk",
            &[],
            &["d-locked"],
            "allow ReInitDisk d-locked disk Permitted",
        ),
        (
            "ResetDisk",
            &[],
            &["d-locked"],
            "deny ResetDisk d-locked disk Forbidden",
        ),
        (
            "ResetDisk",
            &[],
            &["d-loose"],
            "deny ResetDisk d-loose disk Forbidden",
        ),
        (
            "ResetDisk",
            &[],
            &["d-other"],
            "allow ResetDisk d-other neither Permitted",
        ),
        // Both named: just these two.
        (
            "AttachDisk",
            &["i-only"],
            &["d-other"],
            "allow AttachDisk i-only+d-other instance Permitted",
        ),
        (
            "AttachDisk",
            &["i-other"],
            &["d-loose"],
            "deny AttachDisk i-other+d-loose disk Forbidden",
        ),
        (
            "AttachDisk",
            &["i-only"],
            &["d-loose"],
            "deny AttachDisk i-only+d-loose both Forbidden",
        ),
        (
            "DetachDisk",
            &["i-only"],
            &["d-loose"],
            "allow DetachDisk i-only+d-loose both Permitted",
        ),
        // The system disk, if known, else any disk of the instance.
        (
            "ReplaceSystemDisk",
            &["i-free"],
            &["d-other"],
            "allow ReplaceSystemDisk i-free+d-other neither Permitted",
        ),
        (
            "ReplaceSystemDisk",
            &["i-free"],
            &[],
            "allow ReplaceSystemDisk i-free disk Permitted",
        ),
        // A new disk: the named instance, and any disk of the account.
        (
            "CreateDisk",
            &["i-other"],
            &[],
            "deny CreateDisk i-other disk Forbidden",
        ),
        (
            "CreateDisk",
            &[],
            &[],
            "deny CreateDisk prod both Forbidden",
        ),
        // Neither: the account.
        (
            "CreateInstance",
            &[],
            &[],
            "deny CreateInstance prod both Forbidden",
        ),
        (
            "CreateSecurityGroup",
            &[],
            &[],
            "allow CreateSecurityGroup prod both Permitted",
        ),
        (
            "CreateImage",
            &["i-only"],
            &[],
            "allow CreateImage i-only instance Permitted",
        ),
        (
            "CreateImage",
            &[],
            &[],
            "allow CreateImage prod both Permitted",
        ),
        // The doubtful ones.
        (
            "ModifyInstanceAttribute",
            &["i-locked"],
            &[],
            "deny ModifyInstanceAttribute i-locked both Contradicted",
        ),
        (
            "ModifyInstanceSpec",
            &["i-only"],
            &[],
            "warn ModifyInstanceSpec i-only instance Undocumented",
        ),
        (
            "ResizeDisk",
            &[],
            &["d-locked"],
            "allow ResizeDisk d-locked disk Unlisted",
        ),
        (
            "RebootInstance",
            &["i-locked"],
            &[],
            "allow RebootInstance i-locked both Irrelevant",
        ),
        // Never blocked.
        (
            "DeleteInstance",
            &["i-locked"],
            &[],
            "allow DeleteInstance i-locked both Permitted",
        ),
        (
            "RenewInstance",
            &["i-locked"],
            &[],
            "allow RenewInstance i-locked both Unlisted",
        ),
        // What is being created has no id yet.
        (
            "ModifyInstanceAttribute",
            &[],
            &[],
            "deny ModifyInstanceAttribute prod both Contradicted",
        ),
        // Several: any one that is forbidden, and which.
        (
            "StartInstance",
            &["i-other", "i-only", "i-locked"],
            &[],
            "deny StartInstance i-only instance Forbidden",
        ),
    ];
    for (action, instances, disks, expected) in cases {
        assert_eq!(
            told(&operation(action, instances, disks), &basis),
            [*expected],
            "{action} {instances:?} {disks:?}"
        );
    }
}
