//! Promotional content of an offer, as apps, sites and personal accounts show it. Nothing is priced by it.

use domain::locale::LocalizedText;

use super::{keys, messages};
use crate::reader::{Node, Object};
use crate::web_address;

/// Placeholders of the texts: title of the offer, name of the goods, and size of the reward.
const PLACEHOLDERS: [&str; 3] = ["title", "target", "value"];
/// The most characters of the name of a channel.
const CHANNEL_CHARACTERS_MAX: usize = 40;

/// The content, each part in one or more languages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Promo {
    /// Headline.
    pub title: Option<LocalizedText>,
    /// The offer in one sentence.
    pub text: Option<LocalizedText>,
    /// The small print.
    pub terms: Option<LocalizedText>,
    /// A word or two on the picture.
    pub badge: Option<LocalizedText>,
    /// Address of a picture on the web.
    pub picture: Option<LocalizedText>,
    /// The channels that show the offer; absent for all of them.
    pub channels: Option<Vec<String>>,
}

impl Promo {
    /// True if a channel shows the offer; without a name, if any does.
    pub fn is_shown_in(&self, channel: Option<&str>) -> bool {
        self.channels.as_ref().is_none_or(|channels| match channel {
            Some(channel) => channels.iter().any(|own| own == channel),
            None => !channels.is_empty(),
        })
    }
}

pub(super) fn read(node: Node<'_, '_>) -> Option<Promo> {
    let promo = node.object()?;
    let text = |name| promo.field(name).and_then(text);
    let read = Promo {
        title: text("title"),
        text: text("text"),
        terms: text("terms"),
        badge: text("badge"),
        picture: promo.field("picture").and_then(|field| messages::localized(field, address)),
        channels: promo.field("channels").map(|_| channels(&promo)),
    };
    keys::refuse_unknown(&promo);
    Some(read)
}

fn text(field: Node<'_, '_>) -> Option<LocalizedText> {
    messages::localized(field, |text| messages::template(text, &PLACEHOLDERS))
}

fn channels(promo: &Object<'_, '_>) -> Vec<String> {
    promo.each("channels", |field| {
        let name = field.text()?;
        let known =
            |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-_".contains(letter);
        if name.len() <= CHANNEL_CHARACTERS_MAX && name.chars().all(known) {
            return Some(name.to_owned());
        }
        let detail = format!(
            "must have at most {CHANNEL_CHARACTERS_MAX} small letters, digits, `-` and `_`, such as `app`"
        );
        field.refuse("not_a_channel", detail)
    })
}

fn address(field: Node<'_, '_>) -> Option<String> {
    let text = field.text()?;
    if web_address::is_one(text) {
        return Some(text.to_owned());
    }
    field.refuse(web_address::NOT_ONE, format!("must be {}", web_address::expected()))
}
