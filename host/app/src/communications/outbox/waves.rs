//! Waves of a batch: the messages whose attempts begin together. Those that wait for their time, or for the ones before
//! them, are no attempts yet, so that a kill leaves few of which nobody knows whether they have arrived.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

/// Messages of a channel without a limit that are attempts at a time. Each wave is two commits, so that small ones are slow.
const WAVE: usize = 200;
/// How long before the time of its first message a wave of a limited channel begins, since committing that takes a moment.
const LEAD: Duration = Duration::from_millis(5);
/// It has the messages of this time, so that not each of them is a commit of its own.
const SOON: Duration = Duration::from_millis(20);
/// Of a limited channel a wave has what its limit lets out in this time, at most, also if it is late.
const WAVE_TIME: Duration = Duration::from_millis(80);

/// The times of messages that have a limit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    /// That of the first one.
    pub(super) first: Instant,
    /// The time between two.
    pub(super) every: Duration,
}

/// Messages that are no attempts yet.
pub(super) struct Waiting<T> {
    lines: BTreeMap<String, Line<T>>,
}

/// Those of one channel, in their order.
struct Line<T> {
    messages: VecDeque<(T, Instant)>,
    /// Of one wave at most.
    most: usize,
    is_limited: bool,
}

/// Messages whose attempts begin together, by channel, each with the time at which it may go.
pub(super) type Wave<T> = BTreeMap<String, Vec<(T, Instant)>>;

impl<T> Waiting<T> {
    /// All messages of a batch, by channel, with their times.
    pub(super) fn new(lines: BTreeMap<String, (Vec<T>, Option<Times>)>) -> Self {
        let now = Instant::now();
        let line = |(messages, times): (Vec<T>, Option<Times>)| {
            let (mut at, every) = times.map_or((now, Duration::ZERO), |times| (times.first, times.every));
            let mut line = VecDeque::with_capacity(messages.len());
            for message in messages {
                line.push_back((message, at));
                at = at.checked_add(every).unwrap_or(at);
            }
            Line { messages: line, most: times.map_or(WAVE, of_wave), is_limited: times.is_some() }
        };
        Self { lines: lines.into_iter().map(|(channel, of)| (channel, line(of))).collect() }
    }

    /// True if none waits.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.values().all(|line| line.messages.is_empty())
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.lines.clear();
    }

    /// The messages whose attempts begin now. Channels without a limit have nothing more while they are `busy`.
    pub(super) fn next(&mut self, now: Instant, busy: &BTreeSet<String>) -> Wave<T> {
        let mut wave = Wave::new();
        for (channel, line) in &mut self.lines {
            let is_due = line.messages.front().is_some_and(|(_, at)| before(*at, LEAD) <= now);
            if !is_due || (!line.is_limited && busy.contains(channel)) {
                continue;
            }
            let mut messages = Vec::new();
            while messages.len() < line.most
                && let Some(message) = line.messages.pop_front_if(|(_, at)| before(*at, SOON) <= now)
            {
                messages.push(message);
            }
            if !messages.is_empty() {
                wave.insert(channel.clone(), messages);
            }
        }
        wave
    }

    /// When the next wave of a limited channel begins.
    pub(super) fn next_at(&self) -> Option<Instant> {
        let limited = self.lines.values().filter(|line| line.is_limited);
        limited.filter_map(|line| line.messages.front().map(|(_, at)| before(*at, LEAD))).min()
    }
}

/// An instant, some time earlier.
fn before(at: Instant, earlier: Duration) -> Instant {
    at.checked_sub(earlier).unwrap_or(at)
}

/// How many messages a wave of a limited channel has at most.
fn of_wave(times: Times) -> usize {
    let fit = WAVE_TIME.as_micros().checked_div(times.every.as_micros()).unwrap_or(u128::MAX);
    usize::try_from(fit).unwrap_or(WAVE).saturating_add(1).min(WAVE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(count: usize, times: Option<Times>) -> Waiting<usize> {
        Waiting::new(BTreeMap::from([("mail".to_owned(), ((0..count).collect(), times))]))
    }

    fn sizes(wave: &Wave<usize>) -> Vec<usize> {
        wave.values().map(Vec::len).collect()
    }

    #[test]
    fn what_waits_for_its_time_is_no_attempt_yet() {
        let now = Instant::now();
        let every = Duration::from_millis(10);
        let mut waiting = waiting(25, Some(Times { first: now, every }));
        // Those of the next 20 ms: at 0, 10 and 20.
        let wave = waiting.next(now, &BTreeSet::new());
        assert_eq!(sizes(&wave), [3]);
        assert_eq!(wave["mail"][2], (2, now + every * 2));
        assert_eq!(sizes(&waiting.next(now, &BTreeSet::new())), Vec::<usize>::new());
        // The next one is due at 30 ms, and brings along the one at 40.
        assert_eq!(waiting.next_at(), Some(now + Duration::from_millis(25)));
        assert_eq!(
            sizes(&waiting.next(now + Duration::from_millis(24), &BTreeSet::new())),
            Vec::<usize>::new()
        );
        // Another one is on the wire, which a limited channel does not wait for.
        let busy = BTreeSet::from(["mail".to_owned()]);
        assert_eq!(sizes(&waiting.next(now + Duration::from_millis(25), &busy)), [2]);
        // Late by far: no more than 80 ms of the limit at a time.
        let late = now + Duration::from_secs(9);
        assert_eq!(sizes(&waiting.next(late, &busy)), [9]);
        assert_eq!(sizes(&waiting.next(late, &busy)), [9]);
        assert_eq!(sizes(&waiting.next(late, &busy)), [2]);
        assert!(waiting.is_empty() && waiting.next_at().is_none());
    }

    #[test]
    fn without_a_limit_a_wave_waits_for_the_one_before() {
        let mut waiting = waiting(WAVE + 50, None);
        let now = Instant::now();
        assert_eq!(sizes(&waiting.next(now, &BTreeSet::new())), [WAVE]);
        let busy = BTreeSet::from(["mail".to_owned()]);
        assert_eq!(sizes(&waiting.next(now, &busy)), Vec::<usize>::new());
        assert_eq!(waiting.next_at(), None, "it is the answers that it waits for");
        assert_eq!(sizes(&waiting.next(now, &BTreeSet::new())), [50]);
    }

    #[test]
    fn waves_are_bounded_whatever_the_limit_is() {
        let times = |every_us| Times { first: Instant::now(), every: Duration::from_micros(every_us) };
        assert_eq!(of_wave(times(10_000_000)), 1);
        assert_eq!(of_wave(times(16_667)), 5);
        assert_eq!(of_wave(times(1)), WAVE);
        assert_eq!(of_wave(times(0)), WAVE);
    }
}
