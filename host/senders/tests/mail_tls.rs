//! Mails over TLS: nothing of a mail, and no password, goes out before the server has shown a certificate that counts.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot go on stops"
)]

#[path = "../../../tests/it/shop/certificate.rs"]
mod certificate;
#[path = "doubles/tls_mail_server.rs"]
mod tls_mail_server;

use senders::{Outcome, Outgoing, Secret, Secrets, Sender, account_of};
use serde_json::{Value, json};
use tempfile::TempDir;
use tls_mail_server::{Manner, TlsMailServer};

struct Server {
    inner: TlsMailServer,
    /// Its certificate, which signs itself.
    certificate: String,
}

impl Server {
    fn start(manner: Manner) -> Self {
        let folder = TempDir::new().unwrap();
        certificate::certificate(folder.path());
        let certificate = std::fs::read_to_string(folder.path().join("cert.pem")).unwrap();
        Self { inner: TlsMailServer::start(folder.path(), manner), certificate }
    }

    async fn send(&self, more: Value) -> Outcome {
        let mut document = json!({
            "host": "127.0.0.1", "port": self.inner.port, "allow_private": true, "timeout_ms": 5_000,
            "from": "Shop <news@example.com>", "user": "shop", "password": "password",
        });
        for (name, value) in more.as_object().unwrap() {
            document[name] = value.clone();
        }
        let account = account_of("smtp", &document).unwrap();
        let secrets = Secrets::from([("password".to_owned(), Secret::new("right"))]);
        let sender = Sender::open(&account, &secrets).unwrap();
        let message = Outgoing {
            message_id: "m1".to_owned(),
            to: "anna@example.org".to_owned(),
            subject: "Coffee".to_owned(),
            text: "Coffee at half the price".to_owned(),
            ..Outgoing::default()
        };
        let outcome = sender.send(&[message]).await.pop().unwrap();
        sender.close().await;
        outcome
    }

    /// Lines that the server has got with a word in them.
    fn lines(&self, word: &str) -> Vec<String> {
        self.inner.seen().into_iter().filter(|line| line.contains(word)).collect()
    }

    fn got_nothing(&self) {
        for word in ["AUTH", "MAIL", "RCPT", "Coffee"] {
            assert_eq!(self.lines(word), Vec::<String>::new(), "{word}");
        }
    }
}

fn no_password() -> Value {
    json!({"user": null, "password": null})
}

fn with(certificate: &str, security: &str) -> Value {
    let mut more = no_password();
    more["authority"] = json!(certificate);
    more["security"] = json!(security);
    more
}

#[tokio::test]
async fn a_mail_goes_over_tls_from_starttls_on_or_from_the_first_byte() {
    for (manner, security) in
        [(Manner::StartTls, "starttls"), (Manner::StartTls, "opportunistic"), (Manner::FromTheStart, "tls")]
    {
        let server = Server::start(manner);
        let outcome = server.send(with(&server.certificate, security)).await;
        assert_eq!(outcome, Outcome::Accepted { provider_id: Some("Q1".to_owned()) }, "{security}");
        assert_eq!(server.lines("Coffee at half the price").len(), 1, "{security}");
        let plain = if manner == Manner::StartTls { 2 } else { 0 };
        assert_eq!(server.lines("(plain)").len(), plain, "{security}: EHLO and STARTTLS at most");
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_trusts_gets_nothing() {
    for (manner, security) in
        [(Manner::StartTls, "starttls"), (Manner::StartTls, "opportunistic"), (Manner::FromTheStart, "tls")]
    {
        let server = Server::start(manner);
        let outcome = server.send(json!({"security": security})).await;
        assert!(matches!(outcome, Outcome::Later { .. }), "{security}: {outcome:?}");
        server.got_nothing();
        // That of another server counts as little.
        let other = Server::start(Manner::StartTls);
        let outcome = server.send(with(&other.certificate, security)).await;
        assert!(matches!(outcome, Outcome::Later { .. }), "{security}: {outcome:?}");
        server.got_nothing();
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_gets_nothing() {
    let server = Server::start(Manner::StartTls);
    let mut more = with(&server.certificate, "starttls");
    more["host"] = json!("localhost");
    let outcome = server.send(more).await;
    assert!(matches!(outcome, Outcome::Later { .. }), "{outcome:?}");
    server.got_nothing();
}

#[tokio::test]
async fn a_server_that_refuses_starttls_gets_nothing() {
    for security in ["starttls", "opportunistic"] {
        let server = Server::start(Manner::Refuses);
        let outcome = server.send(with(&server.certificate, security)).await;
        assert!(matches!(outcome, Outcome::Later { .. }), "{security}: {outcome:?}");
        assert_eq!(server.lines("STARTTLS").len(), 1);
        server.got_nothing();
    }
}

#[test]
fn an_authority_is_a_certificate() {
    let problems = |authority: &str| {
        let document = json!({"host": "mx.example.com", "from": "a@example.com", "authority": authority});
        account_of("smtp", &document).map(drop).map_err(|problems| problems.len())
    };
    assert_eq!(problems("a certificate"), Err(1));
    assert_eq!(problems("-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n"), Err(1));
    let folder = TempDir::new().unwrap();
    certificate::certificate(folder.path());
    assert_eq!(problems(&std::fs::read_to_string(folder.path().join("cert.pem")).unwrap()), Ok(()));
}
