//! The time zone of a member and the operator of its phone, each with where it comes from.

use jiff::tz::TimeZone;

use super::ranges::NumberRange;
use crate::member::Origin;

/// Sources of the zone of a member: IANA names, the surest first. A name that is in no database is passed over.
#[derive(Debug, Clone, Copy, Default)]
pub struct ZoneSources<'a> {
    /// The zone among the member's attributes.
    pub profile: Option<&'a str>,
    /// The zone of the region of the member's address.
    pub address: Option<&'a str>,
    /// The range that the member's phone number is in.
    pub phone: Option<&'a NumberRange>,
    /// The zone of the store where the member buys.
    pub store: Option<&'a str>,
}

/// A time zone, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The zone.
    pub zone: TimeZone,
    /// Where it comes from.
    pub from: Origin,
}

/// The operator of a phone number. A guess, since people take their numbers along to other operators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// Its name.
    pub name: String,
    /// Where it comes from.
    pub from: Origin,
}

/// The zone of a member: the first that is known; `default` if none is.
pub fn locate(sources: &ZoneSources<'_>, default: &TimeZone) -> Located {
    let known = [
        (sources.profile, Origin::Profile),
        (sources.address, Origin::Address),
        (sources.phone.map(|range| range.zone.as_str()), Origin::PhoneRange),
        (sources.store, Origin::Store),
    ];
    let mut zones = known.into_iter().filter_map(|(name, from)| {
        let zone = TimeZone::get(name?.trim()).ok()?;
        Some(Located { zone, from })
    });
    zones.next().unwrap_or_else(|| Located { zone: default.clone(), from: Origin::Default })
}

/// The operator of a phone: as an attribute of the member says, or that of the range its number is in.
pub fn operator(profile: Option<&str>, range: Option<&NumberRange>) -> Option<Operator> {
    let range = range.map(|range| range.operator.as_str());
    let mut known =
        [(profile, Origin::Profile), (range, Origin::PhoneRange)].into_iter().filter_map(|(name, from)| {
            let name = name?.trim();
            (!name.is_empty()).then(|| Operator { name: name.to_owned(), from })
        });
    known.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).expect(name)
    }

    fn range(zone: &str, operator: &str) -> NumberRange {
        let [operator, zone] = [operator, zone].map(str::to_owned);
        NumberRange { first: 1, last: 2, operator, region: String::new(), zone }
    }

    #[test]
    fn the_surest_source_that_is_known_tells_the_zone() {
        let range = range("Asia/Omsk", "");
        let all = ZoneSources {
            profile: Some("Asia/Vladivostok"),
            address: Some("Asia/Tokyo"),
            phone: Some(&range),
            store: Some("Europe/Samara"),
        };
        let without_profile = ZoneSources { profile: Some("Mars/Olympus"), ..all };
        let without_address = ZoneSources { address: Some(" "), ..without_profile };
        let without_phone = ZoneSources { phone: None, ..without_address };
        let without_store = ZoneSources { store: None, ..without_phone };
        for (sources, name, from) in [
            (all, "Asia/Vladivostok", Origin::Profile),
            (without_profile, "Asia/Tokyo", Origin::Address),
            (without_address, "Asia/Omsk", Origin::PhoneRange),
            (without_phone, "Europe/Samara", Origin::Store),
            (without_store, "Europe/Moscow", Origin::Default),
        ] {
            let found = locate(&sources, &zone("Europe/Moscow"));
            assert_eq!(found, Located { zone: zone(name), from });
        }
    }

    #[test]
    fn an_operator_that_the_member_named_beats_the_table() {
        let known = |profile: Option<&str>, table: &str| {
            operator(profile, Some(&range("", table))).map(|operator| (operator.name, operator.from))
        };
        assert_eq!(known(Some("West"), "East"), Some(("West".to_owned(), Origin::Profile)));
        assert_eq!(known(Some(" "), "East"), Some(("East".to_owned(), Origin::PhoneRange)));
        assert_eq!(known(None, ""), None);
        assert_eq!(operator(None, None), None);
    }
}
