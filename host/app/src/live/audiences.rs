//! Computed audiences: few, so that they are read anew for every snapshot.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wire::audience::Audiences;
use wire::problem::{Problem, Problems};

use super::Origin;

/// Reads the audiences, or returns their problems with pointers into the request.
pub(super) fn read(documents: BTreeMap<String, (Value, Origin)>) -> Result<Audiences, Problems> {
    let (rows, origins): (Vec<Value>, Vec<(String, Origin)>) =
        documents.into_iter().map(|(name, (row, origin))| (row, (name, origin))).unzip();
    let document = json!({"audiences": rows});
    Audiences::parse(&document).map_err(|found| found.map(|problem| trace(problem, &origins)))
}

fn trace(problem: Problem, origins: &[(String, Origin)]) -> Problem {
    let place = problem.pointer.strip_prefix("/audiences/").unwrap_or_default();
    let (number, rest) = place.split_at_checked(place.find('/').unwrap_or(place.len())).unwrap_or_default();
    match number.parse::<usize>().ok().and_then(|number| origins.get(number)) {
        Some((name, origin)) => {
            let pointer = rest.to_owned();
            origin.trace(&format!("audience `{name}`"), Problem { pointer, ..problem })
        }
        None => problem,
    }
}
