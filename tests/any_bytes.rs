//! Any bytes: whatever arrives, there is an answer that the API server understands, and nothing panics.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends where it can't go on"
)]

#[path = "any_bytes/mutation.rs"]
mod mutation;
#[path = "any_bytes/oracle.rs"]
mod oracle;
#[path = "any_bytes/random.rs"]
mod random;
#[path = "any_bytes/seed.rs"]
mod seed;
#[path = "admission/sound.rs"]
mod sound;
#[path = "any_bytes/tls.rs"]
mod tls;

use std::{
    panic,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};

use arc_swap::ArcSwap;
use arrears::{admission::Handler, config, telemetry::Metrics};
use jiff::Timestamp;

use self::{
    mutation::mutated,
    oracle::{Oracle, Tally},
    random::Random,
    seed::Seed,
};

const BODIES: u64 = 1_000_000;

/// As many bodies come from one run of chance, whichever thread makes them.
const BATCH: u64 = 1_000;

const CONFIGURATION: &str = include_str!("../src/cli/demo/config.yaml");

const BINDING: &str = "
---
apiVersion: arrears.dev/v1alpha1
kind: OperationBinding
metadata: {name: acme}
spec:
  target: {group: acme.example, kinds: [VirtualMachine]}
  paths: {region: $.spec.region, instanceIds: [$.status.instanceId], diskIds: [$..id]}
  operations:
  - {action: CreateInstance, on: [CREATE]}
  - {action: AttachDisk, on: [CREATE, UPDATE]}
  - {action: StartInstance, on: [UPDATE], changed: $.spec.power, equals: 'On'}
  - {action: ModifyInstanceSpec, on: [UPDATE], changed: $.spec.size}
";

/// A handler with the configuration of the demo and a binding, under which what is unknown is denied or not.
fn handler(unknown: &str) -> Handler {
    let policy = CONFIGURATION.replace("  rules:\n", &format!("  unknown: {unknown}\n  rules:\n"));
    assert_ne!(policy, CONFIGURATION);
    let basis = config::parse("demo.yaml", &(policy + BINDING), Timestamp::now()).unwrap();
    let basis = Arc::new(ArcSwap::from_pointee(basis));
    Handler::new(basis, Arc::new(Metrics::new()), Timestamp::now)
}

#[test]
fn a_million_mutated_reviews_are_answered_without_a_panic() {
    static PANICS: AtomicU64 = AtomicU64::new(0);
    let show = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        show(panic);
    }));

    let began = Instant::now();
    let seeds = Seed::all();
    let handlers = ["Warn", "Deny"].map(handler);
    let next = AtomicU64::new(0);
    let work = || {
        let mut oracle = Oracle::default();
        loop {
            let batch = next.fetch_add(1, Ordering::Relaxed);
            if BODIES / BATCH <= batch || 0 < PANICS.load(Ordering::Relaxed) {
                return oracle.tally;
            }
            let mut random = Random::new(batch);
            for _ in 0..BATCH {
                let seed = random.of(&seeds);
                let body = mutated(&mut random, &seeds, seed);
                let reply = random.of(&handlers).answer(&body);
                oracle.check(seed, &body, reply);
            }
        }
    };
    let tallies: Vec<Tally> = thread::scope(|scope| {
        let threads = thread::available_parallelism().map_or(2, usize::from);
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let tallies = threads.into_iter().map(|thread| thread.join().unwrap());
        tallies.collect()
    });
    let all = [0, 1, 2, 3, 4].map(|kind| tallies.iter().map(|tally| tally[kind]).sum::<u64>());
    println!(
        "{} silently allowed, {} allowed, {} denied, {} unreadable, {} refused in {:?}",
        all[0],
        all[1],
        all[2],
        all[3],
        all[4],
        began.elapsed()
    );
    assert_eq!(PANICS.load(Ordering::Relaxed), 0);
    assert_eq!(all.iter().sum::<u64>(), BODIES);
    // A run in which one of them hardly occurs has tested little.
    assert!(all.iter().all(|count| BODIES / 100 < *count), "{all:?}");
}
