//! The inputs of a purchase: as they were recorded, or approximated by what is stored now.

use std::collections::BTreeMap;

use serde_json::Value;
use store::{MemberRecord, Purchase, Store};
use wire::json;

use crate::error::Error;
use crate::purchases::inputs::{Inputs, MemberInputs};
use crate::replay::ReplayError;
use crate::replay::recorded::Recorded;

/// The limits of every back-test, as notes of its report.
pub(super) const APPROXIMATED: [&str; 3] = [
    "goods are those of today, also where they were others when a receipt was sold",
    "points and limits over time are as each receipt found them: what the candidate would have given \
     before is not counted",
    "receipts of versions on trial are priced by the active versions",
];

/// A purchase that can be priced again.
pub(super) struct Known {
    pub recorded: Recorded,
    /// True if the inputs were not recorded, and are those of today.
    pub approximated: bool,
}

/// The inputs of a purchase; `None` if they cannot be read.
pub(super) async fn of(store: &Store, purchase: Purchase) -> Result<Option<Known>, Error> {
    let (purchase, approximated) = match purchase.inputs {
        Some(_) => (purchase, false),
        None => (as_of_now(store, purchase).await?, true),
    };
    match Recorded::read(store, purchase).await {
        Ok(recorded) => Ok(Some(Known { recorded, approximated })),
        Err(ReplayError::NotRecorded(_) | ReplayError::Removed(_) | ReplayError::NotReproducible(_)) => {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// A purchase with inputs of today, for one that is older than the recording of inputs.
async fn as_of_now(store: &Store, purchase: Purchase) -> Result<Purchase, Error> {
    let request = json::parse(&purchase.request).unwrap_or_default();
    let text = |pointer: &str| request.pointer(pointer).map(id).unwrap_or_default();
    let (kind, value) = (text("/member/kind"), text("/member/value"));
    let record = store.member_by_identifier(&kind, &value).await?;
    let member = match record {
        Some(record) => Some(member(store, &purchase, record).await?),
        None => None,
    };
    let inputs = Inputs { member, ..Inputs::default() }.write()?;
    Ok(Purchase { inputs: Some(inputs), ..purchase })
}

fn id(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

async fn member(store: &Store, purchase: &Purchase, record: MemberRecord) -> Result<MemberInputs, Error> {
    let points = store.points_available(&record.id, &purchase.id, store.now().await?).await?;
    let mut answers: BTreeMap<String, BTreeMap<String, bool>> = BTreeMap::new();
    for answer in record.answers {
        answers.entry(answer.attribute).or_default().insert(answer.item, answer.accepted);
    }
    Ok(MemberInputs {
        id: record.id,
        state: Some(record.state),
        points: points.max(0),
        audiences: record.audiences,
        answers,
    })
}
