//! Settings from a file and the environment, laid over the defaults.

use app::config::{Config, ConfigProblems};

fn load(file: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigProblems> {
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::from_layers(Some(("my.toml", file)), environment)
}

#[test]
fn the_environment_goes_before_the_file_and_the_file_before_the_defaults() {
    let file = "[limits]\nreceipt_lines = 5\nbody_bytes = 6\n";
    let variables = [("OFFER_HOST__LIMITS__BODY_BYTES", "7"), ("OFFER_HOST_DATA", "not ours"), ("PATH", "/")];
    let config = load(file, &variables).expect("good settings");
    assert_eq!((config.limits.receipt_lines, config.limits.body_bytes), (5, 7));
    assert_eq!(config.server.listen, "127.0.0.1:8080");
    assert!(!config.offers.require_approval);
    let config = load("", &[("OFFER_HOST__OFFERS__REQUIRE_APPROVAL", "true")]).expect("good settings");
    assert!(config.offers.require_approval);
}

#[test]
fn a_variable_may_have_a_list_as_a_file_does() {
    let name = "OFFER_HOST__COMMUNICATIONS__FREQUENCY_CAPS";
    let config =
        load("", &[(name, r#"[{ channel = "mail", messages = 2, days = 7 }]"#)]).expect("good settings");
    let [cap] = config.communications.frequency_caps.as_slice() else { panic!("one") };
    assert_eq!((cap.channel.as_deref(), cap.messages, cap.days), (Some("mail"), 2, 7));
    let ConfigProblems(problems) = load("", &[(name, "[{ messages")]).expect_err("bad settings");
    assert_eq!(problems, [format!("{name}: `[{{ messages` is no list")]);
    // Texts need no brackets.
    let sites =
        load("", &[("OFFER_HOST__COLLECT__SITES", "shop https://shop.example, blog https://blog.example")]);
    assert_eq!(sites.expect("good settings").collect.sites.len(), 2);
}

#[test]
fn all_problems_are_listed_at_once() {
    let file = "[server]\nlisten = \"nowhere\"\nlitsen = \"\"\n[limits]\nreceipt_lines = \"5\"\nbody_bytes = 0\n\
                [currency]\nexponent = 9\n";
    let variables = [
        ("OFFER_HOST__SERVER__LISTEM", "x"),
        ("OFFER_HOST__PRICING__QUEUE", "many"),
        ("OFFER_HOST__OFFERS__REQUIRE_APPROVAL", "yes"),
    ];
    let ConfigProblems(problems) = load(file, &variables).expect_err("bad settings");
    for part in [
        "server.listen: `nowhere`",
        "my.toml: there is no key server.litsen",
        "my.toml: limits.receipt_lines must be of type integer",
        "limits.body_bytes: must be above 0",
        "currency.exponent: must be from 0 to 4",
        "OFFER_HOST__SERVER__LISTEM: there is no such key",
        "OFFER_HOST__PRICING__QUEUE: `many` is not a whole number",
        "OFFER_HOST__OFFERS__REQUIRE_APPROVAL: `yes` is neither true nor false",
    ] {
        assert!(problems.iter().any(|problem| problem.contains(part)), "{part} is not among {problems:#?}");
    }
    assert_eq!(problems.len(), 8, "{problems:#?}");
}

#[test]
fn a_file_that_is_not_toml_is_named() {
    let ConfigProblems(problems) = load("listen =", &[]).expect_err("bad settings");
    assert!(problems.iter().any(|problem| problem.starts_with("my.toml: ")), "{problems:#?}");
}

#[test]
fn limits_of_connections_that_cannot_hold_are_refused() {
    let file = "[connections]\ntotal = 10\nreserved_for_tills = 10\nper_address = 0\nheader_seconds = 0\n\
                header_bytes = 100\nbody_bytes_per_second = 0\nidle_seconds = 9_000_000\n\
                [tls]\ncertificate = \"cert.pem\"\n";
    let ConfigProblems(problems) = load(file, &[]).expect_err("bad settings");
    for part in [
        "connections.per_address: must be above 0",
        "connections.body_bytes_per_second: must be above 0",
        "connections.reserved_for_tills: must be below connections.total",
        "connections.header_bytes: must be at least 8192",
        "connections.header_seconds: must be 1 to 604800",
        "connections.idle_seconds: must be 1 to 604800",
        "tls.certificate, tls.key: one is set without the other",
    ] {
        assert!(problems.iter().any(|problem| problem.contains(part)), "{part} is not among {problems:#?}");
    }
    assert_eq!(problems.len(), 7, "{problems:#?}");
}
