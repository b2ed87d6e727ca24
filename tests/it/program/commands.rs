//! Commands that open a database or call a host, where something is not as it should be.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::json;
use tempfile::TempDir;
use tests::workspace;

use crate::shop::{Database, Shop, path, reference};

fn offer_host(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(workspace::offer_host().expect("the binary"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("OFFER_HOST__DATABASE__URL")
        .env_remove("OFFER_HOST_KEY")
        .output()
        .expect("offer-host starts")
}

/// Exit status and what was said on stderr.
fn said(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn no_command_makes_a_database_unasked() {
    let folder = TempDir::new().expect("a folder");
    let database = folder.path().join("offer-host.sqlite");
    std::fs::write(folder.path().join("candidate.json"), r#"{"stop":["o"]}"#).expect("written");
    let create = "key create --role admin --name me";
    for command in [
        create,
        "key list",
        "key revoke 0123456789ab",
        "audit verify",
        "audit list",
        "ledger verify",
        "retention show",
        "retention run",
        "report uplift --offer o",
        "replay p",
        "backtest --candidate candidate.json",
    ] {
        let arguments: Vec<&str> = command.split(' ').collect();
        let (status, told) = said(&offer_host(folder.path(), &arguments));
        assert_eq!(status, Some(1), "{command}: {told}");
        assert!(told.contains("there is no database of a host at /"), "{command}: {told}");
        assert!(told.contains("offer-host.sqlite"), "{command}: {told}");
        assert_eq!(told.contains("--create-database"), command == create, "{command}: {told}");
        assert!(!database.exists(), "{command}");
    }
    // One that somebody else has begun is none either.
    std::fs::write(&database, "").expect("written");
    let (_, told) = said(&offer_host(folder.path(), &["ledger", "verify"]));
    assert!(told.contains("there is no database of a host at /"), "{told}");

    let arguments: Vec<&str> = create.split(' ').chain(["--create-database"]).collect();
    let made = offer_host(folder.path(), &arguments);
    assert!(made.status.success(), "{}", said(&made).1);
    assert!(said(&made).1.starts_with("database: /"), "it says where the key is: {}", said(&made).1);
    assert_eq!(String::from_utf8_lossy(&made.stdout).lines().count(), 1, "the key stands alone");
    let listed = offer_host(folder.path(), &["key", "list"]);
    assert!(String::from_utf8_lossy(&listed.stdout).contains(" me "), "{}", said(&listed).1);
}

fn publish<'a>(to: &'a str, key: &'a str) -> [&'a str; 7] {
    ["mechanic", "publish", "rule.wasm", "--to", to, "--api-key", key]
}

fn import<'a>(to: &'a str, key: &'a str) -> [&'a str; 7] {
    ["import", "catalog", "rows.ndjson", "--to", to, "--key", key]
}

#[test]
fn a_host_that_refuses_is_told_with_its_reason() {
    let shop = Shop::empty(Database::Sqlite, &[]);
    let folder = TempDir::new().expect("a folder");
    // Larger than all that is on its way at once.
    std::fs::write(folder.path().join("rule.wasm"), vec![0; 12 << 20]).expect("written");
    std::fs::write(folder.path().join("rows.ndjson"), "{}\n".repeat(4 << 20)).expect("written");
    let url = shop.address();
    let elsewhere = format!("{url}/elsewhere");
    let (partner, till) = (shop.named_key("partner", "acme"), shop.named_key("pos", "till"));
    for (arguments, code) in [
        (publish(&url, "oh_1"), "key_unknown"),
        (publish(&url, &till), "forbidden"),
        (publish(&elsewhere, &partner), "not_found"),
        (import(&url, "oh_1"), "key_unknown"),
        (import(&url, &till), "forbidden"),
        (import(&elsewhere, shop.integration_key()), "not_found"),
    ] {
        let (status, told) = said(&offer_host(folder.path(), &arguments));
        assert_eq!(status, Some(1), "{arguments:?}: {told}");
        assert!(told.contains(&format!("refused ({code}): ")), "{arguments:?}: {told}");
    }
}

#[test]
fn warnings_are_told_and_may_be_errors() {
    let shop = Shop::open(Database::Sqlite);
    shop.post(&path("p", "calculate"), "p", &reference().to_string()).accepted();
    shop.post(&path("p", "confirm"), "c", "").accepted();
    let folder = TempDir::new().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    // Each misses the last minute of its days, as is told of it.
    let offers: Vec<_> = (0..120)
        .map(|number| {
            let items = json!([{"target": "G1", "method": "percent", "value": "1"}]);
            json!({
                "external_id": format!("o-{number}"), "title": "t", "mechanic": "product",
                "params": {"items": items}, "filters": {"hours": {"to": "23:59"}},
            })
        })
        .collect();
    let rows: Vec<String> = offers.iter().map(ToString::to_string).collect();
    write("offers.ndjson", &rows.join("\n"));
    write("candidate.json", &json!({"offers": [offers[0].clone()]}).to_string());
    let warnings = |told: &str| told.lines().filter(|line| line.starts_with("warning: ")).count();

    let (url, key) = (shop.address(), shop.integration_key().to_owned());
    let import = ["import", "offers", "offers.ndjson", "--to", &url, "--key", &key];
    let (status, told) = said(&offer_host(folder.path(), &import));
    assert_eq!(status, Some(0), "{told}");
    assert!(told.contains("end_misses_last_minute") && told.contains("20 more warnings"), "{told}");
    assert_eq!(warnings(&told), 101, "a hundred, and the number of the others: {told}");
    let (status, told) = said(&offer_host(folder.path(), &[&import[..], &["--strict"]].concat()));
    assert_eq!(status, Some(1), "{told}");
    assert!(told.contains("--strict allows none: what was taken stays"), "{told}");

    // Rows of an upload, whose warnings are read from its list of problems.
    shop.put("/v1/attributes/mine", r#"{"type":"json"}"#).accepted();
    shop.run_offer("mine", &json!({"mechanic": "product", "attribute": "mine"}));
    let terms = json!({"kind": "product", "reward": "discount", "id_space": "external", "items": [
        {"target": "NOSUCH", "method": "percent", "value": "1"},
    ]});
    let row = json!({"identifier_kind": "card", "identifier": "1", "attribute": "mine", "value": terms});
    write("rows.ndjson", &row.to_string());
    let import = ["import", "attributes", "rows.ndjson", "--to", &url, "--key", &key];
    let (status, told) = said(&offer_host(folder.path(), &import));
    assert_eq!(status, Some(0), "{told}");
    assert!(warnings(&told) == 1 && told.contains("NOSUCH"), "{told}");
    let validate = [&import[..], &["--strict", "--mode", "validate"]].concat();
    let (status, told) = said(&offer_host(folder.path(), &validate));
    assert_eq!(status, Some(1), "{told}");
    assert!(told.contains("nothing was written"), "{told}");

    let candidate = folder.path().join("candidate.json").display().to_string();
    let backtest = ["backtest", "--candidate", &candidate];
    let (status, told) = said(&shop.command(&backtest));
    assert_eq!(status, Some(0), "{told}");
    assert!(warnings(&told) == 1 && told.contains("end_misses_last_minute"), "{told}");
    let strict = shop.command(&[&backtest[..], &["--strict"]].concat());
    assert_eq!((strict.status.code(), strict.stdout.len()), (Some(1), 0), "{}", said(&strict).1);
    assert!(said(&strict).1.contains("--strict allows none: nothing was priced"), "{}", said(&strict).1);
}
