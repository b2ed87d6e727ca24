//! Connections to PostgreSQL over TLS: the right server is taken, any other is refused with a message for people.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::fs;
use std::path::Path;
use std::process::Command;

use store::{Store, StoreError};
use test_postgres::{Installation, Server};

/// Makes an authority, and a certificate of it for 127.0.0.1, in files that begin with `name`.
fn certificates(folder: &Path, name: &str) {
    let settings = "[req]\ndistinguished_name=d\n[d]\n\
                    [authority]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n\
                    [server]\nbasicConstraints=critical,CA:FALSE\nsubjectAltName=IP:127.0.0.1\n";
    fs::write(folder.join("settings.cnf"), settings).unwrap();
    let make = |of: &str, extensions: &str, signed_by: &[&str]| {
        let (key, certificate) = (format!("{name}-{of}.key"), format!("{name}-{of}.pem"));
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
            .args(["-days", "2", "-config", "settings.cnf", "-extensions", extensions])
            .args(["-subj", &format!("/CN={of}"), "-keyout", &key, "-out", &certificate])
            .args(signed_by)
            .current_dir(folder)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    };
    make("authority", "authority", &[]);
    let (authority, key) = (format!("{name}-authority.pem"), format!("{name}-authority.key"));
    make("server", "server", &["-CA", &authority, "-CAkey", &key]);
}

#[tokio::test]
async fn only_the_right_server_is_taken() {
    let folder = tempfile::TempDir::new().unwrap();
    certificates(folder.path(), "ours");
    certificates(folder.path(), "theirs");
    let file = |name: &str| folder.path().join(name);
    let server = Server::start(&Installation::find().unwrap()).unwrap();
    let open = async |host: &str, mode: &str, authority: &str| {
        let url = server.url().replace("127.0.0.1", host);
        let authority = file(authority);
        Store::open(&format!("{url}?sslmode={mode}&sslrootcert={}", authority.display())).await
    };
    let refused = async |host: &str, authority: &str| match open(host, "verify-full", authority).await {
        Err(error @ StoreError::Unavailable { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    };

    let said = refused("127.0.0.1", "ours-authority.pem").await;
    assert!(said.contains("does not support TLS"), "{said}");

    server.encrypt(&file("ours-server.pem"), &file("ours-server.key")).unwrap();
    let store = open("127.0.0.1", "verify-full", "ours-authority.pem").await.unwrap();
    store.migrate().await.unwrap();
    assert_eq!(store.revision().await.unwrap(), 0);
    store.close().await;

    let said = refused("127.0.0.1", "theirs-authority.pem").await;
    assert!(said.contains("certificate of the database server") && said.contains("sslrootcert"), "{said}");
    let said = refused("localhost", "ours-authority.pem").await;
    assert!(said.contains("another host than database.url names"), "{said}");
    for (mode, authority, told) in [
        ("verify-full", "no-authority.pem", "sslrootcert"),
        ("verify-fully", "ours-authority.pem", "verify-fully"),
    ] {
        let unusable = open("127.0.0.1", mode, authority).await.unwrap_err();
        assert!(matches!(unusable, StoreError::UnusableUrl { .. }), "{unusable:?}");
        assert!(unusable.to_string().contains(told), "{unusable}");
    }
    // Encrypted, but by whoever answers.
    open("localhost", "require", "theirs-authority.pem").await.unwrap();
}
