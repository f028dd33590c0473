//! The vendor's shared credentials file, `~/.alibabacloud/credentials`.

use std::{collections::HashMap, fs, path::PathBuf};

use super::{
    environment::Environment,
    keys::Keys,
    recipe::Recipe,
    sts::{self, Role},
};
use crate::api::Network;

/// The way that the file's section names.
pub(super) fn recipe(environment: &Environment) -> Result<Recipe, String> {
    let path = match environment.get("ALIBABA_CLOUD_CREDENTIALS_FILE") {
        Some(path) => PathBuf::from(path),
        None => environment
            .at_home(".alibabacloud/credentials")
            .ok_or("there is no home directory with an .alibabacloud/credentials")?,
    };
    let place = path.display();
    let text = fs::read_to_string(&path).map_err(|error| format!("{place}: {error}"))?;
    let name = environment
        .get("ALIBABA_CLOUD_PROFILE")
        .unwrap_or("default");
    let problem = |problem: String| format!("{place}: {problem}");
    let section = section(&text, name).map_err(problem)?;
    section_recipe(environment, &section).map_err(|why| problem(format!("section [{name}]: {why}")))
}

type Section = HashMap<String, String>;

/// Reads one section; names its lines, never what stands in them.
fn section(text: &str, name: &str) -> Result<Section, String> {
    let mut found: Option<Section> = None;
    let mut is_meant = false;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(header) = line.strip_prefix('[') {
            let header = header
                .strip_suffix(']')
                .ok_or_else(|| format!("line {number} begins a section and does not end it"))?;
            is_meant = header.trim() == name;
            if is_meant {
                found.get_or_insert_default();
            }
        } else if is_meant {
            let (key, value) = line
                .split_once('=')
                .ok_or_else(|| format!("line {number} has no `=`"))?;
            if let Some(section) = &mut found {
                let value = value.trim().trim_matches('"');
                section.insert(key.trim().to_owned(), value.to_owned());
            }
        }
    }
    found.ok_or_else(|| format!("there is no section [{name}]"))
}

fn section_recipe(environment: &Environment, section: &Section) -> Result<Recipe, String> {
    let given = |name: &str| section.get(name).filter(|value| !value.is_empty()).cloned();
    let needed = |name: &str| given(name).ok_or_else(|| format!("it has no {name}"));
    if given("enable").is_some_and(|value| value == "false") {
        return Err("it is not enabled".to_owned());
    }
    let sts_endpoint = || match environment.sts() {
        Some(instead) => instead.to_owned(),
        None => sts::endpoint(given("sts_region").as_deref(), Network::Public),
    };
    let keys = |token: Option<String>| -> Result<Keys, String> {
        Ok(Keys {
            access_key_id: needed("access_key_id")?,
            access_key_secret: needed("access_key_secret")?.into(),
            security_token: token.map(Into::into),
            expires_at: None,
        })
    };
    let role = || -> Result<Role, String> {
        Ok(Role {
            arn: needed("role_arn")?,
            session: given("role_session_name").or_else(|| given("session_name")),
            policy: given("policy"),
            external_id: given("external_id"),
        })
    };
    match needed("type")?.as_str() {
        "access_key" => keys(None).map(Recipe::Given),
        "sts" => keys(Some(needed("security_token")?)).map(Recipe::Given),
        "ecs_ram_role" => Ok(Recipe::machine(environment, given("role_name"))),
        "ram_role_arn" => Ok(Recipe::Assumed {
            with: Box::new(Recipe::Given(keys(None)?)),
            role: role()?,
            sts_endpoint: sts_endpoint(),
        }),
        "oidc_role_arn" => Ok(Recipe::Token {
            role: role()?,
            provider_arn: needed("oidc_provider_arn")?,
            file: needed("oidc_token_file_path")?.into(),
            sts_endpoint: sts_endpoint(),
        }),
        other => Err(format!("type `{other}` is not supported")),
    }
}
