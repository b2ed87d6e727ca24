//! Days and moments of the simulation on the calendar, in UTC.

/// 5 January 2026, a Monday, in days since 1 January 1970.
pub const FIRST_DAY: u32 = 20_458;

/// The last day that can be the first one: 1 January 2100.
pub(crate) const LAST_FIRST_DAY: u32 = 47_482;

/// Days from 1 March 0000 to 1 January 1970.
const EPOCH: u32 = 719_468;

/// The date of a day, counted from 1 January 1970, as `2026-01-05`.
///
/// Howard Hinnant, chrono-Compatible Low-Level Date Algorithms, `civil_from_days`: years are counted from
/// March, so that the leap day is the last of its year.
pub fn date(day: u32) -> String {
    let days = day.saturating_add(EPOCH);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + u32::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The day of a date such as `2026-01-05`, counted from 1 January 1970; none if it is no date of the years 1970
/// to 2100. The same source, `days_from_civil`.
pub fn day(text: &str) -> Option<u32> {
    let mut parts = text.splitn(3, '-').map(|part| part.parse::<u32>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1970..=2100).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = year - u32::from(month <= 2);
    let (era, year_of_era) = (year / 400, year % 400);
    let from_march = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let found = (era * 146_097 + day_of_era).checked_sub(EPOCH)?;
    // The 31st of a month of 30 days is no date, and neither is one that is written in another way.
    (date(found) == text).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_on_the_calendar() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(FIRST_DAY), "2026-01-05");
        assert_eq!(date(FIRST_DAY + 784), "2028-02-28");
        assert_eq!(date(FIRST_DAY + 785), "2028-02-29");
        assert_eq!(date(FIRST_DAY + 786), "2028-03-01");
        assert_eq!(date(LAST_FIRST_DAY), "2100-01-01");
    }

    #[test]
    fn every_date_is_found_again() {
        for number in 0..=LAST_FIRST_DAY {
            assert_eq!(day(&date(number)), Some(number));
        }
        for text in [
            "",
            "2026-1-05",
            "2026-02-30",
            "2026-13-01",
            "2026-00-10",
            "1969-12-31",
            "2101-01-01",
            "2026-01",
            "a-b-c",
        ] {
            assert_eq!(day(text), None, "{text}");
        }
    }
}
