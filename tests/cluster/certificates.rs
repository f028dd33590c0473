//! Certificates in Secrets: made once, exchanged in order, mended, and nobody turned away meanwhile.

#[path = "certificates/caller.rs"]
mod caller;
#[path = "certificates/making.rs"]
mod making;
#[path = "certificates/mending.rs"]
mod mending;
#[path = "certificates/rotation.rs"]
mod rotation;
#[path = "certificates/site.rs"]
mod site;
