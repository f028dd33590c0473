//! What the program is started with: a configuration, a certificate and its key.

use std::{fs, path::PathBuf};

use rcgen::{CertificateParams, CertifiedKey, KeyPair};
use rustls_pki_types::CertificateDer;
use tempfile::TempDir;

use super::client::NAME;

/// A working directory with `conf/`, `tls.crt` and `tls.key` in it.
pub(crate) struct Files {
    dir: TempDir,
    pub(crate) authority: CertificateDer<'static>,
}

/// A certificate that signs itself.
pub(crate) fn issue() -> CertifiedKey<KeyPair> {
    let params = CertificateParams::new(vec![NAME.to_owned()]).unwrap();
    let signing_key = KeyPair::generate().unwrap();
    let cert = params.self_signed(&signing_key).unwrap();
    CertifiedKey { cert, signing_key }
}

/// The policy that rules, with this in its `spec`.
pub(crate) fn policy(spec: &str) -> String {
    format!(
        "apiVersion: arrears.dev/v1alpha1\nkind: OverduePolicy\nmetadata: {{name: default}}\nspec: {{{spec}}}\n"
    )
}

/// A listing of account prod in Hangzhou.
pub(crate) fn locks<'a>(instances: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = "apiVersion: arrears.dev/v1alpha1\nkind: LockSnapshot\nmetadata: {name: prod.cn-hangzhou}\nspec:\n  account: prod\n  region: cn-hangzhou\n  instances:\n    i-always: {reasons: [financial]}\n".to_owned();
    for id in instances {
        text.push_str(&format!("    {id}: {{reasons: [financial]}}\n"));
    }
    text
}

impl Files {
    pub(crate) fn new(conf: &[(&str, &str)]) -> Self {
        let issued = issue();
        let this = Self {
            dir: tempfile::tempdir().unwrap(),
            authority: issued.cert.der().clone(),
        };
        fs::create_dir(this.path("conf")).unwrap();
        this.write("tls.crt", &issued.cert.pem());
        this.write("tls.key", &issued.signing_key.serialize_pem());
        for (name, text) in conf {
            this.write(&format!("conf/{name}"), text);
        }
        this
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Puts a file in place as a whole.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let aside = self.path("aside");
        fs::write(&aside, text).unwrap();
        fs::rename(aside, self.path(name)).unwrap();
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }
}
