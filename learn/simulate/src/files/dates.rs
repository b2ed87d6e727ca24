//! Days and moments of the simulation on the calendar, in UTC.

/// Days from 1 March 0000 to 5 January 2026.
const FIRST: u32 = 739_926;

/// The date so many days after the begin of week 1, as `2026-01-05`.
///
/// Howard Hinnant, chrono-Compatible Low-Level Date Algorithms, `civil_from_days`: years are counted from
/// March, so that the leap day is the last of its year.
pub(super) fn date(day: u32) -> String {
    let days = day + FIRST;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + u32::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// First and last day of a week, counted from 1.
pub(super) fn days(week: u32) -> (String, String) {
    let first = week.saturating_sub(1) * 7;
    (date(first), date(first + 6))
}

/// A minute of a week, as `2026-01-05T08:00:00Z`.
pub(super) fn moment(week: u32, minute: u32) -> String {
    let day = week.saturating_sub(1) * 7 + minute / 1_440;
    format!("{}T{:02}:{:02}:00Z", date(day), minute % 1_440 / 60, minute % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_are_on_the_calendar() {
        assert_eq!(days(1), ("2026-01-05".to_owned(), "2026-01-11".to_owned()));
        assert_eq!(days(8), ("2026-02-23".to_owned(), "2026-03-01".to_owned()));
        assert_eq!(days(52), ("2026-12-28".to_owned(), "2027-01-03".to_owned()));
        assert_eq!(date(784), "2028-02-28");
        assert_eq!(date(785), "2028-02-29");
        assert_eq!(date(786), "2028-03-01");
        assert_eq!(moment(2, 1_440 + 61), "2026-01-13T01:01:00Z");
    }
}
