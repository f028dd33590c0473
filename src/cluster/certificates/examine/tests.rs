use std::collections::BTreeMap;

use super::*;
use crate::cluster::certificates::{
    bundle::Bundle,
    pair::{CERTIFICATE, KEY},
    plan::Validity,
};

const NOW: i64 = 1_800_000_000;

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn names() -> [String; 2] {
    ["arrears.here.svc", "arrears.here"].map(str::to_owned)
}

fn validity(from: i64, to: i64) -> Validity {
    Validity {
        not_before: NOW + from,
        not_after: NOW + to,
    }
}

fn authority() -> Authority {
    Authority::make(validity(-100, 1000)).unwrap()
}

fn secret(fields: impl IntoIterator<Item = (&'static str, String)>) -> Secret {
    let data: BTreeMap<String, ByteString> = fields
        .into_iter()
        .map(|(key, text)| (key.to_owned(), bytes(text)))
        .collect();
    Secret {
        data: Some(data),
        ..Secret::default()
    }
}

/// A Secret with what `issuer` has issued for these names and this time.
fn issued(issuer: &Authority, names: &[String], validity: Validity) -> Secret {
    let issued = issuer.issue(names, validity).unwrap();
    secret([
        (CERTIFICATE, issued.certificate),
        (KEY, issued.key),
        (AUTHORITY, to_pem(&issuer.certificate)),
    ])
}

fn look(authority: Option<&Secret>, certificate: Option<&Secret>) -> Examined {
    Examined::new(authority, certificate, &names(), now())
}

#[test]
fn what_is_stored_is_read_back_and_can_issue() {
    let (one, two, three) = (authority(), authority(), authority());
    let old = authority();
    let mut holdings = Holdings::default();
    let authorities = Authorities {
        former: vec![
            holdings.witness(old.certificate.clone()).unwrap(),
            holdings.witness(three.certificate.clone()).unwrap(),
        ],
        issuing: Some(holdings.hold(one)),
        next: Some(holdings.hold(two)),
    };
    let stored = Secret {
        data: Some(
            holdings
                .fields(&authorities)
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect(),
        ),
        ..Secret::default()
    };
    let examined = look(Some(&stored), None);
    assert_eq!(examined.stored, authorities);
    assert_eq!(examined.complaints, Vec::<String>::new());

    // What was read back issues as what was made does.
    let read = examined.holdings.authority(&authorities.issuing.unwrap());
    let certificate = issued(read.unwrap(), &names(), validity(-10, 100));
    let examined = look(Some(&stored), Some(&certificate));
    let leaf = examined.leaf.unwrap();
    assert_eq!(leaf.by, authorities.issuing.unwrap().id);
    assert_eq!(leaf.validity, validity(-10, 100));
    assert_eq!(examined.complaints, Vec::<String>::new());
}

#[test]
fn a_certificate_is_of_use_only_if_the_api_server_would_accept_it() {
    let one = authority();
    let stranger = authority();
    let good = issued(&one, &names(), validity(-10, 100));
    let with = |field: &str, text: String| {
        let mut spoilt = good.clone();
        let data = spoilt.data.as_mut().unwrap();
        data.insert(field.to_owned(), bytes(text));
        spoilt
    };
    let without = |field: &str| {
        let mut spoilt = good.clone();
        spoilt.data.as_mut().unwrap().remove(field);
        spoilt
    };
    let other = one.issue(&names(), validity(-10, 100)).unwrap();
    let authority_pem = to_pem(&one.certificate);
    let cases = [
        (without(CERTIFICATE), "it has no field tls.crt"),
        (without(KEY), "it has no field tls.key"),
        (without(AUTHORITY), "no authority of it is known"),
        (Secret::default(), "it has no field tls.crt"),
        (
            with(CERTIFICATE, "hello".to_owned()),
            "there is no certificate in it",
        ),
        (with(KEY, "hello".to_owned()), "its key can't be read"),
        (with(KEY, other.key), "its key is another one's"),
        (
            with(AUTHORITY, to_pem(&stranger.certificate)),
            "UnknownIssuer",
        ),
        (with(CERTIFICATE, authority_pem), "its key is another one's"),
        (
            issued(&one, &names()[..1], validity(-10, 100)),
            "not valid for name",
        ),
        (issued(&one, &names(), validity(-10, -1)), "expired"),
        (issued(&one, &names(), validity(10, 100)), "not valid yet"),
    ];
    for (spoilt, reason) in cases {
        let examined = look(None, Some(&spoilt));
        assert_eq!(examined.leaf, None, "{reason}");
        let [complaint] = examined.complaints.as_slice() else {
            panic!("{:?}", examined.complaints);
        };
        assert!(complaint.contains(reason), "{complaint}");
    }
    assert!(look(None, Some(&good)).leaf.is_some());
}

#[test]
fn an_authority_that_can_not_issue_is_said_to_be_none_and_stays_trusted() {
    let (one, other) = (authority(), authority());
    let foreign = {
        let mut params = rcgen::CertificateParams::default();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(rcgen::DnType::OrganizationName, "somebody");
        let key = rcgen::KeyPair::generate().unwrap();
        (params.self_signed(&key).unwrap(), key.serialize_pem())
    };
    let pem = to_pem(&one.certificate);
    let cases = [
        (
            pem.clone(),
            Some("hello".to_owned()),
            "its key can't be read",
            1,
        ),
        (
            pem.clone(),
            Some(other.key_pem()),
            "its key is another one's",
            1,
        ),
        (pem.clone(), None, "its key can't be read", 1),
        ("hello".to_owned(), Some(one.key_pem()), "ca.crt: ", 0),
        (
            foreign.0.pem(),
            Some(foreign.1),
            "arrears did not make it",
            1,
        ),
    ];
    for (certificate, key, reason, former) in cases {
        let fields = [
            Some((AUTHORITY, certificate)),
            key.map(|key| (AUTHORITY_KEY, key)),
        ];
        let stored = secret(fields.into_iter().flatten());
        let examined = look(Some(&stored), None);
        assert_eq!(examined.stored.issuing, None, "{reason}");
        assert_eq!(examined.stored.former.len(), former, "{reason}");
        assert!(
            examined.complaints[0].contains(reason),
            "{:?}",
            examined.complaints
        );
    }
}

#[test]
fn former_authorities_are_read_as_far_as_they_are_some() {
    let (one, old) = (authority(), authority());
    let leaf = one.issue(&names(), validity(-10, 100)).unwrap();
    let old_pem = to_pem(&old.certificate);
    let stored = secret([
        (AUTHORITY, to_pem(&one.certificate)),
        (AUTHORITY_KEY, one.key_pem()),
        (
            FORMER,
            format!(
                "{old_pem}hello\n{old_pem}{}{}",
                leaf.certificate,
                to_pem(&one.certificate)
            ),
        ),
    ]);
    let examined = look(Some(&stored), None);
    assert_eq!(examined.stored.former, [old.known]);
    assert_eq!(
        examined.complaints,
        ["former.crt: it is no authority's certificate"]
    );
}

#[test]
fn what_a_certificate_brings_is_known_but_not_stored() {
    let (one, old) = (authority(), authority());
    let both = Bundle::new([one.certificate.clone(), old.certificate.clone()]).unwrap();
    let mut certificate = issued(&one, &names(), validity(-10, 100));
    let data = certificate.data.as_mut().unwrap();
    data.insert(AUTHORITY.to_owned(), bytes(both.as_pem().to_owned()));
    let examined = look(None, Some(&certificate));
    assert_eq!(examined.brought, [one.known, old.known]);
    assert_eq!(examined.stored, Authorities::default());
    assert!(examined.holdings.certificate(&old.known).is_some());
}
