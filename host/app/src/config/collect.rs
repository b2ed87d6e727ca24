//! The section `collect`: what visitors of sites do.

use serde::Deserialize;
use wire::web_address;

/// Sites and their limits, as `config.default.toml` explains the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collect {
    pub sites: Vec<String>,
    pub events: usize,
    pub bytes: usize,
    pub site_per_second: usize,
    pub visitor_per_minute: usize,
}

/// A site whose pages tell what visitors do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Its public key, which its pages send.
    pub key: String,
    /// Where its pages are, as browsers tell it: `https://shop.example`.
    pub origins: Vec<String>,
}

impl Collect {
    /// The sites.
    pub fn sites(&self) -> Vec<Site> {
        self.sites.iter().filter_map(|site| read(site)).collect()
    }

    /// Problems of the values that their types allow.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for (key, value) in [
            ("events", self.events),
            ("bytes", self.bytes),
            ("site_per_second", self.site_per_second),
            ("visitor_per_minute", self.visitor_per_minute),
        ] {
            if value < 1 {
                problems.push(format!("collect.{key}: must be above 0"));
            }
        }
        for site in &self.sites {
            if read(site).is_none() {
                problems.push(format!(
                    "collect.sites: `{site}` must be a key of letters and digits and then the addresses of the pages, \
                     without a path: \"shop https://shop.example https://m.shop.example\""
                ));
            }
        }
        let mut keys: Vec<String> = self.sites().into_iter().map(|site| site.key).collect();
        keys.sort();
        let twice = keys.windows(2).find(|pair| pair.first() == pair.last()).and_then(|pair| pair.first());
        if let Some(twice) = twice {
            problems.push(format!("collect.sites: two have the key `{twice}`"));
        }
        problems
    }
}

/// None if the text is no key with at least one address.
fn read(text: &str) -> Option<Site> {
    let mut parts = text.split_whitespace().map(str::to_owned);
    let key = parts.next()?;
    let origins: Vec<String> = parts.collect();
    let is_key = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    let is_origin = |origin: &String| {
        let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        web_address::is_one(origin) && host.is_some_and(|host| !host.contains(['/', '?', '#', '@']))
    };
    let is_good = is_key && !origins.is_empty() && origins.iter().all(is_origin);
    is_good.then_some(Site { key, origins })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_a_key_and_the_addresses_of_its_pages() {
        let site = read("shop https://shop.example http://localhost:8080").expect("a site");
        assert_eq!((site.key.as_str(), site.origins.len()), ("shop", 2));
        for wrong in
            ["", "shop", "shop https://shop.example/", "shop shop.example", "sh/op https://a.example"]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
