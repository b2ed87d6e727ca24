//! Providers with an HTTP interface.
//!
//! The account gives host, templates and rules; this file owns what may not be left to a document: which addresses are
//! reached, that redirects are not followed, how long is waited and how much is read, and the secrets.

pub(crate) mod account;
mod answers;
mod document;
mod ready;
mod request;

use std::error::Error as StdError;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::stream::{self, StreamExt as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, redirect};
use sha2::Sha256;

use account::{Auth, HttpAccount};
use answers::Answer;
use request::{Call, Templates};

use crate::{Notice, OpenError, Outcome, Outgoing, RefusedKind, Secret, Secrets, guard};

/// Milliseconds to wait after a call that did not reach the provider.
const UNREACHED_MS: i64 = 30_000;

/// The header by which the other side tells a repeated call.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// An account at a provider with an HTTP interface.
#[derive(Debug)]
pub(crate) struct HttpSender {
    account: HttpAccount,
    secret: Option<Secret>,
    templates: Templates,
    client: Client,
}

impl HttpSender {
    pub(crate) fn open(account: &HttpAccount, secrets: &Secrets) -> Result<Self, OpenError> {
        let named = account.auth.secret();
        let secret =
            named.map(|name| secrets.get(name).ok_or_else(|| OpenError::MissingSecret(name.to_owned())));
        let secret = secret.transpose()?.cloned();
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .timeout(Duration::from_millis(account.timeout_ms))
            .pool_max_idle_per_host(account.connections)
            .user_agent("offer-host")
            .dns_resolver(GuardedResolver { allow_private: account.allow_private })
            .build()
            .map_err(|error| OpenError::Account(format!("the HTTP client cannot be set up: {error}")))?;
        Ok(Self { account: account.clone(), secret, templates: Templates::new(), client })
    }

    pub(crate) fn is_idempotent(&self) -> bool {
        self.account.idempotent
    }

    pub(crate) async fn send(&self, messages: &[Outgoing]) -> Vec<Outcome> {
        let sent: Vec<_> = messages.iter().map(|message| self.send_one(message)).collect();
        stream::iter(sent).buffered(self.account.connections).collect().await
    }

    async fn send_one(&self, message: &Outgoing) -> Outcome {
        match self.templates.call(&self.account, message) {
            Ok(call) => self.make(call).await,
            Err(error) => Outcome::refused(RefusedKind::Content, error),
        }
    }

    /// Tells the other side something that is no message to a member.
    pub(crate) async fn tell(&self, notice: &Notice) -> Outcome {
        let message =
            Outgoing { message_id: notice.key.clone(), to: notice.member.clone(), ..Outgoing::default() };
        match self.templates.call_with(&self.account, &message, &notice.body) {
            Ok(mut call) => {
                call.headers.push((IDEMPOTENCY_KEY.to_owned(), notice.key.clone()));
                self.make(call).await
            }
            Err(error) => Outcome::refused(RefusedKind::Content, error),
        }
    }

    /// Makes a call. What the answer means is said by the account.
    async fn make(&self, call: Call) -> Outcome {
        // Addresses that are written as numbers are not resolved, and so would pass the resolver by.
        let literal = call
            .url
            .host_str()
            .and_then(|host| host.trim_start_matches('[').trim_end_matches(']').parse().ok());
        if !self.account.allow_private && literal.is_some_and(guard::is_private) {
            let host = call.url.host_str().unwrap_or_default().to_owned();
            return Outcome::refused(RefusedKind::Auth, guard::Refused { host }.to_string());
        }
        let headers = match self.headers(&call) {
            Ok(headers) => headers,
            Err(error) => return Outcome::refused(RefusedKind::Content, error),
        };
        let method = Method::from_bytes(self.account.method.as_bytes()).unwrap_or(Method::POST);
        let sent = self.client.request(method, call.url).headers(headers).body(call.body).send().await;
        match sent {
            Ok(response) => self.read(response).await,
            Err(error) => self.failed(&error),
        }
    }

    async fn read(&self, mut response: reqwest::Response) -> Outcome {
        let status = response.status().as_u16();
        let retry_after_ms =
            response.headers().get(RETRY_AFTER).and_then(|value| retry_after(value, SystemTime::now()));
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len().saturating_add(chunk.len()) <= self.account.answer_bytes => {
                    body.extend_from_slice(&chunk);
                }
                Ok(Some(_)) => {
                    let most = self.account.answer_bytes;
                    return self.unclear(format!("answered {status} with more than {most} bytes"));
                }
                Ok(None) => break,
                Err(error) => {
                    return self.unclear(format!("answered {status}, which ended early: {}", cause(&error)));
                }
            }
        }
        answers::outcome(&self.account, &Answer { status, retry_after_ms, body })
    }

    fn failed(&self, error: &reqwest::Error) -> Outcome {
        if let Some(refused) = find::<guard::Refused>(error) {
            return Outcome::refused(RefusedKind::Auth, refused.to_string());
        }
        let reason = cause(error);
        if error.is_connect() {
            return Outcome::later(UNREACHED_MS, format!("the provider cannot be reached: {reason}"));
        }
        if error.is_builder() {
            return Outcome::refused(RefusedKind::Content, format!("the call cannot be made: {reason}"));
        }
        self.unclear(format!("no answer: {reason}"))
    }

    /// The call has gone out and nobody can say what became of it; a provider that tells repeated calls may be asked again.
    fn unclear(&self, reason: String) -> Outcome {
        if self.account.idempotent { Outcome::later(UNREACHED_MS, reason) } else { Outcome::unknown(reason) }
    }

    fn headers(&self, call: &Call) -> Result<HeaderMap, String> {
        let mut headers = HeaderMap::new();
        if !call.body.is_empty() {
            let kind = if call.is_form { "application/x-www-form-urlencoded" } else { "application/json" };
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        for (name, value) in &call.headers {
            let (name, value) = header(name, value)?;
            headers.insert(name, value);
        }
        for (name, value) in self.proof(&call.body) {
            // The error of a secret must not show it.
            let (name, mut value) = header(&name, &value)
                .map_err(|_| "the account's proof does not fit into a header".to_owned())?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        Ok(headers)
    }

    /// The headers that prove who sends.
    fn proof(&self, body: &[u8]) -> Vec<(String, String)> {
        let secret = self.secret.as_ref().map(Secret::reveal).unwrap_or_default();
        let authorization = |value: String| vec![("authorization".to_owned(), value)];
        match &self.account.auth {
            Auth::None => Vec::new(),
            Auth::Bearer { .. } => authorization(format!("Bearer {secret}")),
            Auth::Basic { user, .. } => {
                authorization(format!("Basic {}", STANDARD.encode(format!("{user}:{secret}"))))
            }
            Auth::Header { name, prefix, .. } => vec![(name.clone(), format!("{prefix}{secret}"))],
            Auth::Hmac { name, time, .. } => {
                let now =
                    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs().to_string();
                let prefix = time.as_ref().map(|_| format!("{now}.")).unwrap_or_default();
                let signature = sign(secret.as_bytes(), &[prefix.as_bytes(), body]);
                let time = time.iter().map(|name| (name.clone(), now.clone()));
                time.chain([(name.clone(), signature)]).collect()
            }
        }
    }
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let parsed =
        HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("\"{name}\" is not a header's name"))?;
    let value =
        HeaderValue::from_str(value).map_err(|_| format!("the header {name} cannot have this value"))?;
    Ok((parsed, value))
}

fn sign(secret: &[u8], parts: &[&[u8]]) -> String {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key");
    for part in parts {
        mac.update(part);
    }
    hex::encode(mac.finalize().into_bytes())
}

/// Milliseconds of a `Retry-After`: seconds, or a date.
fn retry_after(value: &HeaderValue, now: SystemTime) -> Option<i64> {
    let text = value.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<i64>() {
        return seconds.checked_mul(1000).filter(|ms| *ms >= 0);
    }
    let date: lettre::message::header::Date = lettre::message::header::Header::parse(text).ok()?;
    let wait = SystemTime::from(date).duration_since(now).unwrap_or_default();
    i64::try_from(wait.as_millis()).ok()
}

/// The deepest cause of an error, without the address, which may carry an id of a person.
fn cause(error: &reqwest::Error) -> String {
    let mut inner: &dyn StdError = error;
    while let Some(next) = inner.source() {
        inner = next;
    }
    if error.is_timeout() { "no answer in time".to_owned() } else { inner.to_string() }
}

fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut inner = Some(error);
    while let Some(error) = inner {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        inner = error.source();
    }
    None
}

/// Resolves names to addresses that the account may reach. What is checked is what is connected to.
#[derive(Debug)]
struct GuardedResolver {
    allow_private: bool,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let addresses = guard::resolve(name.as_str(), 0, allow_private).await?;
            let addresses: Addrs = Box::new(addresses.into_iter());
            Ok(addresses)
        })
    }
}
