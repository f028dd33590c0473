//! `arrears matrix`: the matrix as a table, JSON, CSV or Markdown.

use std::process::ExitCode;

use anyhow::bail;
use serde::Serialize;

use super::output;
use crate::matrix::{self, Action, Call, Documented, Edition, EditionId, Ruling, State};

/// Options of `arrears matrix`.
#[derive(Debug, clap::Args)]
pub(super) struct Matrix {
    /// The edition
    #[arg(long, default_value_t)]
    edition: EditionId,

    /// Only this action; a newer name such as RunInstances will do
    #[arg(long)]
    action: Option<String>,

    /// The form
    #[arg(short, long, value_enum, default_value_t)]
    output: Form,
}

#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Form {
    #[default]
    Table,
    Json,
    Csv,
    Markdown,
}

/// One action in one state.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    edition: &'static str,
    action: &'static str,
    instance_overdue: bool,
    disk_overdue: bool,
    cells: Vec<CellRow>,
    ruling: &'static str,
}

#[derive(Serialize)]
struct CellRow {
    table: String,
    cell: String,
}

impl Matrix {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let edition = Edition::get(self.edition);
        let actions = match &self.action {
            Some(name) => listed_actions(edition, name)?,
            None => edition.actions().collect(),
        };
        let rows: Vec<Row> = actions
            .into_iter()
            .flat_map(|action| State::ALL.map(|state| Row::new(edition, action, state)))
            .collect();
        output::print(&match self.output {
            Form::Table => table(edition, &rows),
            Form::Json => serde_json::to_string_pretty(&rows)? + "\n",
            Form::Csv => csv(&rows)?,
            Form::Markdown => markdown(edition, &rows),
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

fn listed_actions(edition: &Edition, name: &str) -> anyhow::Result<Vec<Action>> {
    let actions: Vec<Action> = matrix::calls(name.into())
        .iter()
        .filter_map(|call| match call {
            Call::Listed { action, .. } => Some(*action),
            Call::Unlisted(_) => None,
        })
        .filter(|action| edition.actions().any(|known| known == *action))
        .collect();
    if !actions.is_empty() {
        return Ok(actions);
    }
    if matrix::is_known_action(name) {
        bail!(
            "{name} is in no table of edition {}: its ruling is Unlisted",
            edition.id()
        );
    }
    match matrix::nearest_action(name) {
        Some(nearest) => bail!("unknown action {name}; is {nearest} meant?"),
        None => bail!("unknown action {name}; `arrears matrix` lists those of the tables"),
    }
}

// === impl Row ===

impl Row {
    fn new(edition: &Edition, action: Action, state: State) -> Self {
        let call = Call::Listed {
            action,
            called: None,
        };
        Self {
            edition: edition.id().name(),
            action: action.name(),
            instance_overdue: state.instance,
            disk_overdue: state.disk,
            cells: edition
                .cells(action, state)
                .iter()
                .map(|Documented { table, cell }| CellRow {
                    table: table.to_string(),
                    cell: cell.to_string(),
                })
                .collect(),
            ruling: edition.ruling(&call, state).name(),
        }
    }

    fn state(&self) -> State {
        State {
            instance: self.instance_overdue,
            disk: self.disk_overdue,
        }
    }

    fn cell_text(&self, separator: &str) -> String {
        self.cells
            .iter()
            .map(|CellRow { table, cell }| format!("{table}={cell}"))
            .collect::<Vec<_>>()
            .join(separator)
    }
}

/// The rulings of each action in a line.
fn by_action(rows: &[Row]) -> Vec<[String; 4]> {
    rows.chunk_by(|one, other| one.action == other.action)
        .map(|states| {
            let ruling = |state: State| {
                states
                    .iter()
                    .find(|row| row.state() == state)
                    .map_or(String::new(), |row| row.ruling.to_owned())
            };
            let name = states
                .first()
                .map_or(String::new(), |row| row.action.to_owned());
            let [both, instance, disk, _] = State::ALL.map(ruling);
            [name, both, instance, disk]
        })
        .collect()
}

const HEADINGS: [&str; 4] = ["ACTION", "BOTH OVERDUE", "INSTANCE OVERDUE", "DISK OVERDUE"];

fn table(edition: &Edition, rows: &[Row]) -> String {
    let lines: Vec<Vec<String>> = std::iter::once(HEADINGS.map(str::to_owned).to_vec())
        .chain(by_action(rows).into_iter().map(|line| line.to_vec()))
        .collect();
    format!(
        "{}\n{}\nNothing overdue: {} for every action.\n",
        edition.source(),
        output::columns(&lines),
        Ruling::Permitted
    )
}

fn markdown(edition: &Edition, rows: &[Row]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut text = format!("{}\n\n", edition.source());
    text.push_str(&line(&HEADINGS.map(str::to_owned)));
    text.push_str("|---|---|---|---|\n");
    for row in by_action(rows) {
        text.push_str(&line(&row));
    }
    text
}

fn csv(rows: &[Row]) -> anyhow::Result<String> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "edition",
        "action",
        "instanceOverdue",
        "diskOverdue",
        "cells",
        "ruling",
    ])?;
    for row in rows {
        writer.write_record([
            row.edition,
            row.action,
            &row.instance_overdue.to_string(),
            &row.disk_overdue.to_string(),
            &row.cell_text(" "),
            row.ruling,
        ])?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}
