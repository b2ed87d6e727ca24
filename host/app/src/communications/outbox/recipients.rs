//! Members whom messages go to.

use std::collections::BTreeMap;

use communications::Profile;
use jiff::tz::TimeZone;
use store::NumberedMember;

use crate::communications::people;
use crate::error::Error;
use crate::state::App;

/// The zones of members, by number.
pub async fn zones(app: &App, members: &[NumberedMember]) -> Result<BTreeMap<u32, TimeZone>, Error> {
    let numbers: Vec<u32> = members.iter().map(|member| member.number).collect();
    let people = people::of(app, &numbers).await?;
    Ok(people.into_iter().map(|profile| (profile.number.0, profile.zone)).collect())
}

/// Members by number; those whom the tills do not know are missing.
pub async fn by_number(app: &App, numbers: &[u32]) -> Result<BTreeMap<u32, Profile>, Error> {
    let people = people::of(app, numbers).await?;
    Ok(people.into_iter().map(|profile| (profile.number.0, profile)).collect())
}

/// The address of a member on channels that reach it by a kind of contact.
pub(in super::super) fn address<'a>(profile: &'a Profile, contact: &str) -> Option<&'a str> {
    match contact {
        "email" => profile.contacts.email.as_deref(),
        "phone" => profile.contacts.phone.as_deref(),
        // Messages in an app reach everybody.
        "member" => Some(&profile.id),
        other => profile.contacts.other.get(other).map(String::as_str),
    }
}
