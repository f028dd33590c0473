//! A leader whose whole process stands still for longer than its lease, and wakes when another one leads.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::{self, JoinHandle};

use arrears::cluster::{Installation, Lease, Term};
use arrears::telemetry::Metrics;
use tokio::sync::{Notify, oneshot};

use super::SHORT;
use super::scene::{Log, Office, Scene, What};
use crate::plane::Plane;

/// A replica on a thread of its own, which a test can stop: a process with one thread, as far as it can tell.
struct Frozen {
    thread: JoinHandle<()>,
    stop: oneshot::Sender<()>,
}

/// What the thread waits for while it stands still; it hears of nothing else.
struct Ice(mpsc::Receiver<()>);

impl Frozen {
    fn start<F: Future<Output = ()> + Send + 'static>(
        scene: &Scene,
        plane: &'static Plane,
        beside: impl Future<Output = ()> + Send + 'static,
        work: impl FnMut(Term) -> F + Send + 'static,
    ) -> Self {
        let installation: Installation = scene.installation("a");
        let (user, duration) = (scene.user(), scene.duration);
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                tokio::spawn(beside);
                let client = plane.client(user).await;
                let metrics = Arc::new(Metrics::new());
                let lease = Lease::new(client, &installation, duration, metrics);
                // A task among others, which can be polled before any timer has been looked at.
                let stop = async { stopped.await.unwrap() };
                tokio::spawn(lease.run(stop, work)).await.unwrap();
            });
        });
        Self { thread, stop }
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        tokio::task::spawn_blocking(|| self.thread.join().unwrap())
            .await
            .unwrap();
    }
}

impl Ice {
    fn new() -> (mpsc::Sender<()>, Self) {
        let (thaw, frozen) = mpsc::channel();
        (thaw, Self(frozen))
    }

    fn stand_still(&self) {
        self.0.recv().unwrap();
    }
}

fn office(log: &Arc<Log>, term: &Term) -> Office {
    Office::begin(log, "a", term)
}

#[tokio::test]
async fn work_that_wakes_up_learns_first_thing_that_its_term_is_over() {
    let mut scene = Scene::new("lease-asleep", SHORT).await;
    let (thaw, ice) = Ice::new();
    let ice = Arc::new(Mutex::new(Some(ice)));
    let freeze = Arc::new(Notify::new());
    let held_on_wake = Arc::new(Mutex::new(None));
    let went_on = Arc::new(AtomicBool::new(false));
    let replica = {
        let log = Arc::clone(&scene.log);
        let (freeze, held, went_on) = (
            Arc::clone(&freeze),
            Arc::clone(&held_on_wake),
            Arc::clone(&went_on),
        );
        Frozen::start(&scene, scene.plane, async {}, move |term| {
            let office = office(&log, &term);
            let ice = ice.lock().unwrap().take();
            let (freeze, held, went_on) =
                (Arc::clone(&freeze), Arc::clone(&held), Arc::clone(&went_on));
            async move {
                freeze.notified().await;
                if let Some(ice) = ice {
                    ice.stand_still();
                }
                *held.lock().unwrap() = Some(term.holds());
                tokio::task::yield_now().await;
                went_on.store(true, Ordering::SeqCst);
                std::future::pending::<()>().await;
                drop(office);
            }
        })
    };
    scene.await_that("a", What::Began).await;
    let other = scene.start("b").await;
    scene.renewals(2).await;

    freeze.notify_one();
    let began = scene.await_that("b", What::Began).await;
    thaw.send(()).unwrap();
    let ended = scene.await_that("a", What::Ended).await;
    assert!(began.at < ended.at);
    assert_eq!(*held_on_wake.lock().unwrap(), Some(false));
    assert!(!went_on.load(Ordering::SeqCst));
    still_leads(&mut scene).await;
    other.stop().await;
    replica.stop().await;
}

#[tokio::test]
async fn work_is_not_woken_any_more_after_the_process_stood_still() {
    let mut scene = Scene::new("lease-stood-still", SHORT).await;
    let (thaw, ice) = Ice::new();
    let (freeze, wake) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let went_on = Arc::new(AtomicBool::new(false));
    let replica = {
        let log = Arc::clone(&scene.log);
        let (freeze, wake, went_on) =
            (Arc::clone(&freeze), Arc::clone(&wake), Arc::clone(&went_on));
        let beside = async move {
            freeze.notified().await;
            ice.stand_still();
        };
        Frozen::start(&scene, scene.plane, beside, move |term| {
            let office = office(&log, &term);
            let (wake, went_on) = (Arc::clone(&wake), Arc::clone(&went_on));
            async move {
                wake.notified().await;
                went_on.store(true, Ordering::SeqCst);
                std::future::pending::<()>().await;
                drop(office);
            }
        })
    };
    scene.await_that("a", What::Began).await;
    let other = scene.start("b").await;
    scene.renewals(2).await;

    freeze.notify_one();
    scene.await_that("b", What::Began).await;
    // What the work waits for happens while all stand still.
    wake.notify_one();
    thaw.send(()).unwrap();
    scene.await_that("a", What::Ended).await;
    assert!(!went_on.load(Ordering::SeqCst));
    still_leads(&mut scene).await;
    other.stop().await;
    replica.stop().await;
}

/// The one that took over goes on for longer than a lease lasts.
async fn still_leads(scene: &mut Scene) {
    scene.renewals(10).await;
    let lease = scene.lease().await;
    assert_eq!(lease["spec"]["holderIdentity"], "b");
    assert_eq!(lease["spec"]["leaseTransitions"], 1);
    assert_eq!(scene.unread().len(), 0);
    assert_eq!(scene.overlaps(), 0);
}
