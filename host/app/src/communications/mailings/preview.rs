//! A mailing before it is sent: as one member would get it, to the addresses of testers, and made for everybody without
//! sending anything. All by the function that sending uses.

use std::collections::BTreeMap;

use communications::Profile;
use communications::mailing::audience::members;
use senders::{Outcome, Outgoing, RefusedKind};
use serde_json::{Value, json};

use super::audience::freeze;
use super::{Known, find, group};
use crate::audit::Actor;
use crate::communications::channels;
use crate::communications::outbox::recipients;
use crate::communications::rendering::{self, Made, NotMade};
use crate::communications::templates;
use crate::communications::values::Cause;
use crate::error::Error;
use crate::state::App;

/// Addresses of one test at most.
const TESTERS_MAX: usize = 20;
/// Members of one step of a dry run.
const STEP: usize = 200;
/// Failures of a dry run that are told.
const TOLD_MAX: usize = 100;

/// A mailing made for a member.
struct MadeFor {
    template: String,
    version: i64,
    variant: Option<String>,
    made: Made,
}

/// Shows a mailing as a member would get it.
pub async fn preview(app: &App, name: &str, member_id: &str) -> Result<Value, Error> {
    let known = find(app, name).await?;
    let MadeFor { template, version, variant, made } =
        make(app, &known, member_id, None).await.map_err(refusal)?;
    let warnings: Vec<Value> =
        made.rendered.warnings.iter().map(|(code, detail)| json!({"code": code, "detail": detail})).collect();
    Ok(json!({
        "mailing": name,
        "member_id": member_id,
        "template": template,
        "template_version": version,
        "variant": variant,
        "control_group": is_ghost(app, &known, member_id),
        "language": made.rendered.language,
        "subject": made.rendered.subject,
        "preheader": made.rendered.preheader,
        "html": made.rendered.html,
        "text": made.rendered.text,
        "warnings": warnings,
    }))
}

/// Sends a mailing, as a member would get it, to the addresses of testers. Nothing is stored of it and nobody's consent is
/// asked. Returns what became of each.
pub async fn test(
    app: App,
    name: String,
    member_id: String,
    to: Vec<String>,
    actor: Actor,
) -> Result<Value, Error> {
    if to.is_empty() || to.len() > TESTERS_MAX {
        let detail = format!("a test goes to 1 to {TESTERS_MAX} addresses");
        return Err(Error::State { code: "too_many_testers", detail });
    }
    let known = find(&app, &name).await?;
    let channel = &known.mailing.channel;
    let route = channels::route(&app, channel).await?;
    let route = route
        .ok_or_else(|| Error::Unknown { code: "unknown_channel", what: format!("channel `{channel}`") })?;
    let MadeFor { made, .. } = make(&app, &known, &member_id, None).await.map_err(refusal)?;
    let mut outgoing = Vec::with_capacity(to.len());
    for to in &to {
        let mut id = [0_u8; 16];
        getrandom::fill(&mut id).map_err(|error| Error::internal(&error))?;
        outgoing.push(Outgoing {
            message_id: hex::encode(id),
            to: to.clone(),
            subject: made.rendered.subject.clone(),
            html: made.rendered.html.clone(),
            text: made.rendered.text.clone(),
            language: Some(made.rendered.language.clone()),
            ..Outgoing::default()
        });
    }
    let outcomes = route.send(&outgoing).await;
    let detail = json!({"member": member_id, "addresses": to.len()});
    app.store.audit_append(&actor.entry("mailing.test", &name, detail)).await?;
    let told: Vec<Value> = to.iter().zip(&outcomes).map(|(to, outcome)| outcome_shown(to, outcome)).collect();
    Ok(json!({"mailing": name, "member_id": member_id, "sent": told}))
}

/// Makes a mailing for everybody whom it is for, and sends nothing. Tells of those for whom it cannot be made.
pub async fn dry_run(app: App, name: String) -> Result<Value, Error> {
    let known = find(&app, &name).await?;
    let frozen = freeze(&app, &known.mailing.audience).await?;
    let most = app.config.communications.dry_run_members;
    let mut report = Report::default();
    'parts: for (_, bitmap) in &frozen.parts {
        let mut from = 0_u32;
        loop {
            let numbers = members(bitmap, from, STEP).ok_or_else(|| Error::damaged("an audience"))?;
            let Some(last) = numbers.last() else { break };
            let next = last.0.checked_add(1);
            let numbers: Vec<u32> = numbers.iter().map(|number| number.0).collect();
            let people = recipients::by_number(&app, &numbers).await?;
            report.unknown(numbers.len().saturating_sub(people.len()));
            for profile in people.values() {
                if report.members >= most {
                    break 'parts;
                }
                report.add(&app, &known, profile).await?;
            }
            let Some(next) = next else { break };
            from = next;
        }
    }
    Ok(report.shown(&name, frozen.members))
}

/// What a dry run has found.
#[derive(Default)]
struct Report {
    members: usize,
    good: usize,
    ghosts: usize,
    reasons: BTreeMap<String, usize>,
    told: Vec<Value>,
}

impl Report {
    async fn add(&mut self, app: &App, known: &Known, profile: &Profile) -> Result<(), Error> {
        self.members = self.members.saturating_add(1);
        if is_ghost(app, known, &profile.id) {
            self.ghosts = self.ghosts.saturating_add(1);
            return Ok(());
        }
        match make(app, known, &profile.id, Some(profile)).await {
            Ok(_) => self.good = self.good.saturating_add(1),
            Err(NotMade::Failed(error)) => return Err(error),
            Err(NotMade::Skipped { reason, detail }) => {
                if self.told.len() < TOLD_MAX {
                    self.told.push(json!({"member_id": profile.id, "reason": reason, "detail": detail}));
                }
                let count = self.reasons.entry(reason).or_default();
                *count = count.saturating_add(1);
            }
        }
        Ok(())
    }

    fn unknown(&mut self, members: usize) {
        if members > 0 {
            self.members = self.members.saturating_add(members);
            let count = self.reasons.entry("unknown_member".to_owned()).or_default();
            *count = count.saturating_add(members);
        }
    }

    fn shown(self, name: &str, audience: i64) -> Value {
        json!({
            "mailing": name,
            "audience": audience,
            "members": self.members,
            "is_complete": i64::try_from(self.members).unwrap_or(i64::MAX) >= audience,
            "good": self.good,
            "control_group": self.ghosts,
            "failed": self.reasons.values().sum::<usize>(),
            "reasons": self.reasons,
            "failures": self.told,
        })
    }
}

/// True if the member is in a control group, and would get nothing.
fn is_ghost(app: &App, known: &Known, member_id: &str) -> bool {
    group(&known.mailing, &app.config.communications.control_group(), member_id).is_some()
}

async fn make(
    app: &App,
    known: &Known,
    member_id: &str,
    profile: Option<&Profile>,
) -> Result<MadeFor, NotMade> {
    let variant = known.mailing.variant(&known.row.name, member_id);
    let template = known.mailing.template_of(variant);
    let versions: BTreeMap<String, i64> =
        serde_json::from_str(&known.row.template_versions).unwrap_or_default();
    let (version, compiled) = templates::find(app, template, versions.get(template).copied()).await?;
    let cause = Cause {
        unsubscribe_url: Some(rendering::sample(app, "u")),
        profile: profile.cloned(),
        ..Cause::default()
    };
    let made = rendering::make(app, &compiled, member_id, &cause).await?;
    Ok(MadeFor {
        template: template.to_owned(),
        version,
        variant: variant.map(|variant| variant.name.clone()),
        made,
    })
}

fn refusal(not_made: NotMade) -> Error {
    match not_made {
        NotMade::Failed(error) => error,
        NotMade::Skipped { reason, detail } if reason == "unknown_member" => {
            let what = detail.strip_prefix("there is no ").unwrap_or(&detail).to_owned();
            Error::Unknown { code: "unknown_member", what }
        }
        NotMade::Skipped { reason, detail } => {
            Error::State { code: "message_not_rendered", detail: format!("{detail} ({reason})") }
        }
    }
}

fn outcome_shown(to: &str, outcome: &Outcome) -> Value {
    let (state, reason) = match outcome {
        Outcome::Accepted { .. } => ("accepted", ""),
        Outcome::Later { reason, .. } => ("later", reason.as_str()),
        Outcome::Refused { kind: RefusedKind::Address, reason } => ("bad_address", reason.as_str()),
        Outcome::Refused { reason, .. } => ("refused", reason.as_str()),
        Outcome::Unknown { reason } => ("unknown", reason.as_str()),
    };
    json!({"to": to, "outcome": state, "reason": reason})
}
