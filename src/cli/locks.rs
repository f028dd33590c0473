//! `arrears locks`: what is locked now.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::anyhow;
use jiff::Timestamp;

use super::{
    once::{Once, block_on},
    output,
};
use crate::{
    config,
    decision::Basis,
    lock::{self, AccountView, RegionView, Snapshot},
};

/// Options of `arrears locks`.
#[derive(Debug, clap::Args)]
pub(super) struct Locks {
    /// Directory of configuration files, as for `serve`: its EcsAccounts are asked
    #[arg(long, value_name = "DIR", env = "ARREARS_CONFIG")]
    config: PathBuf,

    /// The form; yaml and json are LockSnapshots, which `serve` and `check` read
    #[arg(short, long, value_enum, default_value_t)]
    output: Form,

    /// Ask again and again, as often as the accounts say, and print each time that something has changed
    #[arg(long)]
    watch: bool,

    /// Say which credentials were used
    #[arg(short, long)]
    verbose: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    #[default]
    Table,
    Yaml,
    Json,
}

impl Locks {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let configuration = config::load(Some(&self.config), &[], Timestamp::now())?;
        if configuration.basis.accounts.iter().next().is_none() {
            return Err(anyhow!(
                "{}: no EcsAccount and no LockSnapshot: there is nobody to ask",
                self.config.display()
            ));
        }
        block_on(self.print(Once::new(configuration)))
    }

    async fn print(&self, once: Once) -> anyhow::Result<ExitCode> {
        let mut before = None;
        loop {
            let problems = once.survey().await;
            if self.verbose {
                for (account, source) in once.clients.sources() {
                    output::note(&format!("account {account}: credentials from {source}"));
                }
            }
            for problem in &problems {
                output::error(&anyhow!("{problem}"));
            }
            let basis = once.board.basis().load_full();
            let locked = locked(&basis);
            if before.as_ref() != Some(&locked) {
                output::print(&self.render(&basis)?)?;
                before = Some(locked);
            }
            if !self.watch {
                return Ok(match problems.is_empty() {
                    true => ExitCode::SUCCESS,
                    false => ExitCode::from(2),
                });
            }
            tokio::time::sleep(basis.poll_interval.max(Duration::from_secs(1))).await;
        }
    }

    fn render(&self, basis: &Basis) -> anyhow::Result<String> {
        let snapshots: Vec<&Snapshot> = regions(basis)
            .filter_map(|(_, region)| region.locks())
            .map(lock::Locks::snapshot)
            .collect();
        Ok(match (self.output, snapshots.as_slice()) {
            (Form::Table, _) => table(basis),
            (Form::Yaml, snapshots) => {
                let mut text = String::new();
                for snapshot in snapshots {
                    text += "---\n";
                    text += &serde_saphyr::to_string(snapshot)?;
                }
                text
            }
            (Form::Json, [only]) => serde_json::to_string(only)? + "\n",
            (Form::Json, snapshots) => {
                let list =
                    serde_json::json!({"apiVersion": "v1", "kind": "List", "items": snapshots});
                list.to_string() + "\n"
            }
        })
    }
}

/// What is compared to tell whether something has changed.
fn locked(basis: &Basis) -> Vec<Vec<String>> {
    let mut rows = rows(basis);
    for row in &mut rows {
        row.truncate(COLUMNS.len() - 1);
    }
    rows
}

const COLUMNS: [&str; 6] = [
    "ACCOUNT", "REGION", "TARGET", "REASONS", "ATTACHED", "OBSERVED",
];

fn table(basis: &Basis) -> String {
    let mut all = vec![COLUMNS.map(str::to_owned).to_vec()];
    all.extend(rows(basis));
    output::columns(&all)
}

fn regions(basis: &Basis) -> impl Iterator<Item = (&AccountView, &RegionView)> {
    let accounts = basis.locks.accounts().iter();
    accounts.flat_map(|account| {
        account
            .regions()
            .iter()
            .map(move |region| (account, region))
    })
}

fn rows(basis: &Basis) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for (account, region) in regions(basis) {
        let mut row = |target: &str, reasons: String, attached: String, observed: String| {
            rows.push(vec![
                account.name().to_string(),
                region.id().to_string(),
                target.to_owned(),
                reasons,
                attached,
                observed,
            ]);
        };
        let nothing = || "-".to_owned();
        let Some(locks) = region.locks() else {
            row("unknown", nothing(), nothing(), nothing());
            continue;
        };
        let observed = locks
            .observed_at()
            .strftime("%Y-%m-%dT%H:%M:%SZ")
            .to_string();
        if locks.instance_count() + locks.disk_count() == 0 {
            row("none", nothing(), nothing(), observed);
            continue;
        }
        let snapshot = locks.snapshot();
        let instances = snapshot
            .instances()
            .filter(|entry| locks.instance(entry.id()));
        let disks = snapshot.disks().filter(|entry| locks.disk(entry.id()));
        for entry in instances.chain(disks) {
            let attached: Vec<_> = entry.attached().collect();
            let reasons: Vec<_> = entry.reasons().collect();
            let attached = match attached.is_empty() {
                true => nothing(),
                false => attached.join(","),
            };
            row(entry.id(), reasons.join(","), attached, observed.clone());
        }
    }
    rows
}
