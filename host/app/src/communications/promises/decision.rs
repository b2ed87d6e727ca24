//! The promises of an offer that is stopped or changed: the caller decides about them. Kept promises are kept by
//! the till: the offer goes on for those whom it was promised to, and for nobody else.

use serde_json::{Map, Value, json};
use store::{NumberedMember, OfferState, OpenPromises};
use wire::audience::{MemberName, Upload};

use super::{count, members};
use crate::audit::Actor;
use crate::changes::audiences::{self, upload};
use crate::changes::offers::{self, ChangedOffer};
use crate::communications::mailings;
use crate::error::Error;
use crate::state::App;

/// Members whose ids are read at once.
const STEP: usize = 5_000;
/// Times that promises which were made meanwhile are looked for.
const ROUNDS: usize = 3;

/// The choice for open promises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The offer goes on for those whom it was promised to, until their promises end.
    Keep,
    /// This mailing, whose audience is those whom the offer was promised to, is started, and the offer is stopped.
    Tell(String),
    /// They are broken without a word.
    Break,
}

/// Stops an offer. Refused if messages have promised it and nobody has decided about that.
pub async fn stop(
    app: App,
    offer: String,
    decision: Option<Decision>,
    actor: Actor,
) -> Result<ChangedOffer, Error> {
    let Some(open) = open_of_running(&app, &offer).await? else {
        return offers::stop(app, offer, actor).await;
    };
    match decision {
        None => Err(undecided(&offer, open, "stopping it")),
        Some(Decision::Break) => offers::stop(app, offer, actor).await,
        Some(Decision::Tell(mailing)) => {
            tell(&app, &offer, mailing, &actor).await?;
            offers::stop(app, offer, actor).await
        }
        Some(Decision::Keep) => keep(app, offer, actor).await,
    }
}

/// Makes a version of an offer live. Refused if messages have promised the one that runs, and nobody has decided about
/// that.
pub async fn run(
    app: App,
    offer: String,
    version: Option<u32>,
    decision: Option<Decision>,
    actor: Actor,
) -> Result<ChangedOffer, Error> {
    let versions = offers::versions(&app, &offer).await?;
    let running = versions.iter().find(|offer| offer.state == OfferState::Running);
    let wanted = version.or(versions.last().map(|offer| offer.version));
    let changes = running.is_some_and(|running| Some(running.version) != wanted);
    let open = if changes { open_of_running(&app, &offer).await? } else { None };
    if let Some(open) = open {
        match decision {
            None => return Err(undecided(&offer, open, "running another version")),
            Some(Decision::Keep) => return Err(not_kept(&offer)),
            Some(Decision::Tell(mailing)) => tell(&app, &offer, mailing, &actor).await?,
            Some(Decision::Break) => {}
        }
    }
    offers::run(app, offer, version, actor).await
}

/// The open promises of an offer, if it runs and there are any. A database that cannot be asked keeps nobody from stopping an
/// offer.
async fn open_of_running(app: &App, offer: &str) -> Result<Option<OpenPromises>, Error> {
    let versions = app.store.offer_versions(offer).await?;
    let runs = versions.iter().any(|version| version.state == OfferState::Running);
    if !runs || count(app, offer).await.is_none() {
        return Ok(None);
    }
    let now = app.communications.now_ms().await?;
    Ok(Some(app.communications.open_promises(offer, now).await?).filter(|open| open.count > 0))
}

/// Starts the mailing that tells members.
async fn tell(app: &App, offer: &str, mailing: String, actor: &Actor) -> Result<(), Error> {
    let known = mailings::find(app, &mailing).await?;
    if known.mailing.audience != communications::mailing::Audience::Promised(offer.to_owned()) {
        let detail = format!(
            "mailing `{mailing}` is for other members: its audience must be {{\"promised\":\"{offer}\"}}; nothing was stopped"
        );
        return Err(Error::State { code: "mailing_for_others", detail });
    }
    mailings::control::start(app.clone(), mailing, actor.clone()).await?;
    Ok(())
}

/// Makes the offer go on for those whom it was promised to.
async fn keep(app: App, offer: String, actor: Actor) -> Result<ChangedOffer, Error> {
    let audience = audience_of(&offer);
    let title = json!({"title": format!("Members to whom messages promised {offer}")});
    audiences::put(app.clone(), audience.clone(), title, actor.clone()).await?;
    let mut promised = members(&app, &offer).await?;
    hand_over(&app, &audience, &promised, &actor).await?;
    let now = app.communications.now_ms().await?;
    let open = app.communications.open_promises(&offer, now).await?;
    let body = narrowed(running_body(&app, &offer).await?, &audience, &open)?;
    let put = offers::put(app.clone(), offer.clone(), body, actor.clone()).await?;
    let version = Some(put.offer.version);
    // It says less than the version that was approved.
    offers::approve(app.clone(), offer.clone(), version, actor.clone()).await?;
    let changed = offers::run(app.clone(), offer.clone(), version, actor.clone()).await?;
    // Messages that were made before have promised it to others meanwhile.
    for _ in 0..ROUNDS {
        let now = members(&app, &offer).await?;
        if now == promised {
            break;
        }
        hand_over(&app, &audience, &now, &actor).await?;
        promised = now;
    }
    Ok(changed)
}

/// Name of the audience of those whom an offer was promised to.
fn audience_of(offer: &str) -> String {
    format!("promised {offer}")
}

async fn running_body(app: &App, offer: &str) -> Result<Value, Error> {
    let versions = offers::versions(app, offer).await?;
    let running = versions.into_iter().find(|offer| offer.state == OfferState::Running);
    let running = running.ok_or_else(|| Error::NotFound(format!("running version of offer `{offer}`")))?;
    wire::json::parse(&running.body).map_err(|_| Error::damaged(&format!("offer {offer}")))
}

/// The offer for these members alone, until the last promise ends.
fn narrowed(mut body: Value, audience: &str, open: &OpenPromises) -> Result<Value, Error> {
    let damaged = || Error::damaged("the offer");
    let fields = body.as_object_mut().ok_or_else(damaged)?;
    let filters = fields.entry("filters").or_insert_with(|| Value::Object(Map::new()));
    let filters = filters.as_object_mut().ok_or_else(damaged)?;
    // They were in the audiences of the offer when it was promised, and in none that it leaves out.
    filters.insert("audience".to_owned(), json!(audience));
    let period = filters.entry("period").or_insert_with(|| Value::Object(Map::new()));
    let period = period.as_object_mut().ok_or_else(damaged)?;
    let end = open.last_end.filter(|_| open.without_end == 0);
    match end.and_then(|end| jiff::Timestamp::from_second(end.div_euclid(1_000)).ok()) {
        Some(end) => period.insert("end".to_owned(), json!(end.to_string())),
        None => period.remove("end"),
    };
    if period.is_empty() {
        filters.remove("period");
    }
    Ok(body)
}

async fn hand_over(app: &App, audience: &str, numbers: &[u32], actor: &Actor) -> Result<(), Error> {
    let mut names = Vec::with_capacity(numbers.len());
    for numbers in numbers.chunks(STEP) {
        for NumberedMember { member_id, .. } in app.communications.members_of(numbers).await? {
            names.push((format!("/{}", names.len()), MemberName::Id(member_id)));
        }
    }
    let upload = Upload { members: Some(names), add: Vec::new(), remove: Vec::new() };
    // Members who are gone are left out.
    upload::apply(app.clone(), audience.to_owned(), true, upload, actor.clone()).await?;
    Ok(())
}

pub(super) fn undecided(offer: &str, open: OpenPromises, what: &str) -> Error {
    let OpenPromises { count, members, .. } = open;
    let detail = format!(
        "messages have promised offer `{offer}` to {members} members ({count} open promises), which {what} may break: say \
         what becomes of them, `promises=keep`, `promises=tell` with a `mailing`, or `promises=break`"
    );
    Error::State { code: "open_promises", detail }
}

pub(super) fn not_kept(offer: &str) -> Error {
    let detail = format!(
        "another version cannot keep what offer `{offer}` has promised: give the changed offer an id of its own, and stop \
         this one with `promises=keep`"
    );
    Error::State { code: "promises_not_kept", detail }
}
