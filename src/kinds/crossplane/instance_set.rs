//! The InstanceSet: instances that come and go together.

use std::borrow::Cow;

use serde_json::Value;

use super::{
    field::{Field, Removal},
    known::KnownFields,
    table::{Creation, Own, Row, Table},
    update::Update,
};
use crate::kinds::{Ids, Malformed, Target};

const FILTER: &str = "excludeInstanceFilter";

pub(super) static INSTANCE_SET: Table = Table {
    own: Own::Instances,
    creation: &[Creation::always("RunInstances")],
    update: &[Row::tags(&["tags"]), Row::rule(&[FILTER], exclude)],
    replacing: &[
        "amount",
        "autoReleaseTime",
        "autoRenew",
        "autoRenewPeriod",
        "bootCheckOsWithAssistant",
        "dataDisks",
        "dedicatedHostId",
        "deletionProtection",
        "deploymentSetId",
        "description",
        "hostName",
        "hpcClusterId",
        "imageId",
        "instanceChargeType",
        "instanceName",
        "instanceType",
        "internetChargeType",
        "internetMaxBandwidthOut",
        "keyPairName",
        "launchTemplateId",
        "launchTemplateName",
        "launchTemplateVersion",
        "networkInterfaces",
        "passwordInherit",
        "passwordSecretRef",
        "period",
        "periodUnit",
        "ramRoleName",
        "resourceGroupId",
        "securityEnhancementStrategy",
        "securityGroupIds",
        "spotPriceLimit",
        "spotStrategy",
        "systemDiskAutoSnapshotPolicyId",
        "systemDiskCategory",
        "systemDiskDescription",
        "systemDiskName",
        "systemDiskPerformanceLevel",
        "systemDiskSize",
        "uniqueSuffix",
        "vswitchId",
        "zoneId",
    ],
    fields: &KnownFields::of(&[
        Field::number("amount"),
        Field::text("autoReleaseTime"),
        Field::flag("autoRenew"),
        Field::number("autoRenewPeriod"),
        Field::flag("bootCheckOsWithAssistant"),
        Field::items("dataDisks", &[]),
        Field::text("dedicatedHostId"),
        Field::flag("deletionProtection"),
        Field::text("deploymentSetId"),
        Field::text("description"),
        Field::list(FILTER).removed_as(Removal::Change),
        Field::text("hostName"),
        Field::text("hpcClusterId"),
        Field::text("imageId"),
        Field::text("instanceChargeType"),
        Field::set("instanceIds"),
        Field::text("instanceName"),
        Field::text("instanceType"),
        Field::text("internetChargeType"),
        Field::number("internetMaxBandwidthOut"),
        Field::text("keyPairName"),
        Field::text("launchTemplateId"),
        Field::text("launchTemplateName"),
        Field::text("launchTemplateVersion"),
        Field::items("networkInterfaces", &[]),
        Field::flag("passwordInherit"),
        Field::whole("passwordSecretRef"),
        Field::number("period"),
        Field::text("periodUnit"),
        Field::text("ramRoleName"),
        Field::text("resourceGroupId"),
        Field::text("securityEnhancementStrategy"),
        Field::set("securityGroupIds"),
        Field::number("spotPriceLimit"),
        Field::text("spotStrategy"),
        Field::text("systemDiskAutoSnapshotPolicyId"),
        Field::text("systemDiskCategory"),
        Field::text("systemDiskDescription"),
        Field::text("systemDiskName"),
        Field::text("systemDiskPerformanceLevel"),
        Field::number("systemDiskSize"),
        Field::tags("tags"),
        Field::flag("uniqueSuffix"),
        Field::text("vswitchId"),
        Field::text("zoneId"),
    ]),
};

/// The filter holds at most one item, compared as a whole: a new item takes its instances out of the set, and
/// whatever happens to an old one makes as many new instances as it had taken out, and names them.
fn exclude<'a>(update: &mut Update<'a>) -> Result<(), Malformed<'a>> {
    let (is_added, is_removed) = update.entries(FILTER)?;
    if is_added {
        let target = excluded(update)?;
        update.call("DeleteInstances", target, FILTER);
    }
    if is_removed {
        update.call("RunInstances", Target::ACCOUNT, FILTER);
        update.call("ModifyInstanceAttribute", Target::ACCOUNT, FILTER);
    }
    Ok(())
}

/// The instances that the filter takes out of the set: any of them, where it doesn't name them by their ids.
fn excluded<'a>(update: &Update<'a>) -> Result<Target<'a>, Malformed<'a>> {
    let filter = update.now().json(FILTER)?.unwrap_or_default();
    let ids: Vec<Cow<'a, str>> = filter
        .as_array()
        .into_iter()
        .flatten()
        .filter(|item| item.get("key").and_then(Value::as_str) == Some("InstanceId"))
        .filter_map(|item| item.get("value")?.as_array())
        .flatten()
        .filter_map(|id| Some(Cow::Owned(id.as_str()?.to_owned())))
        .collect();
    Ok(if ids.is_empty() {
        update.own.clone()
    } else {
        Target::instances(Ids::all(ids, Ids::None))
    })
}
