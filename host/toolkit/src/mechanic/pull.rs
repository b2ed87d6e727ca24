//! `offer-host mechanic pull`: fetches a component from an OCI registry.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;

use super::{oci, sign};

/// Arguments of `offer-host mechanic pull`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The place, as `oci://registry.example.com/acme/happy-hour:1.0.0`.
    #[arg(value_name = "oci://…")]
    from: String,
    /// Where the component goes; its signature, if it has one, goes beside it.
    #[arg(short, long, value_name = "FILE.wasm")]
    out: PathBuf,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let place = args.from.strip_prefix("oci://").context("a place in a registry starts with oci://")?;
    let pulled = oci::pull(place)?;
    std::fs::write(&args.out, &pulled.file)
        .with_context(|| format!("cannot write {}", args.out.display()))?;
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "pulled: {}", args.out.display())?;
    writeln!(stdout, "  digest  {}", pulled.digest)?;
    if let Some(signature) = &pulled.signature {
        let beside = sign::beside(&args.out);
        std::fs::write(&beside, format!("{signature}\n"))
            .with_context(|| format!("cannot write {}", beside.display()))?;
        writeln!(stdout, "  signed  by key {}, see {}", signature.key_id, beside.display())?;
    }
    Ok(ExitCode::SUCCESS)
}
