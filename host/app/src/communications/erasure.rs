//! Erasing a member: everything that communications have of it goes, and what went is kept as a receipt.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use store::{EraseMember, Erasure};

use super::segments::publish;
use super::survivors;
use crate::audit::Actor;
use crate::error::Error;
use crate::state::App;

/// Part of what is digested, so that the digest is not that of the id anywhere else.
const DOMAIN: &str = "offer-host erasure\n";

/// Erases a member. Purchases and points, which the books need, are the tills' and stay.
pub async fn erase(app: App, member_id: String, actor: Actor) -> Result<Value, Error> {
    survivors::refuse_merged(&app, &member_id).await?;
    let mut id = [0_u8; 16];
    getrandom::fill(&mut id).map_err(|error| Error::internal(&error))?;
    let entry = actor.entry("member.erase", &member_id, json!({"receipt": hex::encode(id)}));
    let erase = EraseMember {
        id: hex::encode(id),
        digest: digest(&member_id),
        member_id,
        at: app.communications.now_ms().await?,
        actor: entry.actor.clone(),
    };
    publish::leave(&app, &erase.member_id).await?;
    let erased = app.communications.erase_member(&erase).await?;
    // Messages for the member's next receipt belong to communications, and go with them.
    let waiting = app.store.waiting_till_messages(std::slice::from_ref(&erase.member_id)).await?;
    app.store.remove_till_messages(&waiting).await?;
    let Some(erasure) = erased else {
        let what = format!("member `{}` in communications: nothing is stored of it", erase.member_id);
        return Err(Error::Unknown { code: "nothing_to_erase", what });
    };
    app.store.audit_append(&entry).await?;
    Ok(receipt(&erasure))
}

/// The digest of a member's id by which its erasures are found.
pub fn digest(member_id: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(DOMAIN);
    digest.update(member_id);
    hex::encode(digest.finalize())
}

/// An erasure as it is shown.
pub(super) fn receipt(erasure: &Erasure) -> Value {
    let erased: Map<String, Value> =
        erasure.erased.iter().map(|(table, rows)| (table.clone(), json!(rows))).collect();
    json!({
        "receipt": erasure.id,
        "at": Timestamp::from_millisecond(erasure.at).map(|at| at.to_string()).ok(),
        "actor": erasure.actor,
        "digest": erasure.digest,
        "erased": erased,
    })
}
