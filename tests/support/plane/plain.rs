//! Calls as they are, for tests of objects that must carry no label of a tenant.

use serde_json::Value;

use super::Plane;
use super::call::{Answer, Call, stored};
use super::users::ADMIN;

impl Plane {
    /// Sends a call, with nothing added to it, and says what was answered.
    pub(crate) async fn answers(&self, call: impl Into<Call>) -> Answer {
        let call = call.into();
        let client = self.client(call.user()).await;
        call.send(&client).await
    }

    /// The object as the API server has it; `null` when it has none.
    pub(crate) async fn stored(&self, object: &Value) -> Value {
        stored(&self.client(ADMIN).await, object).await
    }
}
