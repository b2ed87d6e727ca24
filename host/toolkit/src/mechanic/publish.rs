//! `offer-host mechanic publish`: a component to a host, or to an OCI registry.

mod host;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use app::mechanics::signatures::Signature;
use engine::{Runtime, RuntimeSettings};
use serde_json::{Value, json};

use super::parcel::Parcel;
use super::{ClassArg, admission, read, sign};

/// What `offer-host mechanic publish` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The component. A signature beside it, in `FILE.wasm.sig`, goes along.
    #[arg(value_name = "FILE.wasm")]
    file: PathBuf,
    /// A host, as `https://offers.example.com`, or a place in a registry, as
    /// `oci://ghcr.io/acme/happy-hour:1.0.0`.
    #[arg(long, value_name = "URL")]
    to: String,
    #[command(flatten)]
    class: ClassArg,
    /// Sign it with this private key, in PEM.
    #[arg(long, value_name = "FILE.pem")]
    key_file: Option<PathBuf>,
    /// The id under which the key is registered; by default the name of its file.
    #[arg(long)]
    key_id: Option<String>,
    /// A key of role `partner`, for a host.
    #[arg(long, env = "OFFER_HOST_KEY", hide_env_values = true, default_value = "")]
    api_key: String,
    /// Say what came of it as one JSON document.
    #[arg(long)]
    json: bool,
}

/// What came of it.
pub(super) enum Outcome {
    /// It is there; what to do next.
    Published { next: String },
    /// It was refused: code and detail.
    Refused { code: String, detail: String },
}

/// Admits the component as the host would, signs it and sends it. Ends with 0 if it is there, also
/// if it was before; with 1 if it was refused.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let registry = args.to.strip_prefix("oci://");
    if registry.is_none() {
        // Before anybody waits for the rest.
        host::check(&args.to, &args.api_key)?;
    }
    let file = read(&args.file)?;
    let class = args.class.of(&file);
    let runtime = Runtime::new(&RuntimeSettings::default())?;
    let component = match admission::rehearsed(&runtime, &file, class)? {
        Ok(component) => component,
        Err(refused) => {
            let detail = format!("{}: {}", refused.detail(), refused.advice());
            return tell(args, None, &Outcome::Refused { code: refused.code().to_owned(), detail });
        }
    };
    let (description, inspected) = (component.description(), component.inspected());
    let parcel = Parcel {
        name: description.name.clone(),
        version: description.version.clone(),
        digest: inspected.digest.clone(),
        abi: inspected.abi(),
        class: class.name(),
        signature: signature(args, &file)?,
        file,
    };
    let outcome = match registry {
        Some(place) => to_registry(place, &parcel)?,
        None => host::send(&args.to, &args.api_key, &parcel)?,
    };
    tell(args, Some(&parcel), &outcome)
}

fn signature(args: &Args, file: &[u8]) -> anyhow::Result<Option<Signature>> {
    if let Some(key) = &args.key_file {
        return sign::sign(file, key, args.key_id.as_deref()).map(Some);
    }
    let beside = sign::beside(&args.file);
    if !beside.is_file() {
        return Ok(None);
    }
    let text =
        std::fs::read_to_string(&beside).with_context(|| format!("cannot read {}", beside.display()))?;
    text.parse::<Signature>().map(Some).with_context(|| format!("{}", beside.display()))
}

#[cfg(feature = "oci")]
fn to_registry(place: &str, parcel: &Parcel) -> anyhow::Result<Outcome> {
    let digest = super::oci::push(place, parcel)?;
    Ok(Outcome::Published {
        next: format!(
            "pull it with `offer-host mechanic pull oci://{place} -o FILE.wasm` (manifest {digest})"
        ),
    })
}

#[cfg(not(feature = "oci"))]
fn to_registry(_: &str, _: &Parcel) -> anyhow::Result<Outcome> {
    anyhow::bail!("this program was built without the feature `oci`; publish to a host instead")
}

fn tell(args: &Args, parcel: Option<&Parcel>, outcome: &Outcome) -> anyhow::Result<ExitCode> {
    let mut stdout = std::io::stdout().lock();
    if args.json {
        writeln!(stdout, "{}", document(args, parcel, outcome))?;
    }
    match outcome {
        Outcome::Published { next } => {
            if let Some(parcel) = parcel.filter(|_| !args.json) {
                writeln!(stdout, "published: {} {}", parcel.name, parcel.version)?;
                writeln!(stdout, "  digest  {}", parcel.digest)?;
                writeln!(stdout, "  class   {}", parcel.class)?;
                if let Some(signature) = &parcel.signature {
                    writeln!(stdout, "  signed  by key {}", signature.key_id)?;
                }
                writeln!(stdout, "  next    {next}")?;
            }
            Ok(ExitCode::SUCCESS)
        }
        Outcome::Refused { code, detail } => {
            if !args.json {
                writeln!(std::io::stderr(), "refused ({code}): {detail}")?;
            }
            Ok(ExitCode::FAILURE)
        }
    }
}

fn document(args: &Args, parcel: Option<&Parcel>, outcome: &Outcome) -> Value {
    let mut document = match outcome {
        Outcome::Published { next } => json!({"published": true, "next": next}),
        Outcome::Refused { code, detail } => json!({"published": false, "code": code, "detail": detail}),
    };
    if let (Some(fields), Some(parcel)) = (document.as_object_mut(), parcel) {
        let signing_key = parcel.signature.as_ref().map(|signature| signature.key_id.as_str());
        for (name, value) in [
            ("to", json!(args.to)),
            ("name", json!(parcel.name)),
            ("version", json!(parcel.version)),
            ("digest", json!(parcel.digest)),
            ("class", json!(parcel.class)),
            ("signing_key", json!(signing_key)),
        ] {
            fields.insert(name.to_owned(), value);
        }
    }
    document
}
