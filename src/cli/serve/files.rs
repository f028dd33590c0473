//! `arrears serve --config DIR`: what decisions rest on comes from files.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use anyhow::Context as _;
use jiff::Timestamp;
use tokio::signal::unix::{SignalKind, signal};
use tracing::info;

use super::{
    Serve,
    live::{Asks, Live},
    log_basis,
    reload::Reload,
};
use crate::{
    admission::Handler,
    config::{Configuration, Directory},
    ecs::Setting,
    server::{self, Ending},
    telemetry::{Health, Metrics},
};

/// Serves until it is told to stop.
pub(super) async fn serve(arguments: &Serve, config: &Path) -> anyhow::Result<ExitCode> {
    let (stop, abort) = server::signals().context("signals can't be handled")?;
    // Taken over before anything else, because a hangup kills a process that does not listen for it.
    let hangup = signal(SignalKind::hangup()).context("signals can't be handled")?;
    let mut stop = std::pin::pin!(stop);
    info!(directory = %config.display(), "reading the configuration");
    // The port opens only once there is something to decide by: no answer rests on facts not yet loaded.
    let (directory, configuration) = tokio::select! {
        opened = open(config.to_owned()) => opened?,
        () = &mut stop => {
            info!("told to stop before there was anything to serve");
            return Ok(ExitCode::SUCCESS);
        }
    };
    log_basis(directory.file_count(), &configuration.basis);
    let metrics = Arc::new(Metrics::new());
    let health = Health::default();
    let setting = Setting::of_process(Arc::clone(&metrics));
    let live = Live::new(configuration, setting, Asks::Always, health.clone())?;
    live.observe(&metrics);

    let tls = arguments.tls_of_files()?;
    let tls = tls.context("--tls-cert and --tls-key are needed")?;
    let server = arguments.bind(tls, &metrics, &health).await?;
    let basis = Arc::clone(live.board.basis());
    let handler = Handler::new(basis, Arc::clone(&metrics), Timestamp::now);
    let handler = Arc::new(handler.confirming(live.confirmer.clone()));
    let reload = Reload::new(directory, live, metrics, health);
    let ending = tokio::select! {
        ending = server.run(handler, stop, abort) => ending?,
        () = reload.run(hangup) => Ending::Aborted,
    };
    Ok(super::ended(ending))
}

/// Reads the configuration on a thread that serves nobody.
async fn open(path: PathBuf) -> anyhow::Result<(Directory, Configuration)> {
    let opened = tokio::task::spawn_blocking(move || Directory::open(&path, Timestamp::now()));
    let opened = opened.await.context("reading the configuration broke")?;
    Ok(opened?)
}
