//! The purchases that a call may name, and the stored ids of those that it names.

use domain::pos::is_within;
use serde_json::Value;
use store::{NamedPurchase, Store, is_till_id, scope_of, scoped_id};
use wire::json;
use wire::problem::Problem;

use super::refuse;
use crate::error::Error;
use crate::keys::{Caller, Role};

/// Purchases of the same till's id that a refusal lists at most.
const LISTED_MAX: i64 = 20;

/// The purchases that a call may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// All of them: the retailer's systems and admins.
    Everything,
    /// Those without a scope: a till whose key is bound to nothing.
    Unscoped,
    /// Those sold at one of these places, or below one: a till whose key is bound to them.
    Places(Vec<String>),
}

impl Access {
    /// The access of a key. `place` narrows it to a store or till; a place outside is refused.
    pub fn of(caller: &Caller, place: Option<&str>) -> Result<Self, Error> {
        match (caller.role, caller.places.as_slice(), place) {
            (Role::Pos, [], _) => Ok(Self::Unscoped),
            (Role::Pos, places, None) => Ok(Self::Places(places.to_vec())),
            (Role::Pos, places, Some(place)) => {
                holding(places, place)?;
                Ok(Self::Places(vec![place.to_owned()]))
            }
            (_, _, None) => Ok(Self::Everything),
            (_, _, Some(place)) => Ok(Self::Places(vec![place.to_owned()])),
        }
    }

    /// The stored id of the purchase that a till's id means. It is looked for among those that calls of the same binding
    /// made, then among all others that were sold within it: by keys that are bound to more, to less, or to nothing.
    pub async fn find(&self, store: &Store, id: &str) -> Result<String, Error> {
        let unknown = || Error::NotFound(format!("purchase `{id}`"));
        if !is_till_id(id) {
            return Err(unknown());
        }
        match self {
            // It need not exist: the call that reads it says so.
            Self::Unscoped => Ok(id.to_owned()),
            Self::Everything => {
                let found = store.purchases_named(id, &[id.to_owned()], None, LISTED_MAX).await?;
                only(id, found.into_iter().map(|purchase| purchase.id).collect())?.ok_or_else(unknown)
            }
            Self::Places(places) => only(id, within(store, places, id).await?)?.ok_or_else(unknown),
        }
    }

    /// The stored id of a purchase that is calculated with this receipt, new or not. A point of sale outside the
    /// binding is refused.
    pub async fn of_receipt(&self, store: &Store, id: &str, receipt: &Value) -> Result<String, Error> {
        if !is_till_id(id) {
            let detail = "must not contain the character U+001F".to_owned();
            let problem =
                Problem { pointer: "/purchase_id".to_owned(), code: "bad_purchase_id".into(), detail };
            let problems = problem.into();
            return Err(Error::Refused {
                code: "receipt_refused",
                what: "the receipt has problems",
                problems,
            });
        }
        let Self::Places(places) = self else { return Ok(id.to_owned()) };
        let pos = pos(receipt).unwrap_or_default();
        let own = scoped_id(Some(holding(places, &pos)?), id);
        if store.has_purchase(&own).await? {
            return Ok(own);
        }
        // Another binding may have begun the purchase. What is of another till is another purchase.
        let mut others = within(store, places, id).await?;
        others.retain(|stored| scope_of(stored).is_none_or(|scope| is_within(&pos, scope)));
        match others.as_slice() {
            [begun] => Ok(begun.clone()),
            _ => Ok(own),
        }
    }

    /// The place of the binding that holds the receipt's point of sale, the lowest if several do; none if there is no
    /// binding. A point of sale outside is refused.
    pub fn check_pos(&self, receipt: &Value) -> Result<Option<&str>, Error> {
        let Self::Places(places) = self else { return Ok(None) };
        holding(places, &pos(receipt).unwrap_or_default()).map(Some)
    }
}

/// The lowest of the places that holds a point of sale.
fn holding<'a>(places: &'a [String], pos: &str) -> Result<&'a str, Error> {
    let holding = places.iter().filter(|place| is_within(pos, place));
    let lowest = holding.max_by_key(|place| place.len()).map(String::as_str);
    lowest.ok_or_else(|| {
        let what =
            if pos.is_empty() { "the call names no `pos`".to_owned() } else { format!("`{pos}` is outside") };
        let detail = format!("{what}; the key is for {} only", places.join(", "));
        Error::Denied { code: "pos_not_allowed", detail }
    })
}

/// The point of sale that a receipt names.
fn pos(receipt: &Value) -> Option<String> {
    match receipt.get("pos")? {
        Value::String(pos) => Some(pos.clone()),
        Value::Number(pos) => Some(pos.to_string()),
        _ => None,
    }
}

/// The stored ids of the purchases of this till's id that were sold within the places: those of the same binding, or else
/// those of other ones.
async fn within(store: &Store, places: &[String], id: &str) -> Result<Vec<String>, Error> {
    let mut own: Vec<String> = places.iter().map(|place| scoped_id(Some(place), id)).collect();
    let above = places.iter().flat_map(|place| levels_above(place)).map(|level| scoped_id(Some(level), id));
    let mut ids: Vec<String> = own.iter().cloned().chain(above).chain([id.to_owned()]).collect();
    ids.sort();
    ids.dedup();
    let most = LISTED_MAX.saturating_add(i64::try_from(ids.len()).unwrap_or(LISTED_MAX));
    let found = store.purchases_named(id, &ids, Some(places), most).await?;
    own.retain(|own| found.iter().any(|purchase| purchase.id == *own));
    if own.is_empty() {
        let sold_within = found.into_iter().filter(|purchase| was_sold_within(purchase, places));
        own = sold_within.map(|purchase| purchase.id).collect();
    }
    Ok(own)
}

fn was_sold_within(purchase: &NamedPurchase, places: &[String]) -> bool {
    let pos = purchase.pos.clone().or_else(|| pos_of_text(&purchase.request)).unwrap_or_default();
    places.iter().any(|place| is_within(&pos, place))
}

/// The point of sale that the text of a receipt names.
pub(super) fn pos_of_text(request: &str) -> Option<String> {
    pos(&json::parse(request).ok()?)
}

/// The levels above a place, the nearest first.
fn levels_above(place: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(place.rsplit_once('/'), |(above, _)| above.rsplit_once('/')).map(|(above, _)| above)
}

/// The only one of the purchases that an id may mean; refuses several.
fn only(id: &str, mut found: Vec<String>) -> Result<Option<String>, Error> {
    found.sort();
    found.dedup();
    match found.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one.clone())),
        several => {
            let scopes: Vec<&str> = several
                .iter()
                .map(|stored| scope_of(stored).unwrap_or("a key that is bound to nothing"))
                .collect();
            let detail = format!(
                "several purchases are called `{id}`, of {}; add `?pos=` and the store or till to the address",
                scopes.join(", ")
            );
            Err(refuse("purchase_ambiguous", detail))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn caller(role: Role, places: &[&str]) -> Caller {
        let places = places.iter().map(|place| (*place).to_owned()).collect();
        Caller { places, ..Caller::named(role, "test") }
    }

    #[test]
    fn a_key_reaches_what_it_is_bound_to() {
        let places =
            |places: &[&str]| Some(Access::Places(places.iter().map(|place| (*place).to_owned()).collect()));
        for (role, bound, asked, expected) in [
            (Role::Pos, &[][..], None, Some(Access::Unscoped)),
            (Role::Pos, &[], Some("store-1"), Some(Access::Unscoped)),
            (Role::Pos, &["store-1"], None, places(&["store-1"])),
            (Role::Pos, &["store-1", "store-2"], Some("store-2/till-3"), places(&["store-2/till-3"])),
            (Role::Pos, &["store-1"], Some("store-10"), None),
            (Role::Pos, &["store-1/till-1"], Some("store-1"), None),
            (Role::Admin, &[], None, Some(Access::Everything)),
            (Role::Integration, &[], Some("store-1"), places(&["store-1"])),
        ] {
            assert_eq!(
                Access::of(&caller(role, bound), asked).ok(),
                expected,
                "{role:?} {bound:?} {asked:?}"
            );
        }
    }

    #[test]
    fn a_receipt_belongs_to_the_lowest_place_that_holds_its_pos() {
        let access = Access::Places(vec!["b/store-1".to_owned(), "b".to_owned(), "7".to_owned()]);
        for (receipt, expected) in [
            (json!({"pos": "b/store-1/till-2"}), Some("b/store-1")),
            (json!({"pos": "b/store-2"}), Some("b")),
            (json!({"pos": 7}), Some("7")),
            (json!({"pos": "store-1"}), None),
            (json!({"pos": null}), None),
            (json!({}), None),
        ] {
            assert_eq!(access.check_pos(&receipt).ok().flatten(), expected, "{receipt}");
        }
        assert_eq!(Access::Unscoped.check_pos(&json!({})).ok(), Some(None));
    }

    #[test]
    fn a_place_lies_below_its_levels() {
        assert_eq!(levels_above("brand/store/till").collect::<Vec<_>>(), ["brand/store", "brand"]);
        assert_eq!(levels_above("store").count(), 0);
    }
}
