//! What docs/threat-model.md names as guards are tests of this tree, and it leaves no threat and no mitigation out.
//!
//! Tests are named as `cargo test` lists them, with the name of the test binary before those of tests/: what stands in
//! backticks and has `::` in it. Only what cargo compiles and runs counts: a file that no `mod` line leads to does not,
//! and neither does what a macro names.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::{Outcome, root};

/// The threats and mitigations of SIG Security's model.
const THREATS: usize = 18;
const MITIGATIONS: usize = 10;

/// What nothing in a cluster can be guarded against, according to the model itself.
const OUT_OF_SCOPE: [usize; 2] = [6, 17];

#[test]
fn every_guard_that_is_named_is_a_test() -> Outcome {
    let page = page()?;
    let tests = tests()?;
    assert!(500 < tests.len(), "only {} tests found", tests.len());
    let missing: Vec<_> = guards(&page)
        .filter(|name| !tests.contains(*name))
        .collect();
    assert!(missing.is_empty(), "no such tests:\n{}", missing.join("\n"));
    Ok(())
}

#[test]
fn every_threat_has_its_guard_and_every_mitigation_its_answer() -> Outcome {
    let page = page()?;
    let row = |label: String| {
        let begins = format!("| {label} |");
        page.lines()
            .find(|line| line.starts_with(&begins))
            .ok_or_else(|| format!("no row for {label}"))
    };
    for threat in 1..=THREATS {
        let row = row(format!("T{threat}"))?;
        let guards = guards(row).count();
        let is_guarded = 0 < guards || OUT_OF_SCOPE.contains(&threat);
        assert!(is_guarded, "T{threat} names no test: {row}");
    }
    for mitigation in 1..=MITIGATIONS {
        row(format!("M{mitigation}"))?;
    }
    Ok(())
}

#[test]
fn every_alert_of_the_chart_is_explained_and_no_other() -> Outcome {
    let rules = fs::read_to_string(root().join("charts/arrears/templates/prometheusrule.yaml"))?;
    let alerts: BTreeSet<_> = rules
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("- alert: "))
        .collect();
    let page = fs::read_to_string(root().join("docs/operations.md"))?;
    let explained: BTreeSet<_> = page
        .lines()
        .filter_map(|line| line.strip_prefix("### "))
        .filter(|heading| heading.starts_with("Arrears"))
        .collect();
    assert_eq!(alerts, explained);
    assert!(!alerts.is_empty());
    Ok(())
}

fn page() -> Outcome<String> {
    Ok(fs::read_to_string(root().join("docs/threat-model.md"))?)
}

/// The tests that a text names.
fn guards(text: &str) -> impl Iterator<Item = &str> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .filter(|code| code.contains("::"))
}

/// Every test of the tree, by its path.
fn tests() -> Outcome<BTreeSet<String>> {
    let mut tests = BTreeSet::new();
    for (folder, is_library) in [("src", true), ("tests", false)] {
        let folder = root().join(folder);
        let mut folders = vec![folder.clone()];
        while let Some(below) = folders.pop() {
            for entry in fs::read_dir(below)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let modules = modules(path.strip_prefix(&folder)?, is_library);
                    let text = fs::read_to_string(&path)?;
                    if modules.is_empty() || is_compiled(&path, &modules, is_library)? {
                        collect(&text, &modules, &mut tests);
                    }
                }
            }
        }
    }
    Ok(tests)
}

/// The modules that a file's path stands for.
fn modules(path: &Path, is_library: bool) -> Vec<String> {
    let mut modules: Vec<String> = path
        .with_extension("")
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    match modules.last().map(String::as_str) {
        Some("lib") if is_library => modules.clear(),
        Some("main") => drop(modules.pop()),
        _ => modules.dedup(),
    }
    modules
}

/// Whether a `mod` line leads to a file, or cargo finds it by itself.
fn is_compiled(path: &Path, modules: &[String], is_library: bool) -> Outcome<bool> {
    let (name, above) = match modules.split_last() {
        Some((name, above)) => (name, above),
        None => return Ok(true),
    };
    if above.is_empty() && !is_library {
        return Ok(true);
    }
    let folder = root().join(if is_library { "src" } else { "tests" });
    let inner: PathBuf = above.iter().collect();
    let parents = match (above.is_empty(), is_library) {
        (true, _) => vec![folder.join("lib.rs")],
        (false, _) => vec![
            folder.join(&inner).with_extension("rs"),
            folder.join(&inner).join("main.rs"),
            path.with_file_name("main.rs"),
        ],
    };
    let declaration = format!("mod {name};");
    for parent in parents.iter().filter(|parent| parent.is_file()) {
        if fs::read_to_string(parent)?.contains(&declaration) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The tests of a file; as rustfmt writes it, a module ends with a brace as far in as it began.
fn collect(text: &str, modules: &[String], tests: &mut BTreeSet<String>) {
    let mut inline: Vec<(usize, &str)> = Vec::new();
    let mut is_test = false;
    for line in text.lines() {
        let code = line.trim_start();
        let depth = line.len() - code.len();
        let opened = code.trim_start_matches("pub(crate) ").strip_prefix("mod ");
        if let Some(name) = opened.and_then(|rest| rest.strip_suffix(" {")) {
            inline.push((depth, name));
        } else if code == "}" {
            inline.pop_if(|(opened, _)| *opened == depth);
        } else if code == "#[test]" || code.starts_with("#[tokio::test") {
            is_test = true;
        } else if let Some(name) = code.trim_start_matches("async ").strip_prefix("fn ") {
            let name = name.split(['(', '<']).next().unwrap_or_default();
            if std::mem::take(&mut is_test) && !name.starts_with('$') {
                let modules = modules.iter().map(String::as_str);
                let inline = inline.iter().map(|(_, name)| *name);
                let path: Vec<_> = modules.chain(inline).chain([name]).collect();
                tests.insert(path.join("::"));
            }
        }
    }
}
