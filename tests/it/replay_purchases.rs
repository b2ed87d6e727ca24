//! Replays of purchases give the same bytes whatever has changed since, and find purchases that were tampered with.

mod changes;
mod day;
mod rollouts;

use std::process::{Command, Output};

use serde_json::{Value, json};
use tests::workspace;

use crate::shop::{Database, Shop, on_both_databases, path};
use changes::everything_changes;
use day::{CARD, Day, MEMBER};

on_both_databases!(
    what_was_answered_comes_out_again,
    what_was_tampered_with_is_found,
    a_bundle_replays_without_a_database,
);

fn replay(shop: &Shop, purchase: &str) -> crate::shop::Answer {
    shop.as_integration("POST", &path(purchase, "replay"), "")
}

/// The lines that a command printed.
fn lines(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(!text.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    text.lines().map(str::to_owned).collect()
}

fn what_was_answered_comes_out_again(database: Database) {
    let shop = Shop::open(database);
    let day = Day::begin(&shop);
    let check = |when: &str| {
        for purchase in &day.purchases {
            let before = shop.get(&format!("/v1/purchases/{purchase}")).text;
            let replayed = replay(&shop, purchase).accepted();
            assert_eq!(replayed["identical"], true, "{when}, {purchase}: {replayed}");
            assert_eq!((&replayed["purchase_id"], &replayed["differences"]), (&json!(purchase), &json!([])));
            assert_eq!(shop.get(&format!("/v1/purchases/{purchase}")).text, before, "nothing is written");
        }
        let told = shop.command(&["replay", "--last", "1000"]);
        let told = (told.status.code(), lines(&told));
        let expected = format!("{} purchases, 0 differences, ", day.purchases.len());
        assert!(
            told.0 == Some(0) && told.1.len() == 1 && told.1[0].starts_with(&expected),
            "{when}: {told:?}"
        );
    };
    check("at once");
    everything_changes(&shop, &day);
    check("after everything has changed");
    shop.kill();
    shop.start();
    check("after a new start");
}

fn what_was_tampered_with_is_found(database: Database) {
    let shop = Shop::open(database);
    let day = Day::begin(&shop);
    let answer = shop.get("/v1/purchases/p-nobody").accepted()["result"].clone();
    assert_eq!(answer["lines"][0]["discount"], "104.97");
    shop.sql("UPDATE purchases SET answer = replace(answer, '104.97', '204.97') WHERE id = 'p-nobody'");
    let replayed = replay(&shop, "p-nobody").accepted();
    assert_eq!(replayed["identical"], false);
    let differences = replayed["differences"].as_array().expect("a list");
    let first = json!({"pointer": "/lines/0/discount", "stored": "204.97", "replayed": "104.97"});
    assert_eq!(differences[0], first, "{replayed}");
    let told = shop.command(&["replay", "--last", "1000"]);
    assert_eq!(told.status.code(), Some(1));
    let told = lines(&told);
    assert!(told[0].starts_with("p-nobody differs: at /lines/0/discount"), "{told:?}");
    assert!(told[1].contains("purchases, 1 differences, "), "{told:?}");
    assert_eq!(
        shop.command(&["replay", &day.purchases[1]]).status.code(),
        Some(0),
        "another one is as it was"
    );

    shop.sql("UPDATE purchases SET inputs = NULL WHERE id = 'p-nobody'");
    assert_eq!(replay(&shop, "p-nobody").refused(), (409, "not_recorded".to_owned()));
    let told = shop.command(&["replay", "--json", "p-nobody"]);
    assert_eq!(told.status.code(), Some(2));
    let told: Value = serde_json::from_str(&lines(&told)[0]).expect("JSON");
    assert_eq!((&told["purchase_id"], &told["code"]), (&json!("p-nobody"), &json!("not_recorded")));

    shop.sql("UPDATE purchases SET plan = 'sha256:0' WHERE id = 'p-limited'");
    assert_eq!(replay(&shop, "p-limited").refused(), (409, "not_reproducible".to_owned()));
    assert_eq!(replay(&shop, "p-unknown").refused(), (404, "not_found".to_owned()));
}

fn a_bundle_replays_without_a_database(database: Database) {
    let shop = Shop::open(database);
    let day = Day::begin(&shop);
    everything_changes(&shop, &day);
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("purchases.json");
    let name = file.to_str().expect("text");
    let told = shop.command(&["replay", "--last", "1000", "--export", name]);
    assert_eq!(told.status.code(), Some(0), "{:?}", lines(&told));
    let bundle = std::fs::read_to_string(&file).expect("a bundle");
    for secret in [CARD, MEMBER, "1961-04-12", "Yuri"] {
        assert!(!bundle.contains(secret), "{secret} is in the bundle");
    }
    let elsewhere = |file: &str| {
        let mut command = Command::new(workspace::offer_host().expect("the binary"));
        command.current_dir(folder.path()).args(["replay", "--bundle", file]).env_clear();
        command.output().expect("offer-host starts")
    };
    let told = elsewhere(name);
    let said = lines(&told);
    assert!(said[0].starts_with(&format!("{} purchases, 0 differences", day.purchases.len())), "{said:?}");
    assert_eq!((told.status.code(), said.len()), (Some(0), 1));
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "no database is made");

    let other = folder.path().join("tampered.json");
    assert!(bundle.contains("104.97"));
    std::fs::write(&other, bundle.replace("104.97", "104.98")).expect("written");
    assert_eq!(elsewhere(other.to_str().expect("text")).status.code(), Some(1));
    std::fs::write(&other, bundle.replace("offer-host-replay/1", "offer-host-replay/9")).expect("written");
    let refused = elsewhere(other.to_str().expect("text"));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("offer-host-replay/9"), "{refused:?}");
}
