//! The process of a host.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread;

use serde_json::Value;
use tests::workspace;

use crate::CODE_CACHE;

/// Starts a host with these settings; its process and address.
pub(super) fn spawn(settings: &[(String, String)]) -> (Child, String) {
    spawn_in_roles(settings, None)
}

/// As [`spawn`], in some roles only.
pub(super) fn spawn_in_roles(settings: &[(String, String)], roles: Option<&str>) -> (Child, String) {
    let roles = roles.map(|roles| ["--roles", roles]);
    let mut child = Command::new(workspace::offer_host().expect("the binary"))
        .arg("serve")
        .args(roles.into_iter().flatten())
        .env("OFFER_HOST__MECHANICS__CACHE", CODE_CACHE)
        .envs(settings.iter().cloned())
        .stderr(Stdio::piped())
        .spawn()
        .expect("offer-host starts");
    let address = serving(&mut child);
    (child, address)
}

/// Waits until a host serves; its address.
pub(crate) fn serving(child: &mut Child) -> String {
    let mut log = BufReader::new(child.stderr.take().expect("its log"));
    let address = address(&mut log);
    // The log is read on, or the host would block when the pipe is full.
    thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    format!("http://{address}")
}

/// The address that the host says it serves on.
fn address(log: &mut BufReader<ChildStderr>) -> String {
    let mut seen = String::new();
    loop {
        let start = seen.len();
        assert!(log.read_line(&mut seen).expect("text") > 0, "the host ended: {seen}");
        let entry: Value = serde_json::from_str(seen.get(start..).unwrap_or_default()).unwrap_or_default();
        if let Some(address) = entry.pointer("/fields/address").and_then(Value::as_str) {
            return address.to_owned();
        }
    }
}
