//! What the process finds around it: variables, a home directory, and the machine's metadata service.

use std::{
    collections::HashMap,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The metadata service of every ECS instance.
const METADATA: &str = "http://100.100.100.200";

/// Where credentials are looked for; clones share it.
#[derive(Clone)]
pub struct Environment(Arc<Inner>);

struct Inner {
    variables: HashMap<String, String>,
    metadata: String,
    sts: Option<String>,
}

impl Environment {
    /// The environment of this process.
    #[must_use]
    pub fn of_process() -> Self {
        Self::of(std::env::vars_os().filter_map(|(name, value)| {
            // What is no text is none of the variables that count here.
            Some((name.into_string().ok()?, value.into_string().ok()?))
        }))
    }

    /// An environment of these variables alone; `HOME` is the home directory.
    #[must_use]
    pub fn of<N: Into<String>, V: Into<String>>(
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let variables = variables.into_iter();
        Self(Arc::new(Inner {
            variables: variables
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            metadata: METADATA.to_owned(),
            sts: None,
        }))
    }

    /// The same with the metadata service and STS elsewhere.
    #[must_use]
    pub fn served_at(&self, metadata: &str, sts: &str) -> Self {
        Self(Arc::new(Inner {
            variables: self.0.variables.clone(),
            metadata: metadata.to_owned(),
            sts: Some(sts.to_owned()),
        }))
    }

    /// A variable that is set and not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.variables.get(name)?;
        (!value.is_empty()).then_some(value)
    }

    /// The same, or that it is not set.
    pub(super) fn needed(&self, name: &str) -> Result<&str, String> {
        self.get(name).ok_or_else(|| format!("{name} is not set"))
    }

    /// Whether a variable says `true`, which is all that the vendor's library takes for a yes.
    pub(super) fn is_on(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The file that a variable names, or else one below the home directory.
    pub(super) fn file(&self, name: &str, at_home: impl AsRef<Path>) -> Result<PathBuf, String> {
        let at_home = at_home.as_ref();
        let home = || self.get("HOME").or_else(|| self.get("USERPROFILE"));
        match self.get(name) {
            Some(path) => Ok(path.into()),
            None => home()
                .map(|home| Path::new(home).join(at_home))
                .ok_or_else(|| {
                    format!(
                        "{name} is not set, and there is no home directory with {}",
                        at_home.display()
                    )
                }),
        }
    }

    pub(super) fn metadata(&self) -> &str {
        &self.0.metadata
    }

    pub(super) fn sts(&self) -> Option<&str> {
        self.0.sts.as_deref()
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Environment")
    }
}
