//! Imports of coupon codes: each row is a code of one pool, and perhaps the member it is issued to.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::coupon::key;
use store::{NewCoupon, NewCoupons};
use wire::coupon::{RowOfCode, parse_row};
use wire::problem::{Problem, Problems};

use super::Options;
use super::errors::{RowPlace, of_row};
use super::prepared::Prepared;
use super::upload::UploadRow;
use crate::coupons;
use crate::error::Error;
use crate::state::App;

/// The columns of a CSV upload; `member_id` may be a column, too.
pub(super) const COLUMNS: &[&str] = &["code"];

/// Refuses codes for a pool that does not exist, or that has no room for so many.
pub(super) async fn check_room(app: &App, pool: &str, codes: i64) -> Result<(), Error> {
    coupons::pools::find(app, pool).await?;
    let counts = app.store.count_coupons(pool, app.store.now().await?).await?;
    let stored: i64 = counts.iter().map(|count| count.codes).sum();
    let most = app.config.coupons.pool_codes;
    if stored.saturating_add(codes) <= most {
        return Ok(());
    }
    let detail = format!(
        "pool `{pool}` has {stored} codes, and {codes} more would be more than {most} (coupons.pool_codes)"
    );
    Err(Error::State { code: "coupon_pool_full", detail })
}

/// Look-ups for the rows of a batch: stored codes, public codes and members.
struct Known {
    /// Names of the pools of stored codes, by key.
    pools: HashMap<String, String>,
    /// External ids of the offers that have public codes, by key.
    public: BTreeMap<String, String>,
    members: BTreeSet<String>,
}

/// Works out the writes of a batch.
pub(super) async fn prepare(app: &App, rows: &[UploadRow], options: &Options) -> Result<Prepared, Error> {
    let pool = options.pool()?;
    let length_max = app.config.coupons.code_length;
    let parse = |row: &UploadRow| {
        let content = row.content.as_ref().map_err(Clone::clone);
        (row.place, content.and_then(|content| parse_row(content, length_max)))
    };
    let rows: Vec<(RowPlace, Result<RowOfCode, Problems>)> = rows.iter().map(parse).collect();
    let known = known(app, rows.iter().filter_map(|(_, row)| row.as_ref().ok())).await?;
    let mut prepared = Prepared::default();
    let mut new: BTreeMap<String, NewCoupon> = BTreeMap::new();
    for (place, row) in rows {
        match row.and_then(|row| known.check(pool, row)) {
            Ok(Some(coupon)) if !new.contains_key(&coupon.key) => {
                new.insert(coupon.key.clone(), coupon);
            }
            // The pool has the code already, from before or from a row above.
            Ok(_) => prepared.unchanged = prepared.unchanged.saturating_add(1),
            Err(problems) => {
                prepared.refused = prepared.refused.saturating_add(1);
                prepared.errors.extend(problems.listed().iter().map(|problem| of_row(place, true, problem)));
            }
        }
    }
    if !options.check_only {
        let coupons = new.into_values().collect();
        prepared.coupons = Some(NewCoupons { pool: pool.to_owned(), coupons });
    }
    Ok(prepared)
}

async fn known(app: &App, rows: impl Iterator<Item = &RowOfCode> + Clone) -> Result<Known, Error> {
    let keys: Vec<String> = rows.clone().map(|row| key(&row.code)).collect();
    let members: BTreeSet<String> = rows.filter_map(|row| row.member_id.clone()).collect();
    let members: Vec<String> = members.into_iter().collect();
    Ok(Known {
        pools: app.store.known_coupons(&keys).await?.into_iter().collect(),
        public: coupons::public_codes(app),
        members: app.store.known_members(&members).await?.into_iter().collect(),
    })
}

impl Known {
    /// The new code; none if the pool has it already.
    fn check(&self, pool: &str, row: RowOfCode) -> Result<Option<NewCoupon>, Problems> {
        let RowOfCode { code, member_id } = row;
        let key = key(&code);
        if let Some(member) = member_id.as_ref().filter(|member| !self.members.contains(*member)) {
            let detail = format!("there is no member `{member}`; import members first");
            return Err(problem("/member_id", "unknown_member", detail));
        }
        if let Some(offer) = self.public.get(&key) {
            let detail = format!("`{code}` is a public code of offer `{offer}`");
            return Err(problem("/code", "duplicate_code", detail));
        }
        match self.pools.get(&key) {
            None => Ok(Some(NewCoupon { key, code, member_id })),
            Some(other) if other == pool => Ok(None),
            Some(other) => {
                let detail = format!("pool `{other}` has the code `{code}`");
                Err(problem("/code", "duplicate_code", detail))
            }
        }
    }
}

fn problem(pointer: &str, code: &'static str, detail: String) -> Problems {
    Problem { pointer: pointer.to_owned(), code: code.into(), detail }.into()
}
