//! A host with a store, and what tills and the retailer say to it.

mod calls;
mod certificate;
mod memory;
mod process;
mod receipts;
mod roles;
mod small_disk;

use std::process::{Child, Command, ExitStatus, Output};
use std::sync::{Mutex, RwLock};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{postgres, workspace};
use ureq::Agent;

pub(crate) use self::calls::Answer;
pub(crate) use self::certificate::certificate;
pub(crate) use self::process::serving;
use self::process::spawn;
pub(crate) use self::receipts::{hundredths, member, paid_with, path, reference};

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
