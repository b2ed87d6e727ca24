//! Tills go on while the database of communications is not there, or locked; what they told meanwhile is read later.

use serde_json::json;
use tempfile::TempDir;
use tests::postgres::{fresh_database, psql};

use super::lock::Lock;
use super::{events_of, now_ms};
use crate::shop::{Answer, Database, Shop, on_both_databases, path, reference};
use crate::waiting::until;

on_both_databases!(a_host_serves_tills_without_it, a_till_does_not_wait_while_it_is_locked);

fn sell(shop: &Shop, purchase: &str) {
    shop.post(&path(purchase, "calculate"), purchase, &reference().to_string()).accepted();
    shop.post(&path(purchase, "confirm"), &format!("{purchase}-c"), "").accepted();
}

/// Every call of a till that changes something.
fn a_day(shop: &Shop, day: &str) {
    sell(shop, day);
    let back = json!({"lines": [{"position": 4, "quantity": "1"}]}).to_string();
    let created = shop.post(&path(day, "returns"), &format!("{day}-r"), &back).accepted();
    let id = created["return_id"].as_str().expect("an id");
    shop.post(&format!("/v1/purchases/{day}/returns/{id}/confirm"), &format!("{day}-rc"), "").accepted();
    let other = format!("{day}-x");
    shop.post(&path(&other, "calculate"), &other, &reference().to_string()).accepted();
    shop.post(&path(&other, "cancel"), &format!("{other}-c"), "").accepted();
}

fn purchases(shop: &Shop) -> usize {
    events_of(shop, "m-1").iter().filter(|event| event["kind"] == "purchase").count()
}

fn tell(shop: &Shop) -> Answer {
    let event = json!({"id": "e", "source": "test", "member": {"id": "m-1"}, "kind": "noted", "at": now_ms(), "payload": {}});
    let headers = [("Content-Type", "application/x-ndjson")];
    shop.call(("POST", "/v1/events"), "integration", &headers, &event.to_string())
}

fn a_host_serves_tills_without_it(database: Database) {
    let folder = TempDir::new().expect("a folder");
    let inside = folder.path().join("later");
    let server = postgres_address(database);
    let (address, name) = match &server {
        None => (format!("sqlite://{}/communications.db", inside.display()), String::new()),
        Some((before, name, after)) => (format!("{before}{name}{after}"), name.clone()),
    };
    let settings = [
        ("COMMUNICATIONS__DATABASE", address.as_str()),
        ("COMMUNICATIONS__EVENTS_DAYS", "0"),
        ("COMMUNICATIONS__FEED_EVERY_MS", "20"),
    ];
    let shop = Shop::open_with(database, &settings);
    a_day(&shop, "p-1");
    let refused = (503, "communications_unavailable".to_owned());
    assert_eq!(tell(&shop).refused(), refused);
    assert_eq!(shop.as_integration("GET", "/v1/members/m-1/profile", "").refused(), refused);
    assert_eq!(shop.call(("POST", "/v1/collect?site=shop"), "nobody", &[], "").refused(), refused);
    // As without it: who has no key is told nothing else.
    assert_eq!(shop.call(("POST", "/v1/events"), "nobody", &[], "").refused().0, 401);
    // There it is: the host needs no new start, and what was sold meanwhile is told.
    match &server {
        None => std::fs::create_dir(&inside).expect("a folder"),
        Some(_) => drop(psql(shop.database_url(), &format!("CREATE DATABASE \"{name}\""))),
    }
    until("communications are there", || tell(&shop).status == 200);
    until("the purchase is an event", || purchases(&shop) == 1);
}

/// On a server: the address before the name of the database, a name that nothing has yet, and the address after it.
fn postgres_address(database: Database) -> Option<(String, String, String)> {
    if database == Database::Sqlite {
        return None;
    }
    let url = fresh_database();
    let (address, options) =
        url.split_once('?').map_or((url.as_str(), ""), |(address, options)| (address, options));
    let (before, name) = address.rsplit_once('/').expect("the name of a database");
    let after = if options.is_empty() { String::new() } else { format!("?{options}") };
    Some((format!("{before}/"), format!("{name}_later"), after))
}

fn a_till_does_not_wait_while_it_is_locked(database: Database) {
    let settings = [
        // A call that waited for the lock would take longer than the client of the test waits for an answer.
        ("DATABASE__LOCK_SECONDS", "200"),
        ("DATABASE__STATEMENT_SECONDS", "200"),
        ("CONNECTIONS__REQUEST_SECONDS", "250"),
        ("COMMUNICATIONS__EVENTS_DAYS", "0"),
        ("COMMUNICATIONS__FEED_EVERY_MS", "20"),
    ];
    let shop = Shop::open_with(database, &settings);
    sell(&shop, "p-0");
    until("the purchase is an event", || purchases(&shop) == 1);
    let lock = Lock::of_communications(&shop, database);
    for day in 1..=4 {
        a_day(&shop, &format!("p-{day}"));
    }
    shop.as_integration("POST", "/v1/offers/coffee-15/stop", "").accepted();
    lock.end(&shop);
    until("all purchases are events", || purchases(&shop) == 5);
}
