//! Keys, signatures, owners of names, and `offer-host mechanic publish`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::guests::product_version;
use tests::guests::raw::Raw;

use super::{for_gold, mechanic};
use crate::shop::{Answer, Database, Shop, on_both_databases};

on_both_databases!(
    a_signature_is_checked_and_kept,
    a_policy_may_ask_for_signatures,
    a_name_belongs_to_who_came_first,
    keys_do_not_change,
);

/// A mechanic, with a key to sign it.
struct Author {
    folder: TempDir,
    public: String,
}

impl Author {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("rule.wasm"), Raw::declining("", "", 1).build().unwrap()).unwrap();
        let made = run(folder.path(), &["keygen", "--out", "acme-1.pem"], &[]);
        assert!(made.status.success(), "{}", stderr(&made));
        Self { folder, public: stdout(&made) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn component(&self) -> Vec<u8> {
        fs::read(self.path("rule.wasm")).unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        run(self.folder.path(), arguments, &[])
    }

    /// The header with the signature of the component.
    fn sign(&self) -> String {
        let signed = self.run(&["sign", "rule.wasm", "--key", "acme-1.pem"]);
        assert!(signed.status.success(), "{}", stderr(&signed));
        fs::read_to_string(self.path("rule.wasm.sig")).unwrap().trim().to_owned()
    }
}

fn run(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = mechanic();
    command.args(arguments).current_dir(folder).env_remove("OFFER_HOST_KEY");
    command.envs(environment.iter().copied()).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn register(shop: &Shop, partner: &str, id: &str, public: &str) -> Answer {
    let path = format!("/v1/partners/{partner}/signing-keys/{id}");
    shop.as_admin("PUT", &path, &json!({"public_key": public}).to_string())
}

fn upload(shop: &Shop, key: &str, signature: &str, component: Vec<u8>) -> Answer {
    shop.upload_as(key, "raw/versions", &[("Mechanic-Signature", signature)], component)
}

fn versions(shop: &Shop) -> Value {
    shop.as_admin("GET", "/v1/mechanics/raw", "").accepted()["versions"].clone()
}

fn a_signature_is_checked_and_kept(database: Database) {
    let shop = Shop::empty(database, &[]);
    let author = Author::new();
    let acme = shop.named_key("partner", "acme");
    let signature = author.sign();
    let unknown = upload(&shop, &acme, &signature, author.component());
    assert_eq!(unknown.refused(), (422, "signature_key_unknown".to_owned()));

    assert_eq!(register(&shop, "acme", "acme-1", &author.public).status, 201);
    let (key_id, base64) = signature.split_once(':').unwrap();
    assert_eq!((key_id, base64.len()), ("acme-1", 88));
    for wrong in [
        "acme-1",
        "acme-1:",
        "acme-1:AAAA",
        &format!(":{base64}"),
        &format!("acme-1:{}", base64.replace(|c: char| c.is_ascii_lowercase(), "x")),
    ] {
        let refused = upload(&shop, &acme, wrong, author.component());
        assert_eq!(refused.refused(), (422, "signature_invalid".to_owned()), "{wrong}");
    }
    let other = Raw { version: "1.0.1", ..Raw::declining("", "", 1) }.build().unwrap();
    let refused = upload(&shop, &acme, &signature, other);
    assert_eq!(refused.refused(), (422, "signature_invalid".to_owned()), "of another file");
    let stranger = shop.named_key("partner", "stranger");
    let refused = upload(&shop, &stranger, &signature, author.component());
    assert_eq!(refused.refused(), (422, "signature_key_unknown".to_owned()), "a key of somebody else");

    let uploaded = upload(&shop, &acme, &signature, author.component()).accepted();
    assert_eq!(uploaded["signing_key"], "acme-1");
    let kept = &versions(&shop)[0];
    assert_eq!((&kept["uploader"], &kept["signing_key"]), (&json!("acme"), &json!("acme-1")));
    let log = shop.as_admin("GET", "/v1/audit?limit=1000", "").accepted();
    let entry = |action: &str| {
        let items = log["items"].as_array().unwrap();
        items.iter().find(|item| item["action"] == action && item["subject"] != "product").cloned()
    };
    let put = entry("partner_key.put").expect("the key is in the log");
    assert_eq!((&put["subject"], &put["detail"]["partner"]), (&json!("acme-1"), &json!("acme")));
    let sent = log["items"].as_array().unwrap().iter().rfind(|item| item["action"] == "mechanic.upload");
    assert_eq!(sent.unwrap()["detail"]["signing_key"], "acme-1");

    let path = "/v1/partners/acme/signing-keys/acme-1";
    let revoked = shop.as_admin("DELETE", path, "").accepted();
    assert!(revoked["revoked_at"].is_string(), "{revoked}");
    assert_eq!(shop.as_admin("DELETE", path, "").accepted(), revoked, "once is enough");
    let refused = upload(&shop, &acme, &signature, author.component());
    assert_eq!(refused.refused(), (422, "signature_key_unknown".to_owned()), "revoked");
    assert_eq!(versions(&shop)[0]["signing_key"], "acme-1", "what was signed before stays");
}

fn a_policy_may_ask_for_signatures(database: Database) {
    let settings = [("MECHANICS__SIGNATURES", "required"), ("MECHANICS__PARTNER_CLASSES", "fast, standard")];
    let shop = Shop::empty(database, &settings);
    let author = Author::new();
    let acme = shop.named_key("partner", "acme");
    register(&shop, "acme", "acme-1", &author.public).accepted();
    let unsigned = shop.upload_as(&acme, "raw/versions", &[], author.component());
    assert_eq!(unsigned.refused(), (422, "signature_missing".to_owned()));
    assert!(unsigned.text.contains("offer-host mechanic sign"), "{}", unsigned.text);
    assert_eq!(shop.upload("raw", author.component()).refused().1, "signature_missing", "also of an admin");

    let signature = author.sign();
    let header = [("Mechanic-Signature", signature.as_str())];
    let slow = shop.upload_as(&acme, "raw/versions?class=slow", &header, author.component());
    assert_eq!(slow.refused(), (403, "class_not_allowed".to_owned()));
    assert!(slow.text.contains("fast, standard"), "{}", slow.text);
    let uploaded = shop.upload_as(&acme, "raw/versions?class=standard", &header, author.component());
    assert_eq!(uploaded.accepted()["signing_key"], "acme-1");
}

fn a_name_belongs_to_who_came_first(database: Database) {
    let shop = Shop::empty(database, &[]);
    let [acme, other] = ["acme", "other"].map(|name| shop.named_key("partner", name));
    let build = |version| Raw { version, ..Raw::declining("", "", 1) }.build().unwrap();
    let send = |key: &str, version| shop.upload_as(key, "raw/versions", &[], build(version));
    send(&acme, "1.0.0").accepted();
    let refused = send(&other, "1.0.1");
    assert_eq!(refused.refused(), (403, "not_your_mechanic".to_owned()));
    assert!(refused.text.contains("another name"), "{}", refused.text);
    send(&shop.named_key("partner", "acme"), "1.0.1").accepted();
    shop.upload("raw", build("1.0.2")).accepted();
    send(&acme, "1.0.3").accepted();
    assert_eq!(send(&other, "1.0.4").refused().0, 403);

    let product = shop.upload_as(&acme, "product/versions", &[], product_version("1.100.101").unwrap());
    assert_eq!(product.refused(), (403, "not_your_mechanic".to_owned()), "it comes with the host");

    let house = |version| Raw { name: "house", version, ..Raw::declining("", "", 1) }.build().unwrap();
    shop.upload("house", house("1.0.0")).accepted();
    let refused = shop.upload_as(&acme, "house/versions", &[], house("1.0.1"));
    assert_eq!(refused.refused(), (403, "not_your_mechanic".to_owned()), "an admin came first");
}

fn keys_do_not_change(database: Database) {
    let shop = Shop::empty(database, &[]);
    let [one, two] = [Author::new(), Author::new()];
    let first = register(&shop, "acme", "k", &one.public);
    assert_eq!(first.status, 201, "{}", first.text);
    let line = one.public.lines().nth(1).unwrap();
    assert_eq!(
        (register(&shop, "acme", "k", line).status, first.json()["key_id"].clone()),
        (200, json!("k"))
    );
    let raw = first.json()["public_key"].as_str().unwrap().to_owned();
    assert_eq!(register(&shop, "acme", "k", &raw).json(), first.json(), "the same key in another form");
    assert_eq!(register(&shop, "acme", "k", &two.public).refused(), (409, "key_exists".to_owned()));
    assert_eq!(register(&shop, "other", "k", &one.public).refused(), (409, "key_exists".to_owned()));
    for wrong in ["", "no key", "AAAA", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"] {
        let refused = register(&shop, "acme", "bad", wrong);
        assert_eq!(refused.refused(), (422, "key_refused".to_owned()), "{wrong}");
        assert_eq!(refused.json()["errors"][0]["pointer"], "/public_key");
    }
    shop.as_admin("DELETE", "/v1/partners/acme/signing-keys/k", "").accepted();
    assert_eq!(register(&shop, "acme", "k", &one.public).refused(), (409, "key_revoked".to_owned()));
    let listed = shop.as_admin("GET", "/v1/partners/acme/signing-keys", "").accepted();
    assert_eq!(listed["signing_keys"].as_array().unwrap().len(), 1);
    let partner = shop.named_key("partner", "acme");
    let refused = shop.with_key(&partner, ("PUT", "/v1/partners/acme/signing-keys/mine"), "{}");
    assert_eq!(refused.status, 403, "only an admin registers keys");
    let unknown = shop.as_admin("DELETE", "/v1/partners/other/signing-keys/k", "");
    assert_eq!(unknown.status, 404);
}

#[test]
fn a_component_is_published_to_a_host() {
    let shop = Shop::empty(Database::Sqlite, &[]);
    let author = Author::new();
    let acme = shop.named_key("partner", "acme");
    let url = shop.address();
    let to = ["publish", "rule.wasm", "--to", &url];
    let publish =
        |more: &[&str]| run(author.folder.path(), &[&to[..], more].concat(), &[("OFFER_HOST_KEY", &acme)]);

    let keyless = author.run(&to);
    assert!(!keyless.status.success() && stderr(&keyless).contains("OFFER_HOST_KEY"), "{}", stderr(&keyless));
    let refused = publish(&["--key-file", "acme-1.pem"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("refused (signature_key_unknown)"), "{}", stderr(&refused));

    register(&shop, "acme", "acme-1", &author.public).accepted();
    let published = publish(&["--key-file", "acme-1.pem", "--json"]);
    assert!(published.status.success(), "{}", stderr(&published));
    let told: Value = serde_json::from_str(&stdout(&published)).unwrap();
    assert_eq!(
        (&told["published"], &told["name"], &told["version"]),
        (&json!(true), &json!("raw"), &json!("1.0.0"))
    );
    assert_eq!((&told["signing_key"], &told["digest"]), (&json!("acme-1"), &versions(&shop)[0]["digest"]));
    assert!(told["next"].as_str().unwrap().contains("/v1/mechanics/raw/rollout"), "{told}");
    let warning = told["warnings"][0].as_str().unwrap();
    assert!(warning.starts_with("no receipt drew a proposal from it"), "{told}");
    let rehearsed = |versions: &Value| versions[0]["steps"][3].clone();
    assert_eq!(rehearsed(&versions(&shop))["warnings"], told["warnings"], "an admin reads it too");
    let again = publish(&[]);
    assert!(again.status.success() && stdout(&again).contains("published: raw 1.0.0"), "{}", stderr(&again));

    let (rule, case) = for_gold("1.0.1");
    fs::write(author.path("rule.wasm"), rule).unwrap();
    fs::write(author.path("gold.json"), case.to_string()).unwrap();
    let hinted = publish(&["--cases", "gold.json", "--json"]);
    let told: Value = serde_json::from_str(&stdout(&hinted)).unwrap();
    assert_eq!((&told["published"], &told["warnings"]), (&json!(true), &json!([])), "{told}");
    let newest = versions(&shop);
    let newest = newest.as_array().unwrap().iter().find(|known| known["version"] == "1.0.1").unwrap();
    assert!(newest["steps"][3].get("warnings").is_none(), "the host made the same receipts: {newest}");

    fs::write(author.path("rule.wasm"), "export const rules = {};\n").unwrap();
    let refused = publish(&["--json"]);
    assert_eq!(refused.status.code(), Some(1));
    let told: Value = serde_json::from_str(&stdout(&refused)).unwrap();
    assert_eq!(
        (&told["published"], &told["code"]),
        (&json!(false), &json!("text_file")),
        "before anything is sent"
    );
    let nowhere = author.run(&["publish", "rule.wasm", "--to", "ftp://x"]);
    assert_eq!(nowhere.status.code(), Some(1));
}

#[test]
fn what_a_host_refuses_is_told_with_its_advice() {
    let shop = Shop::empty(Database::Sqlite, &[("MECHANICS__SIGNATURES", "required")]);
    let (author, key) = (Author::new(), shop.named_key("partner", "acme"));
    let publish = |more: &[&str]| {
        let to = ["publish", "rule.wasm", "--to", &shop.address(), "--api-key", &key];
        let output = author.run(&[&to[..], more].concat());
        (output.status.code(), stderr(&output))
    };
    let (code, told) = publish(&[]);
    assert_eq!(code, Some(1));
    assert!(told.contains("refused (signature_missing): ") && told.contains("mechanic sign"), "{told}");
    let (code, told) = publish(&["--key-file", "acme-1.pem"]);
    assert_eq!(code, Some(1));
    assert!(told.contains("refused (signature_key_unknown): no key `acme-1` of `acme`"), "{told}");
}

#[test]
fn keys_are_private_and_openssl_reads_them() {
    use std::os::unix::fs::PermissionsExt as _;

    let author = Author::new();
    let mode = fs::metadata(author.path("acme-1.pem")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "nobody else reads a private key");
    let again = author.run(&["keygen", "--out", "acme-1.pem"]);
    assert!(!again.status.success(), "a key is not overwritten");

    // As docs/publishing.md has it.
    let signature = author.sign();
    fs::write(author.path("acme-1.pub.pem"), &author.public).unwrap();
    let script = "set -e
        printf 'sha256:%s' \"$(sha256sum rule.wasm | cut -d' ' -f1)\" > digest.txt
        cut -d: -f2 rule.wasm.sig | base64 -d > signature.bin
        openssl pkeyutl -verify -pubin -inkey acme-1.pub.pem -rawin -in digest.txt -sigfile signature.bin
        openssl pkey -in acme-1.pem -pubout | cmp - acme-1.pub.pem
        openssl genpkey -algorithm ed25519 -out theirs.pem";
    let output = Command::new("sh").args(["-c", script]).current_dir(author.folder.path()).output().unwrap();
    assert!(output.status.success(), "{signature}: {}{}", stdout(&output), stderr(&output));
    let signed = author.run(&["sign", "rule.wasm", "--key", "theirs.pem", "--key-id", "t"]);
    assert!(signed.status.success(), "a key that openssl made: {}", stderr(&signed));
}
