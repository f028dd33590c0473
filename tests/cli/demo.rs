//! `arrears demo`: every bundled review is answered as it should be.

use super::arrears;

#[test]
fn the_demo_answers_every_review_over_tls_as_it_should() {
    let ran = arrears(&["demo", "--once"], "");
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout
            .contains("19 reviews answered over TLS, 19 as they should be."),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("curl --cacert "), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("ECS StartInstance would fail: instance i-bp1overdue (account prod, cn-hangzhou) is locked for overdue payment"),
        "{}",
        ran.stdout
    );
}

#[test]
fn an_address_in_use_is_told_with_the_flag_that_chooses_another() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ran = arrears(&["demo", "--once", "--listen", &address], "");
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains(&address) && ran.stderr.contains("--listen"),
        "{}",
        ran.stderr
    );
}
