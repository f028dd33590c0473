//! What README.md and docs/ say is what the program does.
//!
//! - In a `console` block, what stands below `$ arrears ...` is what that command prints, run in the repository's root;
//!   `$ echo $?` after it shows its exit code, and `[...]` at its end stands for the rest.
//! - What stands between `<!-- $ arrears ... -->` and `<!-- end -->` is what that command prints.
//! - Every field of every kind of ours is in docs/configuration.md, with its default and its choices.
//! - Links to files lead to files, and those to headings of pages to headings.
//! - What docs/threat-model.md and docs/operations.md tell of is there, and nothing that is there is left out.
//!
//! With `ARREARS_RENEW_DOCS` set, outputs that have become stale are written anew instead of being complained about.

#[path = "docs/threats.rs"]
mod threats;

use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use serde_json::Value;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const RENEW: &str = "ARREARS_RENEW_DOCS";
const PROMPT: &str = "$ arrears ";
const MARK: &str = "<!-- $ arrears ";
const END: &str = "<!-- end -->";
const ECHO: &str = "$ echo $?";
const CUT: &str = "[...]";

#[test]
fn outputs_are_what_the_program_prints() -> Outcome {
    // Without a time of its own a listing is as old as its file, and a clone may be old.
    File::open(root().join("examples/config/locks.yaml"))?.set_modified(SystemTime::now())?;
    let renew = std::env::var_os(RENEW).is_some();
    let mut stale = Vec::new();
    let mut commands = 0;
    for page in pages()? {
        let before = fs::read_to_string(&page)?;
        let (after, run) = renewed(&before)?;
        commands += run;
        if after == before {
            continue;
        }
        if renew {
            fs::write(&page, after)?;
        } else {
            let place = before
                .lines()
                .zip(after.lines())
                .position(|(old, new)| old != new)
                .unwrap_or_default();
            stale.push(format!(
                "{}:{}:\n  says   {}\n  prints {}",
                page.display(),
                place + 1,
                before.lines().nth(place).unwrap_or_default(),
                after.lines().nth(place).unwrap_or_default(),
            ));
        }
    }
    assert!(
        stale.is_empty(),
        "{}\nrenew with `{RENEW}=1 cargo test --test docs`",
        stale.join("\n")
    );
    assert!(4 <= commands, "only {commands} commands found to run");
    Ok(())
}

#[test]
fn links_to_files_lead_to_files() -> Outcome {
    let mut links = 0;
    let mut broken = Vec::new();
    for page in pages()? {
        let text = fs::read_to_string(&page)?;
        let folder = page.parent().unwrap_or(Path::new("."));
        for target in text.split("](").skip(1) {
            let target = target.split([')', '#']).next().unwrap_or_default();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            links += 1;
            if !folder.join(target).exists() {
                broken.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert_eq!(broken, Vec::<String>::new());
    assert!(0 < links, "no link found");
    Ok(())
}

#[test]
fn links_to_headings_lead_to_headings() -> Outcome {
    let mut links = 0;
    let mut broken = Vec::new();
    for page in pages()? {
        let text = fs::read_to_string(&page)?;
        for target in text.split("](").skip(1) {
            let target = target.split(')').next().unwrap_or_default();
            let Some((file, heading)) = target.split_once('#') else {
                continue;
            };
            if file.contains("://") {
                continue;
            }
            links += 1;
            let of = match file {
                "" => page.clone(),
                file => page.parent().unwrap_or(Path::new(".")).join(file),
            };
            let named = fs::read_to_string(of).unwrap_or_default();
            if !headings(&named).any(|found| found == heading) {
                broken.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert_eq!(broken, Vec::<String>::new());
    assert!(0 < links, "no link found");
    Ok(())
}

#[test]
fn every_field_is_described_with_its_default() -> Outcome {
    let page = fs::read_to_string(root().join("docs/configuration.md"))?;
    let mut missing = Vec::new();
    for entry in fs::read_dir(root().join("manifests/crds"))? {
        let definition: Value = serde_saphyr::from_str(&fs::read_to_string(entry?.path())?)?;
        let text = |pointer: &str| definition.pointer(pointer).and_then(Value::as_str);
        let kind = text("/spec/names/kind").ok_or("a definition without a kind")?;
        let heading = format!("\n## {kind}\n");
        let section = page
            .split_once(&heading)
            .ok_or_else(|| format!("docs/configuration.md has no section {kind}"))?
            .1;
        let section = section.split("\n## ").next().unwrap_or_default();
        let spec = definition
            .pointer("/spec/versions/0/schema/openAPIV3Schema/properties/spec")
            .ok_or("a definition without a spec")?;
        let mut fields = Vec::new();
        collect_fields(spec, "", &mut fields);
        for (path, schema) in fields {
            let row = section
                .lines()
                .find(|line| line.starts_with(&format!("| `{path}` |")));
            match row {
                None => missing.push(format!("{kind}: no row for `{path}`")),
                Some(row) => missing.extend(
                    lacking(row, schema)
                        .into_iter()
                        .map(|word| format!("{kind}: the row of `{path}` lacks {word}")),
                ),
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
    Ok(())
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The headings of a page as links name them.
fn headings(page: &str) -> impl Iterator<Item = String> {
    let headings = page.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| {
        let text = line.trim_start_matches('#').trim().to_lowercase();
        text.chars()
            .filter(|letter| letter.is_alphanumeric() || [' ', '-', '_'].contains(letter))
            .map(|letter| if letter == ' ' { '-' } else { letter })
            .collect()
    })
}

/// README.md, and every page in docs/ and examples/.
fn pages() -> Outcome<Vec<PathBuf>> {
    let mut pages = vec![root().join("README.md")];
    let mut folders = vec![root().join("docs"), root().join("examples")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    pages.sort();
    Ok(pages)
}

/// A page with every output as it is now, and how many commands were run for it.
fn renewed(page: &str) -> Outcome<(String, usize)> {
    let mut text = String::with_capacity(page.len());
    let mut commands = 0;
    let mut in_console = false;
    let mut exit_code = None;
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        text.push_str(line);
        text.push('\n');
        if line.starts_with("```") {
            in_console = line == "```console";
        }
        let marked = line
            .strip_prefix(MARK)
            .and_then(|rest| rest.strip_suffix(" -->"));
        let arguments = match marked {
            None if in_console => line.strip_prefix(PROMPT),
            marked => marked,
        };
        if let Some(arguments) = arguments {
            let mut old = Vec::new();
            while let Some(output) = lines.next_if(|line| match marked {
                Some(_) => *line != END,
                None => !line.starts_with("```") && !line.starts_with("$ "),
            }) {
                old.push(output);
            }
            let (printed, code) = run(arguments)?;
            commands += 1;
            exit_code = Some(code);
            push_output(&mut text, &old, &printed);
        } else if let (true, ECHO, Some(code)) = (in_console, line, exit_code) {
            lines.next_if(|line| !line.starts_with("```"));
            text.push_str(&format!("{code}\n"));
        }
    }
    Ok((text, commands))
}

/// Keeps the old lines if only what differs from run to run differs.
fn push_output(text: &mut String, old: &[&str], printed: &str) {
    let mut printed: Vec<&str> = printed.lines().collect();
    if let Some((&CUT, kept)) = old.split_last() {
        printed.truncate(kept.len());
        printed.push(CUT);
    }
    let is_same = old
        .iter()
        .map(|line| steady(line))
        .eq(printed.iter().map(|line| steady(line)));
    for line in if is_same { old } else { &printed } {
        text.push_str(line);
        text.push('\n');
    }
}

/// A line without ports and names of temporary folders.
fn steady(line: &str) -> String {
    line.split(' ')
        .map(|word| {
            if let Some((_, rest)) = word.split_once("arrears-demo-") {
                rest.split_once('/').map_or("", |(_, file)| file).to_owned()
            } else if word.contains("127.0.0.1:") || word.contains("localhost:") {
                word.replace(|letter: char| letter.is_ascii_digit(), "")
            } else {
                word.to_owned()
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// What a command prints to standard output, and its exit code.
fn run(arguments: &str) -> Outcome<(String, i32)> {
    let output = Command::new(env!("CARGO_BIN_EXE_arrears"))
        .current_dir(root())
        .args(arguments.split_whitespace())
        .env_remove("ARREARS_CONFIG")
        .output()?;
    let code = output.status.code().ok_or("ended by a signal")?;
    if code == 2 {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("arrears {arguments}: {said}").into());
    }
    Ok((String::from_utf8(output.stdout)?, code))
}

/// The fields below a schema that users write, with their paths; `[]` for the items of a list, `.*` for those of a map.
fn collect_fields<'s>(schema: &'s Value, path: &str, fields: &mut Vec<(String, &'s Value)>) {
    let below = |name: &str| match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        for (name, schema) in properties {
            let path = below(name);
            collect_fields(schema, &path, fields);
            fields.push((path, schema));
        }
    }
    if let Some(items) = schema.get("items") {
        collect_fields(items, &format!("{path}[]"), fields);
    }
    if let Some(values) = schema.get("additionalProperties") {
        collect_fields(values, &below("*"), fields);
    }
}

/// What a field's row ought to say: its choices, and in the second column its default, if that is one value.
fn lacking(row: &str, schema: &Value) -> Vec<String> {
    let column = row.split(" | ").nth(1).unwrap_or_default();
    let choices = schema.get("enum").and_then(Value::as_array);
    let choices = choices.into_iter().flatten().map(|choice| (row, choice));
    let default = schema.get("default").map(|default| (column, default));
    choices
        .chain(default)
        .filter_map(|(place, value)| match value {
            Value::String(text) => Some((place, format!("`{text}`"))),
            Value::Bool(_) | Value::Number(_) => Some((place, format!("`{value}`"))),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        })
        .filter(|(place, word)| !place.contains(word))
        .map(|(_, word)| word)
        .collect()
}
