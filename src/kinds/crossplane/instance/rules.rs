//! What changes of an Instance need more than their own field to know their calls.

use crate::kinds::{Ids, Malformed, Target, crossplane::update::Update};

/// All that goes into the call that sets attributes. `enableHighDensityMode` is of 2.0.
pub(super) const ATTRIBUTES: &[&str] = &[
    "instanceName",
    "description",
    "deletionProtection",
    "creditSpecification",
    "enableJumboFrame",
    "enableHighDensityMode",
    "hostName",
    "userData",
    "passwordSecretRef",
    "kmsEncryptedPassword",
];

/// All that may need a restart. `cpuOptions` is of 1.281.
pub(super) const RESTARTING: &[&str] = &[
    "status",
    "imageId",
    "vswitchId",
    "privateIp",
    "vpcId",
    "instanceType",
    "cpuOptions",
    "hostName",
    "userData",
    "passwordSecretRef",
    "kmsEncryptedPassword",
];

pub(super) const BANDWIDTH: &[&str] = &["internetMaxBandwidthOut", "internetChargeType"];
pub(super) const RENEWAL: &[&str] = &["renewalStatus", "autoRenewPeriod"];

/// Attributes that a running instance takes over at once.
const LIVE: &[&str] = &[
    "instanceName",
    "description",
    "deletionProtection",
    "creditSpecification",
    "enableJumboFrame",
    "enableHighDensityMode",
];

/// What has calls of its own that only a stopped instance takes.
const OFFLINE: &[&str] = &[
    "imageId",
    "vswitchId",
    "privateIp",
    "vpcId",
    "instanceType",
    "cpuOptions",
];

const NETWORK: &[&str] = &["vswitchId", "privateIp", "vpcId"];
const PASSWORDS: &[&str] = &["passwordSecretRef", "kmsEncryptedPassword"];

/// A move into another VPC takes its security groups along, in one call of its own.
pub(super) fn security_groups<'a>(update: &mut Update<'a>) -> Result<(), Malformed<'a>> {
    const FIELD: &str = "securityGroups";
    if update.first_changed(&["vpcId"]).is_some() {
        return Ok(());
    }
    let (is_added, is_removed) = update.entries(FIELD)?;
    if is_removed {
        update.call_own("LeaveSecurityGroup", FIELD);
    }
    if is_added {
        update.call_own("JoinSecurityGroup", FIELD);
    }
    Ok(())
}

/// All attributes go into one call.
pub(super) fn attributes<'a>(update: &mut Update<'a>) -> Result<(), Malformed<'a>> {
    let field = match update.first_changed(LIVE) {
        Some(field) => Some(field),
        None => restarting_attribute(update)?,
    };
    if let Some(field) = field {
        update.call_own("ModifyInstanceAttribute", field);
    }
    Ok(())
}

fn restarting_attribute<'a>(update: &Update<'a>) -> Result<Option<&'static str>, Malformed<'a>> {
    if let Some(field) = update.first_changed(&["hostName", "userData"]) {
        return Ok(Some(field));
    }
    // Only a new password is ever sent: taking the last one away leaves the instance as it is.
    let has_password = update.now().get("passwordSecretRef").is_some()
        || update.now().text("kmsEncryptedPassword")?.is_some();
    Ok(update.first_changed(PASSWORDS).filter(|_| has_password))
}

/// What can't be changed on a running instance: stop, change, start.
///
/// The provider stops first and finds out later that it may not start again, which is why the start is judged now.
pub(super) fn restart<'a>(update: &mut Update<'a>) -> Result<(), Malformed<'a>> {
    let status = update.first_changed(&["status"]);
    let asked = match status.or_else(|| update.first_changed(OFFLINE)) {
        Some(field) => Some(field),
        None => restarting_attribute(update)?,
    };
    let Some(asked) = asked else {
        return Ok(());
    };
    let target = update.effective("status")?;
    let is_to_stop = status.is_some() && target.as_deref() == Some("Stopped");
    if is_to_stop || is_running(update)? {
        update.call_own("StopInstance", asked);
    }
    replace_system_disk(update)?;
    if let Some(field) = update.first_changed(NETWORK) {
        update.call_own("ModifyInstanceVpcAttribute", field);
    }
    resize(update)?;
    if let Some(field) = update.first_changed(&["cpuOptions"]) {
        update.call_own("ModifyInstanceAttribute", field);
    }
    if target.as_deref() == Some("Running") {
        update.call_own("StartInstance", asked);
    }
    Ok(())
}

fn replace_system_disk<'a>(update: &mut Update<'a>) -> Result<(), Malformed<'a>> {
    let Some(field) = update.first_changed(&["imageId"]) else {
        return Ok(());
    };
    let disk = update.observed().text("systemDiskId")?;
    let target = Target {
        disks: disk.map(Ids::one).unwrap_or_default(),
        ..update.own.clone()
    };
    update.call("ReplaceSystemDisk", target, field);
    // The key pair is on the disk that goes.
    if update.effective("keyName")?.is_some() {
        update.call_own("AttachKeyPair", field);
    }
    Ok(())
}

/// How an instance is paid for now decides the call, even if that changes in the same request.
fn resize<'a>(update: &mut Update<'a>) -> Result<(), Malformed<'a>> {
    const CHARGE: &str = "instanceChargeType";
    if let Some(field) = update.first_changed(&["instanceType"]) {
        let call = match update.state(CHARGE).text(CHARGE)?.as_deref() {
            Some("PrePaid") => "ModifyPrepayInstanceSpec",
            _ => "ModifyInstanceSpec",
        };
        update.call_own(call, field);
    }
    Ok(())
}

/// A public address is only allocated when the bandwidth comes up from nothing.
pub(super) fn bandwidth<'a>(update: &mut Update<'a>) -> Result<(), Malformed<'a>> {
    const OUT: &str = "internetMaxBandwidthOut";
    if let Some(field) = update.first_changed(BANDWIDTH) {
        update.call_own("ModifyInstanceNetworkSpec", field);
    }
    if let Some(field) = update.first_changed(&[OUT]) {
        let before = update.state(OUT).number(OUT)?.unwrap_or(0.0);
        let now = update.now().number(OUT)?.unwrap_or(0.0);
        if before <= 0.0 && 0.0 < now {
            update.call_own("AllocatePublicIpAddress", field);
        }
    }
    Ok(())
}

/// Only a subscription can be renewed.
pub(super) fn auto_renewal<'a>(update: &mut Update<'a>) -> Result<(), Malformed<'a>> {
    const CHARGE: &str = "instanceChargeType";
    let is_subscription = update.effective(CHARGE)?.as_deref() == Some("PrePaid");
    if is_subscription && let Some(field) = update.first_changed(RENEWAL) {
        update.call_own("ModifyInstanceAutoRenewAttribute", field);
    }
    Ok(())
}

pub(super) fn secondary_addresses<'a>(update: &mut Update<'a>) -> Result<(), Malformed<'a>> {
    const COUNT: &str = "secondaryPrivateIpAddressCount";
    let before = update.before().number(COUNT)?.unwrap_or(0.0);
    let now = update.now().number(COUNT)?.unwrap_or(0.0);
    if now < before {
        update.call_own("UnassignPrivateIpAddresses", COUNT);
    } else {
        update.call_own("AssignPrivateIpAddresses", COUNT);
    }
    Ok(())
}

/// A key pair only works from the next boot on.
pub(super) fn key_pair<'a>(update: &mut Update<'a>) -> Result<(), Malformed<'a>> {
    const KEY: &str = "keyName";
    exchange(update, KEY, "DetachKeyPair", "AttachKeyPair")?;
    if is_running(update)? {
        update.call_own("RebootInstance", KEY);
    }
    Ok(())
}

pub(super) fn role<'a>(update: &mut Update<'a>) -> Result<(), Malformed<'a>> {
    exchange(
        update,
        "roleName",
        "DetachInstanceRamRole",
        "AttachInstanceRamRole",
    )
}

/// Takes away what there was and gives what is asked.
fn exchange<'a>(
    update: &mut Update<'a>,
    field: &'static str,
    detach: &'static str,
    attach: &'static str,
) -> Result<(), Malformed<'a>> {
    if update.state(field).text(field)?.is_some() {
        update.call_own(detach, field);
    }
    if update.now().text(field)?.is_some() {
        update.call_own(attach, field);
    }
    Ok(())
}

fn is_running<'a>(update: &Update<'a>) -> Result<bool, Malformed<'a>> {
    Ok(update.observed().text("status")?.as_deref() == Some("Running"))
}
