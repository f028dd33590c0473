//! Whose objects are whose, from the EcsAccounts and from what the listings name.

use std::collections::{BTreeMap, btree_map::Entry};

use super::{
    Polled,
    assemble::Conflict,
    item::{self, Item},
    secret::Secret,
};
use crate::{
    api::{ProviderConfigKind, ProviderConfigRef},
    decision::{Account, ProviderConfig},
    lock::{RegionKey, Regions},
};

/// An EcsAccount, and where it stands.
pub(super) type Configured<'a> = (&'a Item, &'a item::Account);

/// Finds what only one account may say.
pub(super) fn conflicts(configured: &[Configured<'_>]) -> Vec<Conflict> {
    let mut conflicts = Vec::new();
    let mut names: BTreeMap<&str, &Item> = BTreeMap::new();
    let mut provider_configs: BTreeMap<&ProviderConfigRef, Configured<'_>> = BTreeMap::new();
    let mut default: Option<&Configured<'_>> = None;
    for this in configured {
        let (item, account) = this;
        match names.entry(&account.name) {
            Entry::Occupied(first) => {
                let what = format!("EcsAccount {}", account.name);
                conflicts.push(Conflict::twice(&what, first.get(), item));
                // What else it says, it says twice.
                continue;
            }
            Entry::Vacant(vacant) => {
                vacant.insert(item);
            }
        }
        if account.object.spec.default {
            match default {
                Some((first, owner)) => {
                    let message = format!(
                        "two default accounts, {} and {}: only one EcsAccount may say `default: true`",
                        owner.name, account.name
                    );
                    conflicts.push(Conflict::between(message, first, item));
                }
                None => default = Some(this),
            }
        }
        for config in &account.object.spec.provider_configs {
            match provider_configs.entry(config) {
                Entry::Occupied(first) => {
                    let (first, owner) = first.get();
                    let message = format!(
                        "providerConfig `{config}` is claimed by two accounts, {} and {}: it can be only one of them",
                        owner.name, account.name
                    );
                    conflicts.push(Conflict::between(message, first, item));
                }
                Entry::Vacant(vacant) => {
                    vacant.insert((item, account));
                }
            }
        }
    }
    conflicts
}

/// The configured accounts, and those that only listings name.
pub(super) fn describe(configured: &[Configured<'_>], regions: &Regions) -> Vec<Account> {
    let mut accounts: BTreeMap<String, Account> = configured
        .iter()
        .map(|(_, account)| (account.name.clone(), describe_one(account)))
        .collect();
    // The only EcsAccount is the default one, whatever other accounts the listings name.
    if let [(_, only)] = configured
        && let Some(account) = accounts.get_mut(&only.name)
    {
        account.default = true;
    }
    for key in regions.keys() {
        let name = key.account.as_str();
        let account = accounts.entry(name.to_owned()).or_insert_with(|| Account {
            name: name.to_owned(),
            ..Account::default()
        });
        account.regions.push(key.region.as_str().to_owned());
    }
    accounts.into_values().collect()
}

/// What the cloud is to be asked for: the regions for which no document stands.
pub(super) fn polled(
    configured: &[Configured<'_>],
    secrets: &[(&Item, &Secret)],
    is_told: impl Fn(&RegionKey) -> bool,
) -> Vec<Polled> {
    let accounts = configured.iter().map(|(_, account)| {
        let regions = account.regions.iter().filter(|key| !is_told(key));
        Polled {
            regions: regions.cloned().collect(),
            secret: secret_of(account, secrets).cloned(),
            spec: account.object.spec.clone(),
            name: account.name.clone(),
        }
    });
    accounts
        .filter(|polled| !polled.regions.is_empty())
        .collect()
}

fn secret_of<'s>(account: &item::Account, secrets: &[(&Item, &'s Secret)]) -> Option<&'s Secret> {
    let meant = account.object.spec.credentials.secret_ref.as_ref()?;
    let mut secrets = secrets.iter().map(|(_, secret)| *secret);
    secrets.find(|secret| secret.namespace == meant.namespace && secret.name == meant.name)
}

fn describe_one(account: &item::Account) -> Account {
    let spec = &account.object.spec;
    let provider_configs = spec.provider_configs.iter().map(|config| ProviderConfig {
        kind: config.kind.map(|kind| kind_name(kind).to_owned()),
        namespace: config.namespace.clone(),
        name: config.name.clone(),
    });
    Account {
        name: account.name.clone(),
        default: spec.default,
        regions: Vec::new(),
        default_region: spec
            .default_region
            .as_ref()
            .map(|region| region.as_str().to_owned()),
        provider_configs: provider_configs.collect(),
    }
}

fn kind_name(kind: ProviderConfigKind) -> &'static str {
    match kind {
        ProviderConfigKind::ProviderConfig => "ProviderConfig",
        ProviderConfigKind::ClusterProviderConfig => "ClusterProviderConfig",
    }
}
