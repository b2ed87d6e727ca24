//! The extractor of query parameters: refused with a problem document, in words of this host.

use axum::extract::{FromRequestParts, Query as OfFramework};
use axum::http::Uri;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::error::ApiError;

/// What the framework says before the reason.
const PREFIX: &str = "Failed to deserialize query string: ";

/// The parameters behind the `?` of an address.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> Query<T> {
    /// Reads the parameters of an address.
    pub fn of(address: &Uri) -> Result<Self, ApiError> {
        match OfFramework::try_from_uri(address) {
            Ok(OfFramework(parameters)) => Ok(Self(parameters)),
            Err(refused) => Err(ApiError::MalformedQuery(words(&refused.body_text()))),
        }
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Self::of(&parts.uri)
    }
}

/// The refusal of the framework as a caller understands it: which parameter, and what to do.
fn words(refused: &str) -> String {
    let reason = refused.strip_prefix(PREFIX).unwrap_or(refused);
    // Of a parameter with a value that cannot be read the name goes before the reason.
    let (of, reason) = match reason.split_once(": ") {
        Some((name, reason)) if !name.contains([' ', '`']) => (Some(name), reason),
        _ => (None, reason),
    };
    let named = |what: &str| reason.strip_prefix(what)?.split_once('`');
    if let Some((name, _)) = named("missing field `") {
        return format!("the parameter `{name}` is missing; add `{name}=…`");
    }
    if let Some((name, _)) = named("duplicate field `") {
        return format!("the parameter `{name}` is there more than once; leave one");
    }
    if let Some((name, rest)) = named("unknown field `") {
        let known = rest.strip_prefix(", expected ").unwrap_or_default();
        let known = known.strip_prefix("one of ").unwrap_or(known);
        return match known {
            "" => format!("there is no parameter `{name}` here; leave it out"),
            known => format!("there is no parameter `{name}` here; known: {known}"),
        };
    }
    match (of, reason) {
        (Some(name), "invalid digit found in string" | "cannot parse integer from empty string") => {
            format!("`{name}` must be a whole number in digits")
        }
        (Some(name), reason) => format!("`{name}` cannot be read: {reason}"),
        (None, reason) => reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it can be read matters")]
    struct Asked {
        state: String,
        limit: Option<u32>,
        after: Option<bool>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}

    fn refused<T: DeserializeOwned + std::fmt::Debug>(query: &str) -> String {
        let address: Uri = format!("/v1/x?{query}").parse().expect("an address");
        let refused = Query::<T>::of(&address).expect_err("it is refused");
        assert_eq!((refused.status().as_u16(), refused.code()), (400, "malformed_query"));
        refused.to_string().replace("the query cannot be read: ", "")
    }

    #[test]
    fn refusals_name_the_parameter_and_say_what_to_do() {
        for (query, words) in [
            ("", "the parameter `state` is missing; add `state=…`"),
            ("state=a&state=b", "the parameter `state` is there more than once; leave one"),
            ("state=a&page=2", "there is no parameter `page` here; known: `state`, `limit`, `after`"),
            ("state=a&limit=many", "`limit` must be a whole number in digits"),
            ("state=a&limit=", "`limit` must be a whole number in digits"),
            ("state=a&after=7", "`after` cannot be read: provided string was not `true` or `false`"),
        ] {
            assert_eq!(refused::<Asked>(query), words, "{query}");
        }
        assert_eq!(refused::<Nothing>("page=2"), "there is no parameter `page` here; leave it out");
    }
}
