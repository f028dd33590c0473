//! One request and what is due to it: which service it is for, who sent it, and the answer when nothing goes wrong.

use std::sync::Arc;

use super::{
    answer::{Answer, Refusal},
    authority,
    calls::Call,
    describe, machine, page,
    request::Request,
    serve::Shared,
    sts,
};

/// A request that has been looked at.
pub(super) struct Visit {
    pub(super) call: Call,
    service: Result<Service, Refusal>,
}

/// What it is for.
#[derive(Clone, Copy)]
enum Service {
    Ecs(usize),
    Sts(Option<usize>),
    Machine,
}

impl Visit {
    /// Finds the service and the caller; a signature is checked, and its nonce used up, here and once.
    pub(super) fn new(request: Request, shared: &Shared) -> Self {
        let parameters = request.parameters();
        let machine = machine::action(&request).map(str::to_owned);
        let action = machine
            .clone()
            .or_else(|| request.header("x-acs-action"))
            .or_else(|| parameters.get("Action").cloned());
        let service = match (&machine, &action) {
            (Some(_), _) => Ok(Service::Machine),
            (None, Some(action)) => service(&request, action, shared),
            (None, None) => Err(Refusal::missing("Action")),
        };
        let account = match service {
            Ok(Service::Ecs(account)) => Some(account),
            Ok(Service::Sts(account)) => account,
            _ => None,
        };
        let region = match account {
            Some(account) => {
                describe::region_of(&parameters, account, &shared.world.lock().unwrap())
            }
            None => parameters.get("RegionId").cloned(),
        };
        let authorization = request.header("authorization");
        let call = Call {
            action: action.unwrap_or_default(),
            region,
            access_key: authorization.as_deref().and_then(authority::access_key),
            user_agent: request.header("user-agent"),
            parameters,
            request: Arc::new(request),
            account,
            answer: None,
        };
        Self { call, service }
    }

    /// Whether it got past the gate.
    pub(super) fn is_accepted(&self) -> bool {
        self.service.is_ok()
    }

    /// The answer when nothing goes wrong.
    pub(super) fn answer(&self, shared: &Shared) -> Answer {
        let now = shared.now();
        let mut world = shared.world.lock().unwrap();
        let Call {
            action, parameters, ..
        } = &self.call;
        let answer = match self.service.clone() {
            Ok(Service::Machine) => Ok(machine::serve(&self.call.request, &mut world, now)),
            Ok(Service::Ecs(account)) => describe::serve(action, parameters, account, &world),
            Ok(Service::Sts(account)) => sts::serve(action, parameters, account, &mut world, now),
            Err(refusal) => Err(refusal),
        };
        answer.unwrap_or_else(|refusal| self.refused(refusal))
    }

    /// A refusal as an answer to it.
    pub(super) fn refused(&self, refusal: Refusal) -> Answer {
        let host = self.call.request.header("host").unwrap_or_default();
        refusal.answer(&host)
    }

    /// The same for another part of its listing.
    pub(super) fn shifted(mut self, by: isize) -> Self {
        if let Some(token) = self.call.parameters.get_mut("NextToken")
            && let Some(moved) = page::moved_token(token, by)
        {
            *token = moved;
        }
        self
    }
}

fn service(request: &Request, action: &str, shared: &Shared) -> Result<Service, Refusal> {
    let parameters = request.parameters();
    let version = request
        .header("x-acs-version")
        .or_else(|| parameters.get("Version").cloned())
        .ok_or_else(|| Refusal::missing("Version"))?;
    let verify = || {
        let now = shared.now();
        authority::verify(request, &mut shared.world.lock().unwrap(), now)
    };
    match version.as_str() {
        "2014-05-26" => verify().map(Service::Ecs),
        "2015-04-01" if action == sts::UNSIGNED => Ok(Service::Sts(None)),
        "2015-04-01" => verify().map(|account| Service::Sts(Some(account))),
        _ => Err(Refusal::invalid("InvalidVersion", "Version")),
    }
}
