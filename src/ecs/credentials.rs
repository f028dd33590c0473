//! (under construction)

pub(super) mod keys;
