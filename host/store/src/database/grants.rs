//! Points that are given without a purchase.

use super::Database;
use super::idempotency::remember_as;
use super::ledger::Ledger;
use crate::{GrantPoints, Granted, StoreError};

impl Database {
    pub(crate) async fn grant_points(&self, grant: &GrantPoints) -> Result<Granted, StoreError> {
        let mut transaction = self.begin().await?;
        // The ledger's lock first: whoever gives the same points waits here.
        let mut ledger = Ledger::open(&mut transaction, &grant.member_id, grant.at).await?;
        if ledger.state().is_none() {
            return Ok(Granted::NoMember);
        }
        ledger.grant(grant.points, grant.validity).await?;
        if !remember_as(&mut transaction, &grant.key, 200, "{}", grant.at).await? {
            return Ok(Granted::Before);
        }
        transaction.commit().await?;
        Ok(Granted::Done)
    }
}
