//! Where each region of an account is asked.
//!
//! Guarantees: a host comes from the configuration and from nothing else; a region that the configuration does not
//! name has none; whatever a region is called, it stays one label of the vendor's domain.

use std::collections::BTreeMap;

use reqwest::Url;

use crate::api::{EcsAccountSpec, Endpoint, Network, RegionId};

/// The endpoints of an account's regions.
#[derive(Clone, Debug)]
pub(super) struct Endpoints(BTreeMap<RegionId, Url>);

impl Endpoints {
    /// Those of every region that the account names; the problem says which endpoint is none.
    pub(super) fn new(spec: &EcsAccountSpec) -> Result<Self, String> {
        let regions = spec.regions.iter().chain(&spec.default_region);
        let endpoints = regions.map(|region| {
            let url = endpoint(region, spec.network, spec.endpoints.get(region))?;
            Ok((region.clone(), url))
        });
        endpoints.collect::<Result<_, String>>().map(Self)
    }

    /// The endpoint of a region, if the account has it.
    pub(super) fn of(&self, region: &RegionId) -> Option<&Url> {
        self.0.get(region)
    }
}

/// The host of a URL as it stands in a request, with the port where it is not the scheme's own.
pub(super) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

fn endpoint(
    region: &RegionId,
    network: Network,
    instead: Option<&Endpoint>,
) -> Result<Url, String> {
    let text = match (instead, network) {
        (Some(instead), _) => instead.as_str().to_owned(),
        (None, Network::Public) => format!("https://ecs.{region}.aliyuncs.com"),
        (None, Network::Vpc) => format!("https://ecs-vpc.{region}.aliyuncs.com"),
    };
    let problem = |why: &dyn std::fmt::Display| format!("the endpoint `{text}` of {region}: {why}");
    let url = Url::parse(&text).map_err(|error| problem(&error))?;
    // What was meant as a host could be read as part of something else by another reader of URLs.
    let is_plain = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    match is_plain && format!("{}://{}", url.scheme(), host(&url)) == shortest(&text) {
        true => Ok(url),
        false => Err(problem(&format_args!("it is read as {url}"))),
    }
}

/// The endpoint in lower case and without the port that its scheme implies.
fn shortest(text: &str) -> String {
    let text = text.to_ascii_lowercase();
    let own_port = match text.starts_with("https:") {
        true => ":443",
        false => ":80",
    };
    text.strip_suffix(own_port)
        .map_or_else(|| text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn region(text: &str) -> RegionId {
        text.parse().unwrap()
    }

    fn url(region: &str, network: Network, instead: Option<&str>) -> Result<String, String> {
        let instead = instead.map(|text| text.parse().unwrap());
        endpoint(&region.parse().unwrap(), network, instead.as_ref()).map(Into::into)
    }

    #[test]
    fn a_region_has_a_public_endpoint_and_one_inside_a_vpc() {
        assert_eq!(
            url("cn-hangzhou", Network::Public, None).unwrap(),
            "https://ecs.cn-hangzhou.aliyuncs.com/"
        );
        assert_eq!(
            url("us-east-1", Network::Vpc, None).unwrap(),
            "https://ecs-vpc.us-east-1.aliyuncs.com/"
        );
    }

    #[test]
    fn an_endpoint_of_the_configuration_comes_before_the_vendors() {
        for (given, made) in [
            ("http://127.0.0.1:9180", "http://127.0.0.1:9180/"),
            ("http://[::1]:9180", "http://[::1]:9180/"),
            ("https://Ecs.Example:443", "https://ecs.example/"),
            ("http://h:80", "http://h/"),
            ("https://h:80", "https://h:80/"),
        ] {
            let url = url("cn-hangzhou", Network::Vpc, Some(given));
            assert_eq!(url.as_deref(), Ok(made), "{given}");
        }
    }

    #[test]
    fn an_endpoint_that_is_none_or_reads_as_another_is_refused() {
        for given in [
            "http://h:99999",
            "http://127.1",
            "http://0x7f.1",
            "http://[::::]",
        ] {
            let problem = url("cn-hangzhou", Network::Public, Some(given)).unwrap_err();
            assert!(problem.contains(given), "{problem}");
        }
    }

    #[test]
    fn a_region_that_the_account_does_not_name_has_no_endpoint() {
        let spec = json!({
            "regions": ["cn-hangzhou"],
            "endpoints": {"cn-hangzhou": "http://127.0.0.1:1", "cn-beijing": "http://127.0.0.1:2"},
        });
        let endpoints = Endpoints::new(&serde_json::from_value(spec).unwrap()).unwrap();
        let hangzhou = endpoints.of(&region("cn-hangzhou")).unwrap();
        assert_eq!(host(hangzhou), "127.0.0.1:1");
        assert!(endpoints.of(&region("cn-beijing")).is_none());
        assert!(endpoints.of(&region("evil")).is_none());
        let spec = json!({"defaultRegion": "cn-beijing", "network": "Vpc"});
        let endpoints = Endpoints::new(&serde_json::from_value(spec).unwrap()).unwrap();
        let beijing = endpoints.of(&region("cn-beijing")).unwrap();
        assert_eq!(host(beijing), "ecs-vpc.cn-beijing.aliyuncs.com");
    }

    /// Texts that mean something to a reader of URLs, wherever they stand.
    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            "[a-z0-9-]{1,8}",
            "[ -~]{1,4}",
            any::<char>().prop_map(String::from),
            prop::sample::select(vec![
                "/",
                "\\",
                "@",
                ":",
                "#",
                "?",
                ".",
                "..",
                "%2f",
                "%00",
                "\n",
                "\r\n",
                "\t",
                "xn--",
                "\u{3002}",
                "evil.example",
                "http://",
                "//",
                "[::1]",
                "127.0.0.1",
                "cn-hangzhou",
            ])
            .prop_map(str::to_owned),
        ];
        prop::collection::vec(piece, 1..6).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn no_text_of_a_region_leaves_its_label(text in prop_oneof![hostile(), "[a-z][a-z0-9-]{0,62}"]) {
            let Ok(region) = text.parse::<RegionId>() else {
                return Ok(());
            };
            for (network, service) in [(Network::Public, "ecs"), (Network::Vpc, "ecs-vpc")] {
                let url = endpoint(&region, network, None).unwrap();
                let host = format!("{service}.{text}.aliyuncs.com");
                prop_assert_eq!(url.as_str(), format!("https://{host}/"));
                prop_assert_eq!(host.split('.').count(), 4);
            }
        }

        #[test]
        fn an_endpoint_is_never_more_than_scheme_host_and_port(text in hostile(), scheme in "https?") {
            let Ok(instead) = format!("{scheme}://{text}").parse::<Endpoint>() else {
                return Ok(());
            };
            let Ok(url) = endpoint(&region("cn-hangzhou"), Network::Public, Some(&instead)) else {
                return Ok(());
            };
            prop_assert_eq!(url.path(), "/");
            prop_assert_eq!(url.query(), None);
            prop_assert_eq!(url.username(), "");
            prop_assert!(instead.as_str().to_ascii_lowercase().contains(url.host_str().unwrap()));
        }
    }
}
