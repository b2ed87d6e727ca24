//! One member's way through a chain, and its stored form.

use super::document::NodeIndex;

/// The most bytes of a stored state.
pub const STATE_BYTES_MAX: usize = 64;

/// Letters of the channels that a message may wait on.
const CHANNELS: [char; 5] = ['A', 'B', 'C', 'D', 'E'];

fn channel_letter(channel: u8) -> char {
    CHANNELS.get(usize::from(channel)).copied().unwrap_or('E')
}

/// One member's way through a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Where it is.
    pub node: NodeIndex,
    /// Its state at the node.
    pub stage: Stage,
    /// How many nodes it has gone through.
    pub steps: u16,
    /// When it began, in milliseconds since 1970.
    pub entered_at: i64,
    /// Everything is only recorded.
    pub ghost: bool,
}

/// The state of a run at its node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The node is still to be gone through; it was due at this time.
    Due(i64),
    /// A wait until this time.
    Waiting(i64),
    /// A wait for an event, until this time.
    Listening(i64),
    /// A wait for the fate of the message of this node, on this of its channels, until this time.
    Sent(i64, u8),
    /// It has left.
    Left,
}

/// A stored state that this release cannot read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the state `{0}` of a run cannot be read; it was written by a newer release, or changed by hand")]
pub struct BadState(pub String);

impl Run {
    /// A run at the start of a chain.
    pub fn begin(start: NodeIndex, now: i64, ghost: bool) -> Self {
        Self { node: start, stage: Stage::Due(now), steps: 0, entered_at: now, ghost }
    }

    /// When it must be looked at again; none once it has left.
    pub fn wake(&self) -> Option<i64> {
        match self.stage {
            Stage::Due(at) | Stage::Waiting(at) | Stage::Listening(at) | Stage::Sent(at, _) => Some(at),
            Stage::Left => None,
        }
    }

    /// True until it has left.
    pub fn is_active(&self) -> bool {
        self.stage != Stage::Left
    }

    /// The stored form of all but the node, at most [`STATE_BYTES_MAX`] bytes.
    pub fn encode(&self) -> String {
        let (stage, at) = match self.stage {
            Stage::Due(at) => ('d', at),
            Stage::Waiting(at) => ('w', at),
            Stage::Listening(at) => ('l', at),
            Stage::Sent(at, channel) => (channel_letter(channel), at),
            Stage::Left => ('x', 0),
        };
        let ghost = if self.ghost { "g" } else { "" };
        // The time is told from the beginning, which is shorter.
        format!("{stage}{},{},{}{ghost}", at.saturating_sub(self.entered_at), self.steps, self.entered_at)
    }

    /// Reads a stored state.
    pub fn decode(node: NodeIndex, state: &str) -> Result<Self, BadState> {
        Self::read(node, state).ok_or_else(|| BadState(state.to_owned()))
    }

    fn read(node: NodeIndex, state: &str) -> Option<Self> {
        let (plain, ghost) = state.strip_suffix('g').map_or((state, false), |plain| (plain, true));
        let mut letters = plain.chars();
        let letter = letters.next()?;
        let mut parts = letters.as_str().split(',');
        let since: i64 = parts.next()?.parse().ok()?;
        let steps = parts.next()?.parse().ok()?;
        let entered_at: i64 = parts.next()?.parse().ok()?;
        if parts.next().is_some() {
            return None;
        }
        let at = entered_at.saturating_add(since);
        let stage = match letter {
            'd' => Stage::Due(at),
            'w' => Stage::Waiting(at),
            'l' => Stage::Listening(at),
            'x' => Stage::Left,
            letter => Stage::Sent(at, CHANNELS.iter().position(|known| *known == letter)?.try_into().ok()?),
        };
        Some(Self { node, stage, steps, entered_at, ghost })
    }
}
