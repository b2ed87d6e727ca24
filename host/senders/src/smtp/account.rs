//! An account at a mail server.

use std::collections::BTreeMap;

use lettre::Address;
use lettre::message::Mailbox;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::read::Fields;

/// An account at a mail server.
#[derive(Debug, Clone, PartialEq)]
pub struct SmtpAccount {
    /// Name or address of the server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub security: Security,
    /// User name; none means that the server asks for none.
    pub user: Option<String>,
    /// Name of the secret that is the password.
    pub password: Option<String>,
    /// The sender: `Shop <news@example.com>`.
    pub from: Mailbox,
    /// Where answers go.
    pub reply_to: Option<Mailbox>,
    /// Where bounces go: the sender of the envelope. `{id}` in it becomes the message's id, so that a bounce that
    /// quotes nothing of the mail still tells which it was.
    pub bounces: Option<String>,
    /// The name that this host gives itself; the domain of `from` unless given.
    pub hello: Option<String>,
    /// Further headers of every mail.
    pub headers: BTreeMap<String, String>,
    /// Most connections at the same time.
    pub connections: usize,
    /// Mails after which a connection is replaced.
    pub mails_per_connection: i64,
    /// The longest wait for a connection or an answer.
    pub timeout_ms: u64,
    /// Certificates, as PEM, of an authority of one's own that has signed the server's; those of the system count too.
    pub authority: Option<String>,
    /// True if the server may be in a private network.
    pub allow_private: bool,
}

/// How a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// STARTTLS, or nothing is sent.
    StartTls,
    /// TLS from the first byte.
    Tls,
    /// STARTTLS where the server offers it.
    Opportunistic,
    /// None. Only with `allow_private`.
    None,
}

/// Headers that are made here, or that would change who gets the mail.
const OWN_HEADERS: [&str; 14] = [
    "from",
    "to",
    "cc",
    "bcc",
    "subject",
    "date",
    "message-id",
    "sender",
    "reply-to",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "list-unsubscribe",
    "list-unsubscribe-post",
];

impl SmtpAccount {
    pub(crate) fn read(fields: &mut Fields<'_>) -> Self {
        let words = [
            ("starttls", Security::StartTls),
            ("tls", Security::Tls),
            ("opportunistic", Security::Opportunistic),
            ("none", Security::None),
        ];
        let security = fields.choice("security", &words, Security::StartTls);
        let usual_port = match security {
            Security::Tls => 465,
            Security::None | Security::Opportunistic => 25,
            Security::StartTls => 587,
        };
        let account = Self {
            host: fields.text("host"),
            port: u16::try_from(fields.number("port", usual_port, 1..=65_535)).unwrap_or_default(),
            security,
            user: fields.optional_text("user"),
            password: fields.optional_text("password"),
            from: from(fields),
            reply_to: mailbox(fields, "reply_to"),
            bounces: bounces(fields),
            hello: hello(fields),
            headers: headers(fields),
            connections: usize::try_from(fields.number("connections", 4, 1..=64)).unwrap_or(1),
            mails_per_connection: fields.number("mails_per_connection", 100, 1..=100_000),
            timeout_ms: u64::try_from(fields.number("timeout_ms", 30_000, 100..=300_000)).unwrap_or(30_000),
            authority: authority(fields),
            allow_private: fields.flag("allow_private"),
        };
        if account.user.is_some() != account.password.is_some() {
            fields.problem("user", "\"user\" and \"password\" (the name of a secret) go together");
        }
        if account.security == Security::None && !account.allow_private {
            let text = "\"none\" is for a server of your own network: it needs \"allow_private\": true";
            fields.problem("security", text);
        }
        account
    }
}

fn mailbox(fields: &mut Fields<'_>, field: &str) -> Option<Mailbox> {
    let text = fields.optional_text(field)?;
    let parsed = text.parse();
    if parsed.is_err() {
        let text =
            format!("must be a mail address, or a name with one: Shop <news@example.com>; found \"{text}\"");
        fields.problem(field, text);
    }
    parsed.ok()
}

/// Stands for an address that could not be read, until the account is refused for it.
const NOBODY: (&str, &str) = ("nobody", "localhost");

fn from(fields: &mut Fields<'_>) -> Mailbox {
    if !fields.has("from") {
        fields.problem("from", "must be the mail address that writes; it is missing");
    }
    if let Some(mailbox) = mailbox(fields, "from") {
        return mailbox;
    }
    #[expect(clippy::expect_used, reason = "a constant that is an address")]
    let address = Address::new(NOBODY.0, NOBODY.1).expect("an address");
    Mailbox::new(None, address)
}

fn bounces(fields: &mut Fields<'_>) -> Option<String> {
    let text = fields.optional_text("bounces")?;
    if text.replace("{id}", "0").parse::<Address>().is_err() {
        let problem = format!("must be a mail address, with {{id}} in it or not; found \"{text}\"");
        fields.problem("bounces", problem);
    }
    Some(text)
}

fn authority(fields: &mut Fields<'_>) -> Option<String> {
    let text = fields.optional_text("authority")?;
    let read: Result<Vec<CertificateDer<'_>>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    if read.is_ok_and(|certificates| !certificates.is_empty()) {
        return Some(text);
    }
    fields.problem("authority", "must be a certificate in the form of PEM: -----BEGIN CERTIFICATE-----");
    None
}

/// The name goes over the wire as it is: with a line break in it, it would be further commands.
fn hello(fields: &mut Fields<'_>) -> Option<String> {
    let text = fields.optional_text("hello")?;
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte)) {
        fields.problem("hello", "must be the name of a host, such as mail.example.com");
    }
    Some(text)
}

fn headers(fields: &mut Fields<'_>) -> BTreeMap<String, String> {
    let headers = fields.texts("headers");
    for (name, value) in &headers {
        let known = OWN_HEADERS.contains(&name.to_ascii_lowercase().as_str());
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if known || !plain || value.contains(['\r', '\n']) {
            let text =
                format!("\"{name}\" cannot be set: a header of letters and hyphens that is not made here");
            fields.problem("headers", text);
        }
    }
    headers
}
