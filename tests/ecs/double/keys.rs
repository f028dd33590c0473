//! Access keys, the sessions of roles, and who may call what.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use super::region::Region;

/// Everything there is.
#[derive(Default)]
pub(super) struct World {
    pub(super) accounts: Vec<Account>,
    pub(super) keys: HashMap<String, AccessKey>,
    pub(super) roles: HashMap<String, Role>,
    pub(super) regions: BTreeSet<String>,
    pub(super) nonces: HashSet<String>,
    pub(super) machine: Machine,
    sessions: u64,
}

/// What belongs to one owner.
#[derive(Default)]
pub(super) struct Account {
    pub(super) regions: BTreeMap<String, Region>,
    pub(super) denied: HashMap<String, Denial>,
}

/// How a call without permission is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denial {
    /// 403, as since 2025-12-20.
    Forbidden,
    /// An empty list, as before; a dry run is told the truth.
    EmptyList,
}

/// One access key.
#[derive(Clone)]
pub(super) struct AccessKey {
    pub(super) account: usize,
    pub(super) secret: String,
    pub(super) active: bool,
    pub(super) session: Option<Session>,
}

/// What makes a key a temporary one.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) token: String,
    pub(super) expires: Timestamp,
}

/// A RAM role of an account.
#[derive(Clone, Default)]
pub(super) struct Role {
    pub(super) account: usize,
    /// Whose keys may assume it.
    pub(super) trusts: HashSet<usize>,
    /// The OIDC provider whose tokens may.
    pub(super) provider: Option<String>,
    pub(super) tokens: HashMap<String, TokenState>,
}

/// What becomes of an OIDC token that is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenState {
    Good,
    Expired,
}

/// The machine whose metadata service, and credentials URI, this is.
#[derive(Default)]
pub(super) struct Machine {
    pub(super) role: Option<(String, usize)>,
    pub(super) uri: Option<usize>,
    pub(super) version: MetadataVersion,
    pub(super) tokens: HashSet<String>,
    pub(super) lifetime: Option<SignedDuration>,
}

/// Which versions of the metadata service are on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum MetadataVersion {
    #[default]
    Both,
    /// A request without a token is refused.
    OnlyV2,
    /// There is no token to be had.
    OnlyV1,
}

/// Temporary keys as they are handed out.
#[derive(Clone)]
pub(crate) struct TemporaryKeys {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) token: String,
    pub(crate) expires: Timestamp,
}

impl World {
    /// Makes keys that are good until then.
    pub(super) fn open_session(&mut self, account: usize, expires: Timestamp) -> TemporaryKeys {
        self.sessions += 1;
        let serial = self.sessions;
        let keys = TemporaryKeys {
            id: format!("STS.NTdouble{serial:08}"),
            secret: format!("tempsecret{serial:08}"),
            // With the characters that real ones have, which a query or a form must encode.
            token: format!("CAISdouble+/{serial:08}=="),
            expires,
        };
        let key = AccessKey {
            account,
            secret: keys.secret.clone(),
            active: true,
            session: Some(Session {
                token: keys.token.clone(),
                expires,
            }),
        };
        self.keys.insert(keys.id.clone(), key);
        keys
    }
}
