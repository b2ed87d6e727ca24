//! Members as rules, chains and templates read them: attributes from the database of tills, ways to reach them in their
//! one form, time zone and operator with where they come from.

use std::collections::BTreeMap;

use communications::contacts::{self, NumberRanges, Operator, ZoneSources};
use communications::{Contacts, MemberNumber, Profile};
use domain::audience::Value;
use jiff::tz::TimeZone;
use store::{NumberedMember, Person};

use super::ranges;
use crate::config::contacts::Contacts as Settings;
use crate::error::Error;
use crate::state::App;

/// The state of a member that was merged into another.
const MERGED: &str = "merged";

/// A member with what its profile alone shows.
#[derive(Debug, Clone)]
pub struct Known {
    /// As rules read it.
    pub profile: Profile,
    /// The operator of the phone, if it is known.
    pub operator: Option<Operator>,
    /// Why contacts that the tills have are of no use: the contact, and the reason.
    pub unusable: Vec<(String, String)>,
}

/// The members with these numbers that the tills know, by number. Those that were merged into others are left out.
pub async fn of(app: &App, numbers: &[u32]) -> Result<Vec<Profile>, Error> {
    Ok(known(app, numbers).await?.into_iter().map(|known| known.profile).collect())
}

/// As [`of`], with more of each.
pub async fn known(app: &App, numbers: &[u32]) -> Result<Vec<Known>, Error> {
    let members = app.communications.members_of(numbers).await?;
    let ids: Vec<String> = members.iter().map(|member| member.member_id.clone()).collect();
    let people = app.store.people(&ids, app.store.now().await?).await?;
    let mut people: BTreeMap<String, Person> =
        people.into_iter().map(|person| (person.id.clone(), person)).collect();
    let ranges = ranges::current(app).await?;
    let settings = &app.config.contacts;
    let zone = default_zone(app);
    let of_member = |NumberedMember { member_id, number }: NumberedMember| {
        let person = people.remove(&member_id).filter(|person| person.state != MERGED)?;
        Some(read(person, number, settings, &ranges, &zone))
    };
    members.into_iter().filter_map(of_member).collect()
}

/// The zone of members of whom nothing is known.
pub(super) fn default_zone(app: &App) -> TimeZone {
    let live = app.live.load();
    let shared = live.active.plan.points_of_sale.shared_zone();
    app.config.offers.zone().or_else(|| shared.cloned()).unwrap_or(TimeZone::UTC)
}

fn read(
    person: Person,
    number: u32,
    settings: &Settings,
    ranges: &NumberRanges,
    default: &TimeZone,
) -> Result<Known, Error> {
    let Person { id, attributes: stored, identifiers, points, .. } = person;
    let mut attributes = BTreeMap::new();
    for (name, text) in stored {
        let json = wire::json::parse(&text).map_err(|_| Error::damaged("attribute"))?;
        attributes.extend(wire::audience::value(&json).map(|value| (name, value)));
    }
    let text = |name: &str| match attributes.get(name) {
        Some(Value::Text(text)) => Some(text.as_str()),
        _ => None,
    };
    // An attribute goes before an identifier: it is what the member has last said.
    let stated = |name: &str| {
        let identifier = identifiers.iter().find(|(kind, _)| kind == name).map(|(_, value)| value.as_str());
        text(name).or(identifier)
    };
    let mut unusable = Vec::new();
    let phone = stated(&settings.phone).and_then(|stated| match contacts::phone(stated, &settings.country) {
        Ok(phone) => Some(phone.e164),
        Err(problem) => {
            unusable.push((settings.phone.clone(), problem.to_string()));
            None
        }
    });
    let email = stated(&settings.email).and_then(|stated| match contacts::email(stated) {
        Ok(email) => Some(email),
        Err(problem) => {
            unusable.push((settings.email.clone(), problem.to_string()));
            None
        }
    });
    let other = settings.addresses.iter();
    let other = other.filter_map(|kind| Some((kind.clone(), stated(kind)?.trim().to_owned())));
    let range = phone.as_deref().and_then(|phone| ranges.find(phone));
    let sources = ZoneSources {
        profile: text(&settings.time_zone),
        address: text(&settings.region).and_then(|region| ranges.zone_of_region(region)),
        phone: range,
        store: None,
    };
    let located = contacts::locate(&sources, default);
    let operator = contacts::operator(text(&settings.operator), range);
    let contacts =
        Contacts { phone, email, other: other.filter(|(_, address)| !address.is_empty()).collect() };
    let language = text(&settings.language).map(str::to_owned);
    let profile = Profile {
        id,
        number: MemberNumber(number),
        zone: located.zone,
        zone_from: located.from,
        language,
        points: Some(points),
        contacts,
        attributes,
    };
    Ok(Known { profile, operator, unusable })
}
