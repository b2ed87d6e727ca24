//! Promises of offers that imports change: each row that would run another version of a promised offer is told of, in the
//! same terms as a single offer.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use store::{OfferState, OpenPromises};

use super::decision::{not_kept, undecided};
use crate::audit::Actor;
use crate::changes::offers::import::{self, Forbidden, ImportedOffers, OfferImportOptions};
use crate::error::Error;
use crate::rows::ReadRows;
use crate::state::App;

/// How long an import waits for the number of open promises of one offer.
const COUNT_WAIT: Duration = Duration::from_secs(5);

/// The choice for open promises of all rows of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfRows {
    /// They are to be kept, which another version of an offer cannot.
    Keep,
    /// They are broken without a word.
    Break,
}

/// Imports offers. Rows that would break promises are refused unless that was decided.
pub async fn import(
    app: App,
    options: OfferImportOptions,
    sent: ReadRows<Value>,
    decision: Option<OfRows>,
    actor: Actor,
) -> Result<ImportedOffers, Error> {
    let mut forbidden = Forbidden::new();
    if options.run && decision != Some(OfRows::Break) {
        for (offer, open) in open(&app, &sent).await? {
            let refusal = match decision {
                Some(OfRows::Keep) => not_kept(&offer),
                _ => undecided(&offer, open, "running another version"),
            };
            forbidden.insert(offer, (refusal.code(), refusal.to_string()));
        }
    }
    import::import(app, options, sent, &forbidden, actor).await
}

/// The open promises of the running offers that rows name. A database that cannot be asked keeps nobody from importing
/// offers.
async fn open(app: &App, sent: &ReadRows<Value>) -> Result<BTreeMap<String, OpenPromises>, Error> {
    let named: Vec<&str> =
        sent.rows.iter().filter_map(|(_, row)| row.get("external_id").and_then(Value::as_str)).collect();
    let mut open = BTreeMap::new();
    for offer in named {
        let versions = app.store.offer_versions(offer).await?;
        if !versions.iter().any(|version| version.state == OfferState::Running) {
            continue;
        }
        let count = async {
            let now = app.communications.now_ms().await?;
            app.communications.open_promises(offer, now).await
        };
        match tokio::time::timeout(COUNT_WAIT, count).await {
            Ok(Ok(found)) if found.count > 0 => {
                open.insert(offer.to_owned(), found);
            }
            Ok(Ok(_)) => {}
            // The next offers would wait as long.
            Ok(Err(_)) | Err(_) => {
                tracing::warn!(offer, "open promises of an import are not counted");
                break;
            }
        }
    }
    Ok(open)
}
