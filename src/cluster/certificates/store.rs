//! The two Secrets in the API server: read, created, and replaced only in the version that was read.

use std::{collections::BTreeMap, time::Duration};

use k8s_openapi::{
    ByteString, api::core::v1::Secret, apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use kube::{Api, api::PostParams};
use tokio::time::timeout;

use super::{
    authority::Issued,
    examine::AUTHORITY_FIELDS,
    pair::{AUTHORITY, CERTIFICATE, KEY},
};
use crate::cluster::{Installation, field_manager};

/// For one call; what takes longer is tried again.
const PATIENCE: Duration = Duration::from_secs(5);

/// The type of the Secret with the authorities.
const OPAQUE: &str = "Opaque";
/// The type of the Secret with the certificate.
const TLS: &str = "kubernetes.io/tls";

/// Where the Secrets are.
#[derive(Clone, Debug)]
pub(super) struct Store {
    secrets: Api<Secret>,
    authority: String,
    certificate: String,
}

/// The Secrets as they were read.
pub(super) struct Stored {
    pub(super) authority: Option<Secret>,
    pub(super) certificate: Option<Secret>,
}

/// Why the Secrets could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// The API server refuses, or can't be reached.
    #[error("{doing} Secret {name}: {source}")]
    Call {
        doing: &'static str,
        name: String,
        source: Box<kube::Error>,
    },
    /// The API server does not answer.
    #[error("{doing} Secret {name}: no answer in {PATIENCE:?}")]
    TimedOut { doing: &'static str, name: String },
    /// Another process leads by now.
    #[error("the term is over")]
    TermOver,
    /// The library can't make a certificate.
    #[error("a certificate can't be made: {0}")]
    Make(#[from] rcgen::Error),
}

// === impl Error ===

impl Error {
    /// Somebody else has written first.
    pub(super) fn is_conflict(&self) -> bool {
        match self {
            // Created meanwhile, changed meanwhile, deleted meanwhile.
            Self::Call { source, .. } => {
                matches!(source.as_ref(), kube::Error::Api(status) if matches!(status.code, 404 | 409))
            }
            Self::TimedOut { .. } | Self::TermOver | Self::Make(_) => false,
        }
    }
}

// === impl Store ===

impl Store {
    pub(super) fn new(client: kube::Client, installation: &Installation) -> Self {
        Self {
            secrets: Api::namespaced(client, &installation.namespace),
            authority: installation.authority_secret(),
            certificate: installation.certificate_secret(),
        }
    }

    /// Reads both. The authorities come first: a certificate is then never older than what is known of its issuer.
    pub(super) async fn read(&self) -> Result<Stored, Error> {
        Ok(Stored {
            authority: self.get(&self.authority).await?,
            certificate: self.get(&self.certificate).await?,
        })
    }

    async fn get(&self, name: &str) -> Result<Option<Secret>, Error> {
        bounded("reading", name, self.secrets.get_opt(name)).await
    }

    /// Stores authorities in the place of `before`.
    pub(super) async fn put_authorities(
        &self,
        before: Option<Secret>,
        fields: Vec<(&'static str, ByteString)>,
    ) -> Result<(), Error> {
        self.put(&self.authority, OPAQUE, before, &AUTHORITY_FIELDS, fields)
            .await
    }

    /// Stores a certificate in the place of `before`.
    pub(super) async fn put_certificate(
        &self,
        before: Option<Secret>,
        issued: &Issued,
        authorities: &str,
    ) -> Result<(), Error> {
        let bytes = |text: &str| ByteString(text.as_bytes().to_vec());
        let fields = vec![
            (CERTIFICATE, bytes(&issued.certificate)),
            (KEY, bytes(&issued.key)),
            (AUTHORITY, bytes(authorities)),
        ];
        let ours = [CERTIFICATE, KEY, AUTHORITY];
        self.put(&self.certificate, TLS, before, &ours, fields)
            .await
    }

    /// Writes `fields`, takes away those of `ours` that are not among them, and leaves alone what else is there: a type
    /// that somebody else chose can't be changed, and may demand fields of its own.
    async fn put(
        &self,
        name: &str,
        kind: &str,
        before: Option<Secret>,
        ours: &[&str],
        fields: Vec<(&'static str, ByteString)>,
    ) -> Result<(), Error> {
        let params = PostParams {
            field_manager: Some(field_manager::CERTIFICATES.to_owned()),
            ..PostParams::default()
        };
        let fields = fields
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value));
        match before {
            None => {
                let secret = self.new_secret(name, kind, fields.collect());
                let creation = self.secrets.create(&params, &secret);
                bounded("creating", name, creation).await.map(drop)
            }
            // It carries the version that was read.
            Some(mut secret) => {
                let data = secret.data.get_or_insert_default();
                data.retain(|key, _| !ours.contains(&key.as_str()));
                data.extend(fields);
                let replacement = self.secrets.replace(name, &params, &secret);
                bounded("replacing", name, replacement).await.map(drop)
            }
        }
    }

    fn new_secret(&self, name: &str, kind: &str, data: BTreeMap<String, ByteString>) -> Secret {
        // Not the label of the instance: there are tools that delete what has it and is not in their sources.
        let labels = [
            ("app.kubernetes.io/name", "arrears"),
            ("app.kubernetes.io/managed-by", "arrears"),
        ];
        let labels = labels.map(|(key, value)| (key.to_owned(), value.to_owned()));
        Secret {
            metadata: ObjectMeta {
                name: Some(name.to_owned()),
                labels: Some(labels.into()),
                ..ObjectMeta::default()
            },
            type_: Some(kind.to_owned()),
            data: Some(data),
            ..Secret::default()
        }
    }
}

async fn bounded<T>(
    doing: &'static str,
    name: &str,
    call: impl Future<Output = Result<T, kube::Error>>,
) -> Result<T, Error> {
    match timeout(PATIENCE, call).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(source)) => Err(Error::Call {
            doing,
            name: name.to_owned(),
            source: Box::new(source),
        }),
        Err(_) => Err(Error::TimedOut {
            doing,
            name: name.to_owned(),
        }),
    }
}

// === impl Stored ===

impl Stored {
    /// What can't be mended, because Kubernetes lets nobody change it.
    pub(super) fn complaints(&self) -> Vec<String> {
        let secrets = [(&self.authority, OPAQUE), (&self.certificate, TLS)];
        let secrets = secrets
            .into_iter()
            .filter_map(|(secret, kind)| Some((secret.as_ref()?, kind)));
        let mut complaints = Vec::new();
        for (secret, kind) in secrets {
            let name = secret.metadata.name.as_deref().unwrap_or_default();
            let found = secret.type_.as_deref().unwrap_or_default();
            if found != kind {
                complaints.push(format!(
                    "Secret {name} is of type {found:?}, not {kind:?}, and is used as it is; delete it to have it made anew"
                ));
            }
            if secret.immutable == Some(true) {
                complaints.push(format!(
                    "Secret {name} is immutable, so nothing in it can be renewed; delete it to have it made anew"
                ));
            }
        }
        complaints
    }
}
