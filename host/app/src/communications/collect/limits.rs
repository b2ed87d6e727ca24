//! How many events pages may tell: of a site by the second, of a visitor by the minute. Counted by each process for
//! itself, in a fixed amount of memory.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, PoisonError};

use crate::config::collect::Collect as Settings;
use crate::error::Error;

/// Counters of visitors. Two visitors may share one, and its limit.
const COUNTERS: usize = 65_536;

/// What has been counted.
#[derive(Debug, Default)]
pub struct Collected {
    /// Not to be guessed by who wants to share a visitor's counter.
    hasher: RandomState,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    second: i64,
    sites: BTreeMap<String, usize>,
    minute: i64,
    visitors: Vec<u32>,
}

impl Collected {
    /// Counts the events of some visitors of a site at a time in milliseconds. An error, and the site's count stays as it
    /// is, if they are too many.
    pub fn count<'a>(
        &self,
        settings: &Settings,
        site: &str,
        visitors: impl Iterator<Item = &'a str>,
        now: i64,
    ) -> Result<(), Error> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.turn(now);
        let mut events = 0_usize;
        for visitor in visitors {
            events = events.saturating_add(1);
            let place = usize::try_from(self.hasher.hash_one(visitor)).unwrap_or(0) % COUNTERS;
            let Some(count) = counts.visitors.get_mut(place) else { continue };
            *count = count.saturating_add(1);
            if usize::try_from(*count).unwrap_or(usize::MAX) > settings.visitor_per_minute {
                let most = settings.visitor_per_minute;
                return Err(too_many(
                    format!("more than {most} events of a visitor in a minute"),
                    "collect.visitor_per_minute",
                ));
            }
        }
        let count = counts.sites.entry(site.to_owned()).or_default();
        let sum = count.saturating_add(events);
        if sum > settings.site_per_second {
            let most = settings.site_per_second;
            return Err(too_many(
                format!("more than {most} events of the site in a second"),
                "collect.site_per_second",
            ));
        }
        *count = sum;
        Ok(())
    }
}

impl Counts {
    /// Begins anew with each second and minute.
    fn turn(&mut self, now: i64) {
        let (second, minute) = (now.div_euclid(1000), now.div_euclid(60_000));
        if self.second != second {
            self.second = second;
            self.sites.clear();
        }
        if self.minute != minute || self.visitors.is_empty() {
            self.minute = minute;
            self.visitors = vec![0; COUNTERS];
        }
    }
}

fn too_many(what: String, setting: &str) -> Error {
    Error::TooMany { code: "too_many_events", detail: format!("{what} ({setting}); try again later") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings { sites: Vec::new(), events: 50, bytes: 1000, site_per_second: 5, visitor_per_minute: 3 }
    }

    #[test]
    fn sites_are_counted_by_the_second_and_visitors_by_the_minute() {
        let collected = Collected::default();
        let count = |site: &str, visitors: &[&str], now: i64| {
            collected.count(&settings(), site, visitors.iter().copied(), now).is_ok()
        };
        assert!(count("shop", &["a", "a", "a", "b", "c"], 60_000));
        assert!(!count("shop", &["d"], 60_999), "the sixth of a second");
        assert!(count("blog", &["d"], 60_999));
        assert!(count("shop", &["d"], 61_000));
        assert!(!count("shop", &["a"], 119_999), "the fourth of a visitor in a minute");
        assert!(count("shop", &["a"], 120_000));
        assert!(!count("blog", &["b"; 6], 180_000));
    }
}
