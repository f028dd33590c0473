//! What a review costs inside the process: time, and bytes allocated, without sockets, TLS and log.
//!
//! `answer` is the whole way from the bytes of a review to the bytes of its answer. Its parts alone: `parse` reads the
//! review, `infer` finds what it asks of ECS, `decide_alone` judges that. The configuration is that of the benchmark `reviews`: 10,000 locked ids, 20 rules.

#[path = "reviews/bodies.rs"]
#[expect(dead_code, reason = "here no answer is checked by its uid")]
mod bodies;
#[path = "reviews/objects.rs"]
mod objects;
#[path = "reviews/site.rs"]
#[expect(dead_code, reason = "here nothing listens: no certificate, no log")]
mod site;

use std::{
    fmt,
    sync::{Arc, LazyLock},
};

use arc_swap::ArcSwap;
use arrears::{
    admission::{Handler, Reply, Review},
    config,
    decision::{Basis, decide},
    telemetry::Metrics,
};
use divan::{AllocProfiler, Bencher, counter::BytesCount};
use jiff::Timestamp;
use mimalloc::MiMalloc;

use self::{
    bodies::Body,
    site::{Site, SnapshotFormat},
};

#[global_allocator]
static ALLOCATOR: AllocProfiler<MiMalloc> = AllocProfiler::new(MiMalloc);

const LOCKED_IDS: u64 = 10_000;

/// The bodies of the benchmark `reviews`, to be allowed and to be denied.
const CASES: [Case; 6] = [
    Case("create, allowed", Body::create, 0),
    Case("create, denied", Body::create, 9),
    Case("update, allowed", Body::update, 0),
    Case("update, denied", Body::update, 9),
    Case("large update, allowed", Body::large_update, 0),
    Case("large update, denied", Body::large_update, 9),
];

static BASIS: LazyLock<Arc<ArcSwap<Basis>>> = LazyLock::new(|| {
    #[expect(
        clippy::expect_used,
        reason = "a benchmark without its scene can only stop"
    )]
    let basis = load_basis().expect("a configuration");
    Arc::new(ArcSwap::from_pointee(basis))
});

/// A name, how its body is made, and the number of the review.
#[derive(Clone, Copy)]
struct Case(&'static str, fn() -> anyhow::Result<Body>, u64);

fn main() {
    divan::main();
}

#[divan::bench(args = CASES)]
fn answer(bencher: Bencher<'_, '_>, case: Case) {
    let handler = Handler::new(Arc::clone(&BASIS), Arc::new(Metrics::new()), Timestamp::now);
    let review = case.review();
    check(&handler, &review);
    bencher
        .counter(BytesCount::new(review.text.len()))
        .bench(|| handler.answer(&review.text));
}

#[divan::bench(args = CASES)]
fn parse(bencher: Bencher<'_, '_>, case: Case) {
    let basis = BASIS.load();
    let text = case.review().text;
    bencher
        .counter(BytesCount::new(text.len()))
        .bench(|| Review::parse(&text, &basis.bindings));
}

#[divan::bench(args = CASES)]
fn infer(bencher: Bencher<'_, '_>, case: Case) {
    let basis = BASIS.load();
    let text = case.review().text;
    let review = parsed(&text, &basis);
    bencher.bench(|| review.infer());
}

#[divan::bench(args = CASES)]
fn decide_alone(bencher: Bencher<'_, '_>, case: Case) {
    let basis = BASIS.load();
    let text = case.review().text;
    let review = parsed(&text, &basis);
    let inference = review.infer();
    let kind = review.kind.qualified();
    bencher.bench(|| {
        decide(
            &inference,
            &kind,
            review.namespace(),
            &basis,
            Timestamp::now(),
        )
    });
}

#[expect(
    clippy::expect_used,
    reason = "a benchmark without its review can only stop"
)]
fn parsed<'a, 'b>(text: &'a [u8], basis: &'b Basis) -> Review<'a, 'b> {
    Review::parse(text, &basis.bindings)
        .map_err(|unreadable| unreadable.problem)
        .expect("a review")
}

/// A fast wrong answer is none.
fn check(handler: &Handler, review: &bodies::Review) {
    let Reply::Review(answer) = handler.answer(&review.text) else {
        unreachable!("an answer in HTTP's terms");
    };
    let allowed = String::from_utf8_lossy(&answer).contains(r#""allowed":true"#);
    assert_eq!(allowed, !review.denied);
}

fn load_basis() -> anyhow::Result<Basis> {
    let site = Site::new(LOCKED_IDS, SnapshotFormat::Json)?;
    Ok(config::load(Some(&site.config()), &[], Timestamp::now())?.basis)
}

// === impl Case ===

impl Case {
    #[expect(
        clippy::expect_used,
        reason = "a benchmark without its review can only stop"
    )]
    fn review(self) -> bodies::Review {
        let Self(_, body, number) = self;
        body().expect("a body").review(number, LOCKED_IDS / 2)
    }
}

impl fmt::Display for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}
