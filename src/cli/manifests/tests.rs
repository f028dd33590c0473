//! The command as it is typed.

use super::*;
use clap::Parser as _;

#[derive(clap::Parser)]
struct CommandLine {
    #[command(flatten)]
    manifests: Manifests,
}

fn parse(arguments: &[&str]) -> Result<Manifests, clap::Error> {
    CommandLine::try_parse_from([&["manifests"], arguments].concat()).map(|line| line.manifests)
}

fn no_bindings(_: &Path) -> anyhow::Result<Vec<OperationBinding>> {
    anyhow::bail!("no configuration was asked for")
}

#[test]
fn definitions_become_one_file_each() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("made/on/the/way");
    let command = parse(&["crds", "--out", out.to_str().unwrap()]).unwrap();
    command.run(no_bindings).unwrap();
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 5);
    assert!(out.join("arrears.dev_ecsaccounts.yaml").exists());
}

#[test]
fn the_webhook_needs_one_way_to_be_reached_and_a_bundle() {
    let url = ["--url", "https://127.0.0.1:8443"];
    let service = ["--service", "arrears-system/arrears"];
    let bundle = ["--ca-bundle", "ca.pem"];
    assert!(parse(&[&["webhook"][..], &url, &bundle].concat()).is_ok());
    assert!(parse(&[&["webhook"][..], &service, &bundle].concat()).is_ok());
    for wrong in [
        [&["webhook"][..], &url].concat(),
        [&["webhook"][..], &bundle].concat(),
        [&["webhook"][..], &url, &service, &bundle].concat(),
        [
            &["webhook"][..],
            &url,
            &bundle,
            &["--timeout-seconds", "31"],
        ]
        .concat(),
        [
            &["webhook"][..],
            &url,
            &bundle,
            &["--failure-policy", "Maybe"],
        ]
        .concat(),
        vec![
            "webhook",
            "--url",
            "http://127.0.0.1",
            "--ca-bundle",
            "ca.pem",
        ],
    ] {
        assert!(parse(&wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn bindings_of_the_configuration_get_entries_of_their_own() {
    let directory = tempfile::tempdir().unwrap();
    let ca_bundle = directory.path().join("ca.pem");
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(&ca_bundle, certified.cert.pem()).unwrap();
    let arguments = [
        &[
            "webhook",
            "--url",
            "https://127.0.0.1:8443",
            "--config",
            "conf",
            "--failure-policy",
            "ignore",
        ],
        &[
            "--ca-bundle",
            ca_bundle.to_str().unwrap(),
            "--out",
            directory.path().to_str().unwrap(),
        ][..],
    ]
    .concat();
    let read_bindings = |config: &Path| {
        assert_eq!(config, Path::new("conf"));
        let binding = "metadata: {name: acme}\nspec: {target: {group: acme.example, kinds: [Vm]}, operations: [{action: A, on: [CREATE]}]}\n";
        Ok(vec![serde_saphyr::from_str(binding)?])
    };
    parse(&arguments).unwrap().run(read_bindings).unwrap();
    let yaml = std::fs::read_to_string(directory.path().join("webhook.yaml")).unwrap();
    assert!(
        yaml.contains("name: acme.binding.ecs.arrears.dev"),
        "{yaml}"
    );
    assert_eq!(yaml.matches("failurePolicy: Ignore").count(), 5);
}

#[test]
fn a_missing_bundle_is_named() {
    let command = parse(&[
        "webhook",
        "--service",
        "a/b",
        "--ca-bundle",
        "nowhere/ca.pem",
    ])
    .unwrap();
    let error = format!("{:#}", command.run(no_bindings).unwrap_err());
    assert!(error.starts_with("nowhere/ca.pem: "), "{error}");
}
