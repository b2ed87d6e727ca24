//! Mails to a server that drops, defers and refuses.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

#[path = "doubles/mail_server.rs"]
mod mail_server;

use mail_server::{MailServer, Script};
use senders::{Outcome, Outgoing, RefusedKind, Secret, Secrets, Sender, account_of};
use serde_json::{Value, json};

fn open(server: &MailServer, more: Value) -> Sender {
    let mut document = json!({
        "host": "127.0.0.1", "port": server.port, "security": "none", "allow_private": true,
        "from": "Shop <news@example.com>", "connections": 1, "timeout_ms": 5_000,
    });
    for (name, value) in more.as_object().unwrap() {
        document[name] = value.clone();
    }
    let account = account_of("smtp", &document).unwrap();
    let secrets = Secrets::from([("password".to_owned(), Secret::new("right"))]);
    Sender::open(&account, &secrets).unwrap()
}

fn mail(id: &str, to: &str) -> Outgoing {
    Outgoing {
        message_id: id.to_owned(),
        to: to.to_owned(),
        subject: "Кофе за полцены".to_owned(),
        html: Some("<p>Кофе</p>".to_owned()),
        text: "Кофе\n.\nконец".to_owned(),
        language: Some("ru".to_owned()),
        unsubscribe: Some("https://m.example.com/u/abc".to_owned()),
        ..Outgoing::default()
    }
}

fn three() -> Vec<Outgoing> {
    vec![mail("m1", "a@example.org"), mail("m2", "b@example.org"), mail("m3", "c@example.org")]
}

fn is_accepted(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Accepted { .. })
}

fn is_later(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Later { .. })
}

fn refused(outcome: &Outcome) -> Option<RefusedKind> {
    match outcome {
        Outcome::Refused { kind, .. } => Some(*kind),
        _ => None,
    }
}

#[tokio::test]
async fn a_mail_has_both_parts_and_the_headers_of_one_click_unsubscribing() {
    let server = MailServer::start(Script::default());
    let sender = open(&server, json!({"bounces": "bounce+{id}@example.com", "reply_to": "help@example.com"}));
    let outcomes = sender.send(&[mail("m1", "a@example.org")]).await;
    assert_eq!(outcomes, [Outcome::Accepted { provider_id: Some("Q1".to_owned()) }]);
    let (from, to, text) = server.mails().remove(0);
    assert_eq!((from.as_str(), to.as_str()), ("bounce+m1@example.com", "a@example.org"));
    for line in [
        "From: Shop <news@example.com>",
        "To: a@example.org",
        "Reply-To: help@example.com",
        "Message-ID: <m1@example.com>",
        "List-Unsubscribe: <https://m.example.com/u/abc>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "Content-Language: ru",
        "Auto-Submitted: auto-generated",
    ] {
        assert!(text.contains(&format!("{line}\r\n")), "no {line} in {text}");
    }
    assert!(text.contains("multipart/alternative"), "{text}");
    let (plain, html) = (text.find("text/plain").unwrap(), text.find("text/html").unwrap());
    assert!(plain < html, "the richest part stands last");
}

#[tokio::test]
async fn one_connection_carries_many_mails() {
    let server = MailServer::start(Script::default());
    let sender = open(&server, json!({}));
    assert!(sender.send(&three()).await.iter().all(is_accepted));
    assert_eq!((server.mails().len(), server.seen.lock().unwrap().connections), (3, 1));
    assert_eq!(server.count("NOOP"), 0);
    sender.close().await;
    assert_eq!(server.count("QUIT"), 1);
}

#[tokio::test]
async fn a_connection_is_replaced_after_its_number_of_mails() {
    let server = MailServer::start(Script::default());
    let sender = open(&server, json!({"mails_per_connection": 1}));
    assert!(sender.send(&three()).await.iter().all(is_accepted));
    assert_eq!(server.seen.lock().unwrap().connections, 3);
}

/// A kept connection that dies before the mail went out costs nothing, at whichever command it dies.
#[tokio::test]
async fn a_kept_connection_that_dies_before_the_mail_is_replaced() {
    for command in ["MAIL", "RCPT", "DATA"] {
        let script = Script { drop_at: Some((command, 1)), only_reused: true, ..Script::default() };
        let server = MailServer::start(script);
        let sender = open(&server, json!({}));
        let outcomes = sender.send(&three()).await;
        assert!(outcomes.iter().all(is_accepted), "{command}: {outcomes:?}");
        assert_eq!(server.mails().len(), 3, "{command}");
    }
}

/// A new connection that dies is not tried again at once: the server has nothing, and the mail comes later.
#[tokio::test]
async fn a_new_connection_that_dies_before_the_mail_means_later() {
    for command in ["EHLO", "MAIL", "RCPT", "DATA"] {
        let server = MailServer::start(Script { drop_at: Some((command, 1)), ..Script::default() });
        let outcomes = open(&server, json!({})).send(&three()).await;
        assert!(is_later(&outcomes[0]), "{command}: {outcomes:?}");
        assert!(outcomes[1..].iter().all(is_accepted), "{command}: {outcomes:?}");
        assert_eq!(server.mails().len(), 2, "{command}");
    }
}

/// After the mail nobody can say. It is not sent again, even over a kept connection.
#[tokio::test]
async fn a_connection_that_dies_after_data_leaves_the_mail_unknown() {
    for (place, taken) in [("CONTENT", 2), ("ANSWER", 3)] {
        for only_reused in [false, true] {
            let script = Script { drop_at: Some((place, 1)), only_reused, ..Script::default() };
            let server = MailServer::start(script);
            let outcomes = open(&server, json!({})).send(&three()).await;
            let unknown = usize::from(only_reused);
            assert!(matches!(outcomes[unknown], Outcome::Unknown { .. }), "{place}: {outcomes:?}");
            let accepted = outcomes.iter().filter(|outcome| is_accepted(outcome)).count();
            assert_eq!((accepted, server.mails().len()), (2, taken), "{place}");
        }
    }
}

#[tokio::test]
async fn an_answer_about_one_recipient_costs_only_that_one() {
    let table = [
        ("550 5.1.1 no such user", Some(RefusedKind::Address)),
        ("550 no such user here", Some(RefusedKind::Address)),
        ("553 5.1.3 not an address", Some(RefusedKind::Address)),
        ("550 5.2.1 mailbox disabled", Some(RefusedKind::Address)),
        ("550 5.7.1 message blocked as spam", Some(RefusedKind::Content)),
        ("550 Blocked - see our blocklist", Some(RefusedKind::Content)),
        // Faults of ours, for which no address is lost.
        ("550 Authentication is required", Some(RefusedKind::Content)),
        ("550 Sender address rejected: domain not found", Some(RefusedKind::Content)),
        ("550 Helo command rejected: host not found", Some(RefusedKind::Content)),
        ("550 Client host rejected: cannot find your reverse hostname", Some(RefusedKind::Content)),
        ("550 5.2.0 the mail was not taken", Some(RefusedKind::Content)),
        ("554 5.7.1 relay access denied", Some(RefusedKind::Content)),
        ("530 5.7.0 authentication required", Some(RefusedKind::Auth)),
        ("552 5.2.2 mailbox full", None),
        ("452 4.2.2 mailbox full", None),
        ("450 4.7.1 greylisted, try again", None),
        ("451 4.3.0 busy", None),
    ];
    for (answer, kind) in table {
        let recipients = [("b@example.org", answer)].into();
        let server = MailServer::start(Script { recipients, ..Script::default() });
        let sender = open(&server, json!({}));
        let outcomes = sender.send(&three()).await;
        assert!(is_accepted(&outcomes[0]) && is_accepted(&outcomes[2]), "{answer}: {outcomes:?}");
        assert_eq!(refused(&outcomes[1]), kind, "{answer}: {outcomes:?}");
        assert_eq!(is_later(&outcomes[1]), kind.is_none(), "{answer}: {outcomes:?}");
        // The session is reset, so that the next mail does not go to the refused recipient as well.
        assert_eq!((server.count("RSET"), server.seen.lock().unwrap().connections), (1, 1), "{answer}");
    }
}

#[tokio::test]
async fn a_server_that_ends_the_session_with_421_is_connected_to_anew() {
    let recipients = [("b@example.org", "421 4.3.2 going down")].into();
    let server = MailServer::start(Script { recipients, ..Script::default() });
    let outcomes = open(&server, json!({})).send(&three()).await;
    assert!(is_later(&outcomes[1]), "{outcomes:?}");
    assert!(is_accepted(&outcomes[2]), "{outcomes:?}");
}

#[tokio::test]
async fn a_session_that_cannot_be_reset_is_given_up() {
    let script = Script {
        recipients: [("b@example.org", "550 5.1.1 no")].into(),
        commands: [("RSET", "503 5.5.1 no")].into(),
        ..Script::default()
    };
    let server = MailServer::start(script);
    let outcomes = open(&server, json!({})).send(&three()).await;
    assert!(is_accepted(&outcomes[2]), "{outcomes:?}");
    assert_eq!(server.seen.lock().unwrap().connections, 2);
}

#[tokio::test]
async fn the_answer_after_the_mail_counts_too() {
    let table = [
        ("554 5.6.0 looks like spam", Some(RefusedKind::Content)),
        ("550 5.1.1 no such user after all", Some(RefusedKind::Address)),
        ("451 4.3.0 try again", None),
    ];
    for (answer, kind) in table {
        let server = MailServer::start(Script { content: Some(("<m2@", answer)), ..Script::default() });
        let outcomes = open(&server, json!({})).send(&three()).await;
        assert_eq!(refused(&outcomes[1]), kind, "{answer}: {outcomes:?}");
        assert_eq!(is_later(&outcomes[1]), kind.is_none(), "{answer}: {outcomes:?}");
        assert!(is_accepted(&outcomes[2]), "{answer}: {outcomes:?}");
    }
}

#[tokio::test]
async fn signing_in_is_with_the_secret() {
    let script = Script { account: Some(("shop", "right")), ..Script::default() };
    let server = MailServer::start(script);
    let sender = open(&server, json!({"user": "shop", "password": "password"}));
    assert!(sender.send(&three()).await.iter().all(is_accepted));

    let script = Script { account: Some(("shop", "other")), ..Script::default() };
    let server = MailServer::start(script);
    let sender = open(&server, json!({"user": "shop", "password": "password"}));
    let outcomes = sender.send(&[mail("m1", "a@example.org")]).await;
    assert_eq!(refused(&outcomes[0]), Some(RefusedKind::Auth), "{outcomes:?}");
    assert!(!format!("{outcomes:?} {sender:?}").contains("right"));
    assert_eq!(server.count("MAIL"), 0);
}

#[tokio::test]
async fn without_starttls_nothing_is_sent_where_it_is_asked_for() {
    let server = MailServer::start(Script::default());
    let outcomes = open(&server, json!({"security": "starttls"})).send(&three()).await;
    assert_eq!(refused(&outcomes[0]), Some(RefusedKind::Auth), "{outcomes:?}");
    assert_eq!(server.count("MAIL"), 0);
    let outcomes = open(&server, json!({"security": "opportunistic"})).send(&three()).await;
    assert!(outcomes.iter().all(is_accepted), "{outcomes:?}");
}

#[tokio::test]
async fn a_server_in_a_private_network_needs_leave() {
    let server = MailServer::start(Script::default());
    let sender = open(&server, json!({"security": "opportunistic", "allow_private": false}));
    let outcomes = sender.send(&[mail("m1", "a@example.org")]).await;
    let Outcome::Refused { kind: RefusedKind::Auth, reason } = &outcomes[0] else { panic!("{outcomes:?}") };
    assert!(reason.starts_with("private_address"), "{reason}");
    assert_eq!(server.seen.lock().unwrap().connections, 0);
}

#[tokio::test]
async fn a_bad_address_or_a_line_break_costs_only_itself() {
    let server = MailServer::start(Script::default());
    let mut messages = three();
    messages[0].to = "not an address".to_owned();
    messages[1].subject = "Hello\r\nBcc: everybody@example.org".to_owned();
    let outcomes = open(&server, json!({})).send(&messages).await;
    assert_eq!(refused(&outcomes[0]), Some(RefusedKind::Address), "{outcomes:?}");
    assert!(outcomes[1..].iter().all(is_accepted), "{outcomes:?}");
    assert!(!server.mails()[0].2.contains("\r\nBcc:"));
}

#[tokio::test]
async fn a_domain_beyond_ascii_goes_out_in_its_ascii_form() {
    let server = MailServer::start(Script::default());
    let outcomes = open(&server, json!({})).send(&[mail("m1", "anna@почта.рф")]).await;
    assert!(outcomes.iter().all(is_accepted), "{outcomes:?}");
    let (_, to, text) = server.mails().remove(0);
    assert_eq!(to, "anna@xn--80a1acny.xn--p1ai");
    assert!(text.contains("To: anna@xn--80a1acny.xn--p1ai\r\n"), "{text}");
}

#[tokio::test]
async fn several_connections_send_at_the_same_time() {
    let server = MailServer::start(Script::default());
    let messages: Vec<Outgoing> =
        (0..200).map(|at| mail(&format!("m{at}"), &format!("a{at}@example.org"))).collect();
    let outcomes = open(&server, json!({"connections": 4})).send(&messages).await;
    assert!(outcomes.iter().all(is_accepted));
    assert_eq!(server.mails().len(), 200);
    assert!(server.seen.lock().unwrap().connections <= 4);
}
