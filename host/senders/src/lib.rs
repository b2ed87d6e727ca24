//! The only place that talks to providers of messages: SMTP and HTTP accounts.
//!
//! An [`Account`] is a document: where the provider is, how it is spoken to, what its answers mean. A [`Sender`] is an
//! account that was opened with its [`Secrets`]; it takes messages that are ready ([`Outgoing`]) and tells of each what
//! became of it ([`Outcome`]). It decides nothing else: whom to write to, when and how often is decided before.
//!
//! What each outcome promises: `Accepted` means the provider has it; `Later` and `Refused` mean that it certainly has
//! not; `Unknown` means that nobody can say, because the connection ended between the message and the answer.

mod account;
mod guard;
mod http;
mod outgoing;
mod read;
mod secret;
mod sender;
mod smtp;
mod webhook;

pub use account::{Account, account_of};
pub use guard::is_private;
pub use http::account::{Auth, HttpAccount, Meaning, Rule, Test};
pub use outgoing::{Notice, Outcome, Outgoing, RefusedKind};
pub use read::AccountProblem;
pub use secret::{Secret, Secrets};
pub use sender::{OpenError, Sender};
pub use smtp::account::{Security, SmtpAccount};
pub use webhook::WebhookScheme;
