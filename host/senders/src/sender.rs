//! An account that was opened.

use thiserror::Error;

use crate::http::HttpSender;
use crate::smtp::SmtpSender;
use crate::{Account, Notice, Outcome, Outgoing, Secrets};

/// Why an account cannot be opened. The texts name no secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OpenError {
    /// The account names a secret that was not given.
    #[error("the account names the secret \"{0}\", which is not among the channel's secrets")]
    MissingSecret(String),
    /// The account cannot be used as it is.
    #[error("{0}")]
    Account(String),
}

/// An account that was opened with its secrets. It keeps connections between calls; share it.
#[derive(Debug)]
pub struct Sender {
    transport: Transport,
}

#[derive(Debug)]
enum Transport {
    Smtp(Box<SmtpSender>),
    Http(Box<HttpSender>),
}

impl Sender {
    /// Opens an account. Nothing is connected yet.
    pub fn open(account: &Account, secrets: &Secrets) -> Result<Self, OpenError> {
        // The one TLS implementation of this workspace; an error says that it is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let transport = match account {
            Account::Smtp(account) => Transport::Smtp(Box::new(SmtpSender::open(account, secrets)?)),
            Account::Http(account) => Transport::Http(Box::new(HttpSender::open(account, secrets)?)),
        };
        Ok(Self { transport })
    }

    /// Sends messages, several at a time, as many as the account has connections. Returns an outcome for each, in their
    /// order. It never fails as a whole: one message that cannot be built, or that is refused, costs only itself.
    pub async fn send(&self, messages: &[Outgoing]) -> Vec<Outcome> {
        match &self.transport {
            Transport::Smtp(sender) => sender.send(messages).await,
            Transport::Http(sender) => sender.send(messages).await,
        }
    }

    /// Tells another system something that is no message to a member. None if the account is none for that: only those
    /// with an HTTP interface are.
    pub async fn tell(&self, notice: &Notice) -> Option<Outcome> {
        match &self.transport {
            Transport::Smtp(_) => None,
            Transport::Http(sender) => Some(sender.tell(notice).await),
        }
    }

    /// True if a repeated call for the same message is told by the provider, so that an unknown one may be sent again.
    pub fn is_idempotent(&self) -> bool {
        match &self.transport {
            Transport::Smtp(_) => false,
            Transport::Http(sender) => sender.is_idempotent(),
        }
    }

    /// Ends the connections that are kept.
    pub async fn close(&self) {
        if let Transport::Smtp(sender) = &self.transport {
            sender.close().await;
        }
    }
}
