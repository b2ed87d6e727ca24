//! A host with a store, and what tills and the retailer say to it.

mod certificate;
mod memory;
mod process;
mod small_disk;

use std::process::{Child, Command, ExitStatus, Output};
use std::sync::{Mutex, RwLock};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{postgres, workspace};
use ureq::Agent;

pub(crate) use self::certificate::certificate;
use self::process::spawn;

/// The kind of database that the host uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Database {
    Sqlite,
    Postgres,
}

/// Thousands of years.
pub(crate) const ANY_SECONDS: &str = "100000000000";

/// A running host with the goods of the demo, the member `m-1` with 1,000 points and card 1, 15 %
/// off coffee, and 5 % points on what is paid with money.
pub(crate) struct Shop {
    database_url: String,
    folder: TempDir,
    settings: Vec<(String, String)>,
    child: Mutex<Child>,
    address: RwLock<String>,
    agent: Agent,
    till: String,
    integration: String,
    admin: String,
}

/// Status and body of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
    pub(crate) retry_after: Option<String>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The document of a call that must succeed.
    #[track_caller]
    pub(crate) fn accepted(&self) -> Value {
        assert!((200..300).contains(&self.status), "{}: {}", self.status, self.text);
        self.json()
    }

    /// Status and code of a refusal.
    #[track_caller]
    pub(crate) fn refused(&self) -> (u16, String) {
        let document = self.json();
        assert_eq!(document["status"], self.status, "{document}");
        (self.status, document["code"].as_str().expect("a code").to_owned())
    }
}

impl Shop {
    pub(crate) fn open(database: Database) -> Self {
        Self::open_with(database, &[])
    }

    /// With settings that differ from the defaults: `SECTION__KEY` and value.
    pub(crate) fn open_with(database: Database, settings: &[(&str, &str)]) -> Self {
        let shop = Self::empty(database, settings);
        shop.fill();
        shop
    }

    /// Without goods, members and offers.
    pub(crate) fn empty(database: Database, settings: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().expect("a folder");
        let database_url = match database {
            Database::Sqlite => format!("sqlite://{}", folder.path().join("store.sqlite").display()),
            Database::Postgres => postgres::migrated_database(),
        };
        Self::empty_at(database_url, folder, settings)
    }

    /// On the PostgreSQL database with this address.
    pub(crate) fn open_at(database_url: &str, settings: &[(&str, &str)]) -> Self {
        let shop = Self::empty_at(database_url.to_owned(), TempDir::new().expect("a folder"), settings);
        shop.fill();
        shop
    }

    fn empty_at(database_url: String, folder: TempDir, settings: &[(&str, &str)]) -> Self {
        let mut all = vec![
            ("OFFER_HOST__SERVER__LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
            ("OFFER_HOST__DATABASE__URL".to_owned(), database_url.clone()),
            ("OFFER_HOST__LOG__FORMAT".to_owned(), "json".to_owned()),
            ("OFFER_HOST__POINTS__BURN_MAX_PERCENT".to_owned(), "50".to_owned()),
            // Receipts of tests have fixed times.
            ("OFFER_HOST__PURCHASES__TILL_BEHIND_SECONDS".to_owned(), ANY_SECONDS.to_owned()),
            ("OFFER_HOST__PURCHASES__TILL_AHEAD_SECONDS".to_owned(), ANY_SECONDS.to_owned()),
        ];
        let named = |(name, value): &(&str, &str)| (format!("OFFER_HOST__{name}"), (*value).to_owned());
        all.extend(settings.iter().map(named));
        let (child, address) = spawn(&all);
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_idle_connections_per_host(64)
            .timeout_global(Some(Duration::from_secs(30)))
            .build()
            .new_agent();
        let mut shop = Self {
            database_url,
            folder,
            settings: all,
            child: Mutex::new(child),
            address: RwLock::new(address),
            agent,
            till: String::new(),
            integration: String::new(),
            admin: String::new(),
        };
        shop.till = shop.key("pos");
        shop.integration = shop.key("integration");
        shop.admin = shop.key("admin");
        shop
    }

    /// The goods of the demo and the member, without offers.
    pub(crate) fn stock(&self) {
        let catalog = workspace::root().join("xtask/demo/catalog.ndjson");
        let catalog = std::fs::read_to_string(catalog).expect("the catalogue of the demo");
        self.import("/v1/catalog/imports", &catalog).accepted();
        self.import("/v1/members/imports", &member("1000.00").to_string()).accepted();
    }

    fn fill(&self) {
        self.stock();
        let coffee = json!({"items": [{"target": "G1", "method": "percent", "value": "15"}]});
        self.run_offer("coffee-15", &json!({"mechanic": "product", "params": coffee}));
        let points = json!({"reward": "points", "items": [{"method": "percent", "value": "5"}]});
        let stacking = json!({"mode": "cumulative"});
        let offer = json!({"mechanic": "receipt", "params": points, "stacking": stacking});
        self.run_offer("points-5", &offer);
    }

    pub(crate) fn run_offer(&self, external_id: &str, offer: &Value) {
        let mut offer = offer.clone();
        offer["title"] = json!(external_id);
        let path = format!("/v1/offers/{external_id}");
        self.put(&path, &offer.to_string()).accepted();
        self.as_integration("POST", &format!("{path}/run"), "").accepted();
    }

    fn key(&self, role: &str) -> String {
        self.named_key(role, "test")
    }

    /// A new key.
    pub(crate) fn named_key(&self, role: &str, name: &str) -> String {
        let output = self.command(&["key", "create", "--role", role, "--name", name]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    }

    /// A call of the till.
    pub(crate) fn post(&self, path: &str, key: &str, body: &str) -> Answer {
        self.try_post(path, key, body).expect("an answer")
    }

    /// A call of the till; an error if no host answers.
    pub(crate) fn try_post(&self, path: &str, key: &str, body: &str) -> Result<Answer, ureq::Error> {
        let headers = [("Idempotency-Key", key), ("Content-Type", "application/json")];
        self.send("POST", path, Some(&self.till), &headers, body)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, Some(&self.till), &[], "").expect("an answer")
    }

    pub(crate) fn as_integration(&self, method: &str, path: &str, body: &str) -> Answer {
        self.send(method, path, Some(&self.integration), &[], body).expect("an answer")
    }

    pub(crate) fn put(&self, path: &str, body: &str) -> Answer {
        let headers = [("Content-Type", "application/json")];
        self.send("PUT", path, Some(&self.integration), &headers, body).expect("an answer")
    }

    pub(crate) fn import(&self, path: &str, rows: &str) -> Answer {
        let headers = [("Content-Type", "application/x-ndjson")];
        self.send("POST", path, Some(&self.integration), &headers, rows).expect("an answer")
    }

    /// Late receipts of the till.
    pub(crate) fn late(&self, rows: &[Value]) -> Vec<Value> {
        let rows: Vec<String> = rows.iter().map(Value::to_string).collect();
        let headers = [("Content-Type", "application/x-ndjson")];
        let answer = self.send("POST", "/v1/receipts/offline", Some(&self.till), &headers, rows.join("\n"));
        let answer = answer.expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.text.lines().map(|row| serde_json::from_str(row).expect("a row")).collect()
    }

    /// Any call of an admin.
    pub(crate) fn as_admin(&self, method: &str, path: &str, body: &str) -> Answer {
        let headers = [("Content-Type", "application/json")];
        self.send(method, path, Some(&self.admin), &headers, body).expect("an answer")
    }

    /// Any call of an admin; an error if no host answers.
    pub(crate) fn try_admin(&self, method: &str, path: &str, body: &str) -> Result<Answer, ureq::Error> {
        let headers = [("Content-Type", "application/json")];
        self.send(method, path, Some(&self.admin), &headers, body)
    }

    /// Uploads a component, as an admin who knows what it is.
    pub(crate) fn upload(&self, name: &str, component: Vec<u8>) -> Answer {
        let path = format!("/v1/mechanics/{name}/versions");
        let headers = [("Content-Type", "application/wasm")];
        self.send("POST", &path, Some(&self.admin), &headers, component).expect("an answer")
    }

    /// Uploads a component with any key and headers; `call` is what follows `/v1/mechanics/`.
    pub(crate) fn upload_as(
        &self,
        key: &str,
        call: &str,
        headers: &[(&str, &str)],
        component: Vec<u8>,
    ) -> Answer {
        let path = format!("/v1/mechanics/{call}");
        let mut all = vec![("Content-Type", "application/wasm")];
        all.extend(headers);
        self.send("POST", &path, Some(key), &all, component).expect("an answer")
    }

    /// Another host on the same database, with the same keys.
    pub(crate) fn join(&self, settings: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().expect("a folder");
        let mut all = self.settings.clone();
        all.extend(settings.iter().map(|(name, value)| (format!("OFFER_HOST__{name}"), (*value).to_owned())));
        let (child, address) = spawn(&all);
        Self {
            database_url: self.database_url.clone(),
            folder,
            settings: all,
            child: Mutex::new(child),
            address: RwLock::new(address),
            agent: self.agent.clone(),
            till: self.till.clone(),
            integration: self.integration.clone(),
            admin: self.admin.clone(),
        }
    }

    /// Id of its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.lock().expect("the host").id()
    }

    /// Sends the process a signal, by its name.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.process().to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &id]).status().expect("kill starts");
        assert!(sent.success(), "the host is there");
    }

    /// Any call; with a key of the role `pos` or `integration`, or else without a key.
    pub(crate) fn call(
        &self,
        call: (&str, &str),
        role: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let key = match role {
            "pos" => Some(self.till.as_str()),
            "integration" => Some(self.integration.as_str()),
            _ => None,
        };
        self.send(call.0, call.1, key, headers, body).expect("an answer")
    }

    /// A call with any key.
    pub(crate) fn with_key(&self, key: &str, call: (&str, &str), body: &str) -> Answer {
        let headers = [("Content-Type", "application/json")];
        self.send(call.0, call.1, Some(key), &headers, body).expect("an answer")
    }

    /// A call of the till with a body of any bytes.
    pub(crate) fn send_bytes(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.send("POST", path, Some(&self.till), headers, body).expect("an answer")
    }

    fn send(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Result<Answer, ureq::Error> {
        let url = format!("{}{path}", self.address.read().expect("an address"));
        let mut request = ureq::http::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(key) = key {
            request = request.header("Authorization", format!("Bearer {key}"));
        }
        let mut response = if method == "GET" || method == "DELETE" {
            self.agent.run(request.body(()).expect("a request"))?
        } else {
            self.agent.run(request.body(body.into()).expect("a request"))?
        };
        let retry_after = response.headers().get("retry-after");
        let retry_after = retry_after.map(|value| value.to_str().expect("text").to_owned());
        let text = response.body_mut().read_to_string()?;
        Ok(Answer { status: response.status().as_u16(), text, retry_after })
    }

    /// The balance of `m-1`.
    pub(crate) fn points(&self) -> Value {
        let points = self.as_integration("GET", "/v1/members/m-1/points", "").accepted();
        let of = |name: &str| hundredths(&points[name]);
        let parts: i64 = ["available", "pending", "reserved", "spent", "expired"].map(of).iter().sum();
        assert_eq!(of("accrued"), parts, "all points are somewhere: {points}");
        points
    }

    /// Kills the host.
    pub(crate) fn kill(&self) {
        let mut child = self.child.lock().expect("the host");
        child.kill().expect("it was there");
        child.wait().expect("it ends");
    }

    /// Waits until the host has ended by itself.
    pub(crate) fn wait(&self) -> ExitStatus {
        self.child.lock().expect("the host").wait().expect("it ends")
    }

    /// Starts it again on the same database.
    pub(crate) fn start(&self) {
        let (child, address) = spawn(&self.settings);
        *self.child.lock().expect("the host") = child;
        *self.address.write().expect("an address") = address;
    }

    /// Fails unless `offer-host ledger verify` finds no difference.
    pub(crate) fn verify(&self) {
        let output = self.command(&["ledger", "verify"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }

    /// Changes a setting, from the next start on.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.settings.push((format!("OFFER_HOST__{name}"), value.to_owned()));
    }

    /// Its settings as environment variables.
    pub(crate) fn settings(&self) -> &[(String, String)] {
        &self.settings
    }

    /// The address, as `http://…`.
    pub(crate) fn address(&self) -> String {
        self.address.read().expect("an address").clone()
    }

    /// The key of the retailer's systems.
    pub(crate) fn integration_key(&self) -> &str {
        &self.integration
    }

    /// Runs SQL behind the back of the host.
    pub(crate) fn sql(&self, statement: &str) {
        let url = self.database_url();
        let Some(file) = url.strip_prefix("sqlite://") else {
            postgres::psql(url, statement);
            return;
        };
        let script = "import sqlite3,sys; c=sqlite3.connect(sys.argv[1], timeout=30); c.execute(sys.argv[2]); \
                      c.commit()";
        let ran =
            Command::new("python3").args(["-c", script, file, statement]).output().expect("python3 starts");
        assert!(ran.status.success(), "{statement}: {}", String::from_utf8_lossy(&ran.stderr));
    }

    /// The URL of the database, for tests that look at it without the host.
    pub(crate) fn database_url(&self) -> &str {
        &self.database_url
    }

    /// The answer of `offer-host calculate` to a receipt with a plan file.
    pub(crate) fn calculate(&self, plan: &Value, receipt: &Value) -> String {
        for (name, document) in [("plan.json", plan), ("receipt.json", receipt)] {
            std::fs::write(self.folder.path().join(name), document.to_string()).expect("a file");
        }
        let output = self.command(&["calculate", "--plan", "plan.json", "receipt.json"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text").trim_end().to_owned()
    }

    /// Runs the binary with the settings of this host.
    pub(crate) fn command(&self, arguments: &[&str]) -> Output {
        let binary = workspace::offer_host().expect("the binary");
        let mut command = Command::new(binary);
        command.current_dir(self.folder.path()).args(arguments).envs(self.settings.iter().cloned());
        command.output().expect("offer-host starts")
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        // It fails if the host has ended already.
        let child = self.child.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// The member with card 1, as an import says it.
pub(crate) fn member(points: &str) -> Value {
    json!({"id": "m-1", "identifiers": [{"kind": "card", "value": "1"}], "points": points})
}

/// The reference receipt (docs/pricing-rules.md#the-reference-receipt), by the member.
pub(crate) fn reference() -> Value {
    let line = |position: u32, goods: &str, quantity: &str, price: &str, amount: &str| json!({"position": position, "goods_id": goods, "quantity": quantity, "price": price, "amount": amount});
    json!({
        "at": "2025-11-22T10:15:00+03:00",
        "pos": "store-77/till-3",
        "member": {"kind": "card", "value": "1"},
        "lines": [
            line(1, "G1", "2", "349.90", "699.80"),
            line(2, "G2", "0.478", "947.00", "452.67"),
            line(3, "G3", "1", "399.00", "399.00"),
            line(4, "G4", "3", "89.99", "269.97"),
        ],
    })
}

/// The reference receipt, paid with so many points.
pub(crate) fn paid_with(points: &str) -> Value {
    let mut receipt = reference();
    receipt["pay_points"] = json!(points);
    receipt
}

pub(crate) fn path(purchase: &str, step: &str) -> String {
    format!("/v1/purchases/{purchase}/{step}")
}

/// A decimal with two places as a whole number of hundredths.
pub(crate) fn hundredths(value: &Value) -> i64 {
    let text = value.as_str().unwrap_or_else(|| panic!("not a decimal: {value}"));
    let (_, places) = text.split_once('.').unwrap_or_else(|| panic!("no places: {text}"));
    assert_eq!(places.len(), 2, "{text}");
    text.replace('.', "").parse().expect("digits")
}

/// Runs each function on both databases.
macro_rules! on_both_databases {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[test]
            fn $name() {
                super::$name(crate::shop::Database::Sqlite);
            })*
        }

        mod postgres {
            $(#[test]
            fn $name() {
                super::$name(crate::shop::Database::Postgres);
            })*
        }
    };
}
pub(crate) use on_both_databases;
