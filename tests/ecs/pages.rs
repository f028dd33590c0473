//! Listings in pages: tokens, sizes, and a million of everything.

use std::{collections::BTreeSet, time::Instant};

use crate::{
    caller::{Caller, REGION, ask, cloud},
    double::{many_disk, many_instance},
};

#[tokio::test]
async fn pages_follow_their_tokens_and_sizes_are_brought_within_the_limits() {
    let cloud = cloud();
    cloud.region("cn-hangzhou").lock_many(250, 1200);
    let rows = [
        ("DescribeInstances", "100", vec![100, 100, 50]),
        ("DescribeInstances", "1000", vec![100, 100, 50]),
        ("DescribeInstances", "3", vec![10; 25]),
        ("DescribeDisks", "500", vec![500, 500, 200]),
        ("DescribeDisks", "501", vec![500, 500, 200]),
    ];
    for (action, size, expected) in rows {
        let mut sizes = Vec::new();
        let mut ids = BTreeSet::new();
        let mut token = String::new();
        loop {
            let parameters = [
                ("MaxResults", size),
                ("NextToken", &token),
                ("LockReason", "financial"),
            ];
            let reply = ask(&cloud, action, &parameters).await;
            sizes.push(reply.ids().len());
            ids.extend(reply.ids().into_iter().map(str::to_owned));
            match reply.next() {
                Some(next) => token = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(sizes, expected, "{action} by {size}");
        assert_eq!(ids.len(), expected.iter().sum::<usize>());
    }
}

#[tokio::test]
async fn who_asks_for_no_page_gets_ten_and_no_token() {
    let cloud = cloud();
    cloud.region("cn-hangzhou").lock_many(25, 0);
    let reply = ask(&cloud, "DescribeInstances", &[]).await;
    assert_eq!((reply.ids().len(), reply.next()), (10, None));
    assert_eq!(reply.body["TotalCount"], 25);
    let third = ask(&cloud, "DescribeInstances", &[("PageNumber", "3")]).await;
    assert_eq!(third.ids().len(), 5);
}

#[tokio::test]
async fn a_token_is_good_for_its_own_listing_alone() {
    let cloud = cloud();
    cloud.region("cn-hangzhou").lock_many(25, 0);
    let first = ask(&cloud, "DescribeInstances", &[("MaxResults", "10")]).await;
    let token = first.next().unwrap();
    let next = ask(&cloud, "DescribeInstances", &[("NextToken", token)]).await;
    assert_eq!(next.ids()[0], many_instance(10));
    let other = ask(
        &cloud,
        "DescribeInstances",
        &[("NextToken", token), ("LockReason", "financial")],
    )
    .await;
    assert_eq!(other.code(), "InvalidParameter");
}

#[tokio::test]
async fn one_of_a_million_is_found_and_paid_and_the_pages_around_it_stay() {
    let cloud = cloud();
    let region = cloud.region("cn-hangzhou");
    region.lock_many(1_000_000, 1_000_000);
    let (instance, disk) = (many_instance(777_777), many_disk(777_777));
    let by_id = format!(r#"["{instance}"]"#);
    let parameters = [("InstanceIds", by_id.as_str()), ("LockReason", "financial")];
    assert_eq!(
        ask(&cloud, "DescribeInstances", &parameters).await.ids(),
        [instance.as_str()]
    );
    region.pay_instance(&instance);
    assert!(
        ask(&cloud, "DescribeInstances", &parameters)
            .await
            .ids()
            .is_empty()
    );

    let attached = ask(
        &cloud,
        "DescribeDisks",
        &[("DiskIds", &format!(r#"["{disk}"]"#))],
    )
    .await;
    assert_eq!(attached.body["Disks"]["Disk"][0]["InstanceId"], instance);
    let on = ask(&cloud, "DescribeDisks", &[("InstanceId", &instance)]).await;
    assert_eq!(on.ids(), [disk.as_str()]);
}

/// Every page of a million instances: fast enough that a test can do it, and never in memory at once.
#[tokio::test]
async fn a_million_instances_are_listed_within_a_minute() {
    let cloud = cloud();
    cloud.region("cn-hangzhou").lock_many(1_000_000, 0);
    let begin = Instant::now();
    let (mut token, mut pages, mut bytes) = (String::new(), 0, 0);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    loop {
        let parameters = [
            REGION,
            ("MaxResults", "100"),
            ("NextToken", &token),
            ("LockReason", "financial"),
        ];
        let request = Caller::new(&cloud, "DescribeInstances", &parameters)
            .request()
            .build()
            .unwrap();
        let body = client
            .execute(request)
            .await
            .unwrap()
            .bytes()
            .await
            .unwrap();
        pages += 1;
        bytes += body.len();
        // Reading it all as JSON would measure the test.
        let text = std::str::from_utf8(&body).unwrap();
        let next = text.split_once(r#""NextToken":""#).unwrap().1;
        token = next.split_once('"').unwrap().0.to_owned();
        if token.is_empty() {
            break;
        }
    }
    let took = begin.elapsed();
    println!("{pages} pages, {} MB in {took:?}", bytes / 1_000_000);
    assert_eq!(pages, 10_000);
    assert!(took.as_secs() < 60, "{took:?}");
}
