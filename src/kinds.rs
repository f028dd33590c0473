//! From a changed object to the ECS operations that it asks for.
//!
//! Each family of kinds reads its own objects in one pass, borrowing, and looking only at the fields it needs; then
//! compares old and new. Nothing here knows a lock, a policy or a clock, and nothing fails: a relevant field of
//! an impossible shape becomes [`Inference::Malformed`], an irrelevant one is not looked at.

mod binding;
mod crossplane;
mod ecs_operation;
mod family;
mod fields;
mod karpenter;
mod lenient;
mod needs;
mod openshift;
mod operation;
pub mod registration;

pub use binding::{Binding, Bindings, Duplicate};
pub use family::{Family, Object};
pub use lenient::{Lenient, Shape, Shaped};
pub use operation::{
    AccountRef, Asked, Ids, Inference, Malformed, Note, Operation, Subject, Target,
};

/// Where the objects of a change come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// An API server: what an object does not say is not so.
    ApiServer,
    /// Files: a manifest rarely shows the id and the status that the cluster holds.
    Manifest,
}
