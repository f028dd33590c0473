//! The admission room through its public door: a review in, an answer out, compared as JSON.

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
