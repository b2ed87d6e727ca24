use crate::time::LocalTime;

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    /// Gregorian year, 1 to 9999.
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

impl Date {
    /// Reads `2026-11-22`, and nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut part = |length: usize| {
            let part = parts.next()?;
            let digits = part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| part.parse::<u16>().ok()).flatten()
        };
        let (year, month, day) = (i32::from(part(4)?), part(2)?, part(2)?);
        let (month, day) = (u8::try_from(month).ok()?, u8::try_from(day).ok()?);
        let is_day = year > 0 && (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
        (is_day && parts.next().is_none()).then_some(Self { year, month, day })
    }

    /// Whole years until a day; none before the date itself.
    pub fn age_on(self, today: Self) -> Option<i32> {
        let had_birthday = self.birthday(today.year) <= today;
        let age = today.year - self.year - i32::from(!had_birthday);
        (self <= today).then_some(age)
    }

    /// Whether a day is around a birthday: at most so many days before or after it.
    pub fn has_birthday(self, today: Self, days_before: i64, days_after: i64) -> bool {
        let around_new_year = [today.year - 1, today.year, today.year + 1];
        around_new_year.into_iter().filter(|year| *year >= self.year).any(|year| {
            let days_since = today.number() - self.birthday(year).number();
            (-days_before..=days_after).contains(&days_since)
        })
    }

    /// Whoever is born on 29 February has the 28th in common years.
    fn birthday(self, year: i32) -> Self {
        Self { year, day: self.day.min(days_in(year, self.month)), ..self }
    }

    /// Days since a day long ago: years begin in March, so that the leap day is the last one.
    fn number(self) -> i64 {
        let (month, year) = (i64::from(self.month), i64::from(self.year));
        let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        365 * year + leap_days + (153 * month + 2) / 5 + i64::from(self.day)
    }
}

impl From<LocalTime> for Date {
    fn from(local: LocalTime) -> Self {
        Self { year: local.year, month: local.month, day: local.day }
    }
}

fn days_in(year: i32, month: u8) -> u8 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + u8::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap_or_else(|| panic!("{text} is a date"))
    }

    #[test]
    fn only_days_of_the_calendar_are_dates() {
        for text in ["2026-11-22", "2024-02-29", "2000-02-29", "0001-01-01"] {
            assert!(Date::parse(text).is_some(), "{text}");
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
            "2026-11-22-",
            "+026-11-22",
            "0000-01-01",
            "22.11.2026",
            "",
        ] {
            assert_eq!(Date::parse(text), None, "{text}");
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
            assert_eq!(date(born).age_on(date(today)), age, "{born} on {today}");
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
            assert_eq!(date(born).has_birthday(date(today), 3, 3), near, "{born} on {today}");
        }
    }

    #[test]
    fn days_are_numbered_without_gaps() {
        let mut last = date("1999-12-31").number();
        for year in 2000..=2004 {
            for month in 1..=12 {
                for day in 1..=days_in(year, month) {
                    let number = Date { year, month, day }.number();
                    assert_eq!(number, last + 1, "{year}-{month}-{day}");
                    last = number;
                }
            }
        }
    }
}
