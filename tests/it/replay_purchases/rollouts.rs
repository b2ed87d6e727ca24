//! Versions of a mechanic: uploaded, and rolled out.

use std::process::Output;

use serde_json::Value;

use crate::shop::Shop;

/// Another version of `product`, which does the same and says another number.
pub(super) fn upload_version(shop: &Shop, version: &str) {
    let builtin = bundle::builtins().iter().find(|builtin| builtin.name == "product").expect("it is one");
    let mut file = builtin.wasm.to_vec();
    let places: Vec<usize> = file
        .windows(6)
        .enumerate()
        .filter(|(_, found)| found.ends_with(b"1.0.0") && found[0] != b'@')
        .map(|(place, _)| place + 1)
        .collect();
    assert!(!places.is_empty(), "the version is written somewhere");
    for place in places {
        file[place..place + 5].copy_from_slice(version.as_bytes());
    }
    let request = ureq::post(format!("{}/v1/mechanics/product/versions", shop.address()))
        .header("Authorization", format!("Bearer {}", key(shop)))
        .header("Content-Type", "application/wasm");
    let answered = request.config().http_status_as_error(false).build().send(&file);
    let mut answered = answered.expect("an answer");
    let text = answered.body_mut().read_to_string().expect("text");
    assert_eq!(answered.status(), 201, "{text}");
}

pub(super) fn roll_out(shop: &Shop, wanted: &Value) {
    let request = ureq::put(format!("{}/v1/mechanics/product/rollout", shop.address()))
        .header("Authorization", format!("Bearer {}", key(shop)))
        .header("Content-Type", "application/json");
    let answered = request.config().http_status_as_error(false).build().send(wanted.to_string());
    let mut answered = answered.expect("an answer");
    let text = answered.body_mut().read_to_string().expect("text");
    assert_eq!(answered.status(), 200, "{text}");
}

/// Of an admin.
fn key(shop: &Shop) -> String {
    let Output { status, stdout, stderr } =
        shop.command(&["key", "create", "--role", "admin", "--name", "test"]);
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).expect("text").trim().to_owned()
}
