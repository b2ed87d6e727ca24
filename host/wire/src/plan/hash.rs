//! The content hash of a plan, which changes only with something that prices depend on.

use std::collections::BTreeSet;

use domain::mechanics::MechanicId;
use domain::offer::{Offer, OnFault};
use domain::plan::{LargestGrants, Plan};
use domain::quantities::Percent;
use domain::rounding::Rounding;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::catalog::{ROW_TYPES, RowType};
use crate::digest;
use crate::settings::Settings;

/// `sha256:…` over settings, catalogue, offers, the mechanics that the offers use, the rules of
/// computed audiences, and which offers have pools of coupon codes. Members and codes are not part of it. The order of offers, of rows and of JSON names
/// changes nothing.
///
/// A copy that has taken in all but the offers is kept with the base, so that an edit of an offer does not
/// hash the catalogue again.
#[derive(Debug, Clone)]
pub(super) struct Hasher(Sha256);

impl Hasher {
    /// Takes in settings and catalogue of a plan document.
    pub(super) fn of_base(document: &Value, settings: &Settings) -> Self {
        let mut hasher = Self(Sha256::new());
        hasher.section("settings", std::iter::once(canonical_row(&settings_as_read(settings))));
        // Every stored hash was made in the order of the lists' names.
        let mut types = ROW_TYPES;
        types.sort_unstable_by_key(|row_type| row_type.list);
        for RowType { list, id_fields, .. } in types {
            let rows = document.get("catalog").and_then(|catalog| catalog.get(list));
            hasher.section(list, sorted(rows, id_fields).into_iter().map(canonical_row));
        }
        hasher
    }

    /// The hash of the plan with these offers, as texts of [`offer_text`] in the order of their ids, and
    /// these audiences and pools of coupon codes.
    pub(super) fn finish<'a>(
        mut self,
        offers: impl Iterator<Item = &'a str>,
        plan: &Plan,
        audiences: &[Value],
        coupon_pools: &[Value],
    ) -> String {
        self.section("offers", offers);
        self.section("mechanics", mechanics(plan).iter().map(canonical_row));
        if !audiences.is_empty() {
            self.section("audiences", audiences.iter().map(canonical_row));
        }
        if !coupon_pools.is_empty() {
            self.section("coupon_pools", coupon_pools.iter().map(canonical_row));
        }
        digest::finished(self.0)
    }

    fn section(&mut self, name: &str, rows: impl Iterator<Item = impl AsRef<str>>) {
        self.0.update(format!("\n{name}\n"));
        for row in rows {
            self.0.update(row.as_ref());
            self.0.update("\n");
        }
    }
}

/// An offer as canonical text, with its version also where the document leaves it out.
pub(super) fn offer_text(offer: &Value, version: u32) -> String {
    let version_as_read = json!(version);
    if offer.get("version") == Some(&version_as_read) {
        return canonical_row(offer);
    }
    let mut offer = offer.clone();
    if let Some(fields) = offer.as_object_mut() {
        fields.insert("version".to_owned(), version_as_read);
    }
    canonical_row(&offer)
}

/// The settings as they were read, so that a setting left out hashes as its default. Largest grants are
/// there only if they differ from the default: hashes of earlier releases do not have them.
fn settings_as_read(settings: &Settings) -> Value {
    let Settings { currency, points, receipt_max_discount, largest_grants, locale } = settings;
    let mut read = vec![
        json!(currency.code),
        json!(currency.exponent),
        json!(rounding(currency.rounding)),
        json!(points.exponent),
        json!(rounding(points.rounding)),
        json!([points.rate.0, points.rate.1]),
        json!(points.max_burn.0),
        json!(receipt_max_discount.unwrap_or(Percent::HUNDRED).0),
        json!(locale),
    ];
    if *largest_grants != LargestGrants::default() {
        read.push(json!([largest_grants.discount.map(|money| money.0), largest_grants.points.0]));
    }
    Value::Array(read)
}

/// The name of a rounding in every stored hash.
fn rounding(rounding: Rounding) -> &'static str {
    match rounding {
        Rounding::HalfUp => "HalfUp",
        Rounding::HalfDown => "HalfDown",
        Rounding::HalfEven => "HalfEven",
        Rounding::Down => "Down",
    }
}

fn canonical_row(row: &Value) -> String {
    let mut text = String::new();
    canonical(row, is_told_by_its_list, &mut text);
    text
}

fn sorted<'a>(rows: Option<&'a Value>, keys: &[&str]) -> Vec<&'a Value> {
    let key = |row: &Value| match keys.iter().find_map(|key| row.get(key)) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let mut rows: Vec<_> = rows.and_then(Value::as_array).into_iter().flatten().collect();
    rows.sort_by_cached_key(|row| key(row));
    rows
}

fn mechanics(plan: &Plan) -> Vec<Value> {
    let used: BTreeSet<_> = plan.offers.iter().flat_map(|offer| used_by(plan, offer)).collect();
    let used = used.into_iter().filter_map(|id| plan.mechanic(id));
    let mut mechanics: Vec<_> = used
        .map(|mechanic| {
            let entry = json!({
                "name": mechanic.name,
                "version": mechanic.description.version,
                "digest": mechanic.digest,
            });
            (mechanic.name.clone(), entry)
        })
        .collect();
    // Two versions of one mechanic stay in the order of their numbers: the one that is asked first.
    mechanics.sort_by(|(a, _), (b, _)| a.cmp(b));
    mechanics.into_iter().map(|(_, entry)| entry).collect()
}

/// The versions of mechanics that an offer may get its rewards from.
fn used_by(plan: &Plan, offer: &Offer) -> impl Iterator<Item = MechanicId> {
    let falls_back = offer.on_fault == OnFault::PreviousVersion;
    let mechanic = plan.mechanic(offer.mechanic).filter(|_| falls_back);
    let previous = mechanic.and_then(|mechanic| mechanic.previous.as_ref());
    std::iter::once(offer.mechanic).chain(previous.map(|previous| previous.mechanic))
}

/// True for the field `type`, which rows of an import have. Rows of a plan file are in a list of their type.
fn is_told_by_its_list(name: &str) -> bool {
    name == "type"
}

/// JSON with sorted names and without nulls, since a null field means the same as an absent one.
fn canonical(value: &Value, left_out: fn(&str) -> bool, text: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> =
                fields.iter().filter(|(name, value)| !value.is_null() && !left_out(name)).collect();
            fields.sort_by_key(|(name, _)| *name);
            text.push('{');
            for (name, value) in fields {
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                canonical(value, |_| false, text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(values) => {
            text.push('[');
            for value in values {
                canonical(value, |_| false, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            text.push_str(&value.to_string());
        }
    }
}
