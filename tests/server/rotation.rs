//! Certificates: exchanged under way as a kubelet does it, kept when the new ones are wrong, asked of clients.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, in which a surprise is a failure"
)]

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    time::Duration,
};

use arrears::server::Tls;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, CertifiedKey, IsCa, KeyPair};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;

use super::{
    client::{Client, client_config, within},
    fixture::{Running, issue, reloads, reported, shown, start_with},
};

/// A volume with a Secret in it, as a kubelet mounts one.
struct Volume {
    directory: TempDir,
    generation: u32,
}

impl Volume {
    fn new(cert: &str, key: &str) -> Self {
        let mut volume = Self {
            directory: TempDir::new().unwrap(),
            generation: 0,
        };
        volume.put(cert, key);
        for file in ["tls.crt", "tls.key"] {
            symlink(Path::new("..data").join(file), volume.path(file)).unwrap();
        }
        volume
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a new directory, lets `..data` point to it in one rename, and removes the old one.
    fn put(&mut self, cert: &str, key: &str) {
        let old = self.path(&format!("..{}", self.generation));
        self.generation += 1;
        let name = format!("..{}", self.generation);
        fs::create_dir(self.path(&name)).unwrap();
        fs::write(self.path(&name).join("tls.crt"), cert).unwrap();
        fs::write(self.path(&name).join("tls.key"), key).unwrap();
        symlink(&name, self.path("..data_tmp")).unwrap();
        fs::rename(self.path("..data_tmp"), self.path("..data")).unwrap();
        let _ = fs::remove_dir_all(old);
    }

    fn tls(&self) -> Tls {
        Tls::from_files(&self.path("tls.crt"), &self.path("tls.key")).unwrap()
    }
}

fn pem(issued: &CertifiedKey<KeyPair>) -> (String, String) {
    (issued.cert.pem(), issued.signing_key.serialize_pem())
}

async fn serve(volume: &Volume, issued: CertifiedKey<KeyPair>) -> Running {
    start_with(volume.tls(), issued, |config| {
        config.times.tls_poll = Duration::from_millis(10);
    })
    .await
}

#[tokio::test]
async fn two_rotations_are_followed_and_a_live_connection_is_undisturbed() {
    let first = issue();
    let (cert, key) = pem(&first);
    let mut volume = Volume::new(&cert, &key);
    let running = serve(&volume, first).await;
    let mut live = running.connect().await;
    assert_eq!(live.review("{}").await.status, 200);
    for rotation in 1..=3_u32 {
        let next = issue();
        let (cert, key) = pem(&next);
        volume.put(&cert, &key);
        let mut client = shown(&running, next.cert.der()).await;
        assert_eq!(&client.certificate(), next.cert.der());
        assert_eq!(client.review("{}").await.status, 200);
        assert_eq!(live.review("{}").await.status, 200);
        assert_eq!(reloads(&running, "ok"), f64::from(rotation));
    }
    assert_eq!(reloads(&running, "error"), 0.0);
    assert_eq!(&live.certificate(), running.issued.cert.der());
}

#[tokio::test]
async fn a_pair_that_does_not_belong_together_is_kept_out_until_it_does() {
    let first = issue();
    let (cert, key) = pem(&first);
    let mut volume = Volume::new(&cert, &key);
    let running = serve(&volume, first).await;
    let next = issue();
    let (next_cert, next_key) = pem(&next);

    volume.put(&next_cert, &key);
    reported(&running, "tls.key does not belong to the certificate in ").await;
    running.answers().await;
    assert_eq!(
        (reloads(&running, "ok"), reloads(&running, "error")),
        (0.0, 1.0)
    );
    assert!(running.health.is_ready());
    let report = running.get("/readyz?verbose").await;
    assert_eq!(report.status, 200);
    assert!(
        report.body.contains("[!]certificate: the key in "),
        "{}",
        report.body
    );

    fs::remove_file(volume.path("..data")).unwrap();
    reported(&running, "No such file or directory").await;
    running.answers().await;

    volume.put(&next_cert, &next_key);
    shown(&running, next.cert.der()).await;
    reported(&running, "[+]certificate ok").await;
    assert_eq!(
        (reloads(&running, "ok"), reloads(&running, "error")),
        (1.0, 2.0)
    );
}

#[tokio::test]
async fn a_change_that_stat_does_not_show_is_found_by_reading() {
    let first = issue();
    let (cert, key) = pem(&first);
    let directory = TempDir::new().unwrap();
    let (cert_file, key_file) = (directory.path().join("c"), directory.path().join("k"));
    fs::write(&cert_file, cert).unwrap();
    fs::write(&key_file, key).unwrap();
    let tls = Tls::from_files(&cert_file, &key_file).unwrap();
    let running = start_with(tls, first, |config| {
        config.times.tls_poll = Duration::from_millis(10);
        config.times.tls_reread = Duration::from_millis(10);
    })
    .await;
    let next = issue();
    let (cert, key) = pem(&next);
    fs::write(&cert_file, cert).unwrap();
    fs::write(&key_file, key).unwrap();
    shown(&running, next.cert.der()).await;
}

#[tokio::test]
async fn what_is_wrong_at_start_names_the_file() {
    let (one, other) = (issue(), issue());
    let (cert, key) = (one.cert.pem(), other.signing_key.serialize_pem());
    let volume = Volume::new(&cert, &key);
    let reason = |cert: &str, key: &str| {
        Tls::from_files(&volume.path(cert), &volume.path(key))
            .unwrap_err()
            .to_string()
    };
    assert!(reason("nowhere.crt", "tls.key").contains("nowhere.crt: No such file or directory"));
    assert!(reason("tls.crt", "tls.key").contains("does not belong to the certificate in"));
    assert!(reason("tls.key", "tls.key").contains("tls.key: holds no certificate"));
    fs::write(volume.path("large"), vec![b'x'; 2 * 1024 * 1024]).unwrap();
    assert!(reason("large", "tls.key").contains("large: larger than 1 MiB"));
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(vec!["authority".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn identity(
    authority: &CertifiedIssuer<'static, KeyPair>,
) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["apiserver".to_owned()]).unwrap();
    let cert = params.signed_by(&key, authority).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    (cert.der().clone(), key)
}

#[tokio::test]
async fn with_an_authority_for_clients_only_its_clients_are_served() {
    let (ours, theirs) = (authority(), authority());
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("ca.crt");
    fs::write(&file, ours.pem()).unwrap();
    let issued = issue();
    let (cert, key) = pem(&issued);
    let tls = Tls::from_pem(cert.as_bytes(), key.as_bytes())
        .unwrap()
        .require_clients_of(&file, &[])
        .unwrap();
    let running = start_with(tls, issued, |_| {}).await;
    let config = |identity| client_config(running.issued.cert.der(), &["http/1.1"], identity);

    let known = config(Some(identity(&ours)));
    let mut client = Client::connect(running.webhook, known).await.unwrap();
    assert_eq!(client.review("{}").await.status, 200);
    for stranger in [config(None), config(Some(identity(&theirs)))] {
        // In TLS 1.3 a client hears of its refusal only when it reads.
        if let Ok(mut client) = Client::connect(running.webhook, stranger).await {
            let _ = client.try_send(super::client::post("{}")).await;
            assert!(within(client.read_reply()).await.is_err());
        }
    }
}
