//! What sources of credentials are looked for in, and where roles are assumed for them.

use super::environment::Environment;
use crate::{
    api::{EcsAccountSpec, Network, RegionId, TextError},
    ecs::error::one_line,
};

/// The process's environment as far as one account goes.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    pub(super) environment: Environment,
    sts_endpoint: Option<String>,
    network: Network,
    home_region: Option<RegionId>,
}

impl Scope {
    pub(super) fn new(account: &EcsAccountSpec, environment: Environment) -> Self {
        let endpoint = account.credentials.sts_endpoint.as_ref();
        let home_region = account.default_region.as_ref();
        Self {
            environment,
            sts_endpoint: endpoint.map(|endpoint| endpoint.as_str().to_owned()),
            network: account.network,
            home_region: home_region.or(account.regions.first()).cloned(),
        }
    }

    /// Where roles are assumed, for a source that may have a region of its own or insist on the private network.
    ///
    /// As the vendor's library has it, but for one thing: inside a VPC it falls back to the public endpoint where
    /// nothing names a region. The account's own is the better guess there.
    pub(super) fn sts(&self, region: Option<&str>, network: Network) -> Result<String, String> {
        if let Some(instead) = self.sts_endpoint.as_deref().or(self.environment.sts()) {
            return Ok(instead.to_owned());
        }
        let is_private = network == Network::Vpc
            || self.network == Network::Vpc
            || self.environment.is_on("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED");
        let region = region.or_else(|| self.environment.get("ALIBABA_CLOUD_STS_REGION"));
        let region = match region {
            // It becomes a part of a host.
            Some(text) => Some(text.parse().map_err(|error: TextError| {
                format!("the region of STS, `{}`: {error}", one_line(text))
            })?),
            None if is_private => self.home_region.clone(),
            None => None,
        };
        Ok(match (region, is_private) {
            (Some(region), true) => format!("https://sts-vpc.{region}.aliyuncs.com"),
            (Some(region), false) => format!("https://sts.{region}.aliyuncs.com"),
            (None, _) => "https://sts.aliyuncs.com".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn scope(account: serde_json::Value, variables: &[(&str, &str)]) -> Scope {
        let account = serde_json::from_value(account).unwrap();
        Scope::new(&account, Environment::of(variables.iter().copied()))
    }

    #[test]
    fn sts_is_asked_where_the_vendors_library_asks_it() {
        let region = ("ALIBABA_CLOUD_STS_REGION", "cn-beijing");
        let private = ("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED", "True");
        let public_account = json!({"regions": ["cn-hangzhou"]});
        for (variables, own_region, network, host) in [
            (&[] as &[_], None, Network::Public, "sts.aliyuncs.com"),
            (
                &[],
                Some("us-east-1"),
                Network::Public,
                "sts.us-east-1.aliyuncs.com",
            ),
            (
                &[],
                Some("us-east-1"),
                Network::Vpc,
                "sts-vpc.us-east-1.aliyuncs.com",
            ),
            (
                &[region],
                None,
                Network::Public,
                "sts.cn-beijing.aliyuncs.com",
            ),
            (
                &[region],
                Some("us-east-1"),
                Network::Public,
                "sts.us-east-1.aliyuncs.com",
            ),
            (
                &[region, private],
                None,
                Network::Public,
                "sts-vpc.cn-beijing.aliyuncs.com",
            ),
        ] {
            let scope = scope(public_account.clone(), variables);
            let endpoint = scope.sts(own_region, network);
            assert_eq!(endpoint, Ok(format!("https://{host}")), "{variables:?}");
        }
    }

    #[test]
    fn an_account_in_a_private_network_asks_the_sts_of_its_own_region() {
        for (account, host) in [
            (
                json!({"regions": ["cn-hangzhou"]}),
                "sts-vpc.cn-hangzhou.aliyuncs.com",
            ),
            (
                json!({"regions": ["cn-hangzhou", "cn-beijing"], "defaultRegion": "cn-beijing"}),
                "sts-vpc.cn-beijing.aliyuncs.com",
            ),
            (json!({}), "sts.aliyuncs.com"),
        ] {
            let mut account = account;
            account["network"] = json!("Vpc");
            let endpoint = scope(account, &[]).sts(None, Network::Public);
            assert_eq!(endpoint, Ok(format!("https://{host}")));
        }
    }

    #[test]
    fn the_accounts_own_sts_endpoint_comes_before_every_other() {
        let account =
            json!({"credentials": {"stsEndpoint": "http://127.0.0.1:1"}, "network": "Vpc"});
        let mut scope = scope(account, &[("ALIBABA_CLOUD_STS_REGION", "cn-beijing")]);
        scope.environment = scope.environment.served_at("http://m", "http://s");
        let endpoint = scope.sts(Some("us-east-1"), Network::Vpc);
        assert_eq!(endpoint.as_deref(), Ok("http://127.0.0.1:1"));
    }

    #[test]
    fn a_region_that_would_lead_to_another_host_is_refused() {
        for hostile in [
            "evil.example/",
            "x@evil.example",
            "a.b",
            "x\r\ny",
            "..",
            "#",
        ] {
            let scope = scope(json!({}), &[("ALIBABA_CLOUD_STS_REGION", hostile)]);
            let problem = scope.sts(None, Network::Public).unwrap_err();
            assert!(problem.starts_with("the region of STS"), "{problem}");
            assert!(!problem.contains(char::is_control), "{problem}");
            scope.sts(Some(hostile), Network::Vpc).unwrap_err();
        }
    }
}
