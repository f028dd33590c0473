//! The scene of a run: a certificate, and a configuration directory with a given number of locked ids.
//!
//! Two accounts. `prod` is the default one and holds every lock, one locked disk on each locked instance; `clean`
//! owes nothing, so that a creation can be allowed too. The policy has twenty rules, none of which matches what is
//! sent: every finding walks past all of them and ends at the default, Deny.

use std::{
    fmt::Write as _,
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::PathBuf,
};

use rustls_pki_types::CertificateDer;
use tempfile::TempDir;

/// The name in the certificate, of the form under which the API server calls a webhook.
pub(crate) const HOST: &str = "arrears.arrears.svc";

const ACCOUNTS: &str = r#"apiVersion: arrears.dev/v1alpha1
kind: EcsAccount
metadata: {name: prod}
spec:
  default: true
  regions: [cn-hangzhou]
  defaultRegion: cn-hangzhou
  providerConfigs: [{name: default}]
---
apiVersion: arrears.dev/v1alpha1
kind: EcsAccount
metadata: {name: clean}
spec:
  regions: [cn-hangzhou]
  defaultRegion: cn-hangzhou
  providerConfigs: [{name: clean}]
---
apiVersion: arrears.dev/v1alpha1
kind: LockSnapshot
metadata: {name: clean.cn-hangzhou}
spec: {account: clean, region: cn-hangzhou, source: Ecs, instances: {}, disks: {}}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {billing: strict}}
"#;

/// The digits in the id of the `number`th locked instance, and of its disk: in no order, as real ids are.
pub(crate) fn id_digits(number: u64) -> u64 {
    number.wrapping_mul(61_803_398_877) % 100_000_000_000_000
}

/// How the snapshot is written.
#[derive(Clone, Copy)]
pub(crate) enum SnapshotFormat {
    /// As JSON.
    Json,
    /// As YAML.
    Yaml,
}

/// The files of a run; gone when it is dropped.
pub(crate) struct Site {
    directory: TempDir,
    /// The certificate to trust.
    pub(crate) certificate: CertificateDer<'static>,
    /// How many instances are locked; as many disks are.
    pub(crate) locked_instances: u64,
}

impl Site {
    /// Writes the files, with `locked_ids` ids in the snapshot: half of them instances, half of them disks.
    pub(crate) fn new(locked_ids: u64, format: SnapshotFormat) -> anyhow::Result<Self> {
        let directory = tempfile::Builder::new()
            .prefix("arrears-bench-")
            .tempdir()?;
        // rcgen's default key is ECDSA P-256.
        let certified = rcgen::generate_simple_self_signed([HOST.to_owned()])?;
        let site = Self {
            directory,
            certificate: certified.cert.der().clone(),
            locked_instances: locked_ids / 2,
        };
        fs::write(site.tls_cert(), certified.cert.pem())?;
        fs::write(site.tls_key(), certified.signing_key.serialize_pem())?;
        fs::create_dir(site.config())?;
        fs::write(site.config().join("accounts.yaml"), ACCOUNTS)?;
        fs::write(site.config().join("policy.yaml"), policy()?)?;
        site.write_snapshot(format)?;
        Ok(site)
    }

    /// Writes the files, with an account whose cloud is at this endpoint.
    pub(crate) fn polled(endpoint: &str, calls_per_second: u32) -> anyhow::Result<Self> {
        let site = Self::new(0, SnapshotFormat::Json)?;
        fs::remove_file(site.config().join("prod.json"))?;
        let account = format!(
            "apiVersion: arrears.dev/v1alpha1\nkind: EcsAccount\nmetadata: {{name: prod}}\nspec:\n  default: true\n  regions: [cn-hangzhou]\n  endpoints: {{cn-hangzhou: \"{endpoint}\"}}\n  pollInterval: 1h\n  callsPerSecond: {calls_per_second}\n"
        );
        fs::write(site.config().join("accounts.yaml"), account)?;
        Ok(site)
    }

    /// The configuration directory.
    pub(crate) fn config(&self) -> PathBuf {
        self.directory.path().join("config")
    }

    /// The certificate's file.
    pub(crate) fn tls_cert(&self) -> PathBuf {
        self.directory.path().join("tls.crt")
    }

    /// The key's file.
    pub(crate) fn tls_key(&self) -> PathBuf {
        self.directory.path().join("tls.key")
    }

    /// Where a server's log goes: to a file, since a pipe that nobody empties fast enough would stop the server.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.directory.path().join(format!("{name}.log"))
    }

    fn write_snapshot(&self, format: SnapshotFormat) -> io::Result<()> {
        let (name, syntax) = match format {
            SnapshotFormat::Json => ("prod.json", JSON),
            SnapshotFormat::Yaml => ("prod.yaml", YAML),
        };
        let mut file = BufWriter::new(File::create(self.config().join(name))?);
        file.write_all(syntax.head.as_bytes())?;
        for number in 0..self.locked_instances {
            let end = syntax.entry_end(number, self.locked_instances);
            write_lock(&mut file, syntax, number, ["i-bp1l", "d-bp1l"], "disks")?;
            file.write_all(end.as_bytes())?;
        }
        file.write_all(syntax.middle.as_bytes())?;
        for number in 0..self.locked_instances {
            let end = syntax.entry_end(number, self.locked_instances);
            write_lock(&mut file, syntax, number, ["d-bp1l", "i-bp1l"], "instances")?;
            file.write_all(end.as_bytes())?;
        }
        file.write_all(syntax.tail.as_bytes())?;
        file.flush()
    }
}

fn policy() -> Result<String, std::fmt::Error> {
    let mut policy = String::from(
        r"apiVersion: arrears.dev/v1alpha1
kind: OverduePolicy
metadata: {name: default}
spec:
  freshness: {fresh: 12h, maxStale: 24h, confirmBeforeDeny: 12h}
  rules:
",
    );
    for number in 0..4 {
        write!(
            policy,
            r#"  - {{name: batch-{number}, namespaces: ["batch-{number}-*", "nightly-{number}-*"], mode: Warn}}
  - {{name: nodes-{number}, kinds: ["NodeClaim.karpenter.*", "Machine.machine.openshift.io"], mode: Audit}}
  - {{name: disks-{number}, actions: [AttachDisk, CreateDisk, "ReInit*"], accounts: [prod], mode: Warn}}
  - {{name: relaxed-{number}, namespaceSelector: {{matchLabels: {{billing: relaxed-{number}}}}}, mode: Warn}}
  - {{name: settled-{number}, accounts: [clean], actions: [ModifyInstanceSpec], namespaces: ["team-*"], mode: "Off"}}
"#
        )?;
    }
    Ok(policy)
}

// === Snapshots, by hand: a million entries need no document tree ===

#[derive(Clone, Copy)]
struct Syntax {
    head: &'static str,
    middle: &'static str,
    tail: &'static str,
    indent: &'static str,
    quote: &'static str,
    separator: &'static str,
}

const JSON: Syntax = Syntax {
    head: r#"{"apiVersion":"arrears.dev/v1alpha1","kind":"LockSnapshot","metadata":{"name":"prod.cn-hangzhou"},"spec":{"account":"prod","region":"cn-hangzhou","source":"Ecs","instances":{
"#,
    middle: "},\"disks\":{\n",
    tail: "}}}\n",
    indent: "",
    quote: "\"",
    separator: ",",
};

const YAML: Syntax = Syntax {
    head: r"apiVersion: arrears.dev/v1alpha1
kind: LockSnapshot
metadata: {name: prod.cn-hangzhou}
spec:
  account: prod
  region: cn-hangzhou
  source: Ecs
  instances:
",
    middle: "  disks:\n",
    tail: "",
    indent: "    ",
    quote: "",
    separator: "",
};

impl Syntax {
    fn entry_end(&self, number: u64, count: u64) -> String {
        let separator = if number + 1 < count {
            self.separator
        } else {
            ""
        };
        format!("{separator}\n")
    }
}

fn write_lock(
    file: &mut impl Write,
    syntax: Syntax,
    number: u64,
    [own, other]: [&str; 2],
    attached: &str,
) -> io::Result<()> {
    let Syntax { indent, quote, .. } = syntax;
    let digits = id_digits(number);
    write!(
        file,
        "{indent}{quote}{own}{digits:014}{quote}: {{{quote}reasons{quote}: [{quote}financial{quote}], \
         {quote}{attached}{quote}: [{quote}{other}{digits:014}{quote}]}}"
    )
}
