//! Too many connections, and who is served all the same.

use super::raw::{Answer, Connection, HALF_A_HEADER, Sockets};
use crate::shop::{Database, Shop, reference};

fn displaced(connection: &mut Connection) -> bool {
    Answer::whole(&connection.rest()).refused() == (503, "too_many_connections".to_owned())
}

#[test]
fn tills_are_served_while_hundreds_of_others_say_nothing_whole() {
    let shop = Shop::open_with(
        Database::Sqlite,
        &[
            ("CONNECTIONS__TOTAL", "64"),
            ("CONNECTIONS__RESERVED_FOR_TILLS", "8"),
            ("CONNECTIONS__PER_ADDRESS", "1000"),
            ("CONNECTIONS__HEADER_SECONDS", "600"),
        ],
    );
    let sockets = Sockets::of(&shop);
    let till = format!("Bearer {}", shop.named_key("pos", "raw"));
    let receipt = reference().to_string();
    let sell = |connection: &mut Connection, purchase: &str| {
        let headers = [
            ("Authorization", till.as_str()),
            ("Content-Type", "application/json"),
            ("Idempotency-Key", purchase),
        ];
        connection.ask(&format!("POST /v1/purchases/{purchase}/calculate"), &headers, &receipt);
        let answer = connection.answer();
        assert_eq!(answer.status(), 200, "{purchase}: {answer:?}");
    };
    // From one address, as behind a proxy.
    let mut known = sockets.connect(2);
    sell(&mut known, "p-1");
    let mut strangers = sockets.half_open(2, 300);
    sell(&mut known, "p-2");
    for number in 0..5 {
        sell(&mut sockets.connect(2), &format!("p-new-{number}"));
        strangers.extend(sockets.half_open(2, 60));
    }
    sell(&mut known, "p-3");
    for (number, stranger) in strangers.iter_mut().take(300).enumerate() {
        assert!(displaced(stranger), "{number}");
    }
    let metrics = shop.as_integration("GET", "/metrics", "").text;
    assert!(metrics.contains("offer_host_connections_closed_total{reason=\"displaced\"} "), "{metrics}");
}

#[test]
fn one_address_or_one_key_cannot_take_all() {
    let shop = Shop::open_with(
        Database::Sqlite,
        &[
            ("CONNECTIONS__TOTAL", "1000"),
            ("CONNECTIONS__RESERVED_FOR_TILLS", "997"),
            ("CONNECTIONS__PER_ADDRESS", "3"),
            ("CONNECTIONS__HEADER_SECONDS", "600"),
        ],
    );
    let sockets = Sockets::of(&shop);
    let mut one = sockets.half_open(2, 10);
    for (number, connection) in one.iter_mut().take(7).enumerate() {
        assert!(displaced(connection), "{number}");
    }
    for connection in one.iter_mut().skip(7) {
        connection.say("\r\n");
        assert_eq!(connection.answer().body, "ok\n", "the last ones stay");
    }

    // All connections of an address are at work for a key.
    let mut uploads: Vec<_> = (0..3).map(|_| sockets.connect(3)).collect();
    for upload in &mut uploads {
        upload.begin_upload(shop.integration_key(), 3);
    }
    let refused = Answer::whole(&sockets.connect(3).rest()).refused();
    assert_eq!(refused, (503, "too_many_connections".to_owned()));
    let mut elsewhere = sockets.connect(4);
    elsewhere.say(&format!("{HALF_A_HEADER}\r\n"));
    assert_eq!(elsewhere.answer().body, "ok\n");

    // And so are all that are not kept for tills.
    let other = shop.as_integration("GET", "/v1/offers", "");
    assert_eq!(other.refused(), (503, "kept_for_tills".to_owned()));
    assert_eq!(other.retry_after.as_deref(), Some("1"));
    shop.post("/v1/purchases/p-1/calculate", "k-1", &reference().to_string()).accepted();
    let mut first = uploads.remove(0);
    first.say("\n\n\n");
    let taken = first.answer();
    assert!((200..500).contains(&taken.status()), "{taken:?}");
    // The answer may be here before its call has ended.
    let mut other = shop.as_integration("GET", "/v1/offers", "");
    while other.status == 503 {
        other = shop.as_integration("GET", "/v1/offers", "");
    }
    other.accepted();
}
