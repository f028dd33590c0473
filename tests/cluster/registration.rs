//! The leader's entries in the `ValidatingWebhookConfiguration`, kept on a real API server that calls a real server.

#[path = "registration/changing.rs"]
mod changing;
#[path = "registration/proof.rs"]
mod proof;
#[path = "registration/scene.rs"]
mod scene;
#[path = "registration/served.rs"]
mod served;
