//! The vendor's shared credentials file, `~/.alibabacloud/credentials`.

use std::{collections::HashMap, fs};

use super::{
    keys::Keys,
    oidc::Token,
    recipe::{Recipe, Way},
    scope::Scope,
    sts::Role,
};
use crate::{api::Network, ecs::error::one_line};

pub(super) const NAME: &str = "credentials file";

/// The way that the file's section names.
pub(super) fn way(scope: &Scope) -> Result<Way, String> {
    let environment = &scope.environment;
    let path = environment.file(
        "ALIBABA_CLOUD_CREDENTIALS_FILE",
        ".alibabacloud/credentials",
    )?;
    let problem = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let text = fs::read_to_string(&path).map_err(|error| problem(&error))?;
    let profile = environment
        .get("ALIBABA_CLOUD_PROFILE")
        .unwrap_or("default");
    let section = Section::find(&text, profile).map_err(|why| problem(&why))?;
    let recipe = section
        .recipe(scope)
        .map_err(|why| problem(&format_args!("section [{profile}]: {why}")))?;
    Ok(Way::new(format!("{NAME} section [{profile}]"), recipe))
}

/// What one section says.
struct Section(HashMap<String, String>);

impl Section {
    /// Reads one section; a problem names a line, never what stands in it.
    fn find(text: &str, name: &str) -> Result<Self, String> {
        let mut found: Option<HashMap<String, String>> = None;
        let mut is_meant = false;
        for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(header) = line.strip_prefix('[') {
                let (header, _) = header
                    .split_once(']')
                    .ok_or_else(|| format!("line {number} begins a section and does not end it"))?;
                is_meant = header.trim() == name;
                if is_meant {
                    found.get_or_insert_default();
                }
                continue;
            }
            // Other sections are none of ours, whatever is wrong with them.
            let Some(section) = found.as_mut().filter(|_| is_meant) else {
                continue;
            };
            let (key, text) = line
                .split_once(['=', ':'])
                .ok_or_else(|| format!("line {number} has no `=`"))?;
            section.insert(key.trim().to_owned(), value(text).to_owned());
        }
        found
            .map(Self)
            .ok_or_else(|| format!("there is no section [{name}]"))
    }

    fn recipe(&self, scope: &Scope) -> Result<Recipe, String> {
        if self
            .get("enable")
            .is_some_and(|value| value.eq_ignore_ascii_case("false"))
        {
            return Err("it is not enabled".to_owned());
        }
        let sts_endpoint = || scope.sts(self.get("sts_region"), Network::Public);
        match self.needed("type")? {
            "access_key" => self.keys(None).map(Recipe::Given),
            "sts" => self
                .keys(Some(self.needed("security_token")?))
                .map(Recipe::Given),
            "ecs_ram_role" => Recipe::machine(&scope.environment, self.get("role_name")),
            "ram_role_arn" => Ok(Recipe::Assumed {
                with: Box::new(Recipe::Given(self.keys(None)?)),
                role: self.role()?,
                sts_endpoint: sts_endpoint()?,
            }),
            "oidc_role_arn" => Ok(Recipe::Token {
                role: self.role()?,
                provider_arn: self.needed("oidc_provider_arn")?.to_owned(),
                token: Token::File(self.needed("oidc_token_file_path")?.into()),
                sts_endpoint: sts_endpoint()?,
            }),
            other => Err(format!("type `{}` is not supported", one_line(other))),
        }
    }

    fn keys(&self, token: Option<&str>) -> Result<Keys, String> {
        Ok(Keys {
            access_key_id: self.needed("access_key_id")?.to_owned(),
            access_key_secret: self.needed("access_key_secret")?.into(),
            security_token: token.map(Into::into),
            expires_at: None,
        })
    }

    fn role(&self) -> Result<Role, String> {
        let given = |name: &str| self.get(name).map(str::to_owned);
        Ok(Role {
            session: given("role_session_name"),
            policy: given("policy"),
            external_id: given("external_id"),
            ..Role::of(self.needed("role_arn")?)
        })
    }

    fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name)?;
        (!value.is_empty()).then_some(value)
    }

    fn needed(&self, name: &str) -> Result<&str, String> {
        self.get(name).ok_or_else(|| format!("it has no {name}"))
    }
}

/// What a line gives its key: without the quotes around it, or else without the remark behind it.
fn value(text: &str) -> &str {
    let text = text.trim();
    for quote in ['"', '\''] {
        let quoted = text
            .strip_prefix(quote)
            .and_then(|text| text.strip_suffix(quote));
        if let Some(quoted) = quoted {
            return quoted;
        }
    }
    let remark = [" #", " ;", "\t#", "\t;"]
        .iter()
        .filter_map(|begin| text.find(begin))
        .min();
    let text = remark.and_then(|end| text.get(..end)).unwrap_or(text);
    text.trim_end()
}
