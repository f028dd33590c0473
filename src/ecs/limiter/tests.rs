//! Order, priority and giving up.

use std::sync::Arc;

use tokio::{sync::mpsc, task};

use super::*;
use crate::ecs::manual_clock::Manual;

/// A limiter of 10 calls a second, and who came through it when.
struct Scene {
    manual: Manual,
    limiter: Arc<Limiter>,
    sender: mpsc::UnboundedSender<String>,
    receiver: mpsc::UnboundedReceiver<String>,
}

impl Scene {
    fn new(burst: u32) -> Self {
        let manual = Manual::default();
        let rate = Rate {
            per_second: 10,
            burst,
        };
        let (sender, receiver) = mpsc::unbounded_channel();
        Self {
            limiter: Arc::new(Limiter::new(rate, manual.clock())),
            manual,
            sender,
            receiver,
        }
    }

    /// Has somebody come to the end of the line.
    async fn come(&self, priority: Priority, name: String) -> task::JoinHandle<()> {
        let limiter = Arc::clone(&self.limiter);
        let (sender, manual) = (self.sender.clone(), self.manual.clone());
        let task = tokio::spawn(async move {
            limiter.acquire(priority).await;
            let at = manual.elapsed().as_millis();
            sender.send(format!("{name}@{at}")).unwrap();
        });
        self.manual.settle().await;
        task
    }

    /// Who comes through next.
    async fn next(&mut self, count: usize) -> Vec<String> {
        let mut names = Vec::new();
        while names.len() < count {
            match self.receiver.try_recv() {
                Ok(name) => names.push(name),
                Err(_) => self.manual.step().await,
            }
        }
        names
    }
}

#[tokio::test]
async fn a_burst_goes_at_once_and_the_rest_in_the_order_of_their_coming() {
    let mut scene = Scene::new(2);
    for number in 0..5 {
        scene.come(Priority::Poll, format!("p{number}")).await;
    }
    assert_eq!(
        scene.next(5).await,
        ["p0@0", "p1@0", "p2@100", "p3@200", "p4@300"]
    );
}

#[tokio::test]
async fn confirmations_go_before_polls_that_came_earlier() {
    let mut scene = Scene::new(1);
    for number in 0..3 {
        scene.come(Priority::Poll, format!("p{number}")).await;
    }
    for number in 0..2 {
        scene.come(Priority::Confirm, format!("c{number}")).await;
    }
    assert_eq!(
        scene.next(5).await,
        ["p0@0", "c0@100", "c1@200", "p1@300", "p2@400"]
    );
}

#[tokio::test]
async fn a_poll_is_passed_by_only_so_many_confirmations() {
    let mut scene = Scene::new(1);
    for number in 0..3 {
        scene.come(Priority::Poll, format!("p{number}")).await;
    }
    for number in 0..10 {
        scene.come(Priority::Confirm, format!("c{number}")).await;
    }
    let names: Vec<_> = scene
        .next(13)
        .await
        .iter()
        .map(|name| name.split('@').next().unwrap().to_owned())
        .collect();
    assert_eq!(
        names,
        [
            "p0", "c0", "c1", "c2", "c3", "p1", "c4", "c5", "c6", "c7", "p2", "c8", "c9"
        ]
    );
    // Nobody lost a turn to the order.
    assert_eq!(scene.manual.elapsed(), Duration::from_millis(1200));
}

#[tokio::test]
async fn who_gives_up_takes_nothing_away_from_others() {
    let mut scene = Scene::new(1);
    scene.come(Priority::Poll, "p0".to_owned()).await;
    let first = scene.come(Priority::Poll, "p1".to_owned()).await;
    let second = scene.come(Priority::Poll, "p2".to_owned()).await;
    scene.come(Priority::Poll, "p3".to_owned()).await;
    let confirmation = scene.come(Priority::Confirm, "c0".to_owned()).await;
    for task in [first, second, confirmation] {
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
    }
    assert_eq!(scene.next(2).await, ["p0@0", "p3@100"]);
    let state = scene.limiter.state();
    assert_eq!((state.polls, state.confirmations), (0, 0));
}

#[tokio::test]
async fn a_confirmation_that_gives_up_lets_the_poll_behind_it_go_at_once() {
    let mut scene = Scene::new(1);
    scene.come(Priority::Confirm, "c0".to_owned()).await;
    let confirmation = scene.come(Priority::Confirm, "c1".to_owned()).await;
    scene.come(Priority::Poll, "p0".to_owned()).await;
    assert_eq!(scene.next(1).await, ["c0@0"]);
    scene.manual.pass(Duration::from_millis(99)).await;
    confirmation.abort();
    assert!(confirmation.await.unwrap_err().is_cancelled());
    assert_eq!(scene.next(1).await, ["p0@100"]);
}

#[tokio::test]
async fn after_a_rest_there_is_a_burst_again() {
    let mut scene = Scene::new(3);
    for round in 0..2 {
        let start = scene.manual.elapsed().as_millis();
        for _ in 0..4 {
            scene.come(Priority::Poll, round.to_string()).await;
        }
        let at = |wait: u128| format!("{round}@{}", start + wait);
        assert_eq!(scene.next(4).await, [at(0), at(0), at(0), at(100)]);
        scene.manual.pass(Duration::from_secs(10)).await;
    }
}

#[test]
fn a_rate_is_shared_and_leaves_everybody_one_call_a_second() {
    let rate = Rate {
        per_second: 20,
        burst: 40,
    };
    let shares = [1, 3, 5, 100].map(|processes| {
        let share = rate.shared_by(NonZeroU32::new(processes).unwrap());
        (share.per_second, share.burst)
    });
    assert_eq!(shares, [(20, 40), (6, 13), (4, 8), (1, 1)]);
}
