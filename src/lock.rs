//! Which instances and disks are locked, in which account and region, and how old that knowledge is.
//!
//! Guarantees: facts come from complete listings only (a [`Snapshot`] is whole or does not exist), nothing changes
//! once built, and a question is answered without allocating. Pure: no async, no cluster, no file, no clock; the time
//! is an argument. Must never turn missing knowledge into "not locked": what is not known is said to be unknown.
//!
//! - [`Part`] and [`Snapshot`]: one document, and one complete listing
//! - [`Builder`]: a listing made in memory
//! - [`Split`]: a listing as documents of bounded size
//! - [`View`]: what the decision reads, for one set of lock reasons

mod age;
mod builder;
mod confirmed;
mod document;
mod error;
mod id;
mod index;
mod locks;
#[cfg(test)]
mod model_tests;
mod reasons;
mod shelf;
mod snapshot;
#[cfg(test)]
mod snapshot_tests;
mod split;
mod view;
#[cfg(test)]
mod view_tests;
mod write;

pub use age::{Age, Freshness, elapsed};
pub use builder::Builder;
pub use confirmed::{Confirmation, Confirmed};
pub use error::{Error, ErrorKind, Position};
pub use locks::{Answer, Locks};
pub use snapshot::{Entry, Part, Shard, Snapshot, Source};
pub use split::{Piece, Split};
pub use view::{AccountView, Facts, RegionKey, RegionView, Regions, Unusable, View};
