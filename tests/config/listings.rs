//! Listings: how old they are, when they count, and that they never simply end.

use std::{
    fs::{self, File, FileTimes},
    time::{Duration, SystemTime},
};

use arrears::{
    decision::NoAccount,
    kinds::{AccountRef, Subject},
};
use jiff::{SignedDuration, Timestamp};

use super::fixture::{Files, Watched, account, locks, locks_of, policy, shard};

const HOUR: i64 = 3600;

fn date(files: &Files, name: &str, time: SystemTime) {
    let file = File::options().write(true).open(files.path(name)).unwrap();
    file.set_times(FileTimes::new().set_modified(time)).unwrap();
}

fn default_account(watched: &Watched) -> Option<String> {
    let subject = Subject::default();
    let account = watched.basis.accounts.of(&subject).ok();
    account.map(|account| account.name.clone())
}

#[test]
fn a_listing_that_is_no_longer_there_stays_and_ages_and_is_never_not_locked() {
    type Spoil = fn(&Files);
    let spoils: [Spoil; 4] = [
        |files| files.remove("locks.yaml"),
        |files| files.write("locks.yaml", ""),
        |files| files.write("locks.yaml", "# nothing any more\n"),
        |files| fs::rename(files.root(), files.aside()).unwrap(),
    ];
    for spoil in spoils {
        let mut watched = Files::new(&[
            ("account.yaml", &account("prod", "regions: [cn-hangzhou]")),
            ("locks.yaml", &locks("", &["i-1"])),
        ])
        .open();
        let observed_at = watched.observed_at();
        spoil(&watched.files);
        assert!(watched.look());
        watched.pass(HOUR - 60);
        assert_eq!(watched.is_locked("i-1"), Some(true));
        assert_eq!(watched.observed_at(), observed_at);
        watched.pass(120);
        assert!(!watched.look());
        assert_eq!(watched.is_locked("i-1"), None, "expired, hence unknown");
        assert_eq!(watched.is_locked("i-2"), None);
    }
}

#[test]
fn a_listing_without_a_file_is_remarked_until_there_is_one() {
    let mut watched = Files::new(&[
        ("policy.yaml", &policy("Warn")),
        ("locks.yaml", &locks("", &["i-1"])),
    ])
    .open();
    assert_eq!(watched.remarks(), [""; 0]);
    watched.files.remove("locks.yaml");
    assert!(watched.look());
    assert_eq!(watched.problems(), [""; 0]);
    assert_eq!(
        watched.remarks().last().map(String::as_str),
        Some(
            "LockSnapshot prod.cn-hangzhou: no file holds this listing any more: the last one stays in force and ages; a restart forgets it"
        )
    );
    watched.files.write("other.yaml", &locks("", &["i-2"]));
    assert!(watched.look());
    assert_eq!(watched.remarks(), [""; 0]);
    assert_eq!(watched.is_locked("i-2"), Some(true));
}

#[test]
fn without_a_date_a_listing_is_as_old_as_its_file() {
    let old = SystemTime::now() - Duration::from_secs(600);
    let files = Files::new(&[("locks.yaml", &locks("", &["i-1"]))]);
    date(&files, "locks.yaml", old);
    let mut watched = files.open();
    assert_eq!(watched.observed_at(), Timestamp::try_from(old).unwrap());

    // Written again with the same content, as by a job that finds nothing new: younger all the same.
    let young = SystemTime::now();
    date(&watched.files, "locks.yaml", young);
    assert!(watched.look());
    assert_eq!(watched.observed_at(), Timestamp::try_from(young).unwrap());

    // A broken file says nothing about the age of what it held before.
    watched.files.write("locks.yaml", "kind: LockSnapshot\n");
    assert!(watched.look());
    assert_eq!(watched.observed_at(), Timestamp::try_from(young).unwrap());
}

#[test]
fn a_date_of_its_own_goes_before_that_of_the_file() {
    let now = Timestamp::now();
    let observed_at: Timestamp = now
        .strftime("%Y-%m-%dT%H:%M:00Z")
        .to_string()
        .parse()
        .unwrap();
    let files = Files::new(&[(
        "locks.yaml",
        &locks(&format!("observedAt: \"{observed_at}\", "), &["i-1"]),
    )]);
    date(&files, "locks.yaml", SystemTime::UNIX_EPOCH);
    assert_eq!(files.open().observed_at(), observed_at);
}

#[test]
fn a_date_ahead_of_the_clock_is_an_error_until_the_clock_has_caught_up() {
    let now = Timestamp::now();
    let ahead = now + SignedDuration::from_secs(600);
    let text = locks(&format!("observedAt: \"{ahead}\", "), &["i-2"]);
    let errors = Files::new(&[("locks.yaml", &text)]).errors();
    assert_eq!(
        errors,
        [format!(
            "locks.yaml: spec.observedAt: {ahead} is more than a minute ahead of the clock"
        )]
    );

    let mut watched = Files::new(&[("locks.yaml", &locks("", &["i-1"]))]).open();
    watched.files.write("locks.yaml", &text);
    assert!(watched.look());
    assert_eq!(watched.problems().len(), 1);
    assert_eq!(watched.is_locked("i-1"), Some(true));
    watched.pass(580);
    assert!(watched.look());
    assert_eq!(watched.problems(), [""; 0]);
    assert_eq!(watched.is_locked("i-2"), Some(true));
}

#[test]
fn a_file_dated_ahead_does_not_make_a_listing_fresh_for_ever() {
    let ahead = SystemTime::now() + Duration::from_secs(86_400);
    let files = Files::new(&[
        ("locks.yaml", &locks("", &["i-1"])),
        ("policy.yaml", &policy("Deny")),
    ]);
    date(&files, "policy.yaml", ahead);
    date(&files, "locks.yaml", ahead);
    let errors = files.errors();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(
        errors[0].starts_with(
            "locks.yaml:1:1: without spec.observedAt the file's own date counts, and "
        )
    );
    assert!(errors[0].ends_with(" is more than a minute ahead of the clock"));

    date(&files, "locks.yaml", SystemTime::now());
    let mut watched = files.open();
    let observed_at = watched.observed_at();
    date(&watched.files, "locks.yaml", ahead);
    assert!(watched.look());
    assert_eq!(watched.problems().len(), 1);
    assert_eq!(watched.observed_at(), observed_at);
}

#[test]
fn shards_count_when_all_are_there_and_of_one_time() {
    let (one, two) = ("2026-01-01T10:00:00Z", "2026-01-01T10:01:00Z");
    let mut watched = Files::new(&[
        ("0.yaml", &shard(0, 2, one, &["i-1"])),
        ("1.yaml", &shard(1, 2, one, &["i-2"])),
    ])
    .open();
    watched.now = one.parse().unwrap();
    assert_eq!(watched.is_locked("i-1"), Some(true));
    assert_eq!(watched.is_locked("i-2"), Some(true));

    watched.files.write("0.yaml", &shard(0, 2, two, &["i-3"]));
    assert!(watched.look());
    assert_eq!(watched.is_locked("i-1"), Some(true));
    assert_eq!(watched.is_locked("i-3"), Some(false));
    assert_eq!(watched.observed_at().to_string(), one);
    assert_eq!(
        watched.problems(),
        [
            "LockSnapshot prod.cn-hangzhou: 0.yaml:1:1: the shards of prod.cn-hangzhou are not all of one listing; the shards of a listing count when all are there, with one observedAt; the last complete listing stays in force and ages"
        ]
    );

    watched.files.write("1.yaml", &shard(1, 2, two, &["i-4"]));
    assert!(watched.look());
    assert_eq!(watched.problems(), [""; 0]);
    assert_eq!(watched.is_locked("i-3"), Some(true));
    assert_eq!(watched.is_locked("i-4"), Some(true));
    assert_eq!(watched.is_locked("i-1"), Some(false));
    assert_eq!(watched.observed_at().to_string(), two);

    watched.files.remove("1.yaml");
    assert!(watched.look());
    assert_eq!(watched.is_locked("i-4"), Some(true));
    assert_eq!(watched.problems().len(), 1);
}

#[test]
fn at_start_a_set_of_shards_is_whole_or_an_error() {
    let time = "2026-01-01T10:00:00Z";
    let cases = [
        (
            vec![shard(0, 3, time, &["i-1"]), shard(2, 3, time, &["i-2"])],
            "a.yaml:1:1: 2 of the 3 shards of prod.cn-hangzhou are there; the shards of a listing count when all are there, with one observedAt",
        ),
        (
            vec![shard(0, 2, time, &["i-1"]), shard(1, 2, time, &["i-1"])],
            "a.yaml:1:1: `i-1` is listed twice; the shards of a listing count when all are there, with one observedAt",
        ),
        (
            vec![shard(0, 2, time, &["i-1"]), shard(0, 2, time, &["i-2"])],
            "a.yaml:6:1: shard 0 of the LockSnapshot of account prod and region cn-hangzhou is there twice: keep one of them (the other is at a.yaml:1)",
        ),
    ];
    for (shards, expected) in cases {
        let files = Files::new(&[("a.yaml", &shards.join("---\n"))]);
        assert_eq!(files.errors(), [expected]);
    }
}

#[test]
fn without_ecs_accounts_the_listings_name_the_accounts() {
    let watched = Files::new(&[("locks.yaml", &locks("", &["i-1"]))]).open();
    assert_eq!(default_account(&watched).as_deref(), Some("prod"));
    let watched = Files::new(&[
        ("a.yaml", &locks("", &["i-1"])),
        ("b.yaml", &locks_of("lab", "", &[])),
    ])
    .open();
    let subject = Subject::default();
    assert_eq!(
        watched.basis.accounts.of(&subject),
        Err(NoAccount::NoDefault)
    );
}

#[test]
fn the_only_ecs_account_is_the_default_one_whatever_the_listings_name() {
    let watched = Files::new(&[
        ("account.yaml", &account("prod", "")),
        ("a.yaml", &locks("", &["i-1"])),
        ("b.yaml", &locks_of("lab", "", &["i-9"])),
    ])
    .open();
    assert_eq!(default_account(&watched).as_deref(), Some("prod"));
    let lab = Subject {
        account: AccountRef::Named("lab".into()),
        region: None,
    };
    assert!(watched.basis.accounts.of(&lab).is_ok());
    assert_eq!(
        watched.remarks(),
        ["LockSnapshot lab.cn-hangzhou: there is no EcsAccount lab; is the name right?"]
    );
}

#[test]
fn a_configured_region_without_a_listing_is_unknown_and_one_with_a_listing_is_known() {
    let watched = Files::new(&[
        ("account.yaml", &account("prod", "regions: [cn-beijing, cn-hangzhou]")),
        ("locks.json", r#"{"apiVersion":"arrears.dev/v1alpha1","kind":"LockSnapshot","metadata":{"name":"prod.cn-hangzhou"},"spec":{"account":"prod","region":"cn-hangzhou","instances":{"i-1":{"reasons":["Financial"]}}}}"#),
    ])
    .open();
    assert_eq!(watched.is_locked("i-1"), Some(true));
    let beijing = watched.basis.locks.region("prod", "cn-beijing").unwrap();
    assert!(beijing.locks().is_none());
}
