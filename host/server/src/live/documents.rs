//! The documents that a plan is built from, each with where it came from, so that a problem is
//! reported at the place that the sender knows.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use store::{Audience, CatalogRow, OfferRecord, OfferState};

use crate::wire::json;
use crate::wire::problem::{Problem, Problems};

/// The types of catalogue rows: name, list of the plan document, and the fields that hold the id.
pub const CATALOG_TYPES: [(&str, &str, &[&str]); 5] = [
    ("product", "products", &["goods_code"]),
    ("category", "categories", &["code", "id"]),
    ("group", "groups", &["id"]),
    ("class", "classes", &["id"]),
    ("pos", "pos", &["id"]),
];

/// Where a document came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// It is stored already.
    Stored,
    /// It is the row with this number, from 0, of the request at hand.
    Row(usize),
    /// It is the request at hand.
    Body,
}

/// Documents by their keys.
#[derive(Debug, Default)]
pub struct Documents {
    /// Type and key of the row.
    pub catalog: BTreeMap<(String, String), (Value, Origin)>,
    /// Offers that are live, or would be, by external id.
    pub offers: BTreeMap<String, (Value, Origin)>,
    /// Computed audiences by name.
    pub audiences: BTreeMap<String, (Value, Origin)>,
}

impl Documents {
    /// What is stored.
    pub fn stored(catalog: Vec<CatalogRow>, offers: &[OfferRecord]) -> Result<Self, Problems> {
        let mut documents = Self::default();
        for row in catalog {
            let body = json::parse(&row.body)?;
            documents.catalog.insert((row.kind, row.key), (body, Origin::Stored));
        }
        for offer in offers.iter().filter(|offer| offer.state == OfferState::Running) {
            documents.put_offer(offer, Origin::Stored)?;
        }
        Ok(documents)
    }

    /// Puts an offer among those that are live.
    pub fn put_offer(&mut self, offer: &OfferRecord, origin: Origin) -> Result<(), Problems> {
        let mut body = json::parse(&offer.body)?;
        if let Some(fields) = body.as_object_mut() {
            fields.insert("external_id".to_owned(), json!(offer.external_id));
            fields.insert("version".to_owned(), json!(offer.version));
        }
        self.offers.insert(offer.external_id.clone(), (body, origin));
        Ok(())
    }

    /// Puts the audiences that are computed among the documents.
    pub fn put_audiences(&mut self, audiences: Vec<Audience>) -> Result<(), Problems> {
        for Audience { name, rule, .. } in audiences {
            let Some(rule) = rule else { continue };
            let body = json!({"id": name, "rule": json::parse(&rule)?});
            self.audiences.insert(name, (body, Origin::Stored));
        }
        Ok(())
    }

    /// The document of the plan file, on top of its settings; with the origin of every row.
    pub fn plan_document(&self, settings: Value) -> (Value, Origins) {
        let mut origins = BTreeMap::new();
        let mut catalog = Map::new();
        for (kind, list, _) in CATALOG_TYPES {
            let rows = self.catalog.iter().filter(|((of, _), _)| of == kind);
            let (rows, from): (Vec<_>, Vec<_>) = rows
                .map(|((_, key), (body, origin))| (body.clone(), (format!("{kind} `{key}`"), origin.clone())))
                .unzip();
            catalog.insert(list.to_owned(), Value::Array(rows));
            origins.insert(format!("/catalog/{list}/"), from);
        }
        let offers = self.offers.iter();
        let (offers, from): (Vec<_>, Vec<_>) = offers
            .map(|(id, (body, origin))| (body.clone(), (format!("offer `{id}`"), origin.clone())))
            .unzip();
        origins.insert("/offers/".to_owned(), from);
        let audiences = self.audiences.iter();
        let (audiences, from): (Vec<_>, Vec<_>) = audiences
            .map(|(name, (body, origin))| (body.clone(), (format!("audience `{name}`"), origin.clone())))
            .unzip();
        origins.insert("/audiences/".to_owned(), from);
        let mut document = settings;
        if let Some(fields) = document.as_object_mut() {
            fields.insert("catalog".to_owned(), Value::Object(catalog));
            fields.insert("offers".to_owned(), Value::Array(offers));
            fields.insert("audiences".to_owned(), Value::Array(audiences));
        }
        (document, Origins(origins))
    }
}

/// For each list of a plan document, what its entries are and where they came from.
pub struct Origins(BTreeMap<String, Vec<(String, Origin)>>);

impl Origins {
    /// Turns pointers into the plan document into pointers into the request.
    pub fn trace(&self, problems: Problems) -> Problems {
        Problems(problems.0.into_iter().map(|problem| self.trace_one(problem)).collect())
    }

    /// Whether a problem is about what was just sent.
    pub fn is_of_request(&self, problem: &Problem) -> bool {
        self.entry(&problem.pointer).is_some_and(|(_, origin, _)| *origin != Origin::Stored)
    }

    fn trace_one(&self, problem: Problem) -> Problem {
        let Some((what, origin, rest)) = self.entry(&problem.pointer) else { return problem };
        match origin {
            Origin::Row(row) => Problem { pointer: format!("/{row}{rest}"), ..problem },
            Origin::Body => Problem { pointer: rest.to_owned(), ..problem },
            Origin::Stored => Problem {
                pointer: String::new(),
                code: problem.code,
                detail: format!("{what}, which is stored{}: {}", at(rest), problem.detail),
            },
        }
    }

    fn entry<'a>(&'a self, pointer: &'a str) -> Option<(&'a str, &'a Origin, &'a str)> {
        self.0.iter().find_map(|(prefix, entries)| {
            let place = pointer.strip_prefix(prefix.as_str())?;
            let end = place.find('/').unwrap_or(place.len());
            let (number, rest) = place.split_at_checked(end)?;
            let (what, origin) = entries.get(number.parse::<usize>().ok()?)?;
            Some((what.as_str(), origin, rest))
        })
    }
}

fn at(pointer: &str) -> String {
    if pointer.is_empty() { String::new() } else { format!(", at {pointer}") }
}
