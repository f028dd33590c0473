//! No process of the tests outlives them.

use std::path::Path;
use std::time::Duration;

use crate::plane::guard::Guarded;
use crate::plane::wait::within;

#[tokio::test]
async fn a_guarded_program_and_its_folder_go_when_its_keeper_goes() {
    let folder = tempfile::tempdir().unwrap().keep();
    let log = folder.join("log");
    let arguments = ["-c", "echo started; exec sleep 600"];
    let mut guarded = Guarded::start(Path::new("sh"), arguments, &folder, log.clone()).unwrap();
    let started = within(Duration::from_secs(30), async || {
        match std::fs::read_to_string(&log).unwrap() == "started\n" {
            true => Ok(()),
            false => Err("nothing printed".to_owned()),
        }
    });
    started.await.unwrap();
    assert_eq!(guarded.ended(), None);

    let status = tokio::task::spawn_blocking(|| guarded.end())
        .await
        .unwrap()
        .unwrap();
    assert!(status.success(), "{status}");
    assert!(!folder.exists());
}

#[tokio::test]
async fn a_guarded_program_that_ends_by_itself_leaves_its_last_words() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["-c", "echo bind: address already in use >&2; exit 7"];
    let path = folder.path().to_owned();
    let mut guarded = Guarded::start(Path::new("sh"), arguments, &path, path.join("log")).unwrap();
    let words = within(Duration::from_secs(30), async || {
        guarded.ended().ok_or("still there".to_owned())
    });
    let words = words.await.unwrap();
    assert!(
        words.contains("exit status: 7") && words.contains("address already in use"),
        "{words}"
    );
    assert!(path.exists());
}
