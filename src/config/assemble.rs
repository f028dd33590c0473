//! From all objects together to one basis of decisions.

use std::{
    collections::{BTreeMap, HashMap, btree_map::Entry},
    time::Duration,
};

use jiff::Timestamp;

use super::{
    error::Problem,
    item::{Item, Kind},
};
use crate::{
    api::{self, EcsAccount, ProviderConfigKind},
    decision::{Account, Accounts, Basis, Policy, ProviderConfig},
    kinds::{Binding, Bindings},
    lock::{self, Facts, Part, RegionKey, Regions, Snapshot, View},
};

/// Complete listings by account and region.
pub(super) type Listings = BTreeMap<RegionKey, Facts>;

/// How long until facts are newer, where no account says how often it is asked.
const POLL_INTERVAL: Duration = Duration::from_secs(30);

/// Puts objects together; `kept` are listings that the objects no longer hold.
pub(super) fn basis(items: &[&Item], kept: &Listings) -> Result<Basis, Vec<Problem>> {
    let mut problems = Vec::new();
    let policy = the_policy(items, &mut problems);
    let accounts = the_accounts(items, &mut problems);
    let mut listings = the_listings(items, &mut problems);
    let bindings = the_bindings(items, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    for (key, facts) in kept {
        listings.entry(key.clone()).or_insert_with(|| facts.clone());
    }
    let poll_interval = accounts
        .iter()
        .map(|account| account.spec.poll_interval.as_duration())
        .min()
        .unwrap_or(POLL_INTERVAL);
    let regions = regions(&accounts, listings).map_err(|problem| vec![problem])?;
    Ok(Basis {
        accounts: Accounts::new(describe_accounts(&accounts, &regions)),
        locks: View::build(&regions, &policy.lock_reasons),
        policy,
        namespaces: namespaces(items),
        bindings,
        poll_interval,
    })
}

/// The listings that some objects hold.
pub(super) fn listings(items: &[&Item]) -> Listings {
    the_listings(items, &mut Vec::new())
}

fn the_policy(items: &[&Item], problems: &mut Vec<Problem>) -> Policy {
    let mut policies = items.iter().filter_map(|item| match &item.kind {
        Kind::Policy(policy) => Some((item, policy)),
        _ => None,
    });
    let first = policies.next();
    for (item, _) in policies {
        problems.push(twice(
            item,
            "OverduePolicy default",
            first.map(|(item, _)| *item),
        ));
    }
    first
        .map(|(_, policy)| (**policy).clone())
        .unwrap_or_default()
}

fn the_accounts<'a>(items: &[&'a Item], problems: &mut Vec<Problem>) -> Vec<&'a EcsAccount> {
    let mut by_name: BTreeMap<&str, &Item> = BTreeMap::new();
    let mut default: Option<&Item> = None;
    let mut accounts = Vec::new();
    for item in items {
        let Kind::Account(account) = &item.kind else {
            continue;
        };
        let name = account.metadata.name.as_deref().unwrap_or_default();
        if let Some(first) = by_name.insert(name, item) {
            problems.push(twice(item, &format!("EcsAccount {name}"), Some(first)));
        }
        if account.spec.default {
            match default {
                Some(first) => problems.push(item.problem(format!(
                    "a second default account; the first is at {}:{}. Only one EcsAccount may say default: true",
                    first.file, first.line
                ))),
                None => default = Some(item),
            }
        }
        accounts.push(&**account);
    }
    accounts
}

fn the_listings(items: &[&Item], problems: &mut Vec<Problem>) -> Listings {
    let mut parts: BTreeMap<RegionKey, Vec<(&Item, &Part, Timestamp)>> = BTreeMap::new();
    for item in items {
        if let Kind::Locks(part, file_time) = &item.kind {
            let key = RegionKey {
                account: part.account().clone(),
                region: part.region().clone(),
            };
            parts.entry(key).or_default().push((item, part, *file_time));
        }
    }
    let mut listings = Listings::new();
    for (key, parts) in parts {
        let Some((item, _, file_time)) = parts.first() else {
            continue;
        };
        let whole: Vec<_> = parts
            .iter()
            .filter(|(_, part, _)| part.shard() == lock::Shard::WHOLE)
            .collect();
        if let [(first, ..), (second, ..), ..] = whole.as_slice() {
            let what = format!(
                "LockSnapshot of account {} and region {}",
                key.account.as_str(),
                key.region.as_str()
            );
            problems.push(twice(second, &what, Some(first)));
            continue;
        }
        let documents: Vec<Part> = parts.iter().map(|(_, part, _)| (*part).clone()).collect();
        match Snapshot::join(&documents) {
            Ok(snapshot) => {
                let observed_at = snapshot.observed_at().unwrap_or(*file_time);
                listings.insert(
                    key,
                    Facts {
                        snapshot,
                        observed_at,
                    },
                );
            }
            Err(error) => problems.push(item.problem(error.message())),
        }
    }
    listings
}

fn the_bindings(items: &[&Item], problems: &mut Vec<Problem>) -> Bindings {
    let mut first_by_name: HashMap<&str, &Item> = HashMap::new();
    let mut bindings = Bindings::default();
    for item in items {
        let Kind::Binding(document) = &item.kind else {
            continue;
        };
        let name = document.metadata.name.as_deref().unwrap_or_default();
        if let Some(first) = first_by_name.insert(name, item) {
            problems.push(twice(
                item,
                &format!("OperationBinding {name}"),
                Some(first),
            ));
            continue;
        }
        let bound = Binding::compile(document)
            .map_err(|problems| problems.iter().map(api::Problem::to_string).collect())
            .and_then(|binding| {
                bindings
                    .insert(binding)
                    .map_err(|twice| vec![twice.to_string()])
            });
        if let Err(messages) = bound {
            problems.extend(
                messages
                    .into_iter()
                    .map(|message: String| item.problem(message)),
            );
        }
    }
    bindings
}

fn twice(item: &Item, what: &str, first: Option<&Item>) -> Problem {
    match first {
        Some(first) => item.problem(format!(
            "a second {what}; the first is at {}:{}. Remove one of them",
            first.file, first.line
        )),
        None => item.problem(format!("a second {what}. Remove one of them")),
    }
}

/// Every region that is configured or has a listing.
fn regions(accounts: &[&EcsAccount], listings: Listings) -> Result<Regions, Problem> {
    let mut regions = Regions::new();
    for account in accounts {
        let name = account.metadata.name.as_deref().unwrap_or_default();
        for region in &account.spec.regions {
            let account = name.parse().map_err(|error: api::TextError| {
                Problem::of_file(format!("EcsAccount {name}"), error.to_string())
            })?;
            let key = RegionKey {
                account,
                region: region.clone(),
            };
            regions.insert(key, None);
        }
    }
    for (key, facts) in listings {
        regions.insert(key, Some(facts));
    }
    Ok(regions)
}

/// The configured accounts, and those that only listings name.
fn describe_accounts(configured: &[&EcsAccount], regions: &Regions) -> Vec<Account> {
    let mut accounts: BTreeMap<String, Account> = configured
        .iter()
        .map(|account| describe_account(account))
        .map(|account| (account.name.clone(), account))
        .collect();
    let none_configured = accounts.is_empty();
    for key in regions.keys() {
        let name = key.account.as_str();
        let account = match accounts.entry(name.to_owned()) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) if none_configured || !regions.is_empty() => {
                entry.insert(Account {
                    name: name.to_owned(),
                    ..Account::default()
                })
            }
            Entry::Vacant(_) => continue,
        };
        account.regions.push(key.region.as_str().to_owned());
    }
    accounts.into_values().collect()
}

fn describe_account(account: &EcsAccount) -> Account {
    Account {
        name: account.metadata.name.clone().unwrap_or_default(),
        default: account.spec.default,
        regions: Vec::new(),
        default_region: account
            .spec
            .default_region
            .as_ref()
            .map(|region| region.as_str().to_owned()),
        provider_configs: account
            .spec
            .provider_configs
            .iter()
            .map(|config| ProviderConfig {
                kind: config.kind.map(|kind| {
                    match kind {
                        ProviderConfigKind::ProviderConfig => "ProviderConfig",
                        ProviderConfigKind::ClusterProviderConfig => "ClusterProviderConfig",
                    }
                    .to_owned()
                }),
                namespace: config.namespace.clone(),
                name: config.name.clone(),
            })
            .collect(),
    }
}

fn namespaces(items: &[&Item]) -> HashMap<String, crate::decision::Labels> {
    items
        .iter()
        .filter_map(|item| match &item.kind {
            Kind::Namespace(name, labels) => Some((name.clone(), labels.clone())),
            _ => None,
        })
        .collect()
}
