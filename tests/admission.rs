//! The admission room through its public door: a review in, an answer out, compared as JSON.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends where it can't go on"
)]

#[path = "admission/answers.rs"]
mod answers;
#[path = "admission/limits.rs"]
mod limits;
#[path = "admission/scene.rs"]
mod scene;
#[path = "admission/sound.rs"]
mod sound;
#[path = "admission/unreadable.rs"]
mod unreadable;
