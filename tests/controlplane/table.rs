//! Tables of cases: an object as it stands, a request about it, and what has to come of it.
//!
//! Every request is sent twice, first as a dry run, and both have to come to the same. A case's name is its object's name
//! too, so that whatever fails says by itself which case it was.

use serde_json::{Value, json};

use crate::plane::call::{Call, create, merge};
use crate::plane::tenant::Tenant;

/// What has to come of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expected {
    /// It goes through, and nothing is said.
    Passes,
    /// It goes through, and a warning says this.
    Warns(&'static str),
    /// 403, and the message holds this.
    Denied(&'static str),
    /// 503, and the message holds this.
    NotJudged(&'static str),
    /// The webhook is needed and can't be asked: 500.
    HeldBack,
}

/// One case.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// The object as it stands before, made from the API group and the case's name.
    pub(crate) before: fn(&str, &str) -> Value,
    /// The request about it.
    pub(crate) call: fn(&Value) -> Call,
    pub(crate) expected: Expected,
}

/// Puts the objects of a table in place; their tenant must not be guarded yet.
pub(crate) async fn settle(tenant: &Tenant, group: &str, cases: &[Case]) {
    for case in cases {
        stand(tenant, &(case.before)(group, case.name)).await;
    }
}

/// Sends the requests of a table whose objects are in place.
pub(crate) async fn judge(tenant: &Tenant, group: &str, cases: &[Case]) {
    for case in cases {
        let call = (case.call)(&(case.before)(group, case.name));
        meets(tenant, call, case.expected).await;
    }
}

/// Puts one object in place, its status too.
pub(crate) async fn stand(tenant: &Tenant, object: &Value) {
    tenant.accepts(create(object.clone())).await;
    if !object["status"].is_null() {
        let status = json!({"status": object["status"]});
        tenant.accepts(merge(object, status).status()).await;
    }
}

/// The request comes to what is expected, as a dry run and then for good.
pub(crate) async fn meets(tenant: &Tenant, call: impl Into<Call>, expected: Expected) {
    let call = call.into();
    let rehearsal = comes_to(tenant, call.clone().dry_run(), expected).await;
    let performance = comes_to(tenant, call, expected).await;
    assert_eq!(
        rehearsal, performance,
        "a dry run is told something else than the real thing"
    );
}

/// Checks one request; returns what was said, denial or warnings.
async fn comes_to(tenant: &Tenant, call: Call, expected: Expected) -> Vec<String> {
    let summary = call.summary();
    let answer = match expected {
        Expected::Passes | Expected::Warns(_) => {
            let mut warnings = tenant.accepts(call).await.warnings;
            // The API server has warnings of its own, such as for the finalizers of Crossplane.
            warnings.retain(|warning| warning.starts_with("arrears: "));
            let is_right = match expected {
                Expected::Warns(text) => warnings.iter().any(|warning| warning.contains(text)),
                _ => warnings.is_empty(),
            };
            assert!(
                is_right,
                "{summary}: should be {expected:?}, got {warnings:?}"
            );
            return warnings;
        }
        Expected::Denied(text) => tenant.rejects(call, text).await,
        Expected::NotJudged(text) => tenant.puts_off(call, text).await,
        // It tells of a URL whose time-out is a matter of chance.
        Expected::HeldBack => {
            tenant.holds_back(call).await;
            return Vec::new();
        }
    };
    vec![answer.body["message"].to_string()]
}
