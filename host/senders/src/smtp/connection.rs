//! One connection to a mail server.

use std::fmt;
use std::future::Future;
use std::time::{Duration, Instant};

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;
use tokio::time::timeout;

use super::account::{Security, SmtpAccount};
use super::answers::{self, Step};
use super::message::Mail;
use super::transport;
use crate::{Outcome, RefusedKind, guard};

/// How long a kept connection may be still: servers usually end theirs after a minute or more.
const STILL_MAX: Duration = Duration::from_secs(25);

pub(super) struct Connection {
    inner: AsyncSmtpConnection,
    wait: Duration,
    used_at: Instant,
    mails: i64,
    broken: bool,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("mails", &self.mails)
            .field("broken", &self.broken)
            .finish_non_exhaustive()
    }
}

/// The connection cannot be used any more.
pub(super) struct Failed {
    /// The outcome of the mail, unless it is sent again.
    pub(super) outcome: Outcome,
    /// The server has nothing of the mail, and a new connection may do.
    pub(super) retry: bool,
}

impl Connection {
    pub(super) async fn open(
        account: &SmtpAccount,
        credentials: Option<&Credentials>,
    ) -> Result<Self, Outcome> {
        let wait = Duration::from_millis(account.timeout_ms);
        let inner = timeout(wait, connect(account)).await.unwrap_or_else(|_| {
            Err(answers::unreachable(format!("connecting to {}: no answer in time", account.host)))
        })?;
        let mut connection = Self { inner, wait, used_at: Instant::now(), mails: 0, broken: false };
        if let Some(credentials) = credentials {
            connection.sign_in(credentials).await?;
        }
        Ok(connection)
    }

    async fn sign_in(&mut self, credentials: &Credentials) -> Result<(), Outcome> {
        match timeout(self.wait, self.inner.auth(DEFAULT_MECHANISMS, credentials)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if error.is_client() => {
                Err(Outcome::refused(RefusedKind::Auth, format!("signing in: {error}")))
            }
            Ok(Err(error)) => Err(answers::outcome(Step::SignIn, &error)),
            Err(_) => Err(answers::timed_out(Step::SignIn)),
        }
    }

    /// Sends a mail. After an answer that refuses it the session is reset, so that the next mail starts from nothing; a
    /// session that cannot be reset is broken. Fails if the connection is lost.
    pub(super) async fn deliver(&mut self, mail: &Mail) -> Result<Outcome, Failed> {
        let done = self.steps(mail).await;
        self.used_at = Instant::now();
        self.mails = self.mails.saturating_add(1);
        match done {
            Ok(outcome) => Ok(outcome),
            Err(Stopped::Answered(outcome)) => {
                let reset = timeout(self.wait, self.inner.command(Rset)).await;
                self.broken = !matches!(reset, Ok(Ok(_)));
                Ok(outcome)
            }
            Err(Stopped::Lost { outcome, step }) => Err(Failed { outcome, retry: step != Step::Content }),
        }
    }

    async fn steps(&mut self, mail: &Mail) -> Result<Outcome, Stopped> {
        let options = self.mail_options(mail)?;
        let wait = self.wait;
        let from = MailFrom::new(mail.envelope.from().cloned(), options);
        answer(wait, Step::Sender, self.inner.command(from)).await?;
        for to in mail.envelope.to() {
            answer(wait, Step::Recipient, self.inner.command(Rcpt::new(to.clone(), Vec::new()))).await?;
        }
        answer(wait, Step::Data, self.inner.command(Data)).await?;
        let response = answer(wait, Step::Content, self.inner.message(&mail.bytes)).await?;
        Ok(Outcome::Accepted { provider_id: queue_id(&response) })
    }

    fn mail_options(&self, mail: &Mail) -> Result<Vec<MailParameter>, Stopped> {
        let offers = |extension| self.inner.server_info().supports_feature(extension);
        let mut options = Vec::new();
        let mut addresses = mail.envelope.from().into_iter().chain(mail.envelope.to());
        if !addresses.all(|address| AsRef::<str>::as_ref(address).is_ascii()) {
            if !offers(Extension::SmtpUtfEight) {
                let reason =
                    "the address has letters beyond ASCII, which this server does not take (SMTPUTF8)";
                return Err(Stopped::Answered(Outcome::refused(RefusedKind::Content, reason)));
            }
            options.push(MailParameter::SmtpUtfEight);
        }
        if !mail.bytes.is_ascii() && offers(Extension::EightBitMime) {
            options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        Ok(options)
    }

    pub(super) fn is_fresh(&self) -> bool {
        self.used_at.elapsed() < STILL_MAX
    }

    pub(super) fn is_usable(&self, mails_max: i64) -> bool {
        !self.broken && !self.inner.has_broken() && self.mails < mails_max
    }

    pub(super) async fn quit(mut self) {
        let _ = timeout(Duration::from_secs(2), self.inner.quit()).await;
    }
}

/// A mail that did not get through.
enum Stopped {
    /// The server has answered, and the connection stands.
    Answered(Outcome),
    /// The connection does not stand any more.
    Lost { outcome: Outcome, step: Step },
}

async fn answer(
    wait: Duration,
    step: Step,
    call: impl Future<Output = Result<Response, Error>>,
) -> Result<Response, Stopped> {
    match timeout(wait, call).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => {
            let outcome = answers::outcome(step, &error);
            // 421 says that the server ends the connection.
            let code = error.status().map(|code| code.to_string());
            Err(match code.as_deref() {
                Some("421") | None => Stopped::Lost { outcome, step },
                Some(_) => Stopped::Answered(outcome),
            })
        }
        Err(_) => Err(Stopped::Lost { outcome: answers::timed_out(step), step }),
    }
}

async fn connect(account: &SmtpAccount) -> Result<AsyncSmtpConnection, Outcome> {
    let addresses = guard::resolve(&account.host, account.port, account.allow_private).await;
    let addresses = addresses.map_err(|error| {
        if error.is::<guard::Refused>() {
            return Outcome::refused(RefusedKind::Auth, error.to_string());
        }
        answers::unreachable(format!("{} cannot be found: {error}", account.host))
    })?;
    let hello = account.hello.clone().unwrap_or_else(|| account.from.email.domain().to_owned());
    let hello = ClientId::Domain(hello);
    let tls = tls(account)?;
    let implicit = tls.clone().filter(|_| account.security == Security::Tls);
    let stream = transport::open(&account.host, &addresses, implicit).await?;
    let connecting = AsyncSmtpConnection::connect_with_transport(stream, &hello);
    let mut connection = connecting.await.map_err(|error| answers::outcome(Step::Connect, &error))?;
    let Some(tls) = tls.filter(|_| account.security != Security::Tls) else { return Ok(connection) };
    if connection.can_starttls() {
        let upgraded = connection.starttls(tls, &hello).await;
        upgraded.map_err(|error| answers::outcome(Step::Connect, &error))?;
    } else if account.security == Security::StartTls {
        connection.abort().await;
        let reason = "the server does not offer STARTTLS, and without it nothing is sent";
        return Err(Outcome::refused(RefusedKind::Auth, reason));
    }
    Ok(connection)
}

fn tls(account: &SmtpAccount) -> Result<Option<TlsParameters>, Outcome> {
    if account.security == Security::None {
        return Ok(None);
    }
    let mut tls = TlsParameters::builder(account.host.clone());
    if let Some(authority) = &account.authority {
        let certificate = Certificate::from_pem(authority.as_bytes());
        let unread = |error| Outcome::refused(RefusedKind::Auth, format!("authority: {error}"));
        tls = tls.add_root_certificate(certificate.map_err(unread)?);
    }
    tls.build().map(Some).map_err(|error| Outcome::refused(RefusedKind::Auth, format!("TLS: {error}")))
}

/// The id under which the server has queued the mail, where its answer has one: `250 2.0.0 Ok: queued as 4F1A`.
fn queue_id(response: &Response) -> Option<String> {
    let line = response.first_line()?;
    let (_, id) = line.split_once("queued as ").or_else(|| line.split_once("id="))?;
    id.split_whitespace().next().map(str::to_owned)
}
