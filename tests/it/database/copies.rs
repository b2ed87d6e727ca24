//! Moving a shop from one database to the other, and back.

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::postgres;

use super::{command_at, done, refused, url_of};
use crate::communications::{events_of, kinds, now_ms};
use crate::shop::{Database, Shop, path, reference};
use crate::waiting::until;

#[test]
fn a_shop_moves_to_the_other_database_and_back() {
    let shop = Shop::open(Database::Sqlite);
    shop.post(&path("p", "calculate"), "p", &reference().to_string()).accepted();
    let sold = shop.post(&path("p", "confirm"), "p confirm", "").accepted();
    let event = json!({"id": "e", "source": "shop", "member": {"id": "m-1"}, "kind": "cart_abandoned", "at": now_ms()});
    shop.import("/v1/events", &event.to_string()).accepted();
    let kinds_of = |shop: &Shop| {
        let events = events_of(shop, "m-1");
        kinds(&events).into_iter().map(str::to_owned).collect::<Vec<String>>()
    };
    until("the purchase is an event", || kinds_of(&shop).contains(&"purchase".to_owned()));
    let told = kinds_of(&shop);
    let folder = TempDir::new().expect("a folder");
    let (server, file) = (postgres::fresh_database(), url_of(&folder.path().join("back.sqlite")));
    let copy =
        |from: &str, to: &str| command_at(&shop, from, &["database", "copy", "--from", from, "--to", to]);

    let said = done(copy(shop.database_url(), &server));
    let counted = postgres::psql(&server, "SELECT COUNT(*) FROM communications.events");
    assert_eq!(counted, told.len().to_string(), "{said}");
    assert!(said.contains("communications: "), "{said}");
    let (events, told) = (told, said);
    assert!(told.contains("warning: a host") && told.contains("is not copied"), "{told}");
    let counted = postgres::psql(&server, "SELECT COUNT(*) FROM purchases");
    let row = told.lines().find(|line| line.starts_with("purchases ")).expect("a row for purchases");
    let numbers: Vec<&str> = row.split_whitespace().skip(1).collect();
    assert_eq!(numbers, [counted.as_str(), counted.as_str()], "{told}");
    assert!(told.contains("the same on both sides") && told.contains("the ledger adds up on both"), "{told}");
    let again = refused(copy(shop.database_url(), &server));
    assert!(again.contains("nothing was copied") && again.contains("has data already"), "{again}");

    shop.signal("TERM");
    shop.wait();
    let moved = shop.join(&[("DATABASE__URL", server.as_str())]);
    assert_eq!(moved.get("/v1/purchases/p").accepted()["state"], "confirmed");
    assert_eq!(moved.post(&path("p", "confirm"), "p confirm", "").accepted(), sold, "as it was answered");
    let replayed = moved.as_admin("POST", "/v1/purchases/p/replay", "").accepted();
    assert_eq!(replayed["identical"], true, "{replayed}");
    moved.post(&path("q", "calculate"), "q", &reference().to_string()).accepted();
    moved.post(&path("q", "confirm"), "q confirm", "").accepted();
    // No event is told again, though the feed has other places now.
    let of = |purchase: &str, event: &Value| {
        event["kind"] == "purchase" && event["payload"]["purchase_id"] == purchase
    };
    until("the next purchase is an event", || events_of(&moved, "m-1").iter().any(|event| of("q", event)));
    let once = |shop: &Shop| events_of(shop, "m-1").iter().filter(|event| of("p", event)).count();
    assert_eq!((once(&moved), kinds_of(&moved).len()), (1, 2 * events.len() - 1));
    moved.signal("TERM");
    moved.wait();

    let told = done(copy(&server, &file));
    assert!(!told.contains("warning"), "{told}");
    let back = shop.join(&[("DATABASE__URL", file.as_str())]);
    for id in ["p", "q"] {
        let replayed = back.as_admin("POST", &path(id, "replay"), "").accepted();
        assert_eq!(replayed["identical"], true, "{replayed}");
    }
    back.verify();
    assert_eq!((once(&back), kinds_of(&back).len()), (1, 2 * events.len() - 1));
    for (url, verify) in [(&file, "audit"), (&server, "audit"), (&server, "ledger")] {
        done(command_at(&shop, url, &[verify, "verify"]));
    }

    let missing = url_of(&folder.path().join("missing.sqlite"));
    let told = refused(copy(&missing, &postgres::fresh_database()));
    assert!(told.contains("--from") && told.contains("missing.sqlite"), "{told}");
}
