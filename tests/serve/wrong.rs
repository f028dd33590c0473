//! Wrong input, as a new user gives it: each is told in one go, with its place and what to do about it.

use std::{
    fs,
    net::TcpListener,
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _},
        process::CommandExt as _,
    },
    process::Command,
};

use super::{
    files::{Files, issue, locks, policy},
    program,
};

const NOBODY: u32 = 65_534;

/// What a command says before it fails with exit code 2; its log lines are left out.
fn failure(mut command: Command) -> String {
    let output = command.env("RUST_LOG", "off").output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// What a start with such files says.
fn start(conf: &[(&str, &str)]) -> String {
    failure(program::command(&Files::new(conf)))
}

fn account(name: &str) -> String {
    format!(
        "apiVersion: arrears.dev/v1alpha1\nkind: EcsAccount\nmetadata: {{name: {name}}}\nspec: {{default: true}}\n"
    )
}

#[test]
fn a_file_of_the_configuration_that_is_wrong_is_told_with_its_place() {
    let cases: [(&str, String, &str); 9] = [
        (
            "a typo in a field",
            policy("unknwon: Deny"),
            "arrears: conf/a.yaml:4:8: spec: unknown field `unknwon`, did you mean `unknown`?\n",
        ),
        (
            "a duplicate key",
            policy("unknown: Deny, edition: \"2018-06\", unknown: Warn"),
            "arrears: conf/a.yaml:4:43: duplicate key `unknown`, first on line 4\n",
        ),
        (
            "a bad duration",
            policy("freshness: {fresh: 2 minutes}"),
            "arrears: conf/a.yaml:4:27: spec.freshness.fresh: `2 minutes` is not a duration: the unit is unknown; expected numbers with units ns, us, ms, s, m or h, such as 30s, 1.5s or 1h30m\n",
        ),
        (
            "a policy with an unknown action",
            policy("rules: [{name: a, mode: Off, actions: [StartInstanse]}]"),
            "arrears: conf/a.yaml:4:47: spec.rules[0].actions[0]: unknown action `StartInstanse`; is `StartInstance` meant?\n",
        ),
        (
            "a typo in apiVersion",
            policy("").replace("v1alpha1", "v1alpah1"),
            "arrears: conf/a.yaml:1:1: there is no OverduePolicy in `arrears.dev/v1alpah1`; write `arrears.dev/v1alpha1`\n",
        ),
        (
            "a typo in kind",
            policy("").replace("OverduePolicy", "OverduePolice"),
            "arrears: conf/a.yaml:2:1: unknown kind `OverduePolice`; is `OverduePolicy` meant?\n",
        ),
        (
            "a listing with another name than its own",
            locks([]).replace("prod.cn-hangzhou", "locks"),
            "arrears: conf/a.yaml:3:18: metadata.name: `locks` is not `prod.cn-hangzhou`\n",
        ),
        (
            "a file that is no manifest",
            "hello".to_owned(),
            "arrears: conf/a.yaml:1:1: not a Kubernetes object but a string\n",
        ),
        (
            "a template",
            "{{- if .Values.policy }}\nkind: OverduePolicy\n{{- end }}\n".to_owned(),
            "arrears: conf/a.yaml:1:1: a template, not a manifest: render it first, as in `helm template CHART | arrears check -` (\"-\" is only valid inside a block)\n",
        ),
    ];
    for (what, text, expected) in cases {
        let said = start(&[("a.yaml", &text)]);
        assert_eq!(said, expected, "{what}");
    }
}

#[test]
fn files_that_do_not_go_together_are_both_named() {
    assert_eq!(
        start(&[("a.yaml", &account("prod")), ("b.yaml", &account("lab"))]),
        "arrears: conf/b.yaml:1:1: two default accounts, prod and lab: only one EcsAccount may say `default: true` (the other is at conf/a.yaml:1)\n"
    );
    assert_eq!(
        start(&[("a.json", "{"), ("b.yaml", &policy("unknwon: Deny"))]),
        "arrears: conf/a.json:1:2: the JSON ends too early (EOF while parsing an object)\n\
         arrears: conf/b.yaml:4:8: spec: unknown field `unknwon`, did you mean `unknown`?\n"
    );
}

#[test]
fn a_configuration_directory_that_is_none_is_told() {
    let files = Files::new(&[]);
    let mut cases = Vec::new();
    for (directory, said) in [
        (
            "nowhere",
            "arrears: directory nowhere: No such file or directory (os error 2); expected a directory of YAML or JSON files\n",
        ),
        (
            "tls.crt",
            "arrears: directory tls.crt: Not a directory (os error 20); expected a directory of YAML or JSON files\n",
        ),
    ] {
        let mut command = program::bare(&files);
        command.args([
            "--config",
            directory,
            "--tls-cert",
            "tls.crt",
            "--tls-key",
            "tls.key",
        ]);
        cases.push((failure(command), said));
    }
    for (said, expected) in cases {
        assert_eq!(said, expected);
    }
}

#[test]
fn a_file_that_may_not_be_read_is_told() {
    let files = Files::new(&[("a.yaml", &policy(""))]);
    let path = files.path("conf/a.yaml");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    let mut command = program::command(&files);
    if fs::metadata(&path).unwrap().uid() == 0 {
        // To root everything is readable, so somebody else tries, with a copy of the program that they may start.
        for name in [".", "conf"] {
            fs::set_permissions(files.path(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        let copy = files.path("arrears");
        fs::copy(env!("CARGO_BIN_EXE_arrears"), &copy).unwrap();
        let arguments: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
        command = Command::new(copy);
        command
            .args(arguments)
            .env_clear()
            .current_dir(files.path("."));
        command.uid(NOBODY).gid(NOBODY);
    }
    assert_eq!(
        failure(command),
        "arrears: conf/a.yaml: Permission denied (os error 13)\n"
    );
}

#[test]
fn a_key_that_does_not_belong_to_the_certificate_is_told() {
    let files = Files::new(&[]);
    files.write("tls.key", &issue().signing_key.serialize_pem());
    assert_eq!(
        failure(program::command(&files)),
        "arrears: the key in tls.key does not belong to the certificate in tls.crt; put both of one issue in place\n"
    );
    files.remove("tls.key");
    assert_eq!(
        failure(program::command(&files)),
        "arrears: tls.key: No such file or directory (os error 2); the process needs to be able to read it\n"
    );
}

#[test]
fn a_port_in_use_is_told_with_the_flag_that_chooses_another() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let free = "127.0.0.1:0";
    for (flag, listen, admin_listen) in [
        ("--listen", address.as_str(), free),
        ("--admin-listen", free, address.as_str()),
    ] {
        let files = Files::new(&[]);
        let command = program::command_at(&files, listen, admin_listen);
        assert_eq!(
            failure(command),
            format!(
                "arrears: can't listen on {address}: Address already in use (os error 98); {flag} chooses another address\n"
            )
        );
    }
}

#[test]
fn wrong_flags_are_told_with_what_is_expected() {
    for (flag, value, expected) in [
        (
            "--lame-duck",
            "5",
            "error: invalid value '5' for '--lame-duck <DURATION>': `5` is not a duration: a unit is missing; expected numbers with units ns, us, ms, s, m or h, such as 30s, 1.5s or 1h30m\n",
        ),
        (
            "--max-in-flight",
            "0",
            "error: invalid value '0' for '--max-in-flight <N>': expected a whole number of at least 1\n",
        ),
        (
            "--listen",
            "8443",
            "error: invalid value '8443' for '--listen <ADDRESS>': invalid socket address syntax\n",
        ),
    ] {
        let files = Files::new(&[]);
        let mut command = program::bare(&files);
        command.args([
            "--config",
            "conf",
            "--tls-cert",
            "tls.crt",
            "--tls-key",
            "tls.key",
            flag,
            value,
        ]);
        let said = failure(command);
        assert!(said.starts_with(expected), "{said}");
    }
}
