//! Uploads a component to a host.

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use ureq::Agent;

use super::{Artifact, Outcome};
use crate::progress::Progress;

/// Fails unless `url` is the address of a host and there is a key.
pub(super) fn check(url: &str, key: &str) -> anyhow::Result<()> {
    ensure!(
        url.starts_with("http://") || url.starts_with("https://"),
        "`--to` must be a host (`https://…`) or a registry (`oci://…`), got `{url}`"
    );
    ensure!(!key.is_empty(), "the host needs a key of role `partner`: give --api-key, or set OFFER_HOST_KEY");
    Ok(())
}

/// Sends a component to the host at `url`. Fails if nothing answers there, or not as a host does.
pub(super) fn send(agent: &Agent, url: &str, key: &str, artifact: &Artifact) -> anyhow::Result<Outcome> {
    let url = url.trim_end_matches('/');
    let Artifact { name, version, class, .. } = artifact;
    let mut request = agent
        .post(format!("{url}/v1/mechanics/{name}/versions?class={class}"))
        .header("Authorization", format!("Bearer {key}"))
        .header("Content-Type", "application/wasm");
    if let Some(signature) = &artifact.signature {
        request = request.header("Mechanic-Signature", signature.to_string());
    }
    let _spinner = Progress::spinner(format!("{url} compiles and rehearses it"));
    let mut response =
        request.send(artifact.file.as_slice()).with_context(|| format!("{url} does not answer"))?;
    let status = response.status();
    let text = response.body_mut().read_to_string()?;
    let Ok(document) = serde_json::from_str::<Value>(&text) else {
        bail!("{url} answered {status}, but not as a host does: is the address right?");
    };
    let text = |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    if !status.is_success() {
        let detail = reasons(&document).unwrap_or_else(|| text("detail"));
        return Ok(Outcome::Refused { code: text("code"), detail });
    }
    Ok(Outcome::Published {
        next: format!(
            "an admin tries it or takes it live: PUT {url}/v1/mechanics/{name}/rollout with {{\"shadow\":\"{version}\"}} or {{\"version\":\"{version}\"}}"
        ),
    })
}

/// The details of all errors that a problem document lists.
fn reasons(document: &Value) -> Option<String> {
    let errors = document.get("errors")?.as_array()?.iter();
    let details: Vec<&str> = errors.filter_map(|error| error.get("detail")?.as_str()).collect();
    (!details.is_empty()).then(|| details.join("; "))
}
