//! What steps read of members.

use std::collections::{BTreeMap, BTreeSet};

use communications::chains::{Facts, Wants};
use communications::rfm::Scores;
use communications::segments::{self, History, Rule};
use communications::{Event, Profile};
use domain::audience::Value;
use store::EventRow;

use super::super::people;
use super::super::segments::sets;
use crate::error::Error;
use crate::state::App;

/// Events of a member that rules of branches look at, at most.
const EVENTS_MAX: i64 = 5_000;

/// Members of a batch.
#[derive(Debug, Default)]
pub(super) struct Members(BTreeMap<u32, Profile>);

impl Members {
    /// Those of these members that the tills know.
    pub(super) async fn load(app: &App, numbers: &BTreeSet<u32>) -> Result<Self, Error> {
        let numbers: Vec<u32> = numbers.iter().copied().collect();
        let profiles = people::of(app, &numbers).await?;
        Ok(Self(profiles.into_iter().map(|profile| (profile.number.0, profile)).collect()))
    }

    /// The member with this number; none if it is gone.
    pub(super) fn get(&self, number: u32) -> Option<&Profile> {
        self.0.get(&number)
    }
}

/// What a step needs of a member.
pub(super) async fn of(
    app: &App,
    member: &Profile,
    run: &str,
    wants: &Wants<'_>,
    now: i64,
) -> Result<Facts, Error> {
    let dates = wants.dates.iter().filter_map(|name| match member.attributes.get(*name) {
        Some(Value::Text(date)) => Some(((*name).to_owned(), date.clone())),
        _ => None,
    });
    Ok(Facts {
        run: run.to_owned(),
        member: member.id.clone(),
        zone: member.zone.iana_name().unwrap_or("UTC").to_owned(),
        dates: dates.collect(),
        answers: answers(app, member, &wants.rules, now).await?,
    })
}

/// Whether rules hold for a member.
async fn answers(
    app: &App,
    member: &Profile,
    rules: &BTreeMap<&str, &Rule>,
    now: i64,
) -> Result<BTreeMap<String, bool>, Error> {
    if rules.is_empty() {
        return Ok(BTreeMap::new());
    }
    let number = member.number.0;
    let events = if rules.values().any(|rule| rule.measures().next().is_some()) {
        let mut rows = app.communications.events_of(number, i64::MIN, EVENTS_MAX).await?;
        rows.reverse();
        rows.iter().map(event).collect::<Result<Vec<Event>, Error>>()?
    } else {
        Vec::new()
    };
    let inside: BTreeSet<String> = if rules.values().any(|rule| rule.segments().next().is_some()) {
        sets::of_member(app, number).await?.into_iter().collect()
    } else {
        BTreeSet::new()
    };
    let facts = segments::Facts {
        rfm: if rules.values().any(|rule| rule.reads_rfm()) { scores(app, number).await? } else { None },
        history: History::Events(&events),
        ..segments::Facts::of(member, &inside, &events)
    };
    let answer = |(node, rule): (&&str, &&Rule)| ((*node).to_owned(), segments::evaluate(rule, &facts, now));
    Ok(rules.iter().map(answer).collect())
}

async fn scores(app: &App, number: u32) -> Result<Option<Scores>, Error> {
    let known = app.communications.known_segment_members(&[number]).await?;
    let scores = known.members.first().and_then(|member| member.scores);
    Ok(scores.and_then(|[recency, frequency, monetary]| {
        Some(Scores {
            recency: u8::try_from(recency).ok()?,
            frequency: u8::try_from(frequency).ok()?,
            monetary: u8::try_from(monetary).ok()?,
        })
    }))
}

/// An event of the log as chains read it.
pub(super) fn event(row: &EventRow) -> Result<Event, Error> {
    let payload = serde_json::from_str(&row.payload)
        .map_err(|_| Error::damaged(&format!("event {} of {}", row.id, row.source)))?;
    Ok(Event { kind: row.kind.clone(), at: row.at, payload })
}
