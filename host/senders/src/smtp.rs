//! Mail servers.
//!
//! The connection is lettre's, the pool is not: lettre's asks with a NOOP before each reuse, which doubles the round
//! trips of a mailing, and still hands out connections that die a moment later. Here a mail goes straight over a kept
//! connection; if that turns out to be dead before `DATA`, it goes once more over a new one, which is safe because the
//! server has nothing of it yet.

pub(crate) mod account;
mod answers;
mod connection;
mod message;
mod transport;

use std::sync::{Mutex, PoisonError};

use futures_util::stream::{self, StreamExt as _};
use lettre::transport::smtp::authentication::Credentials;

use account::SmtpAccount;
use connection::{Connection, Failed};
use message::Mail;

use crate::{OpenError, Outcome, Outgoing, Secrets};

/// An account at a mail server with its kept connections.
#[derive(Debug)]
pub(crate) struct SmtpSender {
    account: SmtpAccount,
    credentials: Option<Credentials>,
    kept: Mutex<Vec<Connection>>,
}

impl SmtpSender {
    pub(crate) fn open(account: &SmtpAccount, secrets: &Secrets) -> Result<Self, OpenError> {
        let credentials = match (&account.user, &account.password) {
            (Some(user), Some(name)) => {
                let secret = secrets.get(name).ok_or_else(|| OpenError::MissingSecret(name.clone()))?;
                Some(Credentials::new(user.clone(), secret.reveal().to_owned()))
            }
            _ => None,
        };
        Ok(Self { account: account.clone(), credentials, kept: Mutex::default() })
    }

    pub(crate) async fn send(&self, messages: &[Outgoing]) -> Vec<Outcome> {
        let sent: Vec<_> = messages.iter().map(|message| self.send_one(message)).collect();
        stream::iter(sent).buffered(self.account.connections).collect().await
    }

    async fn send_one(&self, message: &Outgoing) -> Outcome {
        let mail = match message::build(&self.account, message) {
            Ok(mail) => mail,
            Err(refused) => return refused,
        };
        if let Some(mut kept) = self.take() {
            match kept.deliver(&mail).await {
                Ok(outcome) => {
                    self.keep(kept);
                    return outcome;
                }
                Err(failed) if !failed.retry => return failed.outcome,
                Err(_) => {}
            }
        }
        self.send_anew(&mail).await
    }

    /// Sends over a new connection, once.
    async fn send_anew(&self, mail: &Mail) -> Outcome {
        let mut connection = match Connection::open(&self.account, self.credentials.as_ref()).await {
            Ok(connection) => connection,
            Err(outcome) => return outcome,
        };
        match connection.deliver(mail).await {
            Ok(outcome) => {
                self.keep(connection);
                outcome
            }
            Err(Failed { outcome, .. }) => outcome,
        }
    }

    fn take(&self) -> Option<Connection> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // One that has been still for long has probably been ended by the server.
        kept.retain(Connection::is_fresh);
        kept.pop()
    }

    fn keep(&self, connection: Connection) {
        if !connection.is_usable(self.account.mails_per_connection) {
            return;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < self.account.connections {
            kept.push(connection);
        }
    }

    pub(crate) async fn close(&self) {
        while let Some(connection) = self.take() {
            connection.quit().await;
        }
    }
}
