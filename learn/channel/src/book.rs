//! All that was sent, by segment and channel and by member and channel.

use crate::{Advice, Channel, ChannelError, Money, Prior, Sent, advise, prior};

/// Most channels.
pub const MOST_CHANNELS: usize = 16;

/// Most segments.
pub const MOST_SEGMENTS: usize = 1_000;

/// With fewer messages than this a segment says too little of a channel, and all segments together are asked.
const LEAST_SENDS: u32 = 100;

/// How many messages of a segment weigh as much as what is known of the channel in all segments, for the rate at
/// which members leave it.
const LEAVING_WEIGHT: f64 = 200.0;

/// One message, and what came of it. Money is in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Message {
    pub cost: u32,
    /// What the member bought in the time that counts as an answer; 0 for none.
    pub value: u32,
    pub delivered: bool,
    pub opened: bool,
    pub clicked: bool,
    pub unsubscribed: bool,
}

/// Messages together. Money is in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    pub sends: u32,
    pub delivered: u32,
    pub opened: u32,
    pub clicked: u32,
    /// Messages after which something was bought.
    pub answers: u32,
    pub unsubscribed: u32,
    pub cost: u64,
    pub value: u64,
}

/// What a channel is worth in a segment, before a member is looked at. Money is in units of 1.0.
#[derive(Clone, Debug)]
pub struct Worth {
    pub total: Total,
    pub prior: Prior,
    /// What one message costs.
    pub cost: f64,
    /// How often members leave the channel, per message.
    pub unsubscribe_rate: f64,
}

/// All that was sent.
#[derive(Clone, Debug)]
pub struct Book {
    channels: Vec<String>,
    /// `[segment][channel]`.
    totals: Vec<Vec<Total>>,
    segment_of: Vec<u16>,
    /// `[member][channel]`, one row after the other.
    sent: Vec<Sent>,
    /// Whether anything was delivered, in the same order.
    reached: Vec<bool>,
}

/// A book of which the segments have been worked out.
#[derive(Clone, Debug)]
pub struct Known {
    book: Book,
    /// `[segment][channel]`; none if nobody was sent anything on the channel.
    worths: Vec<Vec<Option<Worth>>>,
    /// What an answer is worth, `[segment]`.
    answers: Vec<f64>,
    /// What a member who leaves a channel is worth.
    lifetime: f64,
}

impl Book {
    /// An empty book of channels, and of members with the place of their segment.
    ///
    /// # Errors
    ///
    /// No channels, or more channels or segments than can be.
    pub fn new(channels: Vec<String>, segments: usize, segment_of: Vec<u16>) -> Result<Self, ChannelError> {
        if channels.is_empty() {
            return Err(ChannelError::NoChannels);
        }
        for (what, found, most) in
            [("channels", channels.len(), MOST_CHANNELS), ("segments", segments, MOST_SEGMENTS)]
        {
            if found > most {
                return Err(ChannelError::TooMany { what, found, most });
            }
        }
        let cells = channels.len() * segment_of.len();
        let totals = vec![vec![Total::default(); channels.len()]; segments];
        Ok(Self {
            totals,
            segment_of,
            sent: vec![Sent::default(); cells],
            reached: vec![false; cells],
            channels,
        })
    }

    pub fn channels(&self) -> &[String] {
        &self.channels
    }

    /// Adds a message. Members and channels that are not of this book are passed over.
    pub fn add(&mut self, member: usize, channel: usize, message: &Message) {
        let place = member * self.channels.len() + channel;
        let segment = self.segment_of.get(member).map(|segment| usize::from(*segment));
        let total = segment.and_then(|segment| self.totals.get_mut(segment)?.get_mut(channel));
        let (Some(total), Some(sent), Some(reached)) =
            (total, self.sent.get_mut(place), self.reached.get_mut(place))
        else {
            return;
        };
        total.add(message);
        sent.sends = sent.sends.saturating_add(1);
        sent.answers = sent.answers.saturating_add(u32::from(message.value > 0));
        sent.unsubscribed |= message.unsubscribed;
        *reached |= message.delivered;
    }

    /// What a member was sent on a channel so far.
    pub fn sent(&self, member: usize, channel: usize) -> Sent {
        self.sent.get(member * self.channels.len() + channel).copied().unwrap_or_default()
    }

    /// Whether a member was ever reached on a channel.
    pub fn reached(&self, member: usize, channel: usize) -> bool {
        self.reached.get(member * self.channels.len() + channel).copied().unwrap_or_default()
    }

    /// Works out what channels are worth in each segment. Of what is bought, `margin` (0 to 1) stays; `lifetime` is what
    /// a member who can be reached on a channel is worth, in units of 1.0.
    ///
    /// # Errors
    ///
    /// A margin or lifetime that is no such number; nothing was ever sent.
    pub fn known(self, margin: f64, lifetime: f64) -> Result<Known, ChannelError> {
        if !(0.0..=1.0).contains(&margin) {
            return Err(ChannelError::NotShare { what: "margin", value: margin });
        }
        if !(lifetime.is_finite() && lifetime >= 0.0) {
            return Err(ChannelError::NotAmount { what: "lifetime value", value: lifetime });
        }
        let channels = 0..self.channels.len();
        let all: Vec<Total> = channels.clone().map(|channel| self.all(channel)).collect();
        let everything = all.iter().fold(Total::default(), |sum, total| sum.and(total));
        if everything.sends == 0 {
            return Err(ChannelError::NothingSent);
        }
        let members: Vec<usize> = (0..self.segment_of.len()).collect();
        let usual: Vec<Option<Prior>> = channels.map(|channel| self.prior(&members, channel)).collect();
        let mut members_of = vec![Vec::new(); self.totals.len()];
        for (member, segment) in self.segment_of.iter().enumerate() {
            if let Some(members) = members_of.get_mut(usize::from(*segment)) {
                members.push(member);
            }
        }
        let mut worths = Vec::new();
        let mut answers = Vec::new();
        for (totals, members) in self.totals.iter().zip(&members_of) {
            let own = totals.iter().fold(Total::default(), |sum, total| sum.and(total));
            let value = if own.answers >= LEAST_SENDS { own } else { everything };
            answers.push(margin * per(value.value, value.answers) / 100.0);
            let worth = |(channel, (own, all)): (usize, (&Total, &Total))| {
                let prior = if own.sends < LEAST_SENDS { None } else { self.prior(members, channel) };
                Some(worth(prior.or(usual.get(channel).copied()?)?, own, all))
            };
            worths.push(totals.iter().zip(&all).enumerate().map(worth).collect());
        }
        Ok(Known { worths, answers, lifetime, book: self })
    }

    /// Messages of a channel in all segments.
    fn all(&self, channel: usize) -> Total {
        let of_channel = self.totals.iter().filter_map(|totals| totals.get(channel));
        of_channel.fold(Total::default(), |sum, total| sum.and(total))
    }

    /// The prior of some members on a channel; none if they were sent nothing on it.
    fn prior(&self, members: &[usize], channel: usize) -> Option<Prior> {
        let sent: Vec<Sent> = members.iter().map(|member| self.sent(*member, channel)).collect();
        prior(&sent).ok()
    }
}

/// What a channel is worth in a segment, from what was sent there and in all segments.
fn worth(prior: Prior, own: &Total, all: &Total) -> Worth {
    let leaving = per(all.unsubscribed.into(), all.sends);
    let leaving =
        (f64::from(own.unsubscribed) + leaving * LEAVING_WEIGHT) / (f64::from(own.sends) + LEAVING_WEIGHT);
    let paid = if own.sends > 0 { own } else { all };
    Worth { total: *own, prior, cost: per(paid.cost, paid.sends) / 100.0, unsubscribe_rate: leaving }
}

impl Known {
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// What an answer is worth in a segment, in units of 1.0.
    pub fn answer(&self, segment: usize) -> f64 {
        self.answers.get(segment).copied().unwrap_or_default()
    }

    /// What a channel is worth in a segment; none if nothing is known of it.
    pub fn worth(&self, segment: usize, channel: usize) -> Option<&Worth> {
        self.worths.get(segment)?.get(channel)?.as_ref()
    }

    /// The advice for a member among some channels.
    ///
    /// # Errors
    ///
    /// No channel that anything is known of.
    pub fn member(&self, member: usize, channels: &[usize]) -> Result<Advice, ChannelError> {
        let segment = self.book.segment_of.get(member).copied().map_or(0, usize::from);
        self.advice(segment, channels, |channel| self.book.sent(member, channel))
    }

    /// The advice for a member of a segment of whom nothing is known yet.
    ///
    /// # Errors
    ///
    /// No channel that anything is known of.
    pub fn segment(&self, segment: usize, channels: &[usize]) -> Result<Advice, ChannelError> {
        self.advice(segment, channels, |_| Sent::default())
    }

    fn advice(
        &self,
        segment: usize,
        channels: &[usize],
        sent: impl Fn(usize) -> Sent,
    ) -> Result<Advice, ChannelError> {
        let channel = |channel: &usize| {
            let worth = self.worth(segment, *channel)?;
            Some(Channel {
                name: self.book.channels.get(*channel)?.clone(),
                cost: worth.cost,
                unsubscribe_rate: worth.unsubscribe_rate,
                prior: worth.prior,
                sent: sent(*channel),
            })
        };
        let channels: Vec<Channel> = channels.iter().filter_map(channel).collect();
        advise(&channels, Money { answer: self.answer(segment), lifetime: self.lifetime })
    }
}

impl Total {
    fn add(&mut self, message: &Message) {
        let one = |count: &mut u32, yes: bool| *count = count.saturating_add(u32::from(yes));
        one(&mut self.sends, true);
        one(&mut self.delivered, message.delivered);
        one(&mut self.opened, message.opened);
        one(&mut self.clicked, message.clicked);
        one(&mut self.answers, message.value > 0);
        one(&mut self.unsubscribed, message.unsubscribed);
        self.cost = self.cost.saturating_add(message.cost.into());
        self.value = self.value.saturating_add(message.value.into());
    }

    fn and(self, other: &Self) -> Self {
        Self {
            sends: self.sends.saturating_add(other.sends),
            delivered: self.delivered.saturating_add(other.delivered),
            opened: self.opened.saturating_add(other.opened),
            clicked: self.clicked.saturating_add(other.clicked),
            answers: self.answers.saturating_add(other.answers),
            unsubscribed: self.unsubscribed.saturating_add(other.unsubscribed),
            cost: self.cost.saturating_add(other.cost),
            value: self.value.saturating_add(other.value),
        }
    }
}

/// A sum per message; 0 of none.
fn per(sum: u64, count: u32) -> f64 {
    if count == 0 { 0.0 } else { real(sum) / f64::from(count) }
}

/// A sum as a float.
#[expect(clippy::as_conversions, reason = "the standard library has no other way from u64 to f64")]
fn real(sum: u64) -> f64 {
    sum as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 400 members in two segments, each sent ten pushes (free) and ten letters (1.00). In the first segment one push of
    /// ten and five letters of ten are answered, by a purchase of 10.00; in the second three and three.
    fn book() -> Book {
        let names = ["push", "letter"].map(str::to_owned).to_vec();
        let mut book =
            Book::new(names, 2, (0..400).map(|member| u16::from(member >= 200)).collect()).unwrap();
        for member in 0..400 {
            for number in 0..10 {
                let (push, letter) = if member < 200 { (1, 5) } else { (3, 3) };
                let message = |cost, yes: bool| Message {
                    cost,
                    value: if yes { 1_000 } else { 0 },
                    delivered: true,
                    opened: yes,
                    ..Message::default()
                };
                book.add(member, 0, &message(0, (number + member) % 10 < push));
                book.add(member, 1, &message(100, (number + member) % 10 < letter));
            }
        }
        book
    }

    fn chosen(advice: &Advice) -> String {
        advice
            .channel
            .and_then(|place| advice.estimates.get(place))
            .map_or("none", |found| found.name.as_str())
            .to_owned()
    }

    #[test]
    fn each_segment_gets_what_is_worth_most_there() {
        let known = book().known(0.5, 0.0).unwrap();
        assert!((known.answer(0) - 5.0).abs() < 1e-9 && (known.answer(1) - 5.0).abs() < 1e-9);
        // 0.5 · 5 − 1 = 1.5 of a letter against 0.5 of a push, and 0.5 against 1.5.
        assert_eq!(chosen(&known.segment(0, &[0, 1]).unwrap()), "letter");
        assert_eq!(chosen(&known.segment(1, &[0, 1]).unwrap()), "push");
        assert_eq!(chosen(&known.member(0, &[0, 1]).unwrap()), "letter");
        assert_eq!(chosen(&known.member(399, &[0, 1]).unwrap()), "push");
        // Who has left a channel, or may not be sent anything on it, gets another one.
        assert_eq!(chosen(&known.member(0, &[0]).unwrap()), "push");
        let worth = known.worth(0, 1).unwrap();
        assert_eq!((worth.total.sends, worth.total.answers, worth.total.opened), (2_000, 1_000, 1_000));
        assert!((worth.cost - 1.0).abs() < 1e-9);
    }

    #[test]
    fn leaving_costs_what_a_member_is_worth() {
        let mut book = book();
        for member in 0..100 {
            book.add(
                member,
                1,
                &Message { cost: 100, delivered: true, unsubscribed: true, ..Message::default() },
            );
        }
        // 100 of 2,100 leave: at 100.00 each that is 4.76 a letter.
        let known = book.known(0.5, 100.0).unwrap();
        assert_eq!(chosen(&known.segment(0, &[0, 1]).unwrap()), "push");
        assert_eq!(known.member(0, &[1]).unwrap().why, "The member has left every channel.");
    }

    #[test]
    fn a_small_segment_is_judged_by_all() {
        let mut book =
            Book::new(vec!["push".to_owned()], 2, vec![0; 100].into_iter().chain([1]).collect()).unwrap();
        for member in 0..101 {
            for number in 0..10 {
                book.add(member, 0, &Message { value: u32::from(number < 2) * 100, ..Message::default() });
            }
        }
        let known = book.known(1.0, 0.0).unwrap();
        let rate = |segment| known.segment(segment, &[0]).unwrap().estimates[0].rate;
        assert!((rate(1) - rate(0)).abs() < 1e-3, "{} {}", rate(0), rate(1));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let empty = || Book::new(vec!["push".to_owned()], 1, vec![0]).unwrap();
        assert_eq!(empty().known(1.0, 0.0).unwrap_err(), ChannelError::NothingSent);
        let error = empty().known(1.5, 0.0).unwrap_err().to_string();
        assert_eq!(error, "the margin must be a share from 0 to 1, but is 1.5");
        assert!(matches!(empty().known(1.0, -1.0), Err(ChannelError::NotAmount { .. })));
        assert_eq!(Book::new(Vec::new(), 1, Vec::new()).unwrap_err(), ChannelError::NoChannels);
        let error = Book::new(vec![String::new(); 17], 1, Vec::new()).unwrap_err().to_string();
        assert_eq!(error, "17 channels: at most 16 can be compared");
        let known = book().known(1.0, 0.0).unwrap();
        assert_eq!(known.member(0, &[]).unwrap_err(), ChannelError::NoChannels);
    }
}
