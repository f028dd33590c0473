//! What this installation is called: every object that belongs to it is named after it.

/// The manager of the fields that arrears applies: one for each writer, so that none takes away what another one owns.
pub mod field_manager {
    /// Writes the Lease.
    pub const LEASE: &str = "arrears-lease";
    /// Writes the published `LockSnapshot` objects.
    pub const LOCKS: &str = "arrears-locks";
    /// Writes the status of `EcsAccount` objects.
    pub const STATUS: &str = "arrears-status";
    /// Writes the entries of the `ValidatingWebhookConfiguration`.
    pub const REGISTRATION: &str = "arrears-registration";
    /// Writes the Secrets with the certificates.
    pub const CERTIFICATES: &str = "arrears-certificates";
}

/// One installation of arrears, and which of its replicas this process is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// The namespace of all its objects that have one.
    pub namespace: String,
    /// Its name: that of its Service, its Lease and its `ValidatingWebhookConfiguration`.
    pub name: String,
    /// This replica: the pod's name.
    pub identity: String,
}

impl Installation {
    /// The name of the Lease that the leader holds.
    #[must_use]
    pub fn lease(&self) -> &str {
        &self.name
    }

    /// The name of the Service that the API server calls.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.name
    }

    /// The name of the `ValidatingWebhookConfiguration`.
    #[must_use]
    pub fn webhook(&self) -> &str {
        &self.name
    }

    /// The name of the Secret with the authorities' certificates and the key of the one that issues.
    #[must_use]
    pub fn authority_secret(&self) -> String {
        format!("{}-ca", self.name)
    }

    /// The name of the Secret with the certificate that every replica serves, and its key.
    #[must_use]
    pub fn certificate_secret(&self) -> String {
        format!("{}-tls", self.name)
    }

    /// The names that the API server may look for in the certificate.
    #[must_use]
    pub fn dns_names(&self) -> [String; 3] {
        let service = format!("{}.{}", self.service(), self.namespace);
        [
            format!("{service}.svc"),
            format!("{service}.svc.cluster.local"),
            service,
        ]
    }
}
