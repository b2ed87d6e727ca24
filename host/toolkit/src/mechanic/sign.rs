//! `offer-host mechanic sign`: writes a detached signature beside a component.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, anyhow, ensure};
use app::mechanics::signatures::{Signature, is_key_id};
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::DecodePrivateKey as _;
use wire::digest;

use super::read;

/// Arguments of `offer-host mechanic sign`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The component; the signature goes beside it, as `FILE.wasm.sig`.
    #[arg(value_name = "FILE.wasm")]
    file: PathBuf,
    /// The private key, as `mechanic keygen` writes it.
    #[arg(long, value_name = "FILE.pem")]
    key: PathBuf,
    /// The id under which the key is registered; by default the name of its file.
    #[arg(long)]
    key_id: Option<String>,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let signature = sign(&read(&args.file)?, &args.key, args.key_id.as_deref())?;
    let beside = beside(&args.file);
    std::fs::write(&beside, format!("{signature}\n"))
        .with_context(|| format!("cannot write {}", beside.display()))?;
    writeln!(std::io::stdout(), "{}", beside.display())?;
    Ok(ExitCode::SUCCESS)
}

/// Signs a component with the private key in the file `key`. Fails if that is not an ed25519 key in PEM, or if its id
/// is not one.
pub(super) fn sign(file: &[u8], key: &Path, key_id: Option<&str>) -> anyhow::Result<Signature> {
    let stem = key.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let key_id = key_id.map_or(stem, str::to_owned);
    ensure!(
        is_key_id(&key_id),
        "`{key_id}` cannot be the id of a key: give --key-id, of 1 to 64 letters, digits, `.`, `_` and `-`"
    );
    let pem = std::fs::read_to_string(key).with_context(|| format!("cannot read {}", key.display()))?;
    let key = SigningKey::from_pkcs8_pem(&pem)
        .map_err(|error| anyhow!("{} is not an ed25519 key in PEM: {error}", key.display()))?;
    Ok(Signature::of(&digest::of(file), &key_id, &key))
}

/// Path of the signature of a file: `FILE.sig`.
pub(super) fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".sig");
    PathBuf::from(name)
}
