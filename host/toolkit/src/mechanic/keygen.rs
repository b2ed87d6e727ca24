//! `offer-host mechanic keygen`: makes a key to sign mechanics with.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _, KeypairBytes};

/// Arguments of `offer-host mechanic keygen`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where the private key goes; it must not be there yet.
    #[arg(long, value_name = "FILE.pem")]
    out: PathBuf,
}

/// Writes the private key, and prints the public one.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut secret_key = [0_u8; 32];
    getrandom::fill(&mut secret_key).map_err(|error| anyhow!("the system gives no random bytes: {error}"))?;
    let public = SigningKey::from_bytes(&secret_key).verifying_key();
    // Without the public key inside: OpenSSL reads only the first version of the format.
    let private = KeypairBytes { secret_key, public_key: None };
    let private = private.to_pkcs8_pem(LineEnding::LF).map_err(|error| anyhow!("{error}"))?;
    let cannot_write = || format!("cannot write {}", args.out.display());
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&args.out)
        .with_context(cannot_write)?;
    file.write_all(private.as_bytes()).and_then(|()| file.sync_all()).with_context(cannot_write)?;
    let public = public.to_public_key_pem(LineEnding::LF).map_err(|error| anyhow!("{error}"))?;
    write!(std::io::stdout(), "{public}")?;
    Ok(ExitCode::SUCCESS)
}
