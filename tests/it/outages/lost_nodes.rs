//! Nodes that are killed while they work on an import.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{PATIENCE, address, assert_all_rows_once, begin, is_done, stock, visits, wait};
use crate::shop::{Database, Shop};

const ROWS: usize = 20_000;

fn is_under_way(import: &Value) -> bool {
    import["rows"].as_i64() > Some(0)
}

#[test]
fn the_import_of_a_lost_node_goes_on_elsewhere_or_says_why_not() {
    let folders = [(); 2].map(|()| TempDir::new().expect("a folder"));
    let [together, alone] = [0, 1].map(|number: usize| folders[number].path().to_str().expect("text"));
    let settings = [("NODES__LOST_SECONDS", "3"), ("IMPORTS__FOLDER", together)];
    let first = Shop::open_with(Database::Postgres, &settings);
    let second = first.join(&[]);
    stock(&first);

    let import = address(&begin(&first, "one", &visits(0, ROWS)));
    let begun = wait(&second, &import, PATIENCE, is_under_way);
    assert!(begun["node"].is_string(), "it says who works on it: {begun}");
    first.kill();
    assert_all_rows_once(&wait(&second, &import, PATIENCE, is_done), ROWS);

    // A node that has not the upload can tell the one that has it to go on.
    let third = first.join(&[("IMPORTS__FOLDER", alone)]);
    let body = visits(ROWS, ROWS);
    let import = address(&begin(&second, "two", &body));
    wait(&second, &import, PATIENCE, is_under_way);
    let paused = third.as_integration("POST", &format!("{import}/suspend"), "").accepted();
    third.as_integration("POST", &format!("{import}/resume"), "").accepted();
    wait(&third, &import, PATIENCE, |import| import["rows"].as_i64() > paused["rows"].as_i64());

    // It cannot go on by itself.
    second.kill();
    let failed = wait(&third, &import, PATIENCE, |import| import["state"] == "failed");
    assert!(failed["detail"].as_str().is_some_and(|detail| detail.contains("send it again")), "{failed}");
    assert_eq!((is_under_way(&failed), &failed["node"]), (true, &json!(null)), "{failed}");
    assert_eq!(address(&begin(&third, "two", &body)), import, "the same import");
    assert_all_rows_once(&wait(&third, &import, PATIENCE, is_done), ROWS);
}
