//! The three look-ups of ECS 2014-05-26: their rules, filters and shapes.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
};

use serde_json::{Value, json};

use super::{
    answer::{Answer, Refusal, request_id},
    item,
    keys::{Denial, World},
    page::{Listing, Page, Part},
    region::{Disk, Locks, Mass, Region},
    request::Parameters,
};

const INSTANCE_REASONS: &[&str] = &[
    "financial",
    "security",
    "recycling",
    "dedicatedhostfinancial",
    "refunded",
];
const DISK_REASONS: &[&str] = &[
    "financial",
    "security",
    "recycling",
    "dedicatedhostfinancial",
];
const MOST_IDS: usize = 100;
const INSTANCES: (&str, &str) = ("Instances", "Instance");
const DISKS: (&str, &str) = ("Disks", "Disk");

/// The actions that are served.
pub(crate) const ACTIONS: [&str; 3] = [
    "DescribeInstances",
    "DescribeDisks",
    "DescribeInstanceAttribute",
];

/// Serves a call of an account.
pub(super) fn serve(
    action: &str,
    parameters: &Parameters,
    account: usize,
    world: &World,
) -> Result<Answer, Refusal> {
    match action {
        "DescribeInstances" => instances(parameters, account, world),
        "DescribeDisks" => disks(parameters, account, world),
        "DescribeInstanceAttribute" => attribute(parameters, account, world),
        other => {
            let message =
                format!("Specified api is not found, please check your url and method. {other}");
            Err(Refusal::new(404, "InvalidAction.NotFound", message))
        }
    }
}

/// The region of a call: what it says, or where its instance is.
pub(super) fn region_of(parameters: &Parameters, account: usize, world: &World) -> Option<String> {
    if let Some(region) = parameters.get("RegionId") {
        return Some(region.clone());
    }
    let id = parameters.get("InstanceId")?;
    let regions = world.accounts.get(account)?.regions.iter();
    regions
        .filter(|(_, region)| region.instance(id).is_some())
        .map(|(name, _)| name.clone())
        .next()
}

fn instances(parameters: &Parameters, account: usize, world: &World) -> Result<Answer, Refusal> {
    let action = "DescribeInstances";
    let (name, region) = find_region(parameters, account, world)?;
    if without_permission(parameters, action, &world.accounts[account].denied)? {
        return Ok(Page::nothing().answer(INSTANCES));
    }
    let reason = lock_reason(parameters, INSTANCE_REASONS)?;
    let ids = ids(parameters, "InstanceIds", "InvalidParameter")?;
    let listing = Listing::of(account, action, parameters);
    let part = Part::read(parameters, listing, 10..=100)?;
    finish_dry_run(parameters)?;

    let mut page = Page::new(part, listing);
    let mut offer = |id: &str, locks: &Locks| {
        if has(locks, reason) {
            page.offer(|into| item::instance(into, id, name, locks));
        }
    };
    if let Some(ids) = ids {
        for id in &ids {
            if let Some(locks) = region.instance(id) {
                offer(id, &locks);
            }
        }
        return Ok(page.answer(INSTANCES));
    }
    for (id, locks) in &region.instances {
        offer(id, locks);
    }
    let mass = &region.many_instances;
    page.offer_many(mass.count, |into, number| {
        let locks = mass.locks(number);
        let is_selected = has(&locks, reason);
        if is_selected {
            item::instance(into, &Mass::id("i-", number), name, &locks);
        }
        is_selected
    });
    Ok(page.answer(INSTANCES))
}

fn disks(parameters: &Parameters, account: usize, world: &World) -> Result<Answer, Refusal> {
    let action = "DescribeDisks";
    let (name, region) = find_region(parameters, account, world)?;
    if without_permission(parameters, action, &world.accounts[account].denied)? {
        return Ok(Page::nothing().answer(DISKS));
    }
    let reason = lock_reason(parameters, DISK_REASONS)?;
    let ids = ids(parameters, "DiskIds", "InvalidParameter.DiskIds")?;
    let on = parameters.get("InstanceId").filter(|on| !on.is_empty());
    let listing = Listing::of(account, action, parameters);
    let part = Part::read(parameters, listing, 10..=500)?;
    finish_dry_run(parameters)?;

    let mut page = Page::new(part, listing);
    let is_selected = |disk: &Disk| {
        let is_on = |on: &String| disk.attachments.contains(on) || disk.mounts.contains(on);
        has(&disk.locks, reason) && on.is_none_or(is_on)
    };
    let mut offer = |id: &str, disk: &Disk| {
        if is_selected(disk) {
            page.offer(|into| item::disk(into, id, name, disk));
        }
    };
    if let Some(ids) = ids {
        for id in &ids {
            if let Some(disk) = region.disk(id) {
                offer(id, &disk);
            }
        }
        return Ok(page.answer(DISKS));
    }
    for (id, disk) in &region.disks {
        offer(id, disk);
    }
    if let Some(on) = on {
        // Of the mass, the one of the same number.
        if let Some((id, disk)) = region.disk_of_many_on(on) {
            offer(&id, &disk);
        }
        return Ok(page.answer(DISKS));
    }
    page.offer_many(region.many_disks.count, |into, number| {
        let disk = region.disk_of_many(number);
        let is_selected = is_selected(&disk);
        if is_selected {
            item::disk(into, &Mass::id("d-", number), name, &disk);
        }
        is_selected
    });
    Ok(page.answer(DISKS))
}

/// Has no `RegionId` and no `DryRun`: the endpoint is the region.
fn attribute(parameters: &Parameters, account: usize, world: &World) -> Result<Answer, Refusal> {
    let id = required(parameters, "InstanceId")?;
    if world.accounts[account]
        .denied
        .contains_key("DescribeInstanceAttribute")
    {
        return Err(Refusal::forbidden("DescribeInstanceAttribute"));
    }
    let mut regions = world.accounts[account].regions.iter();
    let found = regions.find_map(|(name, region)| Some((name, region.instance(id)?)));
    let Some((region, locks)) = found else {
        let message = "The specified InstanceId does not exist.";
        return Err(Refusal::new(404, "InvalidInstanceId.NotFound", message));
    };
    let mut body = json!({
        "InstanceId": id,
        "InstanceName": format!("web-{id}"),
        "Status": "Stopped",
        "RegionId": region,
        "ZoneId": format!("{region}-b"),
        "InstanceType": "ecs.g7.large",
        "InstanceChargeType": "PostPaid",
        "CreationTime": "2017-12-10T04:04:06Z",
        "ExpiredTime": "2099-12-31T15:59:00Z",
        "StoppedMode": "Not-applicable",
        "VpcAttributes": {"VpcId": "vpc-bp1double", "PrivateIpAddress": {"IpAddress": ["172.17.0.9"]}},
        "RequestId": request_id(),
    });
    match locks {
        Locks::Missing => {}
        Locks::Null => body["OperationLocks"] = Value::Null,
        Locks::Reasons(reasons) => {
            let reasons: Vec<_> = reasons
                .iter()
                .map(|reason| json!({"LockReason": reason}))
                .collect();
            body["OperationLocks"] = json!({"LockReason": reasons});
        }
    }
    Ok(Answer::json(body.to_string()))
}

/// The region that is asked for, which must be one.
fn find_region<'a>(
    parameters: &'a Parameters,
    account: usize,
    world: &'a World,
) -> Result<(&'a str, Cow<'a, Region>), Refusal> {
    let name = required(parameters, "RegionId")?;
    if !world.regions.contains(name) {
        let message = "The specified RegionId does not exist.";
        return Err(Refusal::new(404, "InvalidRegionId.NotFound", message));
    }
    let region = world.accounts[account].regions.get(name);
    Ok((name, region.map_or_else(Cow::default, Cow::Borrowed)))
}

fn required<'a>(parameters: &'a Parameters, name: &str) -> Result<&'a str, Refusal> {
    let value = parameters.get(name).filter(|value| !value.is_empty());
    value
        .map(String::as_str)
        .ok_or_else(|| Refusal::missing(name))
}

/// What a call without permission gets, if this is one.
fn without_permission(
    parameters: &Parameters,
    action: &str,
    denied: &HashMap<String, Denial>,
) -> Result<bool, Refusal> {
    match denied.get(action) {
        None => Ok(false),
        Some(Denial::EmptyList) if !is_dry_run(parameters) => Ok(true),
        Some(_) => Err(Refusal::forbidden(action)),
    }
}

fn lock_reason<'a>(parameters: &'a Parameters, known: &[&str]) -> Result<Option<&'a str>, Refusal> {
    let Some(reason) = parameters
        .get("LockReason")
        .filter(|reason| !reason.is_empty())
    else {
        return Ok(None);
    };
    if known.iter().any(|known| reason.eq_ignore_ascii_case(known)) {
        return Ok(Some(reason));
    }
    let message = "The specified LockReason is not found.";
    Err(Refusal::new(404, "InvalidLockReason.NotFound", message))
}

fn has(locks: &Locks, reason: Option<&str>) -> bool {
    reason.is_none_or(|reason| {
        let mut reasons = locks.reasons().iter();
        reasons.any(|lock| lock.eq_ignore_ascii_case(reason))
    })
}

/// An id filter: a JSON array in one string, where an empty one selects nothing.
fn ids(
    parameters: &Parameters,
    name: &str,
    code: &str,
) -> Result<Option<BTreeSet<String>>, Refusal> {
    let Some(text) = parameters.get(name) else {
        return Ok(None);
    };
    let ids: Vec<String> = serde_json::from_str(text).map_err(|_| Refusal::invalid(code, name))?;
    if MOST_IDS < ids.len() {
        let message = format!("The amount of specified {name} exceeds the limit.");
        return Err(Refusal::new(
            403,
            format!("Invalid{name}.Malformed"),
            message,
        ));
    }
    Ok(Some(ids.into_iter().collect()))
}

fn is_dry_run(parameters: &Parameters) -> bool {
    parameters
        .get("DryRun")
        .is_some_and(|value| value == "true")
}

fn finish_dry_run(parameters: &Parameters) -> Result<(), Refusal> {
    match is_dry_run(parameters) {
        true => Err(Refusal::dry_run()),
        false => Ok(()),
    }
}
