//! Until there is `--cluster`: the same from files.
use crate::{
    cloud::secrets,
    double::Cloud,
    installed::{NAMESPACE, configuration},
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

pub(crate) fn folder(folder: &Path) -> PathBuf {
    folder.join("interim")
}

pub(crate) fn write(at: &Path, cloud: &Cloud) {
    let at = folder(at);
    fs::create_dir_all(at.join("config")).unwrap();
    for object in configuration(cloud).into_iter().chain(secrets(NAMESPACE)) {
        put(&at, &object);
    }
    if !at.join("tls.crt").exists() {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec!["arrears.arrears-system.svc".to_owned()])
            .unwrap()
            .signed_by(&key, &issuer)
            .unwrap();
        fs::write(at.join("ca.crt"), issuer.pem()).unwrap();
        fs::write(at.join("tls.crt"), leaf.pem()).unwrap();
        fs::write(at.join("tls.key"), key.serialize_pem()).unwrap();
    }
}

pub(crate) fn put(at: &Path, object: &Value) {
    let name = format!(
        "{}-{}.json",
        object["kind"].as_str().unwrap(),
        object["metadata"]["name"].as_str().unwrap()
    );
    fs::write(at.join("draft"), object.to_string()).unwrap();
    fs::rename(at.join("draft"), at.join("config").join(name)).unwrap();
}

pub(crate) fn registration(at: &Path, port: u16) -> Value {
    let at = folder(at);
    let output = Command::new(env!("CARGO_BIN_EXE_arrears"))
        .args([
            "manifests",
            "webhook",
            "--service",
            "arrears-system/arrears",
            "--ca-bundle",
        ])
        .arg(at.join("ca.crt"))
        .output()
        .unwrap();
    let [mut object] = <[Value; 1]>::try_from(crate::plane::product::documents(
        &String::from_utf8(output.stdout).unwrap(),
    ))
    .unwrap();
    for webhook in object["webhooks"].as_array_mut().unwrap() {
        webhook["clientConfig"]["service"]["port"] = json!(port);
    }
    object["metadata"]["name"] = json!("interim");
    object
}
