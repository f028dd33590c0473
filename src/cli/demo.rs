//! `arrears demo`: the main job with nothing installed.
//!
//! Nothing is played: a server really listens on HTTPS with a certificate made for the occasion, and the bundled
//! reviews are really posted to it.

mod client;
mod scene;

use std::{fs, net::SocketAddr, process::ExitCode, sync::Arc};

use anyhow::Context;
use arc_swap::ArcSwap;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use self::{client::Client, scene::Scene};
use super::output;
use crate::{
    admission::Handler,
    config,
    decision::Outcome,
    server::{self, Server, Tls},
    telemetry::{Health, Metrics},
};

/// Options of `arrears demo`.
#[derive(Debug, clap::Args)]
pub(super) struct Demo {
    /// End after the table, instead of serving on
    #[arg(long)]
    once: bool,

    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

/// A bundled review and what must come of it.
#[derive(Deserialize)]
struct Case<'a> {
    about: String,
    expect: Outcome,
    #[serde(borrow)]
    review: &'a RawValue,
}

const CASES: &str = include_str!("demo/reviews.json");
const CONFIGURATION: &str = include_str!("demo/config.yaml");

impl Demo {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context("the runtime can't be started")?
            .block_on(self.play())
    }

    async fn play(self) -> anyhow::Result<ExitCode> {
        let scene = Scene::set()?;
        let basis = config::parse("demo/config.yaml", CONFIGURATION, Timestamp::now())?;
        let metrics = Arc::new(Metrics::new());
        let handler = Handler::new(
            Arc::new(ArcSwap::from_pointee(basis)),
            Arc::clone(&metrics),
            Timestamp::now,
        );
        let tls = Tls::from_pem(scene.certificate.as_bytes(), scene.key.as_bytes())?;
        let mut config = server::Config::new(self.listen, None);
        config.times.lame_duck = std::time::Duration::ZERO;
        let server = Server::bind(config, tls, metrics, Health::default()).await?;
        let address = server.local_addr();

        let (stop, abort) = server::signals().context("signals can't be handled")?;
        let (played, end) = tokio::sync::oneshot::channel();
        let stop_when = async move {
            tokio::select! {
                () = stop => {}
                _ = end => {}
            }
        };
        let show = async {
            let shown = self.show(&scene, address).await;
            if !self.once && matches!(shown, Ok(ExitCode::SUCCESS)) {
                std::future::pending::<()>().await;
            }
            // The server may have ended by itself; then nobody listens.
            let _ = played.send(());
            shown
        };
        let mut show = std::pin::pin!(show);
        tokio::select! {
            shown = &mut show => shown,
            ending = server.run(Arc::new(handler), stop_when, abort) => {
                ending?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }

    async fn show(&self, scene: &Scene, address: SocketAddr) -> anyhow::Result<ExitCode> {
        let cases: Vec<Case<'_>> = serde_json::from_str(CASES).context("the bundled reviews")?;
        let mut client = Client::connect(address, &scene.authority).await?;
        output::print(&format!(
            "arrears listens on https://{address}/validate. Account prod owes: instances i-bp1overdue and i-bp1both and disk \
             d-bp1overdue are locked.\n\n"
        ))?;
        let mut rows = vec![
            ["ASKED", "ECS ACTION", "STATE", "MATRIX", "ANSWER"]
                .map(str::to_owned)
                .to_vec(),
        ];
        let mut reasons = String::new();
        let mut wrong = Vec::new();
        for case in &cases {
            let answer = client.post(case.review.get()).await?;
            rows.extend(answer.rows(&case.about));
            if let Some(why) = answer.why() {
                reasons.push_str(&format!("- {}:\n  {why}\n", case.about));
            }
            if !answer.is(case.expect) {
                wrong.push(format!(
                    "{}: expected {}, got {}",
                    case.about,
                    case.expect,
                    answer.outcome()
                ));
            }
        }
        output::print(&format!("{}\nWhy:\n{reasons}\n", output::columns(&rows)))?;
        let one_more = scene.dir.path().join("review.json");
        fs::write(
            &one_more,
            cases.first().map_or("", |case| case.review.get()),
        )?;
        output::print(&format!(
            "{} reviews answered over TLS, {} as they should be. One more{}:\n  curl --cacert {} -H 'Content-Type: application/json' \
             --data-binary @{} https://localhost:{}/validate\n",
            cases.len(),
            cases.len() - wrong.len(),
            if self.once {
                ", while the demo runs without --once"
            } else {
                " (Ctrl-C ends the demo)"
            },
            scene.dir.path().join("ca.pem").display(),
            one_more.display(),
            address.port(),
        ))?;
        if wrong.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        for line in wrong {
            output::error(&anyhow::anyhow!(line));
        }
        Ok(ExitCode::FAILURE)
    }
}
