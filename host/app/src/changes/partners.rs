//! Partners: their signing keys, and the rules for their uploads.

use std::collections::{BTreeMap, BTreeSet};

use engine::Class;
use serde_json::{Value, json};
use store::{MechanicVersion, PartnerKey};
use wire::problem::{Problem, Problems};
use wire::reader::{Node, Report};

use crate::audit::Actor;
use crate::clock::now;
use crate::config::SignaturePolicy;
use crate::error::Error;
use crate::keys::{Caller, Role};
use crate::mechanics::signatures::{self, Signature};
use crate::state::App;

/// Registers a public key; returns it, and true if it is new. The same key again changes nothing.
pub async fn put_key(
    app: App,
    (partner, id): (String, String),
    body: Value,
    actor: Actor,
) -> Result<(PartnerKey, bool), Error> {
    let report = Report::default();
    let read = read_key(report.root(&body), &id);
    let (public_key, _) = report.finish(read).map_err(refused)?;
    let key = PartnerKey { id, partner, public_key, created_at: now(), revoked_at: None };
    let detail = json!({"partner": key.partner, "public_key": key.public_key});
    let entry = actor.entry("partner_key.put", &key.id, detail);
    if app.store.add_partner_key(&key, &entry).await? {
        return Ok((key, true));
    }
    let known = app.store.partner_key(&key.id).await?.ok_or_else(|| Error::damaged("partner key"))?;
    let is_same = known.partner == key.partner && known.public_key == key.public_key;
    match known.revoked_at {
        None if is_same => Ok((known, false)),
        None => Err(Error::State {
            code: "key_exists",
            detail: format!(
                "`{}` is another key already, of `{}`; keys do not change: take another id",
                known.id, known.partner
            ),
        }),
        Some(_) => Err(Error::State {
            code: "key_revoked",
            detail: format!(
                "key `{}` was revoked, and stays so; register a new one under another id",
                known.id
            ),
        }),
    }
}

fn read_key(node: Node<'_, '_>, id: &str) -> Option<String> {
    if !signatures::is_key_id(id) {
        node.problem("bad_key_id", "the id of a key is 1 to 64 letters, digits, `.`, `_` and `-`");
    }
    let document = node.object()?;
    let field = document.required("public_key")?;
    document.refuse_unknown();
    let key = field.text().and_then(signatures::public_key);
    let Some(key) = key else {
        return field.refuse("bad_public_key", "must be an ed25519 public key, as PEM or in base64");
    };
    Some(signatures::public_key_text(&key))
}

/// Revokes a key from now on. Mechanics that it signed before stay.
pub async fn revoke_key(
    app: App,
    (partner, id): (String, String),
    actor: Actor,
) -> Result<PartnerKey, Error> {
    let unknown = || Error::NotFound(format!("key `{id}` of partner `{partner}`"));
    let known = app.store.partner_key(&id).await?.filter(|key| key.partner == partner).ok_or_else(unknown)?;
    if known.revoked_at.is_none() {
        let entry = actor.entry("partner_key.revoke", &id, json!({"partner": partner}));
        app.store.revoke_partner_key(&id, &entry).await?;
    }
    app.store.partner_key(&id).await?.ok_or_else(unknown)
}

/// The version that says whose a mechanic is: the first with an uploader. Versions from before uploaders were stored
/// have none, and give nobody a claim.
fn first<'a>(versions: impl Iterator<Item = &'a MechanicVersion>) -> Option<&'a MechanicVersion> {
    versions
        .filter(|version| version.uploader.is_some())
        .min_by(|one, other| (one.created_at, &one.version).cmp(&(other.created_at, &other.version)))
}

fn is_of(version: &MechanicVersion, partner: &str) -> bool {
    version.uploader_role.as_deref() == Some(Role::Partner.name())
        && version.uploader.as_deref() == Some(partner)
}

/// True if a caller may see the mechanic with these versions: partners see their own ones only.
pub fn may_see(caller: &Caller, versions: &[MechanicVersion]) -> bool {
    let Some(partner) = caller.partner.as_deref() else { return true };
    let is_builtin = versions.iter().any(|version| version.origin == "builtin");
    !is_builtin && first(versions.iter()).is_some_and(|first| is_of(first, partner))
}

/// The names of the mechanics that a caller may see; none if it may see all.
pub async fn visible_names(app: &App, caller: &Caller) -> Result<Option<BTreeSet<String>>, Error> {
    if caller.partner.is_none() {
        return Ok(None);
    }
    let mut by_name: BTreeMap<String, Vec<MechanicVersion>> = BTreeMap::new();
    for version in app.store.mechanic_versions().await? {
        by_name.entry(version.name.clone()).or_default().push(version);
    }
    by_name.retain(|_, versions| may_see(caller, versions));
    Ok(Some(by_name.into_keys().collect()))
}

/// A request to upload a mechanic.
pub struct MechanicUpload {
    /// Name of the mechanic.
    pub name: String,
    /// Class of limits; none for the smallest one that takes the file.
    pub class: Option<Class>,
    /// Owner of the key of the call.
    pub caller: Caller,
    /// Text of the signature header, if it was sent.
    pub signature: Option<String>,
    /// Text of the header with hints for its rehearsal, if it was sent.
    pub hints: Option<String>,
}

impl MechanicUpload {
    /// Refuses a class that partners may not take.
    pub fn check_class(&self, app: &App, class: Class) -> Result<(), Error> {
        let allowed = &app.config.mechanics.partner_classes;
        let class = class.name();
        if self.caller.role == Role::Admin || allowed.iter().any(|allowed| allowed == class) {
            return Ok(());
        }
        let allowed = if allowed.is_empty() { "none".to_owned() } else { allowed.join(", ") };
        Err(Error::Denied {
            code: "class_not_allowed",
            detail: format!(
                "partners may not upload in class `{class}` here, only in: {allowed}; ask an admin to upload it"
            ),
        })
    }

    /// Refuses a name that belongs to another partner, or to a built-in mechanic. The first partner that
    /// uploads a name owns it.
    pub fn check_owner(&self, known: &[MechanicVersion]) -> Result<(), Error> {
        if self.caller.role == Role::Admin || self.owns(known) {
            return Ok(());
        }
        Err(Error::Denied {
            code: "not_your_mechanic",
            detail: format!("`{}` belongs to somebody else; give your mechanic another name", self.name),
        })
    }

    fn owns(&self, known: &[MechanicVersion]) -> bool {
        let named = known.iter().filter(|version| version.name == self.name);
        if named.clone().any(|version| version.origin == "builtin")
            || bundle::builtins().iter().any(|builtin| builtin.name == self.name)
        {
            return false;
        }
        first(named).is_none_or(|first| is_of(first, self.owner()))
    }

    /// The name that uploads are stored under: of the partner, or of an admin's key.
    pub fn owner(&self) -> &str {
        self.caller.partner.as_deref().unwrap_or(&self.caller.name)
    }

    /// Checks the signature of a file, as the policy asks; returns it if there is one.
    pub async fn check_signature(&self, app: &App, file: &[u8]) -> Result<Option<Signature>, Error> {
        let Some(sent) = &self.signature else {
            return match app.config.mechanics.signatures {
                SignaturePolicy::Optional => Ok(None),
                SignaturePolicy::Required => Err(problem(
                    "signature_missing",
                    "this host takes signed mechanics only: sign it with `offer-host mechanic sign FILE.wasm --key KEY`, and send the line in FILE.wasm.sig as the header `Mechanic-Signature`".to_owned(),
                )),
            };
        };
        let invalid = |detail: String| problem("signature_invalid", detail);
        let signature = sent.parse::<Signature>().map_err(|error| invalid(error.to_string()))?;
        let known = app.store.partner_key(&signature.key_id).await?;
        let is_theirs = |key: &PartnerKey| self.caller.role == Role::Admin || key.partner == self.owner();
        let Some(key) = known.filter(|key| key.revoked_at.is_none() && is_theirs(key)) else {
            return Err(problem(
                "signature_key_unknown",
                format!(
                    "no key `{}` of `{}` is registered here, or it was revoked; an admin registers one with `PUT /v1/partners/{{partner}}/signing-keys/{{key_id}}`",
                    signature.key_id,
                    self.owner()
                ),
            ));
        };
        let public = signatures::public_key(&key.public_key).ok_or_else(|| Error::damaged("partner key"))?;
        let digest = wire::digest::of(file);
        if !signature.is_by(&public, &digest) {
            return Err(invalid(format!(
                "the signature is not by key `{}` over {digest}: sign the very file that you upload",
                signature.key_id
            )));
        }
        Ok(Some(signature))
    }
}

fn problem(code: &'static str, detail: String) -> Error {
    let problem = Problem { pointer: String::new(), code: code.into(), detail };
    Error::Refused { code, what: "the mechanic is refused", problems: problem.into() }
}

fn refused(problems: Problems) -> Error {
    Error::Refused { code: "key_refused", what: "the key is refused", problems }
}
