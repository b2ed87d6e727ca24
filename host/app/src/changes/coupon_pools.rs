//! Definitions of pools of coupon codes.

use serde_json::{Value, json};
use store::CouponPool;
use wire::coupon::{Definition, parse};
use wire::problem::{Problem, Problems};

use super::{ProposedPlans, lock};
use crate::audit::Actor;
use crate::coupons::pools;
use crate::error::Error;
use crate::state::App;

/// A pool, with warnings about its offer.
pub struct PutPool {
    /// The pool.
    pub pool: CouponPool,
    /// The offer does not exist yet, or needed no code until now.
    pub warnings: Vec<Problem>,
}

/// Defines a pool, or changes uses and expiry of one. The offer of a new pool needs a code from now on.
pub async fn put(app: App, name: String, body: Value, actor: Actor) -> Result<PutPool, Error> {
    let Definition { offer, uses, expires_at } = parse(&body, &name).map_err(refused)?;
    let _lock = lock::acquire(&app).await?;
    let before = app.store.coupon_pool(&name).await?;
    let pool = CouponPool { name, offer, uses, expires_at, revision: 0 };
    let versions = app.store.offer_versions(&pool.offer).await?;
    let mut warnings = Vec::new();
    if versions.is_empty() {
        warnings.push(of_offer("unknown_offer", format!("there is no offer `{}` yet", pool.offer)));
    }
    let detail = json!({"offer": pool.offer, "uses": pool.uses, "expires_at": pool.expires_at});
    let entry = actor.entry("coupon_pool.put", &pool.name, detail);
    let pool = match before {
        Some(before) => {
            let pool = CouponPool { revision: before.revision, ..pool };
            if pool.offer != before.offer {
                let detail = format!(
                    "pool `{}` belongs to offer `{}`; make another pool for offer `{}`",
                    pool.name, before.offer, pool.offer
                );
                return Err(Error::State { code: "coupon_pool_of_another_offer", detail });
            }
            if pool != before {
                app.store.change_coupon_pool(&pool, &entry).await?;
            }
            pool
        }
        None => {
            check_number(&app).await?;
            warnings.extend(code_needed_now(&app, &pool.offer));
            let (name, offer) = (pool.name.clone(), pool.offer.clone());
            let edit = ProposedPlans::edited(&app, move |materials| {
                materials.documents.coupon_pools.put(name, offer);
            });
            let proposed = edit.await?.map_err(refused)?;
            let revision = app.store.create_coupon_pool(&pool, &entry).await?;
            proposed.go_live(&app, revision).await?;
            CouponPool { revision, ..pool }
        }
    };
    Ok(PutPool { pool, warnings })
}

/// The warning about a live offer that pays without a code until it gets its first pool.
fn code_needed_now(app: &App, offer: &str) -> Option<Problem> {
    let live = app.live.load();
    let found = live.active.plan.plan.offers.iter().find(|found| found.external_id == offer)?;
    let is_open = found.filters.coupons.is_empty() && found.filters.coupon_pools.is_empty();
    let detail = || {
        format!(
            "offer `{offer}` is running without a code; from now on it pays only with a code of this pool"
        )
    };
    is_open.then(|| of_offer("code_needed_now", detail()))
}

fn of_offer(code: &'static str, detail: String) -> Problem {
    Problem { pointer: "/offer".to_owned(), code: code.into(), detail }
}

async fn check_number(app: &App) -> Result<(), Error> {
    let (pools, most) = (pools::all(app).await?.len(), app.config.coupons.pools);
    if pools < most {
        return Ok(());
    }
    let detail = format!("there are {pools} pools of coupon codes, and at most {most} (coupons.pools)");
    Err(Error::State { code: "too_many_coupon_pools", detail })
}

fn refused(problems: Problems) -> Error {
    Error::Refused { code: "coupon_pool_refused", what: "the coupon pool has problems", problems }
}
