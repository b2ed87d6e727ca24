//! Which channel each member gets, and why.

use ::channel::{Advice, Known, draw};
use sha2::{Digest as _, Sha256};

use super::judge::Judged;
use super::members::Members;
use super::{Arguments, NONE};

/// One in millionths.
const ONE: u32 = 1_000_000;

/// What a member gets.
pub(super) struct Advised {
    /// Place of the channel; none for no message.
    pub(super) channel: Option<usize>,
    /// Places of the channels it was drawn from, `None` for no message; empty if it was not drawn.
    pub(super) drawn_from: Vec<Option<usize>>,
    /// With which probability the member gets this, in millionths.
    pub(super) propensity: u32,
    /// What the channel brings by empirical Bayes, with its standard error; none of no message.
    pub(super) net: Option<(f64, f64)>,
    pub(super) why: String,
}

/// The advice for every member, in their order.
pub(super) fn advise(
    arguments: &Arguments,
    members: &Members,
    known: &Known,
    judged: &Judged,
) -> Vec<Advised> {
    let book = known.book();
    let none = book.channels().iter().position(|name| name == NONE);
    let share = arguments.explore * 10_000;
    let one = |(member, name): (usize, &String)| {
        let usable = members.usable(member, book);
        let mut options: Vec<Option<usize>> = usable.iter().copied().map(Some).collect();
        options.extend((arguments.none || none.is_some()).then_some(None));
        let asked: Vec<usize> = usable.iter().copied().chain(none).collect();
        let advice = known.member(member, &asked).ok();
        let by_answers = advice.as_ref().and_then(|advice| best(advice, book.channels()));
        let (best, why) = match judged {
            Judged::Champion(champion) => match champion
                .chosen
                .get(member)
                .map(|place| Some(*place).filter(|place| Some(*place) != none))
            {
                Some(chosen) if options.contains(&chosen) => {
                    (chosen, format!("\"{}\", the champion of the experiment, chooses it.", champion.name))
                }
                _ => (by_answers, why(advice.as_ref())),
            },
            Judged::TooFew(_) => (by_answers, why(advice.as_ref())),
        };
        let hash =
            Sha256::digest(name).iter().take(8).fold(0_u64, |hash, byte| (hash << 8) | u64::from(*byte));
        let drawn =
            draw(hash, arguments.salt, options.len(), share).and_then(|place| options.get(place).copied());
        let channel = drawn.unwrap_or(best);
        let estimate = channel.and_then(|channel| book.channels().get(channel)).zip(advice.as_ref());
        let estimate =
            estimate.and_then(|(name, advice)| advice.estimates.iter().find(|found| found.name == *name));
        Advised {
            channel,
            propensity: propensity(&options, share, channel, best),
            net: estimate.map(|estimate| (estimate.net, estimate.error)),
            why: if drawn.is_some() { "By chance.".to_owned() } else { why },
            drawn_from: if drawn.is_some() { options } else { Vec::new() },
        }
    };
    members.names.iter().enumerate().map(one).collect()
}

/// Place of the channel that is advised.
fn best(advice: &Advice, channels: &[String]) -> Option<usize> {
    let name = &advice.estimates.get(advice.channel?)?.name;
    channels.iter().position(|channel| channel == name && channel != NONE)
}

fn why(advice: Option<&Advice>) -> String {
    advice.map_or_else(|| "There is no channel that may be used.".to_owned(), |advice| advice.why.clone())
}

/// The probability with which a member gets a channel: drawn from the options, or because it is the best, which need not
/// be among them.
fn propensity(options: &[Option<usize>], share: u32, channel: Option<usize>, best: Option<usize>) -> u32 {
    if channel == best && !options.contains(&best) {
        return if options.len() > 1 { ONE - share } else { ONE };
    }
    ::channel::propensity(options.len(), share, channel == best)
}
