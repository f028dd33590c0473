//! A bound object: of its text, only the parts that the binding's paths can reach are kept.
//!
//! Bounded: whatever the object holds, at most [`MOST_VALUES`] values are kept. What is left out of a larger one is
//! remembered, so that nobody takes a part of it for the whole.

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    fmt,
};

use serde::{
    Deserialize,
    de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

use super::{outline::Outline, path::shape};
use crate::kinds::Shape;

/// How many values below a path are looked at: a hundred times what a machine's manifest has.
pub(super) const MOST_VALUES: usize = 50_000;

/// An object of a bound kind, as far as its binding looks at it.
#[derive(Debug, PartialEq)]
pub struct BoundObject {
    pub(super) value: Value,
    pub(super) cut: Option<Cut>,
}

/// Where an object has more values than are looked at.
#[derive(Debug, PartialEq)]
pub(super) struct Cut {
    /// The member, as fields are named.
    pub(super) field: String,
    /// What it is.
    pub(super) found: Shape,
}

/// Which parts of an object are kept.
#[derive(Debug, PartialEq)]
pub(super) enum Keep {
    /// None of it.
    Nothing,
    /// These members as they say, and the others as `others` says.
    Members {
        named: Vec<(Box<str>, Keep)>,
        others: bool,
    },
}

// === impl BoundObject ===

impl BoundObject {
    /// Reads an object, keeping what `keep` says.
    pub(super) fn read<'de, D: Deserializer<'de>>(
        keep: &Keep,
        deserializer: D,
    ) -> Result<Self, D::Error> {
        let budget = Budget {
            left: MOST_VALUES.into(),
            is_cut: Cell::default(),
            cut: RefCell::default(),
        };
        let value = Kept {
            keep,
            budget: &budget,
        }
        .deserialize(deserializer)?;
        let cut = budget.cut.into_inner();
        let cut = cut.or_else(|| budget.is_cut.get().then(Cut::of_the_whole));
        Ok(Self { value, cut })
    }

    /// Whether the object is being deleted.
    pub(super) fn is_deleting(&self) -> bool {
        self.value
            .get("metadata")
            .and_then(|metadata| metadata.get("deletionTimestamp"))
            .is_some_and(|timestamp| !timestamp.is_null())
    }
}

// === impl Cut ===

impl Cut {
    fn of_the_whole() -> Self {
        Self {
            field: super::WHOLE.to_owned(),
            found: Shape::Object,
        }
    }
}

// === impl Keep ===

impl Default for Keep {
    /// What is always looked at, and what never is: `managedFields` is the API server's own book-keeping.
    fn default() -> Self {
        Self::members([(
            "metadata",
            Self::members([
                ("deletionTimestamp", Self::everything()),
                ("managedFields", Self::Nothing),
            ]),
        )])
    }
}

impl Keep {
    const fn everything() -> Self {
        Self::Members {
            named: Vec::new(),
            others: true,
        }
    }

    fn members<const N: usize>(named: [(&str, Self); N]) -> Self {
        Self::Members {
            named: named
                .into_iter()
                .map(|(name, keep)| (name.into(), keep))
                .collect(),
            others: false,
        }
    }

    /// Keeps what a path can find, too.
    pub(super) fn add(&mut self, outline: &Outline) {
        self.add_names(&outline.names);
    }

    fn add_names(&mut self, names: &[String]) {
        let Self::Members { named, others } = self else {
            return;
        };
        let Some((first, rest)) = names.split_first() else {
            *others = true;
            for (_, keep) in named {
                keep.add_names(&[]);
            }
            return;
        };
        if let Some((_, keep)) = named.iter_mut().find(|(name, _)| **name == **first) {
            keep.add_names(rest);
        } else if !*others {
            let mut keep = Self::members([]);
            keep.add_names(rest);
            named.push((first.as_str().into(), keep));
        }
    }
}

/// How many more values may be kept; shared by all that reads one object.
struct Budget {
    left: Cell<usize>,
    is_cut: Cell<bool>,
    cut: RefCell<Option<Cut>>,
}

// === impl Budget ===

impl Budget {
    /// Takes one value out of the budget, if one is left.
    fn take(&self) -> bool {
        let less = self.left.get().checked_sub(1);
        match less {
            Some(less) => self.left.set(less),
            None => self.is_cut.set(true),
        }
        less.is_some()
    }

    /// Remembers that the cut lies in this member.
    fn blame(&self, name: &str, member: &Value) {
        let mut cut = self.cut.borrow_mut();
        *cut = Some(match cut.take() {
            Some(inner) => Cut {
                field: format!("{name}.{}", inner.field),
                found: inner.found,
            },
            None => Cut {
                field: name.to_owned(),
                found: shape(member).unwrap_or(Shape::Object),
            },
        });
    }
}

struct Kept<'k> {
    keep: &'k Keep,
    budget: &'k Budget,
}

static EVERYTHING: Keep = Keep::everything();

impl<'de> DeserializeSeed<'de> for Kept<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        match self.keep {
            Keep::Nothing => IgnoredAny::deserialize(deserializer).map(|_| Value::Null),
            Keep::Members { .. } => deserializer.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Kept<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Value, E> {
        Ok(flag.into())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut kept = Vec::new();
        // A name finds nothing in a list, so that only a wish for everything reaches into it.
        if let Keep::Members { others: true, .. } = self.keep {
            while self.budget.take() {
                let item = Kept {
                    keep: &EVERYTHING,
                    budget: self.budget,
                };
                match list.next_element_seed(item)? {
                    Some(item) => kept.push(item),
                    None => return Ok(kept.into()),
                }
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(kept.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut kept = Map::new();
        let Keep::Members { named, others } = self.keep else {
            return Ok(Value::Null);
        };
        while let Some(Name(name)) = map.next_key()? {
            let keep = match named.iter().find(|(known, _)| **known == *name) {
                Some((_, keep)) => keep,
                None if *others && self.budget.take() => &EVERYTHING,
                None => &Keep::Nothing,
            };
            if *keep == Keep::Nothing {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let was_cut = self.budget.is_cut.get();
            let value = map.next_value_seed(Kept {
                keep,
                budget: self.budget,
            })?;
            if !was_cut && self.budget.is_cut.get() {
                self.budget.blame(&name, &value);
            }
            kept.insert(name.into_owned(), value);
        }
        Ok(kept.into())
    }
}

/// A member's name, borrowed where it can be.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use serde_json_path::JsonPath;

    use super::*;

    fn keep(paths: &[&str]) -> Keep {
        let mut keep = Keep::default();
        for path in paths {
            keep.add(&Outline::of(path).unwrap());
        }
        keep
    }

    fn read(paths: &[&str], value: &Value) -> BoundObject {
        BoundObject::read(
            &keep(paths),
            &mut serde_json::Deserializer::from_str(&value.to_string()),
        )
        .unwrap()
    }

    #[test]
    fn only_what_the_paths_can_reach_is_kept() {
        let object = json!({
            "kind": "Vm",
            "metadata": {"name": "a", "managedFields": [{"manager": "x"}], "deletionTimestamp": "t"},
            "spec": {"region": "r", "size": 4, "disks": [{"id": "d-1", "size": 5}]},
            "status": {"id": "i-1"},
        });
        for (paths, expected) in [
            (&[][..], json!({"metadata": {"deletionTimestamp": "t"}})),
            (
                &["$.spec.region"],
                json!({"metadata": {"deletionTimestamp": "t"}, "spec": {"region": "r"}}),
            ),
            (
                &["$.spec.disks.*.id", "$.status.id"],
                json!({"metadata": {"deletionTimestamp": "t"}, "spec": {"disks": [{"id": "d-1", "size": 5}]}, "status": {"id": "i-1"}}),
            ),
            (
                &["$.spec.region", "$.spec"],
                json!({"metadata": {"deletionTimestamp": "t"}, "spec": object["spec"]}),
            ),
            (
                &["$.spec", "$.spec.region"],
                json!({"metadata": {"deletionTimestamp": "t"}, "spec": object["spec"]}),
            ),
            (
                &["$..id"],
                json!({"kind": "Vm", "metadata": {"name": "a", "deletionTimestamp": "t"}, "spec": object["spec"], "status": object["status"]}),
            ),
            (
                &["$.metadata.managedFields[0].manager", "$.metadata"],
                json!({"metadata": {"name": "a", "deletionTimestamp": "t"}}),
            ),
        ] {
            assert_eq!(
                read(paths, &object),
                BoundObject {
                    value: expected,
                    cut: None
                },
                "{paths:?}"
            );
        }
    }

    #[test]
    fn a_larger_object_is_cut_and_says_where() {
        let just = json!({"spec": {"list": vec![1; MOST_VALUES - 2], "name": "a"}});
        assert_eq!(read(&["$.spec.list[0]"], &just).cut, None);
        let whole = read(&["$"], &json!(vec![1; MOST_VALUES + 5]));
        assert_eq!(whole.cut.unwrap().field, "spec");
        for (paths, object, cut) in [
            (
                ["$.spec"],
                json!({"spec": {"list": vec![1; MOST_VALUES + 5]}}),
                "spec.list",
            ),
            (
                ["$.spec.list"],
                json!({"spec": {"list": vec![1; MOST_VALUES + 5]}}),
                "spec.list",
            ),
            (
                ["$..a"],
                json!({"spec": {"a": vec![vec![1; 400]; 400], "b": [[[1]]]}, "status": [7]}),
                "spec.a",
            ),
        ] {
            let read = read(&paths, &object);
            let found = Shape::List;
            assert_eq!(
                read.cut,
                Some(Cut {
                    field: cut.to_owned(),
                    found
                })
            );
            assert!(count(&read.value) <= MOST_VALUES + 10);
        }
        let deleted = json!({"spec": vec![1; MOST_VALUES + 5], "z": 1, "metadata": {"deletionTimestamp": "t"}});
        assert!(read(&["$.spec"], &deleted).is_deleting());
    }

    fn count(value: &Value) -> usize {
        match value {
            Value::Array(list) => 1 + list.iter().map(count).sum::<usize>(),
            Value::Object(map) => 1 + map.values().map(count).sum::<usize>(),
            _ => 1,
        }
    }

    fn name() -> impl Strategy<Value = String> {
        prop::sample::select(vec!["spec", "status", "a", "b", "id"]).prop_map(str::to_owned)
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[a-d]{0,3}".prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 60, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(name(), inner, 0..5)
                    .prop_map(|members| Value::from_iter(members)),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_path_finds_in_the_kept_part_what_it_finds_in_the_whole(object in any_json(), other in 0usize..12) {
            const PATHS: [&str; 12] = [
                "$", "$.spec", "$.spec.a", "$['spec'].*.id", "$..id", "$.spec..a", "$.a[0].b", "$.status[?@.id == 1].a",
                "$[?@.a]", "$.spec['a','b'].id", "$.*.a", "$.spec.a[-1:].b",
            ];
            for path in PATHS {
                let query = JsonPath::parse(path).unwrap();
                let kept = read(&[path, PATHS[other]], &object).value;
                prop_assert_eq!(query.query(&kept).all(), query.query(&object).all(), "{}", path);
            }
        }
    }
}
