//! The document of a template.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Kinds of channels that a template can be for.
pub const CHANNELS: &[&str] =
    &["email", "sms", "viber", "push", "bot", "in_app", "receipt", "cashier", "webhook"];

/// A versioned text for one kind of channel, in one or more languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// Its name, within the host.
    pub name: String,
    /// Kind of channel, one of [`CHANNELS`].
    pub channel: String,
    /// True if consent is needed for it.
    pub category: Category,
    /// Topic of the consent, such as `news`; `None` if the category is consent enough.
    pub topic: Option<String>,
    /// The language of members whose own is not among `languages`, or not known.
    pub language: String,
    /// Its texts by language, such as `ru` or `pt-BR`; `language` is one of them.
    pub languages: BTreeMap<String, Texts>,
    /// Address of the picture for products that have none.
    pub stand_in_picture: Option<String>,
}

/// The purpose of a message, as the law sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Advertising: needs consent and a way to unsubscribe.
    Marketing,
    /// Belongs to what the member has done: a receipt, a code.
    Transactional,
}

/// The texts of one language, each with expressions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Texts {
    /// Subject of an e-mail, title of a push.
    pub subject: Option<String>,
    /// The text that mail programs show after the subject.
    pub preheader: Option<String>,
    /// The page of an e-mail.
    pub body: Option<Body>,
    /// The plain text; made from the page if there is none.
    pub text: Option<String>,
}

/// The page of an e-mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// MJML, from which the HTML is made once.
    Mjml(String),
    /// HTML as it is sent.
    Html(String),
}

impl Body {
    /// Its text.
    pub fn source(&self) -> &str {
        match self {
            Self::Mjml(source) | Self::Html(source) => source,
        }
    }
}

impl Texts {
    /// The field that the page stands in.
    pub fn body_field(&self) -> &'static str {
        match self.body {
            Some(Body::Html(_)) => "html",
            _ => "mjml",
        }
    }
}

impl Template {
    /// True for e-mail, the channel with pages.
    pub fn is_email(&self) -> bool {
        self.channel == "email"
    }

    /// The language of its own that serves a member with this one: the same, else that without its region, else the
    /// template's own.
    pub fn language_for(&self, wanted: Option<&str>) -> &str {
        let find = |tag: &str| self.languages.keys().find(|known| known.eq_ignore_ascii_case(tag));
        let found = wanted.and_then(|tag| {
            let base = tag.split(['-', '_']).next().unwrap_or(tag);
            find(tag).or_else(|| find(base))
        });
        found.unwrap_or(&self.language)
    }
}
