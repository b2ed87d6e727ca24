//! The documents that a plan is built from, each with its origin, so that a problem is reported with a
//! pointer into the request.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use store::{Audience, CatalogRow, OfferRecord, Revision};
use wire::catalog::ROW_TYPES;
use wire::coupon::CouponPools;
use wire::json;
use wire::offer::{EQUAL_CODES, EqualCodes};
use wire::problem::{Problem, Problems};
use wire::template;

use super::Goods;

/// The origin of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The database: it is stored already.
    Stored,
    /// The database, where it has never been live. It is judged like a document of the request.
    Draft,
    /// The row of the request with this number, from 0.
    Row(usize),
    /// The row of the request with this number, which fills the template with this offer.
    Template(usize, Arc<Value>),
    /// The body of the request.
    Body,
}

impl Origin {
    /// True if the document came with the request.
    pub fn is_of_request(&self) -> bool {
        !matches!(self, Self::Stored | Self::Draft)
    }

    /// True if the document has never been live, so that it may be refused for what earlier releases took.
    pub fn is_new(&self) -> bool {
        *self != Self::Stored
    }

    /// Turns a problem of the document into one of the request. `what` names the document, if it is stored.
    pub fn trace(&self, what: &str, problem: Problem) -> Problem {
        let Problem { pointer, code, detail } = problem;
        match self {
            Self::Row(row) => Problem { pointer: format!("/{row}{pointer}"), code, detail },
            Self::Template(row, offer) => {
                let place = template::place(offer, &pointer);
                Problem {
                    pointer: format!("/{row}{place}"),
                    code,
                    detail: format!("in the offer that the template makes{}: {detail}", at(&pointer)),
                }
            }
            Self::Body => Problem { pointer, code, detail },
            Self::Stored | Self::Draft => Problem {
                pointer: String::new(),
                code,
                detail: format!("{what}, which is stored{}: {detail}", at(&pointer)),
            },
        }
    }
}

/// Documents of a plan.
pub struct Documents {
    /// Settings and goods.
    pub goods: GoodsDocuments,
    /// Offers that are live, or are proposed to be, by external id.
    pub offers: BTreeMap<String, (OfferRecord, Origin)>,
    /// Computed audiences by name.
    pub audiences: BTreeMap<String, (Value, Origin)>,
    /// Pools of coupon codes.
    pub coupon_pools: CouponPools,
}

impl Documents {
    /// Documents of stored goods and running offers.
    pub fn stored(goods: GoodsDocuments, running: Vec<OfferRecord>) -> Self {
        let mut documents = Self {
            goods,
            offers: BTreeMap::new(),
            audiences: BTreeMap::new(),
            coupon_pools: CouponPools::default(),
        };
        for offer in running {
            documents.put_offer(offer, Origin::Stored);
        }
        documents
    }

    /// Adds the computed audiences among these. Uploaded ones are not part of a plan.
    pub fn put_audiences(&mut self, audiences: Vec<Audience>) -> Result<(), Problems> {
        for Audience { name, rule, .. } in audiences {
            let Some(rule) = rule else { continue };
            let body = json!({"id": name, "rule": json::parse(&rule)?});
            self.audiences.insert(name, (body, Origin::Stored));
        }
        Ok(())
    }

    /// Adds or replaces a live offer.
    pub fn put_offer(&mut self, offer: OfferRecord, origin: Origin) {
        self.offers.insert(offer.external_id.clone(), (offer, origin));
    }
}

/// The problem of the second of two codes that compare as one; `origin` is that of the first one's offer.
pub(super) fn equal_codes_problem(equal: &EqualCodes<'_>, origin: &Origin) -> Problem {
    let EqualCodes { first_offer, first, second, .. } = equal;
    let ((first_place, first), (place, code)) = (first, second);
    let first_place = match origin {
        Origin::Stored | Origin::Draft => format!("offer `{first_offer}`, which is stored, {first_place}"),
        Origin::Body => first_place.clone(),
        Origin::Row(row) | Origin::Template(row, _) => {
            format!("the offer `{first_offer}` of row {row}, {first_place}")
        }
    };
    let detail = format!(
        "`{}` is the same code as `{}` at {first_place}: spell both alike",
        code.written(),
        first.written()
    );
    Problem { pointer: place.clone(), code: EQUAL_CODES.into(), detail }
}

/// An offer in the form of a plan document.
pub(super) fn offer_document(offer: &OfferRecord) -> Result<Value, Problems> {
    let mut body = json::parse(&offer.body)?;
    if let Some(fields) = body.as_object_mut() {
        fields.insert("external_id".to_owned(), json!(offer.external_id));
        fields.insert("version".to_owned(), json!(offer.version));
    }
    Ok(body)
}

/// Goods that are read already, or are still to be read.
pub enum GoodsDocuments {
    /// Goods that were read from a revision of the catalogue.
    Read(Arc<Goods>, Revision),
    /// Rows to read; with the revision of the catalogue, if it is stored.
    Rows(CatalogDocuments, Option<Revision>),
}

/// Rows of the catalogue by type and id, with their origins.
#[derive(Debug, Default, Clone)]
pub struct CatalogDocuments(pub BTreeMap<(String, String), (Value, Origin)>);

impl CatalogDocuments {
    /// Rows of the database.
    pub fn stored(rows: Vec<CatalogRow>) -> Result<Self, Problems> {
        let read = |row: CatalogRow| Ok(((row.kind, row.key), (json::parse(&row.body)?, Origin::Stored)));
        rows.into_iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// The plan document of these settings and rows, without offers; with the origin of every row.
    pub(super) fn plan_document(self, settings: Value) -> (Value, Origins) {
        let mut lists: BTreeMap<&str, (Vec<Value>, Vec<Entry>)> = BTreeMap::new();
        for ((kind, key), (body, origin)) in self.0 {
            if let Some(row_type) = ROW_TYPES.iter().find(|row_type| row_type.name == kind) {
                let (rows, entries) = lists.entry(row_type.list).or_default();
                rows.push(body);
                entries.push(Entry { kind: row_type.name, key, origin });
            }
        }
        let (mut catalog, mut origins) = (Map::new(), BTreeMap::new());
        for (list, (rows, entries)) in lists {
            catalog.insert(list.to_owned(), Value::Array(rows));
            origins.insert(format!("/catalog/{list}/"), entries);
        }
        let mut document = settings;
        if let Some(fields) = document.as_object_mut() {
            fields.insert("catalog".to_owned(), Value::Object(catalog));
        }
        (document, Origins(origins))
    }
}

struct Entry {
    kind: &'static str,
    key: String,
    origin: Origin,
}

/// The entries of each list of a catalogue, with their origins.
pub(super) struct Origins(BTreeMap<String, Vec<Entry>>);

impl Origins {
    /// Turns a problem of the plan document into one of the request.
    pub(super) fn trace(&self, problem: &Problem) -> Problem {
        self.trace_as(problem, Clone::clone)
    }

    /// Turns a problem of the plan document into one of a stored row, for after the commit.
    pub(super) fn trace_stored(&self, problem: &Problem) -> Problem {
        self.trace_as(problem, |_| Origin::Stored)
    }

    /// True if a problem is about a row of the request.
    pub(super) fn is_of_request(&self, problem: &Problem) -> bool {
        self.entry(&problem.pointer).is_some_and(|(entry, _)| entry.origin.is_of_request())
    }

    fn trace_as(&self, problem: &Problem, origin: impl FnOnce(&Origin) -> Origin) -> Problem {
        let Some((entry, rest)) = self.entry(&problem.pointer) else { return problem.clone() };
        let what = format!("{} `{}`", entry.kind, entry.key);
        origin(&entry.origin).trace(&what, Problem { pointer: rest.to_owned(), ..problem.clone() })
    }

    fn entry<'a>(&'a self, pointer: &'a str) -> Option<(&'a Entry, &'a str)> {
        self.0.iter().find_map(|(prefix, entries)| {
            let place = pointer.strip_prefix(prefix.as_str())?;
            let end = place.find('/').unwrap_or(place.len());
            let (number, rest) = place.split_at_checked(end)?;
            Some((entries.get(number.parse::<usize>().ok()?)?, rest))
        })
    }
}

fn at(pointer: &str) -> String {
    if pointer.is_empty() { String::new() } else { format!(", at {pointer}") }
}
