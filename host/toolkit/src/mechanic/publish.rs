//! `offer-host mechanic publish`: sends a component to a host or to an OCI registry.

mod host;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use app::mechanics::signatures::Signature;
use engine::frozen_clock;
use serde_json::{Value, json};

use super::admission::Refused;
use super::artifact::Artifact;
use super::candidate::Candidate;
use super::{ClassArg, admission, sign};
use crate::client::{Host, Refusal, Trust};

/// Arguments of `offer-host mechanic publish`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The component. A signature beside it, in `FILE.wasm.sig`, goes along.
    #[arg(value_name = "FILE.wasm")]
    file: PathBuf,
    /// A host, as `https://offers.example.com`, or a place in a registry, as
    /// `oci://registry.example.com/acme/happy-hour:1.0.0`.
    #[arg(long, value_name = "URL")]
    to: String,
    #[command(flatten)]
    class: ClassArg,
    /// Case files, or folders with case files: made-up receipts take offers, facts and times from them, here and on the
    /// host
    #[arg(long, value_name = "CASES", num_args = 1..)]
    cases: Vec<PathBuf>,
    /// Sign it with this private key, in PEM.
    #[arg(long, value_name = "FILE.pem")]
    key_file: Option<PathBuf>,
    /// The id under which the key is registered; by default the name of its file.
    #[arg(long)]
    key_id: Option<String>,
    /// A key of role `partner`, for a host.
    #[arg(long, env = "OFFER_HOST_KEY", hide_env_values = true, default_value = "")]
    api_key: String,
    #[command(flatten)]
    trust: Trust,
    /// Print the outcome as one JSON document.
    #[arg(long)]
    json: bool,
}

/// Outcome of publishing.
pub(super) enum Outcome {
    /// The component is there.
    Published {
        /// The next step.
        next: String,
        /// Warnings of its admission.
        warnings: Vec<String>,
    },
    /// The component was refused, or the key.
    Refused(Refusal),
}

/// Where a component goes.
enum Target<'a> {
    Registry(&'a str),
    Host(Host),
}

/// Admits the component as the host would, signs it and sends it. The status is 0 if it is there, also if it was
/// before, and 1 if it was refused.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let target = match args.to.strip_prefix("oci://") {
        Some(place) => Target::Registry(place),
        // Asked first, so that nobody waits for the admission in vain.
        None => match host::reach(args)? {
            Ok(host) => Target::Host(host),
            Err(refusal) => return tell(args, None, &Outcome::Refused(refusal)),
        },
    };
    let refused = |refused: Refused| {
        let detail = format!("{}: {}", refused.detail(), refused.advice());
        let refusal = Refusal { code: refused.code().to_owned(), detail };
        tell(args, None, &Outcome::Refused(refusal))
    };
    let candidate = match Candidate::admit(&args.file, args.class, &args.cases)? {
        Ok(candidate) => candidate,
        Err(why) => return refused(why),
    };
    let warnings = match admission::rehearsed(&candidate.component, &candidate.trials()?) {
        Ok(rehearsal) => {
            rehearsal.warnings.into_iter().chain(frozen_clock(&candidate.file).map(str::to_owned))
        }
        Err(why) => return refused(why),
    };
    let Candidate { file, class, component, hints } = candidate;
    let (description, inspected) = (component.description(), component.inspected());
    let artifact = Artifact {
        name: description.name.clone(),
        version: description.version.clone(),
        digest: inspected.digest.clone(),
        abi: inspected.abi(),
        class: class.name(),
        signature: signature(args, &file)?,
        file,
    };
    let outcome = match target {
        Target::Registry(place) => to_registry(place, &artifact, warnings.collect())?,
        Target::Host(host) => host::send(&host, &artifact, hints.as_deref())?,
    };
    tell(args, Some(&artifact), &outcome)
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
fn to_registry(place: &str, artifact: &Artifact, warnings: Vec<String>) -> anyhow::Result<Outcome> {
    let digest = super::oci::push(place, artifact)?;
    Ok(Outcome::Published {
        warnings,
        next: format!(
            "pull it with `offer-host mechanic pull oci://{place} -o FILE.wasm` (manifest {digest})"
        ),
    })
}

#[cfg(not(feature = "oci"))]
fn to_registry(_: &str, _: &Artifact, _: Vec<String>) -> anyhow::Result<Outcome> {
    anyhow::bail!("this program was built without the feature `oci`; publish to a host instead")
}

fn tell(args: &Args, artifact: Option<&Artifact>, outcome: &Outcome) -> anyhow::Result<ExitCode> {
    let mut stdout = std::io::stdout().lock();
    if args.json {
        writeln!(stdout, "{}", document(args, artifact, outcome))?;
    }
    match outcome {
        Outcome::Published { next, warnings } => {
            for warning in warnings {
                writeln!(std::io::stderr(), "warning: {warning}")?;
            }
            if let Some(artifact) = artifact.filter(|_| !args.json) {
                writeln!(stdout, "published: {} {}", artifact.name, artifact.version)?;
                writeln!(stdout, "  digest  {}", artifact.digest)?;
                writeln!(stdout, "  class   {}", artifact.class)?;
                if let Some(signature) = &artifact.signature {
                    writeln!(stdout, "  signed  by key {}", signature.key_id)?;
                }
                writeln!(stdout, "  next    {next}")?;
            }
            Ok(ExitCode::SUCCESS)
        }
        Outcome::Refused(refusal) => {
            if !args.json {
                writeln!(std::io::stderr(), "{refusal}")?;
            }
            Ok(ExitCode::FAILURE)
        }
    }
}

fn document(args: &Args, artifact: Option<&Artifact>, outcome: &Outcome) -> Value {
    let mut document = match outcome {
        Outcome::Published { next, warnings } => {
            json!({"published": true, "next": next, "warnings": warnings})
        }
        Outcome::Refused(Refusal { code, detail }) => {
            json!({"published": false, "code": code, "detail": detail})
        }
    };
    if let (Some(fields), Some(artifact)) = (document.as_object_mut(), artifact) {
        let signing_key = artifact.signature.as_ref().map(|signature| signature.key_id.as_str());
        for (name, value) in [
            ("to", json!(args.to)),
            ("name", json!(artifact.name)),
            ("version", json!(artifact.version)),
            ("digest", json!(artifact.digest)),
            ("class", json!(artifact.class)),
            ("signing_key", json!(signing_key)),
        ] {
            fields.insert(name.to_owned(), value);
        }
    }
    document
}
