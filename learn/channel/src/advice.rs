//! Which channel, and why.

use crate::{ChannelError, Prior};

/// What a member was sent on one channel, and what came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    pub sends: u32,
    /// Messages that were followed by what counts as an answer (say, a purchase within a week).
    pub answers: u32,
    /// Whether the member left the channel; then it is not to be used.
    pub unsubscribed: bool,
}

impl Sent {
    pub(crate) const fn check(&self, row: usize) -> Result<(), ChannelError> {
        if self.answers > self.sends {
            return Err(ChannelError::TooManyAnswers { row, sends: self.sends, answers: self.answers });
        }
        Ok(())
    }
}

/// A channel that could be used for a member.
#[derive(Clone, Debug)]
pub struct Channel {
    pub name: String,
    /// What one message costs, in units of money.
    pub cost: f64,
    /// How often members of the segment leave the channel, per message: 0 to 1.
    pub unsubscribe_rate: f64,
    /// Of the member's segment on this channel.
    pub prior: Prior,
    /// Of the member on this channel.
    pub sent: Sent,
}

/// What things are worth, in units of money.
#[derive(Clone, Copy, Debug)]
pub struct Money {
    /// One answer.
    pub answer: f64,
    /// A member who can be reached on a channel, for as long as they stay: lost when they leave it.
    pub lifetime: f64,
}

/// What one message on a channel is expected to bring.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    pub name: String,
    /// The probability of an answer.
    pub rate: f64,
    pub cost: f64,
    /// rate · answer − cost − unsubscribe rate · lifetime.
    pub net: f64,
    /// Standard error of `net`, from that of the rate.
    pub error: f64,
}

/// The channel to use.
#[derive(Clone, Debug, PartialEq)]
pub struct Advice {
    /// Its place in `estimates`; `None` if no channel is worth a message.
    pub channel: Option<usize>,
    /// All channels that the member has not left, the one with the largest net value first.
    pub estimates: Vec<Estimate>,
    /// Why, as a sentence.
    pub why: String,
}

/// Finds the cheapest channel within one standard error of the best, among those that are worth more than they
/// cost.
///
/// # Errors
///
/// No channels; more answers than messages; a cost, rate or value that is below 0 or no number.
pub fn advise(channels: &[Channel], money: Money) -> Result<Advice, ChannelError> {
    if channels.is_empty() {
        return Err(ChannelError::NoChannels);
    }
    amount("value of an answer", money.answer)?;
    amount("lifetime value", money.lifetime)?;
    let mut estimates = Vec::new();
    for (row, channel) in channels.iter().enumerate() {
        channel.sent.check(row)?;
        amount("cost of a message", channel.cost)?;
        amount("unsubscribe rate", channel.unsubscribe_rate)?;
        if !channel.sent.unsubscribed {
            estimates.push(estimate(channel, money));
        }
    }
    estimates.sort_by(|a, b| b.net.total_cmp(&a.net).then_with(|| a.name.cmp(&b.name)));
    let Some(best) = estimates.first().cloned() else {
        let why = "The member has left every channel.".to_owned();
        return Ok(Advice { channel: None, estimates, why });
    };
    let near = |estimate: &Estimate| estimate.net > 0.0 && estimate.net >= best.net - best.error;
    let chosen = estimates.iter().enumerate().filter(|(_, estimate)| near(estimate));
    let chosen = chosen.min_by(|(_, a), (_, b)| a.cost.total_cmp(&b.cost));
    let why = chosen.map_or_else(
        || format!("No message is worth its cost: even {} would lose {:.2} a message.", best.name, -best.net),
        |(_, chosen)| because(chosen, &best),
    );
    Ok(Advice { channel: chosen.map(|(place, _)| place), estimates, why })
}

fn because(chosen: &Estimate, best: &Estimate) -> String {
    let answers = format!(
        "{:.1} of 100 messages are answered, which leaves {:.2} a message",
        chosen.rate * 100.0,
        chosen.net
    );
    if chosen.name == best.name {
        return format!("On {} {answers}, the most of all channels.", chosen.name);
    }
    format!(
        "On {} {answers}. On {} it is {:.2} ± {:.2}, so that the difference may be chance, and {} is cheaper.",
        chosen.name, best.name, best.net, best.error, chosen.name
    )
}

fn estimate(channel: &Channel, money: Money) -> Estimate {
    let (sends, answers) = (f64::from(channel.sent.sends), f64::from(channel.sent.answers));
    let weight = channel.prior.answers + channel.prior.silences + sends;
    // Mean and variance of the posterior, a Beta distribution.
    let rate = (channel.prior.answers + answers) / weight;
    let error = (rate * (1.0 - rate) / (weight + 1.0)).sqrt();
    Estimate {
        name: channel.name.clone(),
        rate,
        cost: channel.cost,
        net: rate * money.answer - channel.cost - channel.unsubscribe_rate * money.lifetime,
        error: error * money.answer,
    }
}

fn amount(what: &'static str, value: f64) -> Result<(), ChannelError> {
    if value.is_finite() && value >= 0.0 { Ok(()) } else { Err(ChannelError::NotAmount { what, value }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MONEY: Money = Money { answer: 10.0, lifetime: 100.0 };

    fn channel(name: &str, cost: f64, prior: (f64, f64), sent: (u32, u32)) -> Channel {
        Channel {
            name: name.to_owned(),
            cost,
            unsubscribe_rate: 0.0,
            prior: Prior { answers: prior.0, silences: prior.1 },
            sent: Sent { sends: sent.0, answers: sent.1, unsubscribed: false },
        }
    }

    fn chosen(channels: &[Channel]) -> (Option<String>, String) {
        let advice = advise(channels, MONEY).unwrap();
        let place = advice.channel.and_then(|place| advice.estimates.get(place));
        (place.map(|estimate| estimate.name.clone()), advice.why)
    }

    #[test]
    fn rates_are_drawn_towards_the_segment() {
        let advice = advise(&[channel("push", 0.0, (1.0, 9.0), (10, 5))], MONEY).unwrap();
        assert!(
            (advice.estimates[0].rate - 0.3).abs() < 1e-12 && (advice.estimates[0].net - 3.0).abs() < 1e-12
        );
    }

    #[test]
    fn a_clear_best_is_chosen_and_a_doubtful_one_gives_way_to_a_cheaper() {
        let push = channel("push", 0.1, (100.0, 900.0), (0, 0));
        let (name, why) = chosen(&[push.clone(), channel("sms", 0.5, (400.0, 600.0), (0, 0))]);
        assert_eq!(name.unwrap(), "sms");
        assert_eq!(
            why,
            "On sms 40.0 of 100 messages are answered, which leaves 3.50 a message, the most of all channels."
        );
        let (name, why) = chosen(&[push, channel("sms", 0.5, (1.5, 8.5), (0, 0))]);
        assert_eq!(name.unwrap(), "push");
        assert_eq!(
            why,
            "On push 10.0 of 100 messages are answered, which leaves 0.90 a message. On sms it is 1.00 ± 1.08, so that \
             the difference may be chance, and push is cheaper."
        );
    }

    #[test]
    fn channels_that_lose_money_or_were_left_are_not_used() {
        let mut dear = channel("sms", 5.0, (1.0, 9.0), (0, 0));
        assert_eq!(
            chosen(&[dear.clone()]),
            (None, "No message is worth its cost: even sms would lose 4.00 a message.".to_owned())
        );
        let mut push = channel("push", 0.0, (1.0, 9.0), (0, 0));
        // One in a hundred leaves, and each is worth a hundred.
        push.unsubscribe_rate = 0.01;
        assert_eq!(chosen(&[push.clone()]).0, None);
        (push.sent.unsubscribed, dear.sent.unsubscribed) = (true, true);
        assert_eq!(chosen(&[push, dear]), (None, "The member has left every channel.".to_owned()));
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert_eq!(advise(&[], MONEY), Err(ChannelError::NoChannels));
        let error = advise(&[channel("push", f64::NAN, (1.0, 9.0), (0, 0))], MONEY).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the cost of a message must be a number that is not below 0, but is NaN"
        );
        let error = advise(&[channel("push", 0.0, (1.0, 9.0), (1, 2))], MONEY).unwrap_err();
        assert_eq!(error, ChannelError::TooManyAnswers { row: 0, sends: 1, answers: 2 });
    }
}
