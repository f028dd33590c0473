//! The index against a model that follows the contract's words and nothing else: every question, whichever way the
//! listing came in.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Answer, Builder, Facts, Locks, Part, RegionKey, Regions, Snapshot, Source, View};

const IDS: usize = 6;
const OBSERVED_AT: &str = "2026-11-23T10:00:00Z";

/// The reasons of an entry, and its attachments where they are given.
type ModelEntry = (Vec<&'static str>, Option<BTreeSet<String>>);

#[derive(Debug, Clone)]
struct Model {
    instances: BTreeMap<String, ModelEntry>,
    disks: BTreeMap<String, ModelEntry>,
}

fn models() -> impl Strategy<Value = Model> {
    let side = |own: &'static str, other: &'static str| {
        let reason = prop::sample::select(vec!["financial", "FINANCIAL", "security", "Recycling"]);
        let attachments = btree_set(
            (0..IDS).prop_map(move |number| format!("{other}-{number}")),
            0..4,
        );
        let entry = (vec(reason, 0..3), option::of(attachments));
        btree_map(
            (0..IDS).prop_map(move |number| format!("{own}-{number}")),
            entry,
            0..IDS,
        )
    };
    (side("i", "d"), side("d", "i")).prop_map(|(instances, disks)| Model { instances, disks })
}

fn lock_reasons() -> impl Strategy<Value = Vec<String>> {
    prop::sample::subsequence(vec!["Financial", "security", "refunded"], 0..=3)
        .prop_map(|reasons| reasons.into_iter().map(str::to_owned).collect())
}

impl Model {
    fn is_locked(entry: Option<&ModelEntry>, lock_reasons: &[String]) -> bool {
        entry.is_some_and(|(reasons, _)| {
            reasons.iter().any(|reason| {
                lock_reasons
                    .iter()
                    .any(|wanted| wanted.eq_ignore_ascii_case(reason))
            })
        })
    }

    fn locked<'m>(side: &'m BTreeMap<String, ModelEntry>, lock_reasons: &[String]) -> Vec<&'m str> {
        let locked = side
            .iter()
            .filter(|(_, entry)| Self::is_locked(Some(entry), lock_reasons));
        locked.map(|(id, _)| id.as_str()).collect()
    }

    fn attached(&self, instance: &str, disk: &str) -> bool {
        let names = |entry: Option<&ModelEntry>, id: &str| {
            entry
                .and_then(|(_, attachments)| attachments.as_ref())
                .is_some_and(|ids| ids.contains(id))
        };
        names(self.instances.get(instance), disk) || names(self.disks.get(disk), instance)
    }

    fn instance_of_disk(&self, disk: &str, lock_reasons: &[String]) -> Answer<'_> {
        let locked = Self::locked(&self.instances, lock_reasons);
        if let Some(instance) = locked.iter().find(|instance| self.attached(instance, disk)) {
            return Answer::Locked(instance);
        }
        let says_all = self
            .disks
            .get(disk)
            .is_some_and(|(reasons, instances)| !reasons.is_empty() || instances.is_some());
        if says_all
            || locked
                .iter()
                .all(|instance| self.instances[*instance].1.is_some())
        {
            return Answer::NotLocked;
        }
        Answer::Unknown
    }

    /// A document of every `count`-th entry from `index` on.
    fn document(&self, index: usize, count: usize) -> Value {
        let side = |side: &BTreeMap<String, ModelEntry>, link: &str| {
            let shard = side
                .iter()
                .enumerate()
                .filter(|(number, _)| number % count == index);
            let entries = shard.map(|(_, (id, (reasons, attachments)))| {
                let mut entry = json!({ "reasons": reasons });
                if let Some(attachments) = attachments {
                    entry[link] = json!(attachments);
                }
                (id.clone(), entry)
            });
            Value::Object(entries.collect())
        };
        let name = if index == 0 {
            "prod.cn-hangzhou".to_owned()
        } else {
            format!("prod.cn-hangzhou.{index}")
        };
        json!({
            "apiVersion": "arrears.dev/v1alpha1",
            "kind": "LockSnapshot",
            "metadata": {"name": name},
            "spec": {
                "account": "prod",
                "region": "cn-hangzhou",
                "observedAt": OBSERVED_AT,
                "instances": side(&self.instances, "disks"),
                "disks": side(&self.disks, "instances"),
                "shard": {"index": index, "count": count},
            },
        })
    }

    fn build(&self) -> Snapshot {
        let mut builder = Builder::new(
            "prod".parse().unwrap(),
            "cn-hangzhou".parse().unwrap(),
            Source::File,
        )
        .observed_at(OBSERVED_AT.parse().unwrap());
        for (id, (reasons, disks)) in &self.instances {
            builder.instance(id, reasons, disks.as_ref()).unwrap();
        }
        for (id, (reasons, instances)) in &self.disks {
            builder
                .disk(id, reasons, instances.iter().flatten())
                .unwrap();
        }
        builder.finish().unwrap()
    }

    fn check(&self, snapshot: Snapshot, lock_reasons: &[String]) {
        assert_eq!(snapshot.observed_at().unwrap().to_string(), OBSERVED_AT);
        let listed: BTreeSet<&str> = snapshot.instances().map(|entry| entry.id()).collect();
        assert_eq!(listed, self.instances.keys().map(String::as_str).collect());
        with_locks(snapshot, lock_reasons, |locks| {
            self.check_locks(locks, lock_reasons);
        });
    }

    fn check_locks(&self, locks: &Locks, lock_reasons: &[String]) {
        let (instances, disks) = (
            Self::locked(&self.instances, lock_reasons),
            Self::locked(&self.disks, lock_reasons),
        );
        assert_eq!(locks.any_instance(), instances.first().copied());
        assert_eq!(locks.any_disk(), disks.first().copied());
        assert_eq!(
            (locks.instance_count(), locks.disk_count()),
            (instances.len(), disks.len())
        );
        assert_eq!(
            locks.locked_instances().collect::<BTreeSet<_>>(),
            instances.iter().copied().collect()
        );
        assert_eq!(
            locks.locked_disks().collect::<BTreeSet<_>>(),
            disks.iter().copied().collect()
        );
        for number in 0..=IDS {
            let (instance, disk) = (format!("i-{number}"), format!("d-{number}"));
            assert_eq!(
                locks.instance(&instance),
                Self::is_locked(self.instances.get(&instance), lock_reasons)
            );
            assert_eq!(
                locks.disk(&disk),
                Self::is_locked(self.disks.get(&disk), lock_reasons)
            );
            let attached = disks
                .iter()
                .copied()
                .find(|disk| self.attached(&instance, disk));
            assert_eq!(locks.disk_of_instance(&instance), attached, "{instance}");
            assert_eq!(
                locks.instance_of_disk(&disk),
                self.instance_of_disk(&disk, lock_reasons),
                "{disk}"
            );
        }
    }
}

fn with_locks(snapshot: Snapshot, lock_reasons: &[String], check: impl FnOnce(&Locks)) {
    let key = RegionKey {
        account: snapshot.account().clone(),
        region: snapshot.region().clone(),
    };
    let observed_at = snapshot.observed_at().unwrap();
    let view = View::build(
        &Regions::from([(key, Some(Facts::listed(snapshot, observed_at)))]),
        lock_reasons,
    );
    check(view.region("prod", "cn-hangzhou").unwrap().locks().unwrap());
}

fn part(document: &Value) -> Part {
    Part::from_json(document.to_string().as_bytes()).unwrap()
}

proptest! {
    #[test]
    fn json_answers_as_the_model_does(model in models(), lock_reasons in lock_reasons()) {
        model.check(Snapshot::join(&[part(&model.document(0, 1))]).unwrap(), &lock_reasons);
    }

    #[test]
    fn yaml_answers_as_the_model_does(model in models(), lock_reasons in lock_reasons()) {
        let yaml = serde_saphyr::to_string(&model.document(0, 1)).unwrap();
        model.check(Snapshot::from_yaml(&yaml).unwrap(), &lock_reasons);
    }

    #[test]
    fn shards_in_any_order_answer_as_the_whole_does(model in models(), lock_reasons in lock_reasons(), count in 1..5_usize) {
        let mut parts: Vec<Part> = (0..count).map(|index| part(&model.document(index, count))).collect();
        parts.rotate_left(count / 2);
        model.check(Snapshot::join(&parts).unwrap(), &lock_reasons);
    }

    #[test]
    fn a_built_listing_answers_as_the_model_does(model in models(), lock_reasons in lock_reasons()) {
        let mut model = model;
        for (_, instances) in model.disks.values_mut() {
            // The poller always knows where a disk is attached.
            instances.get_or_insert_default();
        }
        model.check(model.build(), &lock_reasons);
    }

    #[test]
    fn any_bytes_make_a_part_or_an_error(bytes in vec(any::<u8>(), 0..400)) {
        let _ = Part::from_json(&bytes);
        let _ = Part::from_yaml(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn a_damaged_document_makes_a_part_or_an_error(
        model in models(),
        damages in vec((any::<prop::sample::Index>(), 0..40_usize, vec(any::<u8>(), 0..4)), 1..4),
        as_yaml in any::<bool>(),
    ) {
        let document = model.document(0, 1);
        let text = if as_yaml { serde_saphyr::to_string(&document).unwrap() } else { document.to_string() };
        let mut bytes = text.into_bytes();
        for (at, length, new) in damages {
            let start = at.index(bytes.len() + 1);
            let end = bytes.len().min(start + length);
            bytes.splice(start..end, new);
        }
        for error in [Part::from_json(&bytes).err(), Part::from_yaml(&String::from_utf8_lossy(&bytes)).err()].into_iter().flatten() {
            let shown = error.to_string();
            prop_assert!(!shown.contains('\n') && shown.len() < 2_000, "{}", shown);
            prop_assert!(error.line().is_some_and(|line| 0 < line) && error.column().is_some_and(|column| 0 < column), "{}", shown);
        }
    }
}
