//! Instances, as `DescribeInstances` lists them and as `DescribeInstanceAttribute` tells one.

use serde::Deserialize;

use super::{
    Locks, locks,
    object::{Object, object},
    page::{Listing, Page, id, next_token},
};

/// An instance.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Instance {
    /// Its id.
    #[serde(rename = "InstanceId", deserialize_with = "id")]
    pub id: String,
    /// Its locks.
    #[serde(
        rename = "OperationLocks",
        default,
        deserialize_with = "locks::of_instance"
    )]
    pub locks: Locks,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Instances", deserialize_with = "object")]
    list: List,
    #[serde(rename = "NextToken", default, deserialize_with = "next_token")]
    next_token: Option<String>,
}

#[derive(Deserialize)]
struct List {
    #[serde(rename = "Instance")]
    items: Vec<Object<Instance>>,
}

impl Listing for Instance {
    fn read(body: &[u8]) -> Result<Page<Self>, String> {
        let Answer { list, next_token } = super::read(body)?;
        Ok(Page {
            items: list.items.into_iter().map(|Object(item)| item).collect(),
            next_token,
        })
    }
}
