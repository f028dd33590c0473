//! A double of Alibaba Cloud for tests: a real HTTP server with ECS, STS, the metadata service and a credentials URI.
//!
//! It is as strict with signatures, dates, nonces, tokens and parameters as the documents say that the service is, and
//! shares no code with what it tests. One port serves every region; who calls is told by the access key.

#![allow(
    dead_code,
    unused_imports,
    reason = "each test binary that has this module uses some of it"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that can't go on says why by panicking"
)]

#[path = "double/account.rs"]
mod account;
#[path = "double/answer.rs"]
mod answer;
#[path = "double/authority.rs"]
mod authority;
#[path = "double/calls.rs"]
mod calls;
#[path = "double/delivery.rs"]
mod delivery;
#[path = "double/describe.rs"]
mod describe;
#[path = "double/fault.rs"]
mod fault;
#[path = "double/item.rs"]
mod item;
#[path = "double/keys.rs"]
mod keys;
#[path = "double/lies.rs"]
mod lies;
#[path = "double/machine.rs"]
mod machine;
#[path = "double/page.rs"]
mod page;
#[path = "double/region.rs"]
mod region;
#[path = "double/request.rs"]
mod request;
#[path = "double/serve.rs"]
mod serve;
#[path = "double/sts.rs"]
mod sts;
#[path = "double/visit.rs"]
mod visit;

use std::sync::{Arc, Mutex, MutexGuard};

use jiff::{SignedDuration, Timestamp};

pub(crate) use self::{
    account::{Account, Region, many_disk, many_instance},
    answer::{Answer, Refusal},
    authority::canonical_request,
    calls::Call,
    fault::{Fault, Trouble},
    keys::{Denial, MetadataVersion, TemporaryKeys, TokenState},
    lies::Shape,
    region::Locks,
    request::{Parameters, Request},
};
use self::{
    calls::Log,
    keys::{Session, World},
    serve::{Clock, Door, Server, Shared},
};

/// A cloud, which is gone when this is dropped.
pub(crate) struct Cloud {
    shared: Arc<Shared>,
    server: Server,
}

impl Cloud {
    /// One with nothing in it, that answers from now on; in a thread of its own, so that a test need not be async.
    pub(crate) fn start() -> Self {
        let shared = Arc::new(Shared {
            world: Mutex::default(),
            log: Log::new(),
            troubles: Mutex::default(),
            clock: Mutex::new(Clock {
                source: Box::new(Timestamp::now),
                ahead: SignedDuration::ZERO,
            }),
        });
        Self {
            server: Server::start(Arc::clone(&shared)),
            shared,
        }
    }

    /// Where everything is: ECS of every region, STS and the metadata service.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.server.address)
    }

    /// Where the credentials URI is.
    pub(crate) fn credentials_uri(&self) -> String {
        format!("{}{}", self.endpoint(), machine::URI)
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.shared.world.lock().unwrap()
    }
}

/// Accounts and keys.
impl Cloud {
    /// A new account with an access key.
    pub(crate) fn account(&self, id: &str, secret: &str) -> Account<'_> {
        let number = {
            let mut world = self.world();
            world.accounts.push(keys::Account::default());
            world.accounts.len() - 1
        };
        let account = Account {
            cloud: self,
            number,
        };
        account.key(id, secret);
        account
    }

    /// The account that was made first.
    pub(crate) fn first_account(&self) -> Account<'_> {
        Account {
            cloud: self,
            number: 0,
        }
    }

    /// A region of the first account.
    pub(crate) fn region(&self, name: &str) -> Region<'_> {
        self.first_account().region(name)
    }

    /// An access key is disabled, or is enabled again.
    pub(crate) fn set_active(&self, id: &str, is_active: bool) {
        let mut world = self.world();
        let key = world.keys.get_mut(id).expect("there is such a key");
        key.active = is_active;
    }

    /// An access key is no more.
    pub(crate) fn delete_key(&self, id: &str) {
        self.world().keys.remove(id).expect("there is such a key");
    }

    /// Every security token given out so far expires now.
    pub(crate) fn expire_sessions(&self) {
        let now = self.now();
        for key in self.world().keys.values_mut() {
            if let Some(session) = &mut key.session {
                session.expires = now;
            }
        }
    }

    /// The machine has this role, whose keys the metadata service gives out.
    pub(crate) fn machine_role(&self, name: &str, account: Account<'_>) {
        self.world().machine.role = Some((name.to_owned(), account.number));
    }

    /// Which versions of the metadata service are on.
    pub(crate) fn metadata_version(&self, version: MetadataVersion) {
        self.world().machine.version = version;
    }

    /// Whose keys the credentials URI gives out.
    pub(crate) fn uri_keys(&self, account: Account<'_>) {
        self.world().machine.uri = Some(account.number);
    }

    /// How long keys of the metadata service and the credentials URI are good for; 6 hours unless this says otherwise.
    pub(crate) fn machine_keys_live(&self, lifetime: SignedDuration) {
        self.world().machine.lifetime = Some(lifetime);
    }
}

/// Time.
impl Cloud {
    /// What time it is here.
    pub(crate) fn now(&self) -> Timestamp {
        self.shared.now()
    }

    /// It is as late here as that says, from now on.
    pub(crate) fn set_clock(&self, source: impl Fn() -> Timestamp + Send + 'static) {
        self.shared.clock.lock().unwrap().source = Box::new(source);
    }

    /// The clock here is ahead by so much.
    pub(crate) fn set_ahead(&self, ahead: SignedDuration) {
        self.shared.clock.lock().unwrap().ahead = ahead;
    }
}

/// What goes wrong.
impl Cloud {
    /// Sets a fault; of several that meet a call, the first that was set has its way.
    pub(crate) fn fault(&self, fault: Fault) -> Trouble {
        let trouble = Trouble::new(fault);
        self.shared.troubles.lock().unwrap().push(trouble.clone());
        trouble
    }

    /// Lifts every fault.
    pub(crate) fn heal(&self) {
        for trouble in self.shared.troubles.lock().unwrap().drain(..) {
            trouble.lift();
        }
    }

    /// From now on connections are refused; those that there are have been closed when this returns.
    pub(crate) fn close(&self) {
        self.server.set(Door::Closed);
    }

    /// Connections are taken again, on the same port.
    pub(crate) fn open(&self) {
        self.server.set(Door::Open);
    }
}

/// What was called.
impl Cloud {
    /// The calls of an action, in the order of arrival, answered or not.
    pub(crate) fn calls(&self, action: &str) -> Vec<Call> {
        self.shared.log.of(action)
    }

    /// All calls.
    pub(crate) fn all_calls(&self) -> Vec<Call> {
        self.shared.log.all()
    }

    /// The number of calls of an action.
    pub(crate) fn count(&self, action: &str) -> usize {
        self.shared.log.count(action)
    }

    /// The number of all calls.
    pub(crate) fn total(&self) -> usize {
        self.shared.log.total()
    }

    /// Empties the record.
    pub(crate) fn forget_calls(&self) {
        self.shared.log.forget();
    }

    /// Waits until there have been so many calls of an action.
    pub(crate) async fn until_called(&self, action: &str, count: usize) {
        let is_enough = |calls: &[Call]| {
            let of_action = calls.iter().filter(|call| call.action == action);
            count <= of_action.count()
        };
        self.shared.log.until(is_enough).await;
    }

    /// Waits until what there has been is enough.
    pub(crate) async fn until(&self, is_enough: impl Fn(&[Call]) -> bool) {
        self.shared.log.until(is_enough).await;
    }
}
