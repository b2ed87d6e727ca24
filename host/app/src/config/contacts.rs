//! The section `contacts`: where ways to reach members are found.

use serde::Deserialize;

/// Names of attributes of members, or of kinds of identifiers, as `config.default.toml` explains the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contacts {
    pub phone: String,
    pub country: String,
    pub email: String,
    pub addresses: Vec<String>,
    pub time_zone: String,
    pub region: String,
    pub operator: String,
    pub language: String,
}

impl Contacts {
    /// Problems of the values that their types allow.
    pub(super) fn problems(&self) -> Vec<String> {
        let names = [
            ("phone", &self.phone),
            ("email", &self.email),
            ("time_zone", &self.time_zone),
            ("region", &self.region),
            ("operator", &self.operator),
            ("language", &self.language),
        ];
        let names = names.into_iter().chain(self.addresses.iter().map(|address| ("addresses", address)));
        let mut problems: Vec<String> = names
            .filter_map(|(key, name)| Some(format!("contacts.{key}: {}", domain::id::check(name).err()?)))
            .collect();
        if self.country.len() != 2 || !self.country.bytes().all(|letter| letter.is_ascii_uppercase()) {
            problems.push(format!("contacts.country: `{}` is no ISO 3166 code, as RU", self.country));
        }
        problems
    }
}
