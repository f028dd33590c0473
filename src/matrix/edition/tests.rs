//! The editions as a whole: every cell, every ruling, and how the two are related.

use std::fmt::Write as _;

use super::*;

fn listed(action: Action) -> Call<'static> {
    Call::Listed {
        action,
        called: None,
    }
}

fn named(name: &str) -> Action {
    Action::named(name).unwrap()
}

/// Every action in every state with its cells and its ruling, one line each.
fn render(id: EditionId) -> String {
    let edition = Edition::get(id);
    let mut text = format!("{}\n\n", edition.source());
    for action in edition.actions() {
        for state in State::ALL {
            let cells: Vec<_> = edition
                .cells(action, state)
                .iter()
                .map(|documented| format!("{}={}", documented.table, documented.cell))
                .collect();
            let ruling = edition.ruling(&listed(action), state);
            writeln!(
                text,
                "{:<31}{:<10}{:<32}{ruling}",
                action.name(),
                state.name(),
                cells.join(" ")
            )
            .unwrap();
        }
    }
    text
}

fn with_ruling(id: EditionId, ruling: Ruling) -> Vec<String> {
    let edition = Edition::get(id);
    edition
        .actions()
        .flat_map(|action| State::ALL.map(|state| (action, state)))
        .filter(|(action, state)| edition.ruling(&listed(*action), *state) == ruling)
        .map(|(action, state)| format!("{action} {}", state.name()))
        .collect()
}

#[test]
fn the_whole_of_2018_06_is_as_reviewed() {
    insta::assert_snapshot!("2018-06", render(EditionId::E2018_06));
}

#[test]
fn the_whole_of_2018_11_is_as_reviewed() {
    insta::assert_snapshot!("2018-11", render(EditionId::E2018_11));
}

#[test]
fn each_edition_names_forty_actions() {
    for id in EditionId::ALL {
        assert_eq!(Edition::get(id).actions().count(), 40, "{id}");
    }
}

#[test]
fn the_cells_of_2018_06_count_up_as_in_the_source() {
    let edition = Edition::get(EditionId::E2018_06);
    let count = |table: Table, state: State, cell: Cell| {
        edition
            .actions()
            .flat_map(|action| edition.cells(action, state))
            .filter(|documented| *documented == Documented { table, cell })
            .count()
    };
    let counts = |table, state| {
        [Cell::Error, Cell::Normal, Cell::Irrelevant].map(|cell| count(table, state, cell))
    };
    let [both, instance, disk, free] = State::ALL;
    assert_eq!(counts(Table::Instance, both), [8, 29, 2]);
    assert_eq!(counts(Table::Instance, instance), [6, 31, 2]);
    assert_eq!(counts(Table::Disk, both), [10, 27, 2]);
    assert_eq!(counts(Table::Disk, disk), [3, 34, 2]);
    assert_eq!(counts(Table::Disk, free), [0, 0, 0]);
}

#[test]
fn the_holes_the_contradiction_and_the_dashes_of_2018_06_stay_visible() {
    assert_eq!(
        with_ruling(EditionId::E2018_06, Ruling::Undocumented),
        ["DescribeInstanceTypes disk", "ModifyInstanceSpec instance"]
    );
    assert_eq!(
        with_ruling(EditionId::E2018_06, Ruling::Contradicted),
        ["ModifyInstanceAttribute both"]
    );
    let edition = Edition::get(EditionId::E2018_06);
    let dashes: Vec<_> = edition
        .actions()
        .flat_map(|action| State::ALL.map(|state| (action, edition.cells(action, state))))
        .flat_map(|(action, cells)| {
            cells
                .into_iter()
                .map(move |documented| (action.name(), documented))
        })
        .filter(|(_, documented)| documented.cell == Cell::Irrelevant)
        .map(|(name, documented)| (name, documented.table))
        .collect();
    assert_eq!(dashes.len(), 8);
    for name in ["RebootInstance", "StopInstance"] {
        for table in [Table::Instance, Table::Disk] {
            assert_eq!(
                dashes.iter().filter(|dash| **dash == (name, table)).count(),
                2,
                "{name} {table}"
            );
        }
    }
}

#[test]
fn what_2018_06_forbids_by_state() {
    let forbidden = with_ruling(EditionId::E2018_06, Ruling::Forbidden);
    let of = |state: &str| -> Vec<&str> {
        forbidden
            .iter()
            .filter_map(|row| row.strip_suffix(state))
            .map(str::trim_end)
            .collect()
    };
    assert_eq!(of(" disk"), ["AttachDisk", "CreateDisk", "ResetDisk"]);
    assert_eq!(
        of(" instance"),
        [
            "AllocatePublicIpAddress",
            "CreateInstance",
            "ReInitDisk",
            "ReplaceSystemDisk",
            "ResetDisk",
            "StartInstance"
        ]
    );
    assert_eq!(of(" neither"), Vec::<&str>::new());
}

/// Edition 2018-11 is edition 2018-06's two columns for "both overdue" with every "-" turned into an error.
#[test]
fn the_later_edition_is_the_shared_columns_of_the_earlier_one() {
    let (earlier, later) = (
        Edition::get(EditionId::E2018_06),
        Edition::get(EditionId::E2018_11),
    );
    let both = State {
        instance: true,
        disk: true,
    };
    let cell = |edition: &Edition, action, table| {
        edition
            .cells(action, both)
            .iter()
            .find(|documented| documented.table == table)
            .map(|documented| documented.cell)
    };
    for action in later.actions() {
        let before = if action == named("DescribeInstances") {
            named("DescribeInstanceAttribute")
        } else {
            action
        };
        for table in [Table::Instance, Table::Disk] {
            let expected = cell(earlier, before, table).map(|cell| {
                if cell == Cell::Irrelevant {
                    Cell::Error
                } else {
                    cell
                }
            });
            assert_eq!(cell(later, action, table), expected, "{action} {table}");
        }
    }
    assert_eq!(
        later.ruling(&listed(named("DescribeInstanceAttribute")), both),
        Ruling::Unlisted
    );
    assert_eq!(
        earlier.ruling(&listed(named("DescribeInstances")), both),
        Ruling::Unlisted
    );
}

#[test]
fn the_later_edition_never_permits_what_the_earlier_one_forbids() {
    let (earlier, later) = (
        Edition::get(EditionId::E2018_06),
        Edition::get(EditionId::E2018_11),
    );
    for action in earlier.actions() {
        for state in State::ALL {
            if earlier.ruling(&listed(action), state) == Ruling::Forbidden {
                assert_ne!(
                    later.ruling(&listed(action), state),
                    Ruling::Permitted,
                    "{action} {}",
                    state.name()
                );
            }
        }
    }
}
