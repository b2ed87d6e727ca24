//! HTTPS, and a certificate that is renewed while the host runs.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tests::workspace;

use crate::CODE_CACHE;
use crate::shop::certificate;

/// Limit of a wait, which only a host at fault reaches.
const GENEROUS: Duration = Duration::from_secs(60);

/// A host whose log is read.
struct Host {
    folder: TempDir,
    child: Child,
    log: Receiver<Value>,
    main: String,
    operations: String,
}

impl Host {
    /// With the certificate in its folder.
    fn start() -> Self {
        let folder = TempDir::new().expect("a folder");
        certificate(folder.path());
        let mut child =
            command(folder.path()).arg("serve").stderr(Stdio::piped()).spawn().expect("offer-host starts");
        let lines = BufReader::new(child.stderr.take().expect("its log")).lines();
        let (sender, log) = channel();
        thread::spawn(move || {
            let entries =
                lines.map_while(Result::ok).map(|line| serde_json::from_str(&line).unwrap_or_default());
            // The test does not look any more when the receiver is gone; the log is read on all the same.
            entries.for_each(|entry| drop(sender.send(entry)));
        });
        let mut host = Self { folder, child, log, main: String::new(), operations: String::new() };
        let serving = host.logs("serving");
        let address =
            |name: &str| format!("https://{}", serving["fields"][name].as_str().expect("an address"));
        (host.main, host.operations) = (address("address"), address("operations_address"));
        host
    }

    /// The next entry of the log with this message.
    fn logs(&self, message: &str) -> Value {
        loop {
            let entry = self.log.recv_timeout(GENEROUS).unwrap_or_else(|error| panic!("{message}: {error}"));
            if entry["fields"]["message"] == message {
                return entry;
            }
        }
    }

    /// The host's answer to a call that trusts only this certificate.
    fn call(&self, to: &str, trusted: &str) -> String {
        std::fs::write(self.folder.path().join("rows.ndjson"), "{}\n").expect("written");
        let arguments = ["import", "catalog", "rows.ndjson", "--key", "k", "--to", to, "--ca-file", trusted];
        let output = command(self.folder.path()).args(arguments).output().expect("offer-host starts");
        assert!(!output.status.success(), "the key is wrong");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn copy(&self, from: &str, to: &str) {
        std::fs::copy(self.file(from), self.file(to)).expect("copied");
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // It fails if the host has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(workspace::offer_host().expect("the binary"));
    command
        .current_dir(folder)
        .env("OFFER_HOST__SERVER__LISTEN", "127.0.0.1:0")
        .env("OFFER_HOST__SERVER__OPERATIONS_LISTEN", "127.0.0.1:0")
        .env("OFFER_HOST__DATABASE__URL", "sqlite://store.sqlite")
        .env("OFFER_HOST__LOG__FORMAT", "json")
        .env("OFFER_HOST__MECHANICS__CACHE", CODE_CACHE)
        .env("OFFER_HOST__TLS__CERTIFICATE", "cert.pem")
        .env("OFFER_HOST__TLS__KEY", "key.pem")
        .env("OFFER_HOST__TLS__CHECK_SECONDS", "1")
        .env_remove("OFFER_HOST_CA_FILE");
    command
}

fn was_heard(answer: &str) -> bool {
    let heard = answer.contains("key_unknown");
    assert!(heard || answer.contains("certificate"), "{answer}");
    heard
}

#[test]
fn a_host_speaks_https_and_takes_a_new_certificate_while_it_runs() {
    let host = Host::start();
    host.copy("cert.pem", "old.pem");
    host.copy("key.pem", "old-key.pem");
    assert!(was_heard(&host.call(&host.main, "old.pem")));
    let at_operations = host.call(&host.operations, "old.pem");
    assert!(at_operations.contains("such address"), "spoken to, and not served there: {at_operations}");
    let plain = host.call(&host.main.replace("https://", "http://"), "old.pem");
    assert!(!plain.contains("key_unknown"), "nothing is said in the clear: {plain}");

    // A file that is no certificate, then one without its key.
    std::fs::write(host.file("cert.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n").expect("written");
    let told = host.logs("the new certificate cannot be used; the one before it stays");
    assert!(told["fields"]["problem"].as_str().expect("why").contains("tls.certificate"), "{told}");
    assert!(was_heard(&host.call(&host.main, "old.pem")));
    let other = TempDir::new().expect("a folder");
    certificate(other.path());
    std::fs::copy(other.path().join("cert.pem"), host.file("cert.pem")).expect("copied");
    host.logs("the new certificate cannot be used; the one before it stays");
    assert!(was_heard(&host.call(&host.main, "old.pem")));

    std::fs::copy(other.path().join("key.pem"), host.file("key.pem")).expect("copied");
    host.copy("cert.pem", "new.pem");
    host.logs("certificate loaded");
    assert!(host.call(&host.operations, "new.pem").contains("such address"));
    assert!(was_heard(&host.call(&host.main, "new.pem")));
    assert!(!was_heard(&host.call(&host.main, "old.pem")));

    let asked = Command::new("kill").args(["-HUP", &host.child.id().to_string()]).status();
    assert!(asked.expect("kill starts").success(), "the host is there");
    host.logs("certificate unchanged");
}

#[test]
fn a_certificate_that_cannot_be_used_is_told_at_the_start() {
    let folder = TempDir::new().expect("a folder");
    let start = || {
        let output = command(folder.path()).arg("serve").output().expect("offer-host starts");
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let missing = start();
    assert!(missing.contains("tls.certificate: cannot read cert.pem"), "{missing}");
    certificate(folder.path());
    std::fs::copy(folder.path().join("cert.pem"), folder.path().join("key.pem")).expect("copied");
    let no_key = start();
    assert!(no_key.contains("tls.key: key.pem"), "{no_key}");
}
