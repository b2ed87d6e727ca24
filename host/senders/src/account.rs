//! Accounts at providers, as documents.

use serde_json::Value;

use crate::http::account::HttpAccount;
use crate::read::{AccountProblem, read_object};
use crate::smtp::account::SmtpAccount;

/// An account at a provider. It names secrets and has none.
#[derive(Debug, Clone, PartialEq)]
pub enum Account {
    /// A mail server.
    Smtp(Box<SmtpAccount>),
    /// A provider with an HTTP interface: SMS, Viber, push messages, bots.
    Http(Box<HttpAccount>),
}

impl Account {
    /// The names of the secrets that the account needs.
    pub fn secrets(&self) -> Vec<&str> {
        match self {
            Self::Smtp(account) => account.password.as_deref().into_iter().collect(),
            Self::Http(account) => account.auth.secret().into_iter().collect(),
        }
    }
}

/// Reads the account of a channel of kind `smtp` or `http`, with every problem.
pub fn account_of(kind: &str, document: &Value) -> Result<Account, Vec<AccountProblem>> {
    let mut problems = Vec::new();
    let account = match kind {
        "smtp" => Account::Smtp(Box::new(read_object("", document, &mut problems, SmtpAccount::read))),
        "http" => Account::Http(Box::new(read_object("", document, &mut problems, HttpAccount::read))),
        other => {
            let text = format!("an account is of kind smtp or http, found \"{other}\"");
            problems.push(AccountProblem { place: String::new(), text });
            return Err(problems);
        }
    };
    if problems.is_empty() { Ok(account) } else { Err(problems) }
}
