//! Pushes and pulls components as OCI artifacts, in the layout of the CNCF for Wasm: one layer `application/wasm` and a
//! configuration that describes it.

mod credentials;

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use app::mechanics::signatures::Signature;
use jiff::Timestamp;
use oci_client::Reference;
use oci_client::client::{Client, ClientConfig, ClientProtocol, Config, ImageLayer};
use oci_client::manifest::{OCI_IMAGE_MEDIA_TYPE, OciImageManifest};
use serde_json::json;
use wire::digest;

use super::artifact::Artifact;

const LAYER: &str = "application/wasm";
const CONFIG: &str = "application/vnd.wasm.config.v0+json";
const TITLE: &str = "org.opencontainers.image.title";
const VERSION: &str = "org.opencontainers.image.version";
/// The signature over the digest of the layer, as it is written in `FILE.wasm.sig`.
const SIGNATURE: &str = "dev.offer-host.mechanic.signature";

/// A component from a registry.
pub(super) struct Pulled {
    pub(super) file: Vec<u8>,
    pub(super) digest: String,
    pub(super) signature: Option<Signature>,
}

/// Pushes a component and answers the digest of its manifest.
pub(super) fn push(place: &str, artifact: &Artifact) -> anyhow::Result<String> {
    let config = json!({
        "created": Timestamp::now().to_string(),
        "architecture": "wasm",
        // The layout's name for components; this one imports nothing of WASI.
        "os": "wasip2",
        "layerDigests": [artifact.digest],
        "component": {
            "exports": [format!("loyalty:mechanic/rules@{}", artifact.abi)],
            "imports": [],
            "target": null,
        },
    });
    let config = Config::new(config.to_string().into_bytes(), CONFIG.to_owned(), None);
    let title = BTreeMap::from([(TITLE.to_owned(), format!("{}.wasm", artifact.name))]);
    let layers = [ImageLayer::new(artifact.file.clone(), LAYER.to_owned(), Some(title))];
    let mut annotations = BTreeMap::from([
        (TITLE.to_owned(), artifact.name.clone()),
        (VERSION.to_owned(), artifact.version.clone()),
    ]);
    annotations
        .extend(artifact.signature.as_ref().map(|signature| (SIGNATURE.to_owned(), signature.to_string())));
    let mut manifest = OciImageManifest::build(&layers, &config, Some(annotations));
    manifest.media_type = Some(OCI_IMAGE_MEDIA_TYPE.to_owned());
    with_registry(place, async |client, reference, access| {
        client.push(&reference, &layers, config, &access, Some(manifest)).await?;
        Ok(client.fetch_manifest_digest(&reference, &access).await?)
    })
}

/// Pulls a component. Fails if its digest is not the one in its manifest.
pub(super) fn pull(place: &str) -> anyhow::Result<Pulled> {
    let image = with_registry(place, async |client, reference, access| {
        Ok(client.pull(&reference, &access, vec![LAYER]).await?)
    })?;
    let manifest = image.manifest.context("the registry sent no manifest")?;
    let [layer] = image.layers.as_slice() else {
        anyhow::bail!("the artifact has {} layers; a mechanic has one, of type {LAYER}", image.layers.len());
    };
    let file = layer.data.to_vec();
    let digest = digest::of(&file);
    let expected = manifest.layers.first().map(|layer| layer.digest.as_str());
    ensure!(
        expected == Some(digest.as_str()),
        "the registry sent a layer with the digest {digest}; its manifest says {}",
        expected.unwrap_or("nothing")
    );
    let signature = manifest.annotations.as_ref().and_then(|annotations| annotations.get(SIGNATURE));
    let signature =
        signature.map(|text| text.parse::<Signature>()).transpose().context("cannot read its signature")?;
    Ok(Pulled { file, digest, signature })
}

fn with_registry<T>(
    place: &str,
    call: impl AsyncFnOnce(Client, Reference, oci_client::secrets::RegistryAuth) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let reference = place
        .parse::<Reference>()
        .with_context(|| format!("`oci://{place}` is not a reference to a registry"))?;
    // It fails if a provider is installed already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let registry = reference.registry().to_owned();
    let protocol =
        if credentials::is_loopback(&registry) { ClientProtocol::Http } else { ClientProtocol::Https };
    let client = Client::new(ClientConfig { protocol, ..ClientConfig::default() });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let credentials = credentials::of(&registry)?;
    runtime.block_on(call(client, reference, credentials)).with_context(|| format!("the registry {registry}"))
}
