//! Several hosts on one PostgreSQL database.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::postgres::psql;

use super::{one_line, version_of};
use crate::shop::{Database, Shop, path, reference};

/// Nodes that look so seldom that only a hint can make them see anything while a test runs. How soon
/// they do is measured by `cargo run --release -p tests --example nodes`.
const ONLY_HINTS: [(&str, &str); 2] = [("NODES__POLL_SECONDS", "600"), ("NODES__LEASE_SECONDS", "900")];
/// A node that has not followed after this time counts as failed.
const PATIENCE: Duration = Duration::from_secs(60);

fn three(settings: &[(&str, &str)]) -> [Shop; 3] {
    let first = Shop::open_with(Database::Postgres, settings);
    let (second, third) = (first.join(&[]), first.join(&[]));
    let started = Instant::now();
    // A node serves a moment before the others know of it.
    while psql(first.database_url(), "SELECT COUNT(*) FROM nodes") != "3" {
        assert!(started.elapsed() < PATIENCE, "a node does not say that it is there");
        std::thread::sleep(Duration::from_millis(20));
    }
    [first, second, third]
}

fn version_at(node: &Shop, purchase: &str) -> String {
    let answer = node.post(&path(purchase, "calculate"), purchase, &reference().to_string());
    version_of(&answer.accepted())
}

/// Waits until each of the nodes prices with a version.
fn until_all(nodes: &[&Shop], version: &str) {
    let started = Instant::now();
    for (number, node) in nodes.iter().enumerate() {
        for attempt in 0.. {
            if version_at(node, &format!("w-{number}-{version}-{attempt}-{}", started.elapsed().as_nanos()))
                == version
            {
                break;
            }
            assert!(started.elapsed() < PATIENCE, "node {number} never came to {version}");
        }
    }
}

#[test]
fn a_hint_is_enough_to_see_a_change_on_all_nodes() {
    let [first, second, third] = three(&ONLY_HINTS);
    first.upload_product("3.100.101");
    let rolled = first.roll_out(&json!({"version": "3.100.101"}));
    let states: Vec<&str> =
        rolled["nodes"].as_array().unwrap().iter().map(|node| node["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["ready"; 3], "all were ready before the commit: {rolled}");
    let nodes = [&first, &second, &third];
    until_all(&nodes, "3.100.101");
    // Taken back on another node than the one that rolled it out.
    second.roll_back();
    until_all(&nodes, "1.0.0");
    // So goes the end of a canary, by a version that is named for all.
    third.roll_out(&json!({"version": "3.100.101", "canary_percent": "100"}));
    until_all(&nodes, "3.100.101");
    first.roll_out(&json!({"version": "1.0.0"}));
    until_all(&nodes, "1.0.0");
    // Offers go the same way.
    third.as_integration("POST", "/v1/offers/coffee-15/stop", "").accepted();
    let started = Instant::now();
    while first.calculated("o-1")["lines"][0]["discount"] != "0.00" {
        assert!(started.elapsed() < PATIENCE);
    }
}

#[test]
fn without_hints_a_change_is_seen_by_looking() {
    let [first, second, third] = three(&[("NODES__NOTIFY", "false")]);
    first.upload_product("3.100.101");
    first.roll_out(&json!({"version": "3.100.101"}));
    let nodes = [&first, &second, &third];
    until_all(&nodes, "3.100.101");
    second.roll_back();
    until_all(&nodes, "1.0.0");
}

#[test]
fn a_node_that_was_stopped_looks_before_it_prices() {
    let [first, second, _third] = three(&[]);
    first.upload_product("3.100.101");
    assert_eq!(version_at(&second, "p-1"), "1.0.0");
    second.signal("STOP");
    let rolled = first.roll_out(&json!({"version": "3.100.101"}));
    let silent = |node: &&Value| node["state"] == "silent";
    assert_eq!(rolled["nodes"].as_array().unwrap().iter().filter(silent).count(), 1, "{rolled}");
    // Longer than its lease: the roll-out waited for it that long.
    second.signal("CONT");
    assert_eq!(version_at(&second, "p-2"), "3.100.101", "its very first receipt");
}

#[test]
fn two_admins_on_two_nodes_do_not_undo_each_other() {
    let [first, second, third] = three(&[]);
    std::thread::scope(|scope| {
        for (node, name) in [(&first, "a"), (&second, "b"), (&third, "c")] {
            scope.spawn(move || {
                for n in 0..8 {
                    let offer = json!({"mechanic": "product", "params": {"items": [
                        {"target": "G1", "method": "percent", "value": "1"}]}});
                    node.run_offer(&format!("{name}-{n}"), &offer);
                }
            });
        }
    });
    let plans = || -> Vec<(String, usize)> {
        let plan = |node: &Shop| {
            let plan = node.as_integration("GET", "/v1/plan", "").accepted();
            (plan["plan"].as_str().unwrap().to_owned(), plan["offers"].as_array().unwrap().len())
        };
        [&first, &second, &third].map(plan).to_vec()
    };
    let started = Instant::now();
    loop {
        let plans = plans();
        if plans.iter().all(|plan| plan.1 == 26 && plan.0 == plans.first().unwrap().0) {
            break;
        }
        assert!(started.elapsed() < PATIENCE, "{plans:?}");
    }
}

/// Kills a node at many moments of a roll-out, a commit and a roll-back, and looks whether any node
/// ever serves a plan that the database does not know.
#[test]
fn whoever_is_killed_leaves_no_plan_that_was_not_committed() {
    let [first, second, third] = three(&[]);
    first.upload_product("3.100.101");
    for round in 0..12_u64 {
        let wanted = if round % 2 == 0 { "3.100.101" } else { "1.0.0" };
        std::thread::scope(|scope| {
            // The node that is killed is the one that is asked in even rounds, and one that follows in odd.
            let asked = if round % 4 < 2 { &third } else { &first };
            scope.spawn(move || {
                let body = json!({"version": wanted}).to_string();
                let _ = asked.try_admin("PUT", "/v1/mechanics/product/rollout", &body);
            });
            std::thread::sleep(Duration::from_millis(round * 7));
            third.kill();
        });
        let committed = first.product()["rollout"]["active"]["version"].as_str().unwrap().to_owned();
        let live = [&first, &second];
        until_all(&live, &committed);
        third.start();
        assert_eq!(version_at(&third, &format!("k-{round}")), committed, "round {round}");
        for (number, node) in [&first, &second, &third].into_iter().enumerate() {
            let answer = node.post(
                &path(&format!("q-{round}-{number}"), "calculate"),
                &format!("q-{round}-{number}"),
                &one_line("G1", "349.90", None).to_string(),
            );
            let expected = if committed == "1.0.0" { "52.49" } else { "157.46" };
            assert_eq!(answer.accepted()["totals"]["discount"], expected, "round {round}, node {number}");
        }
    }
}

#[test]
fn a_node_that_cannot_build_the_plan_serves_none() {
    let [first, second, _third] = three(&[]);
    let digest = first.upload_product("3.100.101")["digest"].as_str().unwrap().to_owned();
    // The component is lost for the second node: only the first one has it loaded.
    let lose = format!("UPDATE mechanic_versions SET component = 'lost' WHERE digest = '{digest}'");
    psql(first.database_url(), &lose);
    let rolled = first.roll_out(&json!({"version": "3.100.101"}));
    let failed: Vec<&Value> =
        rolled["nodes"].as_array().unwrap().iter().filter(|node| node["state"] == "failed").collect();
    assert_eq!(failed.len(), 2, "{rolled}");
    assert_eq!(version_at(&first, "p-1"), "3.100.101");
    let started = Instant::now();
    loop {
        let answer = second.post(&path("p-2", "calculate"), "p-2", &reference().to_string());
        if answer.status == 503 {
            assert_eq!(answer.refused(), (503, "node_fenced".to_owned()));
            break;
        }
        assert!(started.elapsed() < PATIENCE, "it goes on with old rules");
    }
    assert_eq!(second.get("/readyz").refused(), (503, "node_fenced".to_owned()));
    let mut late = reference();
    late["purchase_id"] = Value::from("late-1");
    let headers = [("Content-Type", "application/x-ndjson")];
    let sent = second.send_bytes("/v1/receipts/offline", &headers, late.to_string().as_bytes());
    assert_eq!(sent.refused(), (503, "node_fenced".to_owned()), "the till keeps the receipt");
    first.roll_back();
    let started = Instant::now();
    while second.post(&path("p-3", "calculate"), "p-3", &reference().to_string()).status != 200 {
        assert!(started.elapsed() < PATIENCE, "it comes back by itself");
    }
}
