//! The chain on a running host.

use ::simulate::Chain;
use ::simulate::drive::{DriveError, Host, Pace, load, week};
use ::simulate::host::money;

use crate::output::say;
use crate::progress::Progress;
use crate::refused::{Refused, refuse};

/// Where and what to play.
#[derive(clap::Args)]
pub(super) struct Play {
    /// Address of a running host, such as http://127.0.0.1:8080.
    #[arg(long, value_name = "URL", conflicts_with = "out")]
    host: Option<String>,
    /// Key for the host: of role admin, or of role integration for --load and role pos for --week.
    #[arg(long, value_name = "KEY", env = "OFFER_HOST_KEY", hide_env_values = true)]
    key: Option<String>,
    /// Key of role pos for --week, if --key is of role integration.
    #[arg(long, value_name = "KEY", env = "OFFER_HOST_TILL_KEY", hide_env_values = true)]
    till_key: Option<String>,
    /// Import goods, members and the offer.
    #[arg(long, requires = "host")]
    load: bool,
    /// The week to send, from 1, or several: 1-4. What was sent before is not sent twice.
    #[arg(long, value_name = "WEEK", requires = "host")]
    week: Option<String>,
    /// Tills that send at the same time, at most 64.
    #[arg(long, value_name = "N", default_value_t = 4)]
    tills: usize,
    /// Most receipts in a second.
    #[arg(long, value_name = "N")]
    per_second: Option<u32>,
}

impl Play {
    /// Plays the chain; false if there is no host to play it on.
    pub(super) fn play(&self, chain: &Chain) -> anyhow::Result<bool> {
        let Some(url) = &self.host else { return Ok(false) };
        let Some(key) = &self.key else {
            refuse!("--host needs a key: --key KEY, or the environment variable OFFER_HOST_KEY");
        };
        if !self.load && self.week.is_none() {
            refuse!("--host: say what to do there: --load, --week WEEK, or both");
        }
        let weeks = self.week.as_deref().map(|text| weeks(text, chain)).transpose()?;
        let host = |key: &str| Host::new(url, key).map_err(|error| Refused(error.to_string()));
        let (integration, till) = (host(key)?, host(self.till_key.as_ref().unwrap_or(key))?);
        let progress = Progress::new();
        if self.load {
            load(chain, &integration, &|done, all| progress.step("members", done, all))?;
            say(&format!("imported {} members with their offer", chain.settings().members))?;
        }
        let pace = Pace { tills: self.tills, per_second: self.per_second };
        for number in weeks.into_iter().flatten() {
            let step = |done, all| progress.step(&format!("week {number}: members who may buy"), done, all);
            let sent = week(chain, &till, number, &pace, &step).map_err(told)?;
            let repeated = match sent.repeated {
                0 => String::new(),
                repeated => format!("; {repeated} were there already"),
            };
            say(&format!(
                "week {number}: {} receipts of {} with {} off, {} of them with a discount{repeated}",
                sent.receipts,
                money(sent.amount),
                money(sent.discount),
                sent.discounted
            ))?;
        }
        Ok(true)
    }
}

/// What was wrong with the options ends the program as bad input does.
fn told(error: DriveError) -> anyhow::Error {
    match error {
        DriveError::Tills { .. } | DriveError::PerSecond | DriveError::Week { .. } => {
            Refused(error.to_string()).into()
        }
        other => other.into(),
    }
}

/// The weeks of `3` or `1-4`.
fn weeks(text: &str, chain: &Chain) -> Result<std::ops::RangeInclusive<u32>, Refused> {
    let number = |text: &str| text.parse::<u32>().ok();
    let found = match text.split_once('-') {
        Some((first, last)) => number(first).zip(number(last)),
        None => number(text).map(|week| (week, week)),
    };
    match found {
        Some((first, last)) if first >= 1 && first <= last && last <= chain.settings().weeks => {
            Ok(first..=last)
        }
        _ => Err(Refused(format!(
            "--week {text}: is no week such as 3 or 1-4 of the {} weeks of the chain",
            chain.settings().weeks
        ))),
    }
}
