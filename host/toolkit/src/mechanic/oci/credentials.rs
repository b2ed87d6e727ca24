//! Credentials for a registry.

use std::net::IpAddr;
use std::path::PathBuf;

use anyhow::Context as _;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use oci_client::secrets::RegistryAuth;
use serde_json::Value;

/// True if a registry is on this machine; only such a one may be called without TLS.
pub(super) fn is_loopback(registry: &str) -> bool {
    let host = registry.rsplit_once(':').map_or(registry, |(host, _)| host);
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// User and password from the environment, else from Docker's configuration, else none. Fails if the environment has
/// a user but no password.
pub(super) fn of(registry: &str) -> anyhow::Result<RegistryAuth> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if let Some(user) = variable("OFFER_HOST_OCI_USER") {
        let password = variable("OFFER_HOST_OCI_PASSWORD").context("OFFER_HOST_OCI_PASSWORD is not set")?;
        return Ok(RegistryAuth::Basic(user, password));
    }
    Ok(of_docker(registry).unwrap_or(RegistryAuth::Anonymous))
}

fn of_docker(registry: &str) -> Option<RegistryAuth> {
    let folder = std::env::var_os("DOCKER_CONFIG")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".docker")))?;
    let config: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("config.json")).ok()?).ok()?;
    let known = config.get("auths")?.get(registry)?.get("auth")?.as_str()?;
    let decoded = String::from_utf8(BASE64_STANDARD.decode(known).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some(RegistryAuth::Basic(user.to_owned(), password.to_owned()))
}
