//! What happened to messages and what members bought, as crediting reads it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use communications::attribution::{Purchase, Return, Touch, TouchKind};
use serde::Deserialize;
use store::{CreditPage, CreditedMessage, EventRow};

use super::Group;
use crate::communications::channels;
use crate::communications::control::UNIVERSAL;
use crate::error::Error;
use crate::state::App;

/// The contact of channels that tell of being opened.
const EMAIL: &str = "email";

/// The facts of the members of a page, by number.
#[derive(Default)]
pub(super) struct Facts(BTreeMap<u32, Member>);

/// The facts of one member.
#[derive(Default)]
pub(super) struct Member {
    pub(super) touches: Vec<Touch>,
    pub(super) purchases: Vec<Purchase>,
    pub(super) returns: Vec<Return>,
    /// Messages that it would have got but for the universal control group.
    universal: BTreeSet<String>,
}

impl Facts {
    /// Puts a page together.
    pub(super) async fn read(app: &App, page: CreditPage) -> Result<Self, Error> {
        let names: BTreeSet<&str> = page.messages.iter().map(|message| message.channel.as_str()).collect();
        let mut tell_opens = BTreeSet::new();
        for name in names {
            let route = channels::routes::route(app, name).await?;
            // A message in an app is marked as read there.
            if route.is_some_and(|route| route.contact == EMAIL || route.kind() == channels::Kind::InApp) {
                tell_opens.insert(name.to_owned());
            }
        }
        let mut facts = Self::default();
        let mut messages: HashMap<String, Touch> = HashMap::new();
        for message in page.messages {
            let tells_opens = tell_opens.contains(&message.channel);
            let number = message.number;
            let is_universal = message.is_ghost && message.reason == UNIVERSAL;
            let touch = sent(message, tells_opens);
            let member = facts.0.entry(number).or_default();
            member.touches.push(touch.clone());
            member.universal.extend(is_universal.then(|| touch.message.clone()));
            messages.insert(touch.message.clone(), touch);
        }
        for event in page.events {
            facts.add(&event, &messages);
        }
        Ok(facts)
    }

    /// The members by number.
    pub(super) fn members(&self) -> impl Iterator<Item = (&u32, &Member)> {
        self.0.iter()
    }

    /// Adds an event of the host itself; what others call the same tells nothing.
    fn add(&mut self, event: &EventRow, messages: &HashMap<String, Touch>) {
        let Some(number) = event.number else { return };
        let member = self.0.entry(number).or_default();
        let Ok(payload) = serde_json::from_str::<Payload>(&event.payload) else { return };
        match (event.source.as_str(), event.kind.as_str()) {
            ("till", "purchase") => member.purchases.extend(payload.purchase(event.at)),
            ("till", "return") => member.returns.extend(payload.returned(&event.id)),
            ("messages", "message_sent") => member.name_codes(payload),
            ("messages", kind) => {
                let touched = touch_kind(kind).zip(payload.message.and_then(|id| messages.get(&id)));
                // What proxies and scanners do is nobody's.
                let is_human = payload.verdict.is_none_or(|verdict| verdict == "human");
                member.touches.extend(touched.filter(|_| is_human).map(|(kind, sent)| Touch {
                    kind,
                    at: event.at,
                    ..sent.clone()
                }));
            }
            _ => {}
        }
    }
}

impl Member {
    /// Notes which coupon codes a message had.
    fn name_codes(&mut self, Payload { message, coupons, .. }: Payload) {
        let is_it = |touch: &&mut Touch| {
            touch.kind == TouchKind::Sent && message.as_ref().is_some_and(|message| touch.message == *message)
        };
        if let Some(touch) = self.touches.iter_mut().find(is_it) {
            touch.codes.extend(coupons);
        }
    }

    /// The group of a cause that the member is in; none if nothing of the cause was for it.
    pub(super) fn group(&self, is_it: impl Fn(&str) -> bool) -> Option<Group> {
        let of_cause = || self.touches.iter().filter(|touch| is_it(&touch.cause));
        if of_cause().any(|touch| touch.kind == TouchKind::Sent) {
            return Some(Group::Sent);
        }
        of_cause().next().map(|touch| self.group_of_ghost(&touch.message))
    }

    /// The group of a message that was not sent for a control group.
    pub(super) fn group_of_ghost(&self, message: &str) -> Group {
        if self.universal.contains(message) { Group::Universal } else { Group::Ghosts }
    }
}

fn sent(message: CreditedMessage, tells_opens: bool) -> Touch {
    Touch {
        message: message.id,
        cause: message.cause,
        kind: if message.is_ghost { TouchKind::Ghost } else { TouchKind::Sent },
        at: message.at,
        tells_opens,
        codes: BTreeSet::new(),
        offers: message.offers.into_iter().collect(),
    }
}

fn touch_kind(kind: &str) -> Option<TouchKind> {
    match kind {
        "message_delivered" => Some(TouchKind::Delivered),
        "message_opened" => Some(TouchKind::Opened),
        "message_clicked" => Some(TouchKind::Clicked),
        _ => None,
    }
}

/// The fields that crediting reads of the payloads of events; each kind has some of them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Payload {
    purchase_id: Option<String>,
    net: Option<String>,
    offers: Vec<UsedOffer>,
    coupons: Vec<String>,
    message: Option<String>,
    verdict: Option<String>,
}

#[derive(Debug, Deserialize)]
struct UsedOffer {
    offer: String,
}

impl Payload {
    /// A purchase; amounts are texts in the smallest step.
    fn purchase(self, at: i64) -> Option<Purchase> {
        Some(Purchase {
            id: self.purchase_id?,
            at,
            net: self.net?.parse().ok()?,
            codes: self.coupons.into_iter().collect(),
            offers: self.offers.into_iter().map(|used| used.offer).collect(),
        })
    }

    /// A return, whose amounts are below zero.
    fn returned(self, id: &str) -> Option<Return> {
        let net: i64 = self.net?.parse().ok()?;
        Some(Return { id: id.to_owned(), purchase: self.purchase_id?, net: net.saturating_neg() })
    }
}
