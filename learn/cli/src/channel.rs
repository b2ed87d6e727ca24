//! `channel`: the best channel for each member.

mod advise;
mod judge;
mod members;
mod random;
mod sends;
mod write;

use std::path::PathBuf;

use crate::output::{Files, say};
use crate::progress::Progress;
use crate::refused::{Refused, refuse};

use advise::advise;
use judge::Judging;
use members::Members;
use sends::Sends;
use write::Found;

/// Find the channel with the best net value for each member.
///
/// Example:
///   offer-host-learn channel sends.csv.gz --members members.csv --margin 0.25 --lifetime 40 --out channels
///
/// sends.csv has a row for each message: member, channel, time (2026-03-01T10:15:00Z or a date), campaign, cost,
/// delivered, opened, clicked, unsubscribed (each 0 or 1) and value (what the member bought in the days after; 0 for
/// nothing). members.csv has member, segment and channels (those that may be used, separated by |); without it
/// all are one segment, and channels are those on which a message was delivered.
///
/// Net value of a message = probability of a purchase x its margin - cost - probability of leaving the channel x
/// lifetime. Probabilities are those of the member, drawn towards those of the segment (empirical Bayes). Of channels
/// within one standard error of the best the cheapest is taken; none, if no message is worth its cost.
///
/// A random share of members (--explore) gets a channel by chance. Log it with the sends: column drawn_from, the
/// channels that it was drawn from as advice.csv has them, empty for others; then say --random. As soon as there are 5,000
/// such messages on each channel, channels are judged as arms of an experiment, as the command `experiment` does, and
/// members get what its champion chooses.
///
/// Writes attribute.ndjson (for POST /v1/attributes/imports), advice.csv (a row a member, with the reason), segments.csv
/// and summary.json, and then also the files of an experiment; all of them or none.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    /// CSV file (UTF-8, commas, a heading; packed with gzip or not): a row per message.
    sends: PathBuf,
    /// CSV file: a row per member, with segment and channels that may be used.
    #[arg(long, value_name = "FILE")]
    members: Option<PathBuf>,
    /// Further columns of the members that models may see, once channels are judged as an experiment.
    #[arg(long, value_name = "COLUMN", value_delimiter = ',', requires = "members")]
    features: Vec<String>,
    /// The sends have a column drawn_from.
    #[arg(long)]
    random: bool,
    /// Share of what is bought that stays, from 0 to 1.
    #[arg(long, value_name = "SHARE", default_value_t = 1.0)]
    margin: f64,
    /// What a member who can be reached on a channel is worth: lost when they leave it.
    #[arg(long, value_name = "MONEY", default_value_t = 0.0)]
    lifetime: f64,
    /// Percent of members who get a channel by chance.
    #[arg(long, value_name = "PERCENT", default_value_t = 5)]
    #[arg(value_parser = clap::value_parser!(u32).range(0..=100))]
    explore: u32,
    /// Let some of those get no message at all, so that what messages bring *more* can be told (channel "none").
    #[arg(long)]
    none: bool,
    /// Days in which what a member buys counts as an answer to a message.
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    window: u32,
    /// Messages on a random channel, on each, from which channels are judged as an experiment; at least 1,000.
    #[arg(long, value_name = "N", default_value_t = 5_000)]
    #[arg(value_parser = clap::value_parser!(u32).range(1_000..))]
    least: u32,
    /// Decides who gets a channel by chance: another one each week or campaign.
    #[arg(long, value_name = "S", default_value_t = 1)]
    salt: u64,
    /// Name of the members' attribute in attribute.ndjson.
    #[arg(long, value_name = "NAME", default_value = "best-channel")]
    attribute: String,
    /// The most threads; it changes no byte.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=64))]
    threads: u32,
    /// Folder to write to; it is made if need be.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// The channel that is no message.
const NONE: &str = "none";

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let progress = Progress::new();
    progress.step("reading", 0, 3);
    let sends = Sends::read(&arguments.sends, arguments.random)?;
    let members = match &arguments.members {
        Some(path) => Members::read(path, &sends, &arguments.features)?,
        None => Members::of_sends(&sends),
    };
    if members.strangers() == sends.members.len() {
        refuse!("no message of {} was sent to a member of the file of members", sends.file);
    }
    let book = members.book(&sends)?;
    let known =
        book.known(arguments.margin, arguments.lifetime).map_err(|error| Refused(error.to_string()))?;
    progress.step("judging channels", 1, 3);
    let judged = Judging { arguments, sends: &sends, members: &members }.judge()?;
    progress.step("advising", 2, 3);
    let advised = advise(arguments, &members, &known, &judged);
    let found =
        Found { arguments, sends: &sends, members: &members, known: &known, judged: &judged, advised };
    let mut files = Files::default();
    found.write(&mut files)?;
    judged.finish(&mut files, &arguments.out)?;
    drop(progress);
    say(&found.sentence())
}
