//! Happy hour: its items are rewarded in certain hours of the store's clock and, if the offer names any,
//! in certain weather, which the till sends as the receipt's attribute `weather`.

use mechanic_sdk::{
    Checks, Declined, Description, DescriptionBuilder, Fact, FactValue, Mechanic, Offer, OfferParameter,
    OwnReason, Problem, Receipt, TargetKind, Unit, Verdict, rewards,
};

mechanic_sdk::parameters! {
    const FROM_HOUR: OfferParameter = ("from_hour", Unit::Count, "First hour, 0 to 23");
    const TO_HOUR: OfferParameter = ("to_hour", Unit::Count, "Hour that is not included any more");
    const RAIN: OfferParameter = ("rain", Unit::Boolean, "When it rains");
    const SNOW: OfferParameter = ("snow", Unit::Boolean, "When it snows");
    const HEAT: OfferParameter = ("heat", Unit::Boolean, "When it is hot");
    const FROST: OfferParameter = ("frost", Unit::Boolean, "When it freezes");
}

mechanic_sdk::facts! {
    /// The class of weather now, by the name of its parameter.
    const WEATHER_NOW: ReceiptFact = "weather";
}

/// Reasons for declining.
const OTHER_HOURS: OwnReason = OwnReason::new(
    1,
    "other_hours",
    Declined::NotApplicable,
    &[("from_hour", Unit::Count), ("to_hour", Unit::Count)],
);
const OTHER_WEATHER: OwnReason = OwnReason::new(2, "other_weather", Declined::NotApplicable, &[]);

/// Classes of weather that an offer may name.
const WEATHER: [OfferParameter; 4] = [RAIN, SNOW, HEAT, FROST];

/// The mechanic.
#[derive(Debug)]
pub struct HappyHour;

impl Mechanic for HappyHour {
    fn describe() -> Description {
        let builder = DescriptionBuilder::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
            .targets([TargetKind::Receipt, TargetKind::Product, TargetKind::Category, TargetKind::Group])
            .parameters(PARAMETERS)
            .facts(FACTS)
            .decline_reason(OTHER_HOURS, &[("en", "from {from_hour} to {to_hour} o'clock")])
            .decline_reason(OTHER_WEATHER, &[("en", "not in this weather")]);
        rewards::describe(builder).build()
    }

    fn evaluate_offer(receipt: &Receipt, offer: &Offer, facts: &[Fact]) -> Verdict {
        let (from, to) = hours(offer);
        if !is_open((from, to), i64::from(receipt.time.hour)) {
            return OTHER_HOURS.verdict(&[from, to]);
        }
        if !is_weather(offer, facts) {
            return OTHER_WEATHER.verdict(&[]);
        }
        offer.reward_each(receipt, |item| rewards::reason(receipt.phase, item))
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

/// The first hour, and the one after the last; the whole day if the offer does not say.
fn hours(offer: &Offer) -> (i64, i64) {
    (FROM_HOUR.of(offer).unwrap_or(0), TO_HOUR.of(offer).unwrap_or(24))
}

/// True if an hour lies between both. From 22 to 2 goes over midnight.
fn is_open((from, to): (i64, i64), hour: i64) -> bool {
    if from < to { (from..to).contains(&hour) } else { hour >= from || hour < to }
}

/// True if the weather is of a class that the offer names, or if the offer names none.
fn is_weather(offer: &Offer, facts: &[Fact]) -> bool {
    let named = WEATHER.into_iter().filter(|class| class.of(offer) == Some(1));
    let wanted: Vec<&str> = named.map(OfferParameter::name).collect();
    let now = WEATHER_NOW.of(facts);
    wanted.is_empty() || matches!(now, Some(FactValue::Text(now)) if wanted.contains(&now.as_str()))
}

mechanic_sdk::export!(HappyHour);

#[cfg(test)]
mod tests {
    use mechanic_sdk::testing::offer;

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
            let offer = Offer { extras: vec![FROM_HOUR.with(from), TO_HOUR.with(to)], ..offer([]) };
            let found: Vec<String> =
                HappyHour::validate("", &offer).into_iter().map(|problem| problem.pointer).collect();
            assert_eq!(found, expected, "{from} to {to}");
        }
    }
}
