//! `arrears matrix` in its four forms.

use super::arrears;

#[test]
fn json_has_three_overdue_states_and_the_free_one_for_each_of_forty_actions() {
    for edition in ["2018-06", "2018-11"] {
        let ran = arrears(&["matrix", "--edition", edition, "-o", "json"], "");
        assert_eq!(ran.code, 0);
        let rows = ran.json();
        let rows = rows.as_array().unwrap();
        assert_eq!(rows.len(), 160);
        let count = |ruling: &str| rows.iter().filter(|row| row["ruling"] == ruling).count();
        assert_eq!(count("Undocumented"), 2, "{edition}");
        assert_eq!(count("Contradicted"), 1, "{edition}");
        for row in rows {
            assert_eq!(row["edition"], edition);
            let free = row["instanceOverdue"] == false && row["diskOverdue"] == false;
            assert_eq!(
                free,
                row["cells"].as_array().unwrap().is_empty() && row["ruling"] == "Permitted"
            );
        }
    }
}

#[test]
fn the_contradiction_shows_both_cells() {
    let ran = arrears(
        &["matrix", "--action", "ModifyInstanceAttribute", "-o", "csv"],
        "",
    );
    assert_eq!(
        ran.stdout.lines().nth(1),
        Some("2018-06,ModifyInstanceAttribute,true,true,instance=normal disk=error,Contradicted")
    );
}

#[test]
fn an_alias_stands_for_its_actions_and_a_mistyped_name_is_told_its_neighbour() {
    let ran = arrears(
        &["matrix", "--action", "RunInstances", "-o", "markdown"],
        "",
    );
    assert!(
        ran.stdout
            .contains("| CreateInstance | Forbidden | Forbidden | Permitted |")
    );
    assert!(
        ran.stdout
            .contains("| StartInstance | Forbidden | Forbidden | Permitted |")
    );
    let ran = arrears(&["matrix", "--action", "startInstance"], "");
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert_eq!(
        ran.stderr,
        "arrears: unknown action startInstance; is StartInstance meant?\n"
    );
    let ran = arrears(&["matrix", "--action", "ResizeDisk"], "");
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("in no table of edition 2018-06"),
        "{}",
        ran.stderr
    );
}
