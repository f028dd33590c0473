//! Faults of the answers themselves: well-formed HTTP, and not what the documents promise.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::{
    answer::Answer,
    calls::Call,
    fault::{Effect, Fault},
    page::Listing,
};

/// A shape that no document has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `[...]` instead of `{...}`.
    ListAtTheTop,
    /// `"Instances": [...]`, without the member between.
    FlatItems,
    /// `"Instance": {...}`, a single item without its list.
    BareItem,
    /// `"Instance": null`.
    NullItems,
    /// An item without its id.
    NoId,
    /// An item whose id is a number.
    NumericId,
    /// `"OperationLocks": "financial"`.
    TextLocks,
    /// `"OperationLocks": [...]`, without the member between.
    FlatLocks,
    /// The member between called as it is for the other kind of resource.
    LocksOfTheOtherKind,
    /// `"LockReason": [{"Reason": "financial"}]`.
    UnknownLockMembers,
}

/// Listings.
impl Fault {
    /// 200 and an empty list, whatever there is.
    pub(crate) fn empty() -> Self {
        Self::rewritten(|_, answer| {
            if let Some(items) = items(answer) {
                items.clear();
            }
            answer["NextToken"] = json!("");
        })
    }

    /// The page goes without its list; the token of the next one is there.
    pub(crate) fn without_items() -> Self {
        Self::rewritten(|_, answer| {
            for list in ["Instances", "Disks"] {
                answer.as_object_mut().unwrap().remove(list);
            }
        })
    }

    /// The token of the next page is the one that this page was asked for with.
    pub(crate) fn repeated_token() -> Self {
        Self::rewritten(|call, answer| {
            if let Some(token) = call.parameters.get("NextToken") {
                answer["NextToken"] = json!(token);
            }
        })
    }

    /// After the last page the first comes anew; no token is ever seen twice.
    pub(crate) fn endless_pages() -> Self {
        let salt = Salt::default();
        Self::rewritten(move |call, answer| {
            let next = answer["NextToken"].as_str().unwrap_or_default();
            answer["NextToken"] = match next {
                "" => salt.add(&beginning(call)),
                next => salt.add(next),
            };
        })
    }

    /// Empty pages without end; no token is ever seen twice.
    pub(crate) fn endless_empty_pages() -> Self {
        let salt = Salt::default();
        Self::rewritten(move |call, answer| {
            if let Some(items) = items(answer) {
                items.clear();
            }
            answer["NextToken"] = salt.add(&beginning(call));
        })
    }

    /// Everything in the page is there twice.
    pub(crate) fn duplicates() -> Self {
        Self::rewritten(|_, answer| {
            if let Some(items) = items(answer) {
                items.extend(items.clone());
            }
        })
    }

    /// The listing has changed since the page before: this one begins so many places further on (some are then in no
    /// page) or, below 0, back (some are then in two).
    pub(crate) const fn shifted(by: isize) -> Self {
        Self::of(Effect::Shift(by))
    }
}

/// Tells tokens of one place apart.
#[derive(Default)]
struct Salt(AtomicUsize);

impl Salt {
    fn add(&self, token: &str) -> Value {
        let serial = self.0.fetch_add(1, Ordering::SeqCst);
        json!(format!("{token}{serial:08x}"))
    }
}

/// The token for the first page of a call's listing.
fn beginning(call: &Call) -> String {
    let account = call.account.unwrap_or_default();
    Listing::of(account, &call.action, &call.parameters).token(0)
}

/// Shapes and sizes.
impl Fault {
    /// An answer of another shape.
    pub(crate) fn shaped(shape: Shape) -> Self {
        Self::rewritten(move |_, answer| reshape(shape, answer))
    }

    /// `"LockReason": {...}` where there is one lock: a sample of the documents has it so.
    pub(crate) fn bare_lock() -> Self {
        Self::rewritten(|_, answer| {
            for_each_item(answer, |item| {
                for list in ["LockReason", "OperationLock"] {
                    let locks = &mut item["OperationLocks"];
                    if let Some([only]) = locks[list].as_array().map(Vec::as_slice) {
                        let only = only.clone();
                        locks[list] = only;
                    }
                }
            });
        })
    }

    /// An answer of at least so many bytes.
    pub(crate) fn oversized(bytes: usize) -> Self {
        Self::change(move |_, mut answer: Answer| {
            let mut padded = answer.body.to_vec();
            padded.resize(padded.len() + bytes, b' ');
            answer.body = padded.into();
            answer
        })
    }
}

fn reshape(shape: Shape, answer: &mut Value) {
    match shape {
        Shape::ListAtTheTop => *answer = json!([answer.take()]),
        Shape::FlatItems => change_list(answer, |list, inner| *list = list[inner].take()),
        Shape::BareItem => change_list(answer, |list, inner| list[inner] = list[inner][0].take()),
        Shape::NullItems => change_list(answer, |list, inner| list[inner] = Value::Null),
        Shape::NoId => for_each_item(answer, |item| {
            let id = id_of(item);
            item.as_object_mut().unwrap().remove(id);
        }),
        Shape::NumericId => for_each_item(answer, |item| {
            let id = id_of(item);
            item[id] = json!(7);
        }),
        Shape::TextLocks => {
            for_each_item(answer, |item| item["OperationLocks"] = json!("financial"));
        }
        Shape::FlatLocks => for_each_item(answer, |item| {
            let locks = item["OperationLocks"].take();
            item["OperationLocks"] = locks.get(list_of(item)).cloned().unwrap_or_default();
        }),
        Shape::LocksOfTheOtherKind => for_each_item(answer, |item| {
            let (own, other) = match list_of(item) {
                "LockReason" => ("LockReason", "OperationLock"),
                _ => ("OperationLock", "LockReason"),
            };
            let locks = item["OperationLocks"][own].take();
            item["OperationLocks"] = json!({other: locks});
        }),
        Shape::UnknownLockMembers => for_each_item(answer, |item| {
            item["OperationLocks"] = json!({list_of(item): [{"Reason": "financial"}]});
        }),
    }
}

/// The list in an answer; the answer about one instance has none.
fn items(answer: &mut Value) -> Option<&mut Vec<Value>> {
    let (outer, inner) = match answer.get("Instances") {
        Some(_) => ("Instances", "Instance"),
        None => ("Disks", "Disk"),
    };
    answer.get_mut(outer)?.get_mut(inner)?.as_array_mut()
}

fn for_each_item(answer: &mut Value, change: impl Fn(&mut Value)) {
    if answer.get("InstanceId").is_some() {
        return change(answer);
    }
    items(answer).into_iter().flatten().for_each(change);
}

fn change_list(answer: &mut Value, change: impl Fn(&mut Value, &str)) {
    for (outer, inner) in [("Instances", "Instance"), ("Disks", "Disk")] {
        if let Some(list) = answer.get_mut(outer) {
            change(list, inner);
        }
    }
}

fn id_of(item: &Value) -> &'static str {
    match item.get("DiskId") {
        Some(_) => "DiskId",
        None => "InstanceId",
    }
}

fn list_of(item: &Value) -> &'static str {
    match item.get("DiskId") {
        Some(_) => "OperationLock",
        None => "LockReason",
    }
}
