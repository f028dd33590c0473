//! Admission control that knows the cloud bill.

pub mod lock;
