//! Dates in attributes of members: how they are written, ages and birthdays.

use jiff::ToSpan;
use jiff::civil::Date;

/// Reads a day of the calendar from year 1 on, written like `2026-11-22`. Any other text is none.
pub fn parse(text: &str) -> Option<Date> {
    let date: Date = text.parse().ok()?;
    // The parser takes all of ISO 8601, such as `20261122`.
    (date.year() > 0 && date.to_string() == text).then_some(date)
}

/// Full years from a date of birth to `today`; none if the birth is later.
pub(super) fn age_on(born: Date, today: Date) -> Option<i32> {
    let had_birthday = birthday(born, today.year())? <= today;
    let age = i32::from(today.year()) - i32::from(born.year()) - i32::from(!had_birthday);
    (born <= today).then_some(age)
}

/// Tells if `today` is at most `days_before` days before, or `days_after` days after, a birthday.
pub(super) fn is_near_birthday(born: Date, today: Date, days_before: i64, days_after: i64) -> bool {
    let around_new_year = [today.year() - 1, today.year(), today.year() + 1];
    let birthdays = around_new_year.into_iter().filter(|year| *year >= born.year());
    birthdays.filter_map(|year| birthday(born, year)).any(|birthday| {
        let days_since = i64::from((today - birthday).get_days());
        (-days_before..=days_after).contains(&days_since)
    })
}

/// The birthday in a year. A birth on 29 February is celebrated on the 28th in common years.
fn birthday(born: Date, year: i16) -> Option<Date> {
    born.checked_add((year - born.year()).years()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        parse(text).unwrap_or_else(|| panic!("{text} is a date"))
    }

    #[test]
    fn only_days_of_the_calendar_are_dates() {
        for text in ["2026-11-22", "2024-02-29", "2000-02-29", "0001-01-01"] {
            assert!(parse(text).is_some(), "{text}");
        }
        for text in [
            "2026-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-00-01",
            "2026-01-00",
            "2026-04-31",
            "2026-1-1",
            "2026-11-22T00:00:00",
            "2026-11-22T00",
            "2026-11-22[UTC]",
            "20261122",
            "2026-W47-7",
            "-000001-01-01",
            "+002026-11-22",
            " 2026-11-22",
            "2026-11-22-",
            "+026-11-22",
            "0000-01-01",
            "22.11.2026",
            "",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_year_is_full_on_the_birthday() {
        for (born, today, age) in [
            ("2008-11-22", "2026-11-21", Some(17)),
            ("2008-11-22", "2026-11-22", Some(18)),
            ("2026-11-22", "2026-11-22", Some(0)),
            ("2026-11-23", "2026-11-22", None),
            ("2008-02-29", "2026-02-27", Some(17)),
            ("2008-02-29", "2026-02-28", Some(18)),
            ("2008-02-29", "2028-02-28", Some(19)),
            ("2008-02-29", "2028-02-29", Some(20)),
        ] {
            assert_eq!(age_on(date(born), date(today)), age, "{born} on {today}");
        }
    }

    #[test]
    fn a_birthday_is_near_also_over_new_year_and_in_leap_years() {
        for (born, today, near) in [
            ("1990-11-25", "2026-11-21", false),
            ("1990-11-25", "2026-11-22", true),
            ("1990-11-25", "2026-11-28", true),
            ("1990-11-25", "2026-11-29", false),
            ("1990-01-02", "2026-12-29", false),
            ("1990-01-02", "2026-12-30", true),
            ("1990-12-30", "2027-01-02", true),
            ("1990-12-30", "2027-01-03", false),
            // The 28th, in a common year: 3 March is three days later.
            ("2008-02-29", "2026-03-03", true),
            ("2008-02-29", "2026-03-04", false),
            ("2008-02-29", "2028-03-03", true),
            ("2008-02-29", "2028-02-25", false),
            ("2008-02-29", "2028-02-26", true),
            // Nobody has a birthday before being born.
            ("2027-11-22", "2026-11-22", false),
        ] {
            assert_eq!(is_near_birthday(date(born), date(today), 3, 3), near, "{born} on {today}");
        }
    }
}
