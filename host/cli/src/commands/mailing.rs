//! `offer-host mailing`: mailings of a host that serves.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::bail;
use serde_json::Value;
use toolkit::client::{Host, Trust};

/// Arguments of `offer-host mailing`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: MailingCommand,
}

#[derive(Debug, clap::Subcommand)]
enum MailingCommand {
    /// Show a mailing as a member would get it. Nothing is sent.
    Preview(PreviewArgs),
}

/// Arguments of `offer-host mailing preview`.
#[derive(Debug, clap::Args)]
struct PreviewArgs {
    /// The mailing's name.
    name: String,
    /// The member's id.
    #[arg(long, value_name = "ID")]
    member: String,
    /// Print the page instead of the plain text.
    #[arg(long)]
    html: bool,
    /// Address of the host.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    to: String,
    /// A key of role `integration`.
    #[arg(long, env = "OFFER_HOST_KEY", hide_env_values = true)]
    key: String,
    #[command(flatten)]
    trust: Trust,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.command {
        MailingCommand::Preview(args) => preview(args),
    }
}

fn preview(args: &PreviewArgs) -> anyhow::Result<ExitCode> {
    let host = Host::new(&args.trust, &args.to, &args.key)?;
    let path = format!("/v1/mailings/{}/preview?member_id={}", encoded(&args.name), encoded(&args.member));
    let answer = host.get(&path)?;
    if let Some(refusal) = answer.refusal() {
        bail!("{refusal}");
    }
    let text = |name: &str| answer.document.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut out = std::io::stdout().lock();
    if args.html {
        writeln!(out, "{}", text("html"))?;
        return Ok(ExitCode::SUCCESS);
    }
    for (title, name) in [("Subject", "subject"), ("Preheader", "preheader"), ("Variant", "variant")] {
        if !text(name).is_empty() {
            writeln!(out, "{title}: {}", text(name))?;
        }
    }
    writeln!(out, "\n{}", text("text"))?;
    Ok(ExitCode::SUCCESS)
}

/// A text as a part of an address.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
