//! Editions: the dated versions of the vendor's table, read from their CSV files.

use std::{fmt, str::FromStr, sync::LazyLock};

use smallvec::SmallVec;

use super::{
    action::Action,
    call::Call,
    cell::{Cell, Documented, Ruling, State, Table},
};

/// The name of an edition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum EditionId {
    /// The two-table, two-column edition of June 2018.
    #[default]
    E2018_06,
    /// The one-column edition of November 2018.
    E2018_11,
}

/// No edition has this name.
#[derive(Debug, thiserror::Error)]
#[error("there is no edition {0:?} of the matrix; there are {known}", known = EditionId::ALL.map(EditionId::name).join(" and "))]
pub struct UnknownEdition(String);

/// One dated version of the vendor's table.
#[derive(Debug)]
pub struct Edition {
    id: EditionId,
    source: String,
    rows: Vec<Option<Row>>,
}

/// The cells of one action, by column.
type Row = SmallVec<[(Column, Cell); 4]>;

/// The states that one column of an edition speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Column {
    table: Table,
    /// `None`: the column makes no difference between the states of its table.
    state: Option<State>,
}

impl EditionId {
    /// Every edition, oldest first.
    pub const ALL: [Self; 2] = [Self::E2018_06, Self::E2018_11];

    /// `2018-06`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::E2018_06 => "2018-06",
            Self::E2018_11 => "2018-11",
        }
    }
}

impl fmt::Display for EditionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for EditionId {
    type Err = UnknownEdition;

    fn from_str(name: &str) -> Result<Self, UnknownEdition> {
        Self::ALL
            .into_iter()
            .find(|id| id.name() == name)
            .ok_or_else(|| UnknownEdition(name.to_owned()))
    }
}

// === impl Edition ===

impl Edition {
    /// The edition of this name.
    #[must_use]
    pub fn get(id: EditionId) -> &'static Self {
        static E2018_06: LazyLock<Edition> =
            LazyLock::new(|| embedded(EditionId::E2018_06, include_str!("2018-06.csv")));
        static E2018_11: LazyLock<Edition> =
            LazyLock::new(|| embedded(EditionId::E2018_11, include_str!("2018-11.csv")));
        match id {
            EditionId::E2018_06 => &E2018_06,
            EditionId::E2018_11 => &E2018_11,
        }
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> EditionId {
        self.id
    }

    /// Where it comes from, as its file says.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The actions it names, in order.
    pub fn actions(&self) -> impl Iterator<Item = Action> {
        Action::all().filter(|action| self.row(*action).is_some())
    }

    /// Every documented cell for exactly this state; none where nothing is overdue.
    #[must_use]
    pub fn cells(&self, action: Action, state: State) -> SmallVec<[Documented; 2]> {
        self.row(action)
            .into_iter()
            .flatten()
            .filter(|(column, _)| column.speaks_of(state))
            .map(|(column, cell)| Documented {
                table: column.table,
                cell: *cell,
            })
            .collect()
    }

    /// What it says of a call in a state.
    #[must_use]
    pub fn ruling(&self, call: &Call<'_>, state: State) -> Ruling {
        if state == State::FREE {
            return Ruling::Permitted;
        }
        match call {
            Call::Listed { action, .. } if self.row(*action).is_some() => {
                ruling(&self.cells(*action, state))
            }
            Call::Listed { .. } | Call::Unlisted(_) => Ruling::Unlisted,
        }
    }

    fn row(&self, action: Action) -> Option<&Row> {
        self.rows.get(action.index())?.as_ref()
    }

    fn parse(id: EditionId, text: &str) -> Result<Self, csv::Error> {
        let source = text
            .lines()
            .map_while(|line| line.strip_prefix("# "))
            .collect::<Vec<_>>()
            .join("\n");
        let mut reader = csv::ReaderBuilder::new()
            .comment(Some(b'#'))
            .from_reader(text.as_bytes());
        let columns: Vec<Column> = reader
            .headers()?
            .iter()
            .skip(1)
            .filter_map(Column::parse)
            .collect();
        let mut rows = vec![None; Action::all().len()];
        for record in reader.records() {
            let record = record?;
            let cells = columns
                .iter()
                .zip(record.iter().skip(1))
                .filter_map(|(column, cell)| Some((*column, parse_cell(cell)?)));
            let row = record
                .get(0)
                .and_then(Action::named)
                .and_then(|action| rows.get_mut(action.index()));
            if let Some(row) = row {
                *row = Some(cells.collect());
            }
        }
        Ok(Self { id, source, rows })
    }
}

#[expect(
    clippy::expect_used,
    reason = "the files are part of the program, and a test reads both cell by cell"
)]
fn embedded(id: EditionId, text: &str) -> Edition {
    Edition::parse(id, text).expect("an embedded edition is well-formed CSV")
}

fn ruling(cells: &[Documented]) -> Ruling {
    let Some(first) = cells.first() else {
        return Ruling::Undocumented;
    };
    if cells.iter().any(|documented| documented.cell != first.cell) {
        return Ruling::Contradicted;
    }
    match first.cell {
        Cell::Error => Ruling::Forbidden,
        Cell::Normal => Ruling::Permitted,
        Cell::Irrelevant => Ruling::Irrelevant,
    }
}

fn parse_cell(text: &str) -> Option<Cell> {
    match text {
        "error" => Some(Cell::Error),
        "normal" => Some(Cell::Normal),
        "irrelevant" => Some(Cell::Irrelevant),
        _ => None,
    }
}

// === impl Column ===

impl Column {
    fn parse(heading: &str) -> Option<Self> {
        let (table, state) = heading
            .split_once(':')
            .map_or((heading, None), |(table, state)| (table, Some(state)));
        let table = match table {
            "instance_table" => Table::Instance,
            "disk_table" => Table::Disk,
            _ => return None,
        };
        let state = match state {
            Some("both") => Some(State {
                instance: true,
                disk: true,
            }),
            Some("instance_only") => Some(State {
                instance: true,
                disk: false,
            }),
            Some("disk_only") => Some(State {
                instance: false,
                disk: true,
            }),
            Some(_) => return None,
            None => None,
        };
        Some(Self { table, state })
    }

    fn speaks_of(self, state: State) -> bool {
        match (self.state, self.table) {
            (Some(own), _) => own == state,
            (None, Table::Instance) => state.instance,
            (None, Table::Disk) => state.disk,
        }
    }
}

#[cfg(test)]
mod tests;
