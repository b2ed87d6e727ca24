//! The end of a host.

use super::raw::Sockets;
use crate::shop::{Database, Shop, member};

#[test]
fn a_host_that_stops_finishes_what_it_has_begun_and_waits_for_nobody_else() {
    let settings = [
        ("SERVER__SHUTDOWN_SECONDS", "600"),
        ("CONNECTIONS__HEADER_SECONDS", "600"),
        ("CONNECTIONS__IDLE_SECONDS", "600"),
    ];
    let shop = Shop::empty(Database::Sqlite, &settings);
    let sockets = Sockets::of(&shop);
    let row = member("1.00").to_string();
    let mut upload = sockets.connect(1);
    upload.begin_upload(shop.integration_key(), row.len());
    let mut half = sockets.half_open(1, 1).remove(0);
    let mut idle = sockets.connect(1);
    idle.ask("GET /healthz", &[], "");
    assert_eq!(idle.answer().body, "ok\n");
    shop.signal("TERM");
    assert_eq!(half.rest(), "");
    assert_eq!(idle.rest(), "");
    upload.say(&row);
    let taken = upload.answer();
    assert!((200..300).contains(&taken.status()), "{taken:?}");
    assert_eq!(upload.rest(), "");
    assert!(shop.wait().success(), "it ends in good order");
}
