//! Components as OCI artifacts, in the layout of the CNCF: one layer `application/wasm`, and a
//! configuration that says what it is.

mod access;

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use app::mechanics::signatures::Signature;
use jiff::Timestamp;
use oci_client::Reference;
use oci_client::client::{Client, ClientConfig, ClientProtocol, Config, ImageLayer};
use oci_client::manifest::{OCI_IMAGE_MEDIA_TYPE, OciImageManifest};
use serde_json::json;
use wire::digest;

use super::parcel::Parcel;

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

/// Pushes a component; answers the digest of its manifest.
pub(super) fn push(place: &str, parcel: &Parcel) -> anyhow::Result<String> {
    let config = json!({
        "created": Timestamp::now().to_string(),
        "architecture": "wasm",
        // What the layout calls components; this one asks nothing of WASI.
        "os": "wasip2",
        "layerDigests": [parcel.digest],
        "component": {
            "exports": [format!("loyalty:mechanic/rules@{}", parcel.abi)],
            "imports": [],
            "target": null,
        },
    });
    let config = Config::new(config.to_string().into_bytes(), CONFIG.to_owned(), None);
    let title = BTreeMap::from([(TITLE.to_owned(), format!("{}.wasm", parcel.name))]);
    let layers = [ImageLayer::new(parcel.file.clone(), LAYER.to_owned(), Some(title))];
    let mut annotations = BTreeMap::from([
        (TITLE.to_owned(), parcel.name.clone()),
        (VERSION.to_owned(), parcel.version.clone()),
    ]);
    annotations
        .extend(parcel.signature.as_ref().map(|signature| (SIGNATURE.to_owned(), signature.to_string())));
    let mut manifest = OciImageManifest::build(&layers, &config, Some(annotations));
    manifest.media_type = Some(OCI_IMAGE_MEDIA_TYPE.to_owned());
    with_registry(place, async |client, reference, access| {
        client.push(&reference, &layers, config, &access, Some(manifest)).await?;
        Ok(client.fetch_manifest_digest(&reference, &access).await?)
    })
}

/// Pulls a component, and checks that it is what its manifest says.
pub(super) fn pull(place: &str) -> anyhow::Result<Pulled> {
    let image = with_registry(place, async |client, reference, access| {
        Ok(client.pull(&reference, &access, vec![LAYER]).await?)
    })?;
    let manifest = image.manifest.context("the registry sent no manifest")?;
    let [layer] = image.layers.as_slice() else {
        anyhow::bail!("it has {} layers; a mechanic has one, of type {LAYER}", image.layers.len());
    };
    let file = layer.data.to_vec();
    let digest = digest::of(&file);
    let said = manifest.layers.first().map(|layer| layer.digest.as_str());
    ensure!(
        said == Some(digest.as_str()),
        "the registry sent {digest}, and its manifest says {}",
        said.unwrap_or("nothing")
    );
    let signature = manifest.annotations.as_ref().and_then(|annotations| annotations.get(SIGNATURE));
    let signature = signature.map(|text| text.parse::<Signature>()).transpose().context("its signature")?;
    Ok(Pulled { file, digest, signature })
}

fn with_registry<T>(
    place: &str,
    call: impl AsyncFnOnce(Client, Reference, oci_client::secrets::RegistryAuth) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let reference = place
        .parse::<Reference>()
        .with_context(|| format!("`oci://{place}` is not a place in a registry"))?;
    // It fails if there is one already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let registry = reference.registry().to_owned();
    let protocol = if access::is_loopback(&registry) { ClientProtocol::Http } else { ClientProtocol::Https };
    let client = Client::new(ClientConfig { protocol, ..ClientConfig::default() });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let access = access::to(&registry)?;
    runtime.block_on(call(client, reference, access)).with_context(|| format!("the registry {registry}"))
}
