//! What a throttled answer says about when to ask again.

use std::time::Duration;

use reqwest::header::HeaderMap;

/// A longer wait than a throttling window, and a few of them, is no hint.
const LONGEST: Duration = Duration::from_secs(300);

/// `Limit:1,Remain:0,TimeLeft:2000,Reset:1234`, in milliseconds; the longer one counts.
const RATE_LIMITS: [&str; 2] = ["x-ratelimit-user-api", "x-ratelimit-user"];

/// Milliseconds.
const RETRY_AFTER: &str = "x-acs-retry-after";

/// How long there is no use in asking; the vendor's SDKs for Go and Python read different headers.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = |name| headers.get(name)?.to_str().ok();
    let time_left = |name| {
        let fields = value(name)?.split(',');
        fields
            .filter_map(|field| field.split_once(':'))
            .find(|(name, _)| name.trim() == "TimeLeft")
            .map(|(_, milliseconds)| milliseconds)
    };
    RATE_LIMITS
        .map(time_left)
        .into_iter()
        .chain([value(RETRY_AFTER)])
        .flatten()
        .filter_map(|milliseconds| milliseconds.trim().parse().ok())
        .filter(|&milliseconds: &u64| 0 < milliseconds)
        .map(Duration::from_millis)
        .filter(|&wait| wait <= LONGEST)
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(headers: &[(&'static str, &'static str)]) -> Option<u128> {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        retry_after(&headers).map(|wait| wait.as_millis())
    }

    #[test]
    fn the_longest_of_the_hints_counts() {
        let api = (
            "x-ratelimit-user-api",
            "Limit:1,Remain:0,TimeLeft:2000,Reset:1234",
        );
        let user = ("x-ratelimit-user", "Limit:1, Remain:0, TimeLeft: 3000");
        assert_eq!(hint(&[]), None);
        assert_eq!(hint(&[api]), Some(2000));
        assert_eq!(hint(&[api, user]), Some(3000));
        assert_eq!(hint(&[("x-acs-retry-after", "500")]), Some(500));
        assert_eq!(hint(&[("x-acs-retry-after", "5000"), api]), Some(5000));
    }

    #[test]
    fn what_is_no_hint_is_none() {
        for value in [
            "",
            "0",
            "-1",
            "soon",
            "1.5",
            "300001",
            "99999999999999999999",
        ] {
            assert_eq!(hint(&[("x-acs-retry-after", value)]), None, "{value}");
        }
        for value in [
            "TimeLeft",
            "TimeLeft:",
            "TimeLeft:x",
            "Limit:5",
            "Time:Left:5",
        ] {
            assert_eq!(hint(&[("x-ratelimit-user", value)]), None, "{value}");
        }
    }
}
