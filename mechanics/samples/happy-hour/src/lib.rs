//! Happy hour: its items are rewarded in certain hours of the store's clock and, if the offer names any,
//! in certain weather, which the till sends as the receipt's attribute `weather`.

use mechanic_sdk::{
    Checks, Declined, Description, DescriptionBuilder, Fact, FactSource, FactValue, Mechanic, Offer,
    ParameterPlace, Problem, Receipt, TargetKind, Unit, Verdict, rewards,
};

/// Parameters of an offer, by their index in the description.
const FROM_HOUR: u32 = 0;
const TO_HOUR: u32 = 1;
/// Classes of weather, each a parameter of its own from this index on.
const FIRST_WEATHER: u32 = 2;
const WEATHER: [(&str, &str); 4] = [
    ("rain", "When it rains"),
    ("snow", "When it snows"),
    ("heat", "When it is hot"),
    ("frost", "When it freezes"),
];
/// The receipt's attribute `weather`: the first need of the description.
const WEATHER_NOW: u32 = 0;

/// The mechanic.
#[derive(Debug)]
pub struct HappyHour;

impl Mechanic for HappyHour {
    fn describe() -> Description {
        let mut builder = DescriptionBuilder::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
            .targets([TargetKind::Receipt, TargetKind::Product, TargetKind::Category, TargetKind::Group])
            .parameter(ParameterPlace::Offer, "from_hour", Unit::Count, "First hour, 0 to 23")
            .parameter(ParameterPlace::Offer, "to_hour", Unit::Count, "Hour that is not included any more")
            .need(FactSource::Receipt, "weather");
        for (name, title) in WEATHER {
            builder = builder.parameter(ParameterPlace::Offer, name, Unit::Boolean, title);
        }
        rewards::describe(builder).build()
    }

    fn evaluate_offer(receipt: &Receipt, offer: &Offer, facts: &[Fact]) -> Verdict {
        if is_open(hours(offer), i64::from(receipt.time.hour)) && is_weather(offer, facts) {
            offer.reward_each(receipt, |item| rewards::reason(receipt.phase, item))
        } else {
            Verdict::Declined(Declined::NotApplicable)
        }
    }

    fn validate(_params: &str, offer: &Offer) -> Vec<Problem> {
        let mut checks = Checks::new(offer);
        let (from, to) = hours(offer);
        for (pointer, hour, last) in [("/from_hour", from, 23), ("/to_hour", to, 24)] {
            if !(0..=last).contains(&hour) {
                checks.problem(pointer, "not_an_hour", "hours go from 0 to 23; 24 is the end of the day");
            }
        }
        if from == to {
            checks.problem("/to_hour", "never_open", "no hour lies between both; the offer would never pay");
        }
        checks.finish()
    }
}

/// From, and to; the whole day if nothing is said.
fn hours(offer: &Offer) -> (i64, i64) {
    (offer.extra(FROM_HOUR).unwrap_or(0), offer.extra(TO_HOUR).unwrap_or(24))
}

/// From 22 to 2 goes over midnight.
fn is_open((from, to): (i64, i64), hour: i64) -> bool {
    if from < to { (from..to).contains(&hour) } else { hour >= from || hour < to }
}

/// Any of the classes that the offer names; any weather if it names none.
fn is_weather(offer: &Offer, facts: &[Fact]) -> bool {
    let wanted: Vec<&str> = (FIRST_WEATHER..)
        .zip(WEATHER)
        .filter(|(parameter, _)| offer.extra(*parameter) == Some(1))
        .map(|(_, (name, _))| name)
        .collect();
    let now = facts.iter().find(|fact| fact.need == WEATHER_NOW);
    wanted.is_empty()
        || now.is_some_and(|now| matches!(&now.value, FactValue::Text(now) if wanted.contains(&now.as_str())))
}

mechanic_sdk::export!(HappyHour);

#[cfg(test)]
mod tests {
    use mechanic_sdk::testing::{extras, offer};

    use super::*;

    #[test]
    fn hours_may_go_over_midnight() {
        for (hours, open) in [((16, 18), vec![16, 17]), ((22, 2), vec![0, 1, 22, 23]), ((23, 24), vec![23])] {
            let found: Vec<i64> = (0..24).filter(|hour| is_open(hours, *hour)).collect();
            assert_eq!(found, open, "{hours:?}");
        }
    }

    #[test]
    fn hours_are_checked_when_configured() {
        for (from, to, expected) in
            [(16, 18, vec![]), (0, 24, vec![]), (24, 18, vec!["/from_hour"]), (7, 7, vec!["/to_hour"])]
        {
            let offer = Offer { extras: extras([(0, from), (1, to)]), ..offer([]) };
            let found: Vec<String> =
                HappyHour::validate("", &offer).into_iter().map(|problem| problem.pointer).collect();
            assert_eq!(found, expected, "{from} to {to}");
        }
    }
}
