//! Histories of one account: what is locked and paid when, and what is answered.
//!
//! "At the next listing" a lock is enforced; the very next request honours a payment, without any listing.

use super::{double::Denial, scene::Scene};

const DENIED: u16 = 403;

#[tokio::test]
async fn a_lock_is_enforced_at_the_next_listing_and_a_payment_at_the_next_request() {
    let scene = Scene::begin().await;
    scene.cloud().instance("i-web");
    scene.list().await;
    scene.allows("StartInstance", &["i-web"], &[]).await;

    scene.cloud().lock_instance("i-web", ["financial"]);
    scene.list().await;
    scene.minute();
    scene.denies("StartInstance", &["i-web"], &[]).await;

    scene.cloud().pay_instance("i-web");
    scene.seconds(11);
    let listings = scene.listings();
    scene.allows("StartInstance", &["i-web"], &[]).await;
    assert_eq!(scene.listings(), listings, "nobody waited for a listing");
}

#[tokio::test]
async fn what_is_locked_anew_is_denied_again() {
    let scene = Scene::begin().await;
    scene.cloud().lock_instance("i-web", ["financial"]);
    scene.list().await;
    scene.minute();
    scene.cloud().pay_instance("i-web");
    scene.allows("StartInstance", &["i-web"], &[]).await;
    scene.cloud().lock_instance("i-web", ["financial"]);
    scene.seconds(1);
    scene.list().await;
    scene.denies("StartInstance", &["i-web"], &[]).await;
}

#[tokio::test]
async fn a_locked_disk_alone_is_told_from_a_locked_instance() {
    let scene = Scene::begin().await;
    scene.cloud().instance("i-web");
    scene
        .cloud()
        .lock_disk("d-data", ["financial"])
        .attach("d-data", "i-web");
    scene.list().await;
    scene.allows("StartInstance", &["i-web"], &[]).await;
    scene.denies("AttachDisk", &["i-web"], &["d-data"]).await;
    scene.denies("CreateDisk", &[], &[]).await;
    scene.minute();
    scene.cloud().pay_disk("d-data");
    scene.allows("AttachDisk", &["i-web"], &["d-data"]).await;
    scene.allows("CreateDisk", &[], &[]).await;
}

#[tokio::test]
async fn an_id_that_is_locked_in_another_region_after_a_move_follows_it() {
    let scene = Scene::begin_in(&["cn-beijing", "cn-hangzhou"]).await;
    scene
        .cloud_in("cn-hangzhou")
        .lock_instance("i-nomad", ["financial"]);
    scene.list().await;
    scene.denies("StartInstance", &["i-nomad"], &[]).await;
    scene.cloud_in("cn-hangzhou").delete_instance("i-nomad");
    scene
        .cloud_in("cn-beijing")
        .lock_instance("i-nomad", ["financial"]);
    scene.minute();
    scene.list().await;
    let in_beijing = scene
        .ask_in("cn-beijing", "StartInstance", &["i-nomad"], &[])
        .await;
    assert_eq!(in_beijing.code, Some(DENIED), "{in_beijing:?}");
    scene.allows("StartInstance", &["i-nomad"], &[]).await;
}

#[tokio::test]
async fn an_id_that_is_used_again_starts_free() {
    let scene = Scene::begin().await;
    scene.cloud().lock_instance("i-phoenix", ["financial"]);
    scene.list().await;
    scene.denies("StartInstance", &["i-phoenix"], &[]).await;
    scene.cloud().delete_instance("i-phoenix");
    scene.minute();
    // ECS does not know it: what was listed stands until the next listing.
    scene.denies("StartInstance", &["i-phoenix"], &[]).await;
    scene.cloud().instance("i-phoenix");
    scene.seconds(11);
    scene.allows("StartInstance", &["i-phoenix"], &[]).await;
}

#[tokio::test]
async fn of_several_targets_each_has_to_be_paid() {
    let scene = Scene::begin().await;
    for id in ["i-a", "i-b", "i-c"] {
        scene.cloud().lock_instance(id, ["financial"]);
    }
    scene.list().await;
    scene.minute();
    scene.cloud().pay_instance("i-a");
    let both = scene.ask("StartInstance", &["i-a", "i-b"], &[]).await;
    assert_eq!(both.code, Some(DENIED));
    assert!(both.message.contains("instance i-b "), "{}", both.message);
    scene.cloud().pay_instance("i-b");
    scene.seconds(11);
    scene.allows("StartInstance", &["i-a", "i-b"], &[]).await;
    scene.denies("CreateInstance", &[], &[]).await;
    scene.cloud().pay_instance("i-c");
    scene.seconds(11);
    scene.allows("CreateInstance", &[], &[]).await;
}

#[tokio::test]
async fn a_whole_account_is_free_once_the_last_of_hundreds_is_paid() {
    let scene = Scene::begin().await;
    let ids: Vec<String> = (0..250).map(|number| format!("i-{number:04}")).collect();
    for id in &ids {
        scene.cloud().lock_instance(id, ["financial"]);
    }
    scene.list().await;
    scene.minute();
    for id in &ids {
        scene.cloud().pay_instance(id);
    }
    let before = scene.calls("DescribeInstances");
    scene.allows("CreateInstance", &[], &[]).await;
    assert_eq!(
        scene.calls("DescribeInstances") - before,
        3,
        "100 ids a call"
    );
}

#[tokio::test]
async fn ids_of_every_age_are_listed() {
    let scene = Scene::begin().await;
    scene
        .cloud()
        .lock_instance("AY14051913564762", ["financial"]);
    scene.cloud().lock_disk("1006-4711", ["financial"]);
    scene.cloud().attach("1006-4711", "AY14051913564762");
    scene.list().await;
    scene.denies("CreateInstance", &[], &[]).await;
    scene.cloud().pay_instance("AY14051913564762");
    scene.cloud().pay_disk("1006-4711");
    scene.minute();
    scene.allows("CreateInstance", &[], &[]).await;
}

#[tokio::test]
async fn a_lock_for_another_reason_is_no_arrears() {
    let scene = Scene::begin().await;
    scene
        .cloud()
        .lock_instance("i-web", ["financial", "security"]);
    scene.list().await;
    scene.denies("StartInstance", &["i-web"], &[]).await;
    scene.minute();
    scene.cloud().lock_instance("i-web", ["security"]);
    scene.allows("StartInstance", &["i-web"], &[]).await;
    scene.list().await;
    scene.allows("StartInstance", &["i-web"], &[]).await;
}

#[tokio::test]
async fn a_free_disk_is_judged_by_the_instance_that_it_is_attached_to() {
    let scene = Scene::begin().await;
    scene.cloud().lock_instance("i-web", ["financial"]);
    scene.cloud().disk("d-on").attach("d-on", "i-web");
    scene.cloud().disk("d-off");
    scene.list().await;
    scene.denies("ReInitDisk", &[], &["d-on"]).await;
    scene.allows("ReInitDisk", &[], &["d-off"]).await;
    let before = scene.calls("DescribeDisks");
    scene.denies("ReInitDisk", &[], &["d-on"]).await;
    scene.allows("ReInitDisk", &[], &["d-off"]).await;
    assert_eq!(scene.calls("DescribeDisks"), before, "it is remembered");
    scene.minute();
    scene.cloud().pay_instance("i-web");
    scene.allows("ReInitDisk", &[], &["d-on"]).await;
}

#[tokio::test]
async fn a_listing_without_the_instances_alone_is_believed_only_with_their_permission() {
    let scene = Scene::begin().await;
    scene.cloud().lock_instance("i-web", ["financial"]);
    scene.cloud().lock_disk("d-data", ["financial"]);
    scene.list().await;
    // As the service answered who may not list instances, until December 2025.
    scene.account().deny("DescribeInstances", Denial::EmptyList);
    scene.try_list().await.remove(0).unwrap_err();
    scene.denies("StartInstance", &["i-web"], &[]).await;
}

#[tokio::test]
async fn a_disk_that_is_detached_frees_it_from_its_instance() {
    let scene = Scene::begin().await;
    scene.cloud().lock_instance("i-web", ["financial"]);
    scene.cloud().disk("d-data").attach("d-data", "i-web");
    scene.list().await;
    scene.denies("ReInitDisk", &[], &["d-data"]).await;
    scene.cloud().detach("d-data", "i-web");
    scene.seconds(11);
    scene.allows("ReInitDisk", &[], &["d-data"]).await;
}

#[tokio::test]
async fn a_disk_that_is_locked_after_it_was_looked_up_is_denied_at_the_next_listing() {
    let scene = Scene::begin().await;
    scene.cloud().lock_instance("i-web", ["financial"]);
    scene.cloud().disk("d-data");
    scene.list().await;
    scene.allows("ReInitDisk", &[], &["d-data"]).await;
    scene.cloud().lock_disk("d-data", ["financial"]);
    scene.seconds(5);
    scene.list().await;
    scene.denies("ResetDisk", &[], &["d-data"]).await;
}

#[tokio::test]
async fn a_listing_that_turns_empty_is_believed_when_the_permission_still_holds() {
    let scene = Scene::begin().await;
    scene.cloud().lock_instance("i-web", ["financial"]);
    scene.list().await;
    scene.cloud().pay_instance("i-web");
    scene.seconds(1);
    let dry_runs = scene.dry_runs();
    scene.list().await;
    assert_eq!(scene.dry_runs() - dry_runs, 2);
    scene.allows("CreateInstance", &[], &[]).await;
    scene.list().await;
    assert_eq!(
        scene.dry_runs() - dry_runs,
        2,
        "nothing was locked any more"
    );
}
