//! Backups of the database of communications, which is a file of its own.

use serde_json::json;
use tempfile::TempDir;

use super::{events_of, kinds, now_ms};
use crate::shop::{Database, Shop, on_both_databases, path, reference};
use crate::waiting::until;

on_both_databases!(communications_are_backed_up_beside_the_tills);

fn send(shop: &Shop, id: &str) {
    let event = json!({"id": id, "source": "shop", "member": {"id": "m-1"}, "kind": "cart_abandoned", "at": now_ms()});
    shop.import("/v1/events", &event.to_string()).accepted();
}

fn sell(shop: &Shop, id: &str) {
    shop.post(&path(id, "calculate"), id, &reference().to_string()).accepted();
    shop.post(&path(id, "confirm"), &format!("{id} confirm"), "").accepted();
}

fn communications_are_backed_up_beside_the_tills(database: Database) {
    let settings = [("COMMUNICATIONS__EVENTS_DAYS", "0"), ("COMMUNICATIONS__FEED_EVERY_MS", "20")];
    let shop = Shop::open_with(database, &settings);
    send(&shop, "1");
    sell(&shop, "p-1");
    until("the purchase is an event", || kinds(&events_of(&shop, "m-1")).contains(&"purchase"));
    let folder = TempDir::new().expect("a folder");
    let file = |name: &str| folder.path().join(name).to_str().expect("text").to_owned();
    let (tills, communications) = (file("tills.sqlite"), file("communications.sqlite"));
    let made = shop.command(&["backup", &tills, "--communications", &communications]);
    let said = String::from_utf8_lossy(&[made.stdout, made.stderr].concat()).into_owned();
    if database == Database::Postgres {
        assert!(!made.status.success() && said.contains("pg_dump"), "{said}");
        return;
    }
    assert!(made.status.success() && said.contains("bytes, communications"), "{said}");
    send(&shop, "2");
    sell(&shop, "p-2");
    let restore = |arguments: &[&str]| {
        let ran = shop.command(&[&["restore", &tills], arguments].concat());
        (ran.status.success(), String::from_utf8_lossy(&[ran.stdout, ran.stderr].concat()).into_owned())
    };
    shop.signal("TERM");
    shop.wait();
    let (done, said) = restore(&["--overwrite", "--communications", &tills]);
    assert!(!done && said.contains("has no tables of communications"), "{said}");
    let (done, said) = restore(&["--overwrite", "--communications", &communications]);
    assert!(done && said.contains("restored: communications"), "{said}");
    shop.start();
    let events = events_of(&shop, "m-1");
    assert_eq!(kinds(&events), ["cart_abandoned", "points_accrued", "purchase"]);
    // The tills go on from the backup too, and what they sell now is read.
    sell(&shop, "p-3");
    until("the next purchase is an event", || {
        events_of(&shop, "m-1").iter().any(|event| event["payload"]["purchase_id"] == "p-3")
    });
    send(&shop, "2");
    assert_eq!(events_of(&shop, "m-1").len(), 6);
}
