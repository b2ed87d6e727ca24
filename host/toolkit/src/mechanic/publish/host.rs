//! Uploads a component to a host.

use anyhow::ensure;
use serde_json::Value;

use super::{Args, Artifact, Outcome};
use crate::client::{Host, Refusal};
use crate::progress::Progress;

/// The host that the component goes to, or its refusal of the key. Fails if that is no address of a host, if there is no
/// key, or if nothing answers.
pub(super) fn reach(args: &Args) -> anyhow::Result<Result<Host, Refusal>> {
    let (url, key) = (&args.to, &args.api_key);
    ensure!(
        url.starts_with("http://") || url.starts_with("https://"),
        "`--to` must be a host (`https://…`) or a registry (`oci://…`), got `{url}`"
    );
    ensure!(!key.is_empty(), "the host needs a key of role `partner`: give --api-key, or set OFFER_HOST_KEY");
    let host = Host::new(&args.trust, url, key)?;
    // A key that may upload mechanics may list them.
    let refusal = host.get("/v1/mechanics")?.refusal();
    Ok(refusal.map_or(Ok(host), Err))
}

/// Sends a component. Fails if nothing answers, or not as a host does.
pub(super) fn send(host: &Host, artifact: &Artifact, hints: Option<&str>) -> anyhow::Result<Outcome> {
    let (url, Artifact { name, version, class, .. }) = (host.url(), artifact);
    let signature = artifact.signature.as_ref().map(ToString::to_string);
    let mut headers = vec![("Content-Type", "application/wasm")];
    headers.extend(signature.as_deref().map(|signature| ("Mechanic-Signature", signature)));
    headers.extend(hints.map(|hints| ("Mechanic-Rehearsal", hints)));
    let _spinner = Progress::spinner(format!("{url} compiles and rehearses it"));
    let path = format!("/v1/mechanics/{name}/versions?class={class}");
    let answer = host.post(&path, &headers, artifact.file.as_slice())?;
    if let Some(refusal) = answer.refusal() {
        return Ok(Outcome::Refused(refusal));
    }
    let taken_back = taken_back(&answer.document).map(|why| format!("it was taken back before ({why}); "));
    Ok(Outcome::Published {
        warnings: warnings(&answer.document),
        next: format!(
            "{}an admin tries it or takes it live: PUT {url}/v1/mechanics/{name}/rollout with {{\"shadow\":\"{version}\"}} or {{\"version\":\"{version}\"}}",
            taken_back.unwrap_or_default()
        ),
    })
}

/// The warnings of the admission.
fn warnings(document: &Value) -> Vec<String> {
    let warnings = document.get("warnings").and_then(Value::as_array).into_iter().flatten();
    warnings.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Reason for which the version, which was there already, was taken back.
fn taken_back(document: &Value) -> Option<&str> {
    let taken_back = document.get("taken_back")?;
    Some(taken_back.get("reason").and_then(Value::as_str).unwrap_or("by a caller"))
}
