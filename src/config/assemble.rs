//! From all objects together to one basis of decisions.

use std::{
    collections::{BTreeMap, HashMap, btree_map::Entry},
    fmt,
    time::Duration,
};

use super::{
    Configuration,
    accounts::{self, Configured},
    error::{Notice, Problem},
    item::{Item, Kind, Place},
    listings::{self, Joined, Listings},
    piece::Content,
    secret::Secret,
};
use crate::{
    api::{self, OperationBinding},
    decision::{Accounts, Basis, Labels, Policy},
    kinds::{Binding, Bindings},
    lock::{RegionKey, Regions, View},
};

/// How long until facts are newer, where no account says how often it is asked.
const POLL_INTERVAL: Duration = Duration::from_secs(30);

/// What the objects come to.
#[derive(Debug)]
pub(super) struct Assembled {
    pub(super) configuration: Configuration,
    /// The listings that the basis holds.
    pub(super) listings: Listings,
    /// Sets of shards that do not count; what is in force of their regions is in the listings.
    pub(super) incomplete: BTreeMap<RegionKey, Problem>,
    pub(super) remarks: Vec<Notice>,
}

/// Two objects that can't both be in force, or one that can't with the others.
#[derive(Debug)]
pub(super) struct Conflict {
    message: String,
    pub(super) first: Option<Place>,
    pub(super) second: Place,
}

/// Puts objects together; `kept` are the listings of before, which stay where no document gives another one.
///
/// # Errors
/// With every conflict among the objects.
pub(super) fn assemble(contents: &[&Content], kept: &Listings) -> Result<Assembled, Vec<Conflict>> {
    let objects = Objects::of(contents);
    let mut conflicts = accounts::conflicts(&objects.accounts);
    conflicts.extend(twice("OverduePolicy", names(&objects.policies)));
    conflicts.extend(twice("Namespace", names(&objects.namespaces)));
    conflicts.extend(twice("OperationBinding", names(&objects.bindings)));
    let secrets = objects.secrets.iter();
    let secrets = secrets.map(|(item, secret)| (*item, secret.full_name()));
    conflicts.extend(twice("Secret", secrets));
    let bindings = bindings(&objects.bindings, &mut conflicts);
    let Joined {
        listings: new,
        incomplete,
    } = listings::join(contents, &mut conflicts);
    if !conflicts.is_empty() {
        return Err(conflicts);
    }

    let mut remarks = remarks(&objects, &new);
    for key in kept.keys() {
        if !new.contains_key(key) && !incomplete.contains_key(key) {
            remarks.push(orphan(key));
        }
    }
    let polled = accounts::polled(&objects.accounts, &objects.secrets, |key| {
        new.contains_key(key) || incomplete.contains_key(key)
    });
    let mut listings = kept.clone();
    listings.extend(new);
    let policy = objects
        .policies
        .first()
        .map(|(_, _, policy)| Policy::clone(policy))
        .unwrap_or_default();
    let regions = regions(&objects.accounts, &listings);
    let namespaces = objects.namespaces.iter();
    let namespaces: HashMap<_, _> = namespaces
        .map(|(_, name, labels)| ((*name).to_owned(), (*labels).clone()))
        .collect();
    let basis = Basis {
        accounts: Accounts::new(accounts::describe(&objects.accounts, &regions)).into(),
        locks: View::build(&regions, &policy.lock_reasons),
        policy: policy.into(),
        namespaces: namespaces.into(),
        bindings: bindings.into(),
        poll_interval: poll_interval(&objects.accounts),
    };
    Ok(Assembled {
        configuration: Configuration { basis, polled },
        listings,
        incomplete,
        remarks,
    })
}

/// An object with its name.
type Named<'a, T> = (&'a Item, &'a str, &'a T);

/// The objects by kind.
#[derive(Default)]
struct Objects<'a> {
    accounts: Vec<Configured<'a>>,
    policies: Vec<Named<'a, Policy>>,
    bindings: Vec<Named<'a, OperationBinding>>,
    namespaces: Vec<Named<'a, Labels>>,
    secrets: Vec<(&'a Item, &'a Secret)>,
}

impl<'a> Objects<'a> {
    fn of(contents: &[&'a Content]) -> Self {
        let mut objects = Self::default();
        for item in contents.iter().flat_map(|content| content.items.iter()) {
            match &item.kind {
                Kind::Account(account) => objects.accounts.push((item, account)),
                Kind::Policy(policy) => objects.policies.push((item, "default", policy)),
                Kind::Binding(binding) => {
                    let name = binding.metadata.name.as_deref().unwrap_or_default();
                    objects.bindings.push((item, name, binding));
                }
                Kind::Namespace(name, labels) => objects.namespaces.push((item, name, labels)),
                Kind::Secret(secret) => objects.secrets.push((item, secret)),
                Kind::Locks(_) => {}
            }
        }
        objects
    }
}

/// Finds objects of one kind that have one name.
fn twice<'i, N: Ord + fmt::Display>(
    kind: &str,
    objects: impl IntoIterator<Item = (&'i Item, N)>,
) -> Vec<Conflict> {
    let mut first_by_name: BTreeMap<N, &Item> = BTreeMap::new();
    let mut conflicts = Vec::new();
    for (item, name) in objects {
        match first_by_name.entry(name) {
            Entry::Occupied(first) => {
                let what = format!("{kind} {}", first.key());
                conflicts.push(Conflict::twice(&what, first.get(), item));
            }
            Entry::Vacant(vacant) => {
                vacant.insert(item);
            }
        }
    }
    conflicts
}

fn names<'i, T>(objects: &'i [Named<'_, T>]) -> impl Iterator<Item = (&'i Item, &'i str)> {
    objects.iter().map(|(item, name, _)| (*item, *name))
}

fn bindings(objects: &[Named<'_, OperationBinding>], conflicts: &mut Vec<Conflict>) -> Bindings {
    let mut bindings = Bindings::default();
    for (index, (item, name, object)) in objects.iter().enumerate() {
        if objects
            .iter()
            .take(index)
            .any(|(_, before, _)| before == name)
        {
            continue;
        }
        let inserted = Binding::compile(object)
            .map_err(|problems| {
                let messages: Vec<_> = problems.iter().map(api::Problem::to_string).collect();
                Conflict::of(messages.join("; "), item)
            })
            .and_then(|binding| {
                bindings.insert(binding).map_err(|twice| {
                    let first = objects.iter().find(|(_, name, _)| *name == twice.first);
                    match first {
                        Some((first, _, _)) => Conflict::between(&twice, first, item),
                        None => Conflict::of(&twice, item),
                    }
                })
            });
        conflicts.extend(inserted.err());
    }
    bindings
}

/// Puts together what there is for the first time: nothing may be missing of it.
///
/// # Errors
/// With every problem found.
pub(super) fn assemble_whole(contents: &[&Content]) -> Result<Assembled, Vec<Problem>> {
    let assembled = assemble(contents, &Listings::new())
        .map_err(|conflicts| conflicts.iter().map(Conflict::problem).collect::<Vec<_>>())?;
    match assembled.incomplete.is_empty() {
        true => Ok(assembled),
        false => Err(assembled.incomplete.into_values().collect()),
    }
}

/// Every region that is configured or has a listing.
fn regions(accounts: &[Configured<'_>], listings: &Listings) -> Regions {
    let mut regions = Regions::new();
    for (_, account) in accounts {
        regions.extend(account.regions.iter().map(|key| (key.clone(), None)));
    }
    let listed = listings.iter();
    regions.extend(listed.map(|(key, facts)| (key.clone(), Some(facts.clone()))));
    regions
}

fn poll_interval(accounts: &[Configured<'_>]) -> Duration {
    accounts
        .iter()
        .map(|(_, account)| account.object.spec.poll_interval.as_duration())
        .min()
        .unwrap_or(POLL_INTERVAL)
}

fn remarks(objects: &Objects<'_>, listings: &Listings) -> Vec<Notice> {
    let mut remarks = Vec::new();
    if objects.accounts.is_empty() && listings.is_empty() {
        remarks.push(Notice::remark(
            "accounts",
            "there is no EcsAccount and no LockSnapshot, so nothing is known of any account: every operation gets the policy's `unknown` outcome",
        ));
    }
    for (_, account) in &objects.accounts {
        let is_named = |key: &RegionKey| key.account.as_str() == account.name;
        if account.regions.is_empty() && !listings.keys().any(is_named) {
            remarks.push(Notice::remark(
                format!("EcsAccount {}", account.name),
                "it names no region, so nobody is asked and nothing is known of it; add `regions`",
            ));
        }
    }
    if !objects.accounts.is_empty() {
        for key in listings.keys() {
            let is_named = |(_, account): &Configured<'_>| account.name == key.account.as_str();
            if !objects.accounts.iter().any(is_named) {
                remarks.push(Notice::remark(
                    listing_name(key),
                    format!("there is no EcsAccount {}; is the name right?", key.account),
                ));
            }
        }
    }
    let selects = objects.policies.iter().any(|(_, _, policy)| {
        let mut rules = policy.rules.iter();
        rules.any(|rule| rule.namespace_selector.is_some())
    });
    if selects && objects.namespaces.is_empty() {
        remarks.push(Notice::remark(
            "namespaces",
            "a rule has a namespaceSelector, which matches nothing as no Namespace manifest gives labels",
        ));
    }
    remarks
}

fn orphan(key: &RegionKey) -> Notice {
    Notice::remark(
        listing_name(key),
        "no file holds this listing any more: the last one stays in force and ages; a restart forgets it",
    )
}

/// How a listing is called where its file can't be named.
pub(super) fn listing_name(key: &RegionKey) -> String {
    format!("LockSnapshot {}.{}", key.account, key.region)
}

// === impl Conflict ===

impl Conflict {
    /// Of two objects that are one and the same.
    pub(super) fn twice(what: &str, first: &Item, second: &Item) -> Self {
        let message = format!("{what} is there twice: keep one of them");
        Self::between(message, first, second)
    }

    /// Of any two objects.
    pub(super) fn between(message: impl fmt::Display, first: &Item, second: &Item) -> Self {
        Self {
            message: message.to_string(),
            first: Some(first.place.clone()),
            second: second.place.clone(),
        }
    }

    fn of(message: impl fmt::Display, item: &Item) -> Self {
        Self {
            message: message.to_string(),
            first: None,
            second: item.place.clone(),
        }
    }

    /// The pieces that it is between, if there are two.
    pub(super) fn pieces(&self) -> Option<[&str; 2]> {
        let first = self.first.as_ref()?;
        Some([&first.file, &self.second.file])
    }

    /// The problem, told at the second place.
    pub(super) fn problem(&self) -> Problem {
        self.told(&self.second, self.first.as_ref())
    }

    /// The problem, told at whichever places are in the file.
    pub(super) fn problem_in(&self, file: &str) -> Option<Problem> {
        if self.second.file == file {
            return Some(self.problem());
        }
        let first = self.first.as_ref().filter(|first| first.file == file)?;
        Some(self.told(first, Some(&self.second)))
    }

    fn told(&self, here: &Place, there: Option<&Place>) -> Problem {
        match there {
            Some(there) => here.problem(format_args!("{} (the other is at {there})", self.message)),
            None => here.problem(&self.message),
        }
    }
}
