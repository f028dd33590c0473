//! From the bytes of an `AdmissionReview` to the bytes of its answer.
//!
//! Whatever arrives, the answer is one that the API server understands: a valid review wherever a uid can be found,
//! a refusal in HTTP's own terms where none can. No I/O: everything that a decision rests on is in memory, behind one
//! pointer. Only before a denial may an answer wait, for whoever [`Confirm`]s it, and never beyond its caller's patience.

mod handler;
mod probe;
mod response;
mod review;

pub use handler::{Confirm, Handler, Reply, Told};
pub use probe::{PROBE_ANSWER, PROBE_NAME};
pub use review::{GroupKind, Problem, Review, Unreadable, Verb};
