//! What is imported before the first week.

use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::error::DriveError;
use super::host::{Host, JSON, ROWS};
use crate::chain::Chain;
use crate::host;

/// Members of one upload.
const UPLOAD: usize = 50_000;

/// Time between two looks at an import that goes on.
const LOOK: Duration = Duration::from_millis(200);

/// The most looks: an hour.
const MOST_LOOKS: u32 = 18_000;

/// Imports goods, tills and members, defines attributes, and takes the offer live. It needs a key of role
/// `integration` or `admin`, and can be done again. `progress` is told how many members are in of how many.
///
/// # Errors
///
/// The host cannot be reached, or does not take everything.
pub fn load(chain: &Chain, at: &Host, progress: &dyn Fn(u64, u64)) -> Result<(), DriveError> {
    for (name, body) in host::attributes() {
        at.send(("PUT", &format!("/v1/attributes/{name}")), JSON, None, &body.to_string())?;
    }
    at.send(("POST", "/v1/catalog/imports"), ROWS, None, &lines(&host::catalog()))?;
    let all = u64::from(chain.settings().members);
    let mut members = host::members(chain);
    let mut done = 0;
    loop {
        progress(done, all);
        let rows: Vec<Value> = members.by_ref().take(UPLOAD).collect();
        if rows.is_empty() {
            break;
        }
        upload(at, "/v1/members/imports", &rows)?;
        done += u64::try_from(rows.len()).unwrap_or_default();
    }
    for mut offer in host::offers() {
        if let Some(offer) = offer.as_object_mut() {
            // It is in the address.
            offer.remove("external_id");
        }
        let path = format!("/v1/offers/{}", host::OFFER);
        at.send(("PUT", &path), JSON, None, &offer.to_string())?;
        at.send(("POST", &format!("{path}/run")), JSON, None, "")?;
    }
    Ok(())
}

/// Uploads rows and waits until they are applied.
fn upload(at: &Host, path: &str, rows: &[Value]) -> Result<(), DriveError> {
    let call = || format!("POST {path}");
    let mut import = at.send(("POST", path), ROWS, None, &lines(rows))?;
    let mut looks = 0;
    let state = |import: &Value| import.get("state").and_then(Value::as_str).unwrap_or_default().to_owned();
    while state(&import) == "running" && looks < MOST_LOOKS {
        thread::sleep(LOOK);
        looks += 1;
        let id = import.get("id").and_then(Value::as_str).unwrap_or_default();
        import = at.get(&format!("{path}/{id}"))?;
    }
    let taken = import.get("rows").and_then(Value::as_u64).unwrap_or_default();
    if state(&import) == "done" && usize::try_from(taken).is_ok_and(|taken| taken == rows.len()) {
        return Ok(());
    }
    let errors = import.get("errors").map(ToString::to_string).unwrap_or_default();
    let detail = format!("the import is {}: {errors:.500}", state(&import));
    Err(DriveError::Rows { call: call(), rows: rows.len(), taken, detail })
}

fn lines(rows: &[Value]) -> String {
    rows.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")
}
