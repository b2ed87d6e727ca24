//! Definitions of pools of coupon codes.

use serde_json::{Value, json};
use store::CouponPool;
use wire::coupon::{Definition, parse};
use wire::problem::Problems;

use super::{ProposedPlans, lock};
use crate::audit::Actor;
use crate::coupons::pools;
use crate::error::Error;
use crate::state::App;

/// A pool, with a warning if there is no offer yet that it belongs to.
pub struct PutPool {
    /// The pool.
    pub pool: CouponPool,
    /// External id of its offer if nobody has written that offer yet.
    pub missing_offer: Option<String>,
}

/// Defines a pool, or changes uses and expiry of one. The offer of a new pool needs a code from now on.
pub async fn put(app: App, name: String, body: Value, actor: Actor) -> Result<PutPool, Error> {
    let Definition { offer, uses, expires_at } = parse(&body, &name).map_err(refused)?;
    let _lock = lock::acquire(&app).await?;
    let before = app.store.coupon_pool(&name).await?;
    let pool = CouponPool { name, offer, uses, expires_at, revision: 0 };
    let versions = app.store.offer_versions(&pool.offer).await?;
    let missing_offer = versions.is_empty().then(|| pool.offer.clone());
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
    Ok(PutPool { pool, missing_offer })
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
