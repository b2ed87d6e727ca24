//! `simulate`: a made-up chain with a known truth.

mod play;

use std::io::Write as _;
use std::path::PathBuf;

use ::simulate::{Arm, Chain, Settings, Shift, SimulateError};

use crate::refused::{Refused, refuse};
use play::Play;

/// Make up a chain of shops of which the truth is known: what each member would have bought with any other offer.
///
/// Example, with files:
///   offer-host-learn simulate --members 20000 --weeks 4 --out chain
///   offer-host-learn experiment chain/experiment.csv --config chain/experiment.toml --out judged
///
/// Example, on a running host (OFFER_HOST_KEY is a key of role admin):
///   offer-host-learn simulate --members 20000 --weeks 4 --host http://127.0.0.1:8080 --load
///   offer-host-learn simulate --members 20000 --weeks 4 --host http://127.0.0.1:8080 --week 1
///
/// Says what giving nothing, each level, or the best to each member would bring. With --out it writes an
/// experiment (experiment.csv, experiment.toml) with its truth (truth.csv), profiles.csv and history.csv (receipts
/// of the weeks before) for a learner, and catalog.ndjson, attributes.json, members.ndjson, offers.json,
/// levels.ndjson and receipts.ndjson for a host; all of them or none. The same options write the same bytes.
///
/// With --host it plays the chain on a host instead: --load imports it with an offer on terms of each member
/// (attribute "your-level"), --week sends what members buy in a week at the levels that they then have there. The host
/// must take receipts of that time: start it with OFFER_HOST__PURCHASES__TILL_BEHIND_SECONDS=1000000000 and
/// OFFER_HOST__PURCHASES__TILL_AHEAD_SECONDS=1000000000.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    /// Members of the chain, at most 10,000,000.
    #[arg(long, value_name = "N")]
    members: u32,
    /// Weeks, at most 104; at most 100,000,000 members times weeks.
    #[arg(long, value_name = "W")]
    weeks: u32,
    /// Start of all that is drawn.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Percent off that members get, each with the same probability as nothing: multiples of 5, rising.
    #[arg(long, value_name = "PERCENT", value_delimiter = ',', default_values_t = [5, 10, 15])]
    levels: Vec<u32>,
    /// From this week on members respond in other ways, to test whether that is noticed.
    #[arg(long, value_name = "WEEK")]
    shift: Option<u32>,
    /// First day of week 1; weeks of shops begin on Mondays.
    #[arg(long, value_name = "DATE", default_value = "2026-01-05")]
    begin: String,
    /// Folder to write to; it is made if need be.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    play: Play,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let Some(first_day) = ::simulate::day(&arguments.begin) else {
        refuse!("--begin {}: is no date such as 2026-01-05", arguments.begin);
    };
    let settings = Settings {
        members: arguments.members,
        weeks: arguments.weeks,
        seed: arguments.seed,
        arms: arms(&arguments.levels),
        shift: arguments.shift.map(|week| Shift { week }),
        first_day,
        ..Settings::default()
    };
    let chain = Chain::new(settings).map_err(refused)?;
    if arguments.play.play(&chain)? {
        return Ok(());
    }
    if let Some(out) = &arguments.out {
        ::simulate::files::write(&chain, out)?;
    }
    let mut output = std::io::stdout().lock();
    writeln!(output, "expected margin less discount, per member and week:")?;
    let weeks = 1..arguments.weeks + 1;
    for (arm, name) in (0..).zip(chain.arm_names()) {
        writeln!(output, "{name:>8} to all  {}", decimal(chain.value(weeks.clone(), |_, _| arm)))?;
    }
    let best = chain.value(weeks, |member, week| chain.oracle(member, week));
    writeln!(output, " the best to each  {}", decimal(best))?;
    Ok(())
}

/// The control and the levels, each with the same share.
fn arms(levels: &[u32]) -> Vec<Arm> {
    let count = u32::try_from(levels.len() + 1).unwrap_or(u32::MAX);
    let share = 1_000_000 / count;
    let treated = levels.iter().map(|percent| Arm { percent: *percent, share });
    let control = Arm { percent: 0, share: 1_000_000 - share * (count - 1) };
    std::iter::once(control).chain(treated).collect()
}

fn refused(error: SimulateError) -> Refused {
    Refused(error.to_string())
}

/// Millionths of a minor unit, rounded down to minor units, as a decimal.
fn decimal(millionths: i64) -> String {
    ::simulate::host::money(millionths.div_euclid(1_000_000))
}
