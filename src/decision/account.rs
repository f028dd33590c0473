//! Which account and region an object belongs to.

use std::collections::HashMap;

use crate::kinds::{AccountRef, Subject};

/// What the configuration says of one account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Objects that name no account belong to it.
    pub default: bool,
    /// Its regions, sorted.
    pub regions: Vec<String>,
    /// The region of objects that name none.
    pub default_region: Option<String>,
    /// The Crossplane provider configurations that are this account.
    pub provider_configs: Vec<ProviderConfig>,
}

/// A Crossplane provider configuration, as an account names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProviderConfig {
    /// `ProviderConfig` or `ClusterProviderConfig`; none = either.
    pub kind: Option<String>,
    /// The namespace it is in; none = any.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

/// Every account, and how objects find theirs.
#[derive(Debug, Default)]
pub struct Accounts {
    accounts: Vec<Account>,
    by_name: HashMap<String, usize>,
    default: Option<usize>,
    /// Provider configurations by name; the ones that say most come first.
    provider_configs: HashMap<String, Vec<(ProviderConfig, usize)>>,
}

/// Why an object's account can't be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAccount<'a> {
    /// It names none and there is no default.
    NoDefault,
    /// No account of this name is configured.
    NoSuchAccount(&'a str),
    /// No account names this provider configuration.
    NoSuchProviderConfig(&'a str),
}

impl Accounts {
    /// Indexes the accounts. The only one is the default.
    #[must_use]
    pub fn new(mut accounts: Vec<Account>) -> Self {
        accounts.sort_by(|one, other| one.name.cmp(&other.name));
        for account in &mut accounts {
            account.regions.sort();
            account.regions.dedup();
        }
        let default = match accounts.as_slice() {
            [_] => Some(0),
            _ => accounts.iter().position(|account| account.default),
        };
        let by_name = accounts
            .iter()
            .enumerate()
            .map(|(index, account)| (account.name.clone(), index))
            .collect();
        let mut provider_configs: HashMap<String, Vec<_>> = HashMap::new();
        for (index, account) in accounts.iter().enumerate() {
            for config in &account.provider_configs {
                provider_configs
                    .entry(config.name.clone())
                    .or_default()
                    .push((config.clone(), index));
            }
        }
        for configs in provider_configs.values_mut() {
            configs.sort_by_key(|(config, _)| (config.namespace.is_none(), config.kind.is_none()));
        }
        Self {
            accounts,
            by_name,
            default,
            provider_configs,
        }
    }

    /// Every account, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Account> {
        self.accounts.iter()
    }

    /// The account of an object.
    ///
    /// # Errors
    /// Where it names one that is not configured, or none and there is no default.
    pub fn of<'a>(&'a self, subject: &'a Subject<'_>) -> Result<&'a Account, NoAccount<'a>> {
        let (index, otherwise) = match &subject.account {
            AccountRef::Default => (self.default, NoAccount::NoDefault),
            AccountRef::Named(name) => (
                self.by_name.get(&**name).copied(),
                NoAccount::NoSuchAccount(name),
            ),
            AccountRef::ProviderConfig {
                kind,
                namespace,
                name,
            } => (
                self.of_provider_config(kind.as_deref(), namespace.as_deref(), name)
                    .or_else(|| self.default_for_provider_configs()),
                NoAccount::NoSuchProviderConfig(name),
            ),
        };
        index
            .and_then(|index| self.accounts.get(index))
            .ok_or(otherwise)
    }

    fn of_provider_config(
        &self,
        kind: Option<&str>,
        namespace: Option<&str>,
        name: &str,
    ) -> Option<usize> {
        self.provider_configs
            .get(name)?
            .iter()
            .find(|(config, _)| config.is(kind, namespace))
            .map(|(_, index)| *index)
    }

    /// A default account that lists no provider configurations takes those that no other account lists.
    fn default_for_provider_configs(&self) -> Option<usize> {
        let default = self.default?;
        let account = self.accounts.get(default)?;
        account.provider_configs.is_empty().then_some(default)
    }
}

// === impl Account ===

impl Account {
    /// The region of an object of this account, if it can be told.
    #[must_use]
    pub fn region<'a>(&'a self, subject: &'a Subject<'_>) -> Option<&'a str> {
        subject
            .region
            .as_deref()
            .or(self.default_region.as_deref())
            .or(match self.regions.as_slice() {
                [only] => Some(only),
                _ => None,
            })
    }
}

// === impl ProviderConfig ===

impl ProviderConfig {
    /// A reference that gives no kind is of the cluster-scoped line, which has only `ProviderConfig`.
    fn is(&self, kind: Option<&str>, namespace: Option<&str>) -> bool {
        let kind_fits = self
            .kind
            .as_deref()
            .is_none_or(|own| own == kind.unwrap_or("ProviderConfig"));
        let namespace_fits = self
            .namespace
            .as_deref()
            .is_none_or(|own| Some(own) == namespace);
        kind_fits && namespace_fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(name: &str, default: bool, provider_configs: &[&str]) -> Account {
        Account {
            name: name.to_owned(),
            default,
            provider_configs: provider_configs
                .iter()
                .map(|name| ProviderConfig {
                    kind: None,
                    namespace: None,
                    name: (*name).to_owned(),
                })
                .collect(),
            ..Account::default()
        }
    }

    fn provider_config(name: &str) -> Subject<'_> {
        Subject {
            account: AccountRef::ProviderConfig {
                kind: None,
                namespace: None,
                name: name.into(),
            },
            region: None,
        }
    }

    fn name_of<'a>(accounts: &'a Accounts, subject: &'a Subject<'_>) -> Result<&'a str, String> {
        accounts
            .of(subject)
            .map(|account| account.name.as_str())
            .map_err(|reason| format!("{reason:?}"))
    }

    #[test]
    fn the_only_account_is_the_default_one() {
        let accounts = Accounts::new(vec![account("prod", false, &[])]);
        assert_eq!(name_of(&accounts, &Subject::default()), Ok("prod"));
    }

    #[test]
    fn of_several_accounts_none_is_the_default_unless_one_says_so() {
        let accounts = Accounts::new(vec![account("a", false, &[]), account("b", false, &[])]);
        assert_eq!(
            name_of(&accounts, &Subject::default()),
            Err("NoDefault".to_owned())
        );
        let accounts = Accounts::new(vec![account("a", false, &[]), account("b", true, &[])]);
        assert_eq!(name_of(&accounts, &Subject::default()), Ok("b"));
    }

    #[test]
    fn a_default_account_takes_the_provider_configs_that_no_other_account_names() {
        let accounts = Accounts::new(vec![
            account("a", false, &["aliyun-a"]),
            account("b", true, &[]),
        ]);
        assert_eq!(name_of(&accounts, &provider_config("aliyun-a")), Ok("a"));
        assert_eq!(name_of(&accounts, &provider_config("default")), Ok("b"));
    }

    #[test]
    fn a_default_account_that_names_its_provider_configs_takes_no_others() {
        let accounts = Accounts::new(vec![account("b", true, &["default"])]);
        assert_eq!(name_of(&accounts, &provider_config("default")), Ok("b"));
        assert_eq!(
            name_of(&accounts, &provider_config("other")),
            Err("NoSuchProviderConfig(\"other\")".to_owned())
        );
    }

    #[test]
    fn a_provider_config_of_a_namespace_goes_before_one_of_any() {
        let mut shop = account("shop", false, &[]);
        shop.provider_configs = vec![ProviderConfig {
            kind: Some("ProviderConfig".to_owned()),
            namespace: Some("shop".to_owned()),
            name: "aliyun".to_owned(),
        }];
        let accounts = Accounts::new(vec![account("all", true, &["aliyun"]), shop]);
        let subject = |kind: &'static str, namespace: Option<&'static str>| Subject {
            account: AccountRef::ProviderConfig {
                kind: Some(kind.into()),
                namespace: namespace.map(Into::into),
                name: "aliyun".into(),
            },
            region: None,
        };
        assert_eq!(
            name_of(&accounts, &subject("ProviderConfig", Some("shop"))),
            Ok("shop")
        );
        assert_eq!(
            name_of(&accounts, &subject("ProviderConfig", Some("other"))),
            Ok("all")
        );
        assert_eq!(
            name_of(&accounts, &subject("ClusterProviderConfig", None)),
            Ok("all")
        );
    }

    #[test]
    fn the_region_is_the_objects_own_then_the_default_then_the_only_one() {
        let mut account = account("a", true, &[]);
        account.regions = vec!["cn-beijing".to_owned()];
        let own = Subject {
            region: Some("cn-hangzhou".into()),
            ..Subject::default()
        };
        assert_eq!(account.region(&own), Some("cn-hangzhou"));
        assert_eq!(account.region(&Subject::default()), Some("cn-beijing"));
        account.regions.push("cn-hangzhou".to_owned());
        assert_eq!(account.region(&Subject::default()), None);
        account.default_region = Some("cn-hangzhou".to_owned());
        assert_eq!(account.region(&Subject::default()), Some("cn-hangzhou"));
    }
}
