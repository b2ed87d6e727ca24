//! Members in memory.

use crate::{AllocateError, Choice, Member, Source};

/// Members per part: small enough that threads end at about the same time.
const PART: usize = 16_384;

/// Members and their choices in memory: 24 bytes a choice and 16 a member, as much again while it is made.
#[derive(Debug)]
pub struct Table {
    /// Ascending keys, each with the end of its choices.
    ends: Vec<(u64, usize)>,
    choices: Vec<Choice>,
}

impl Table {
    /// Takes members in any order, each with its choices in any order.
    ///
    /// # Errors
    ///
    /// A member comes twice. What else can be wrong is found by [`crate::allocate`].
    pub fn new<C: AsRef<[Choice]>>(
        members: impl IntoIterator<Item = (u64, C)>,
    ) -> Result<Self, AllocateError> {
        let (mut spans, mut unsorted) = (Vec::new(), Vec::new());
        for (key, choices) in members {
            let start = unsorted.len();
            unsorted.extend_from_slice(choices.as_ref());
            spans.push((key, start, unsorted.len()));
        }
        spans.sort_unstable();
        if let Some(((member, ..), _)) = spans.iter().zip(spans.iter().skip(1)).find(|(a, b)| a.0 == b.0) {
            return Err(AllocateError::MemberTwice { member: *member });
        }
        let mut choices = Vec::with_capacity(unsorted.len());
        let mut ends = Vec::with_capacity(spans.len());
        for (key, start, end) in spans {
            let first = choices.len();
            choices.extend_from_slice(unsorted.get(start..end).unwrap_or_default());
            choices.get_mut(first..).unwrap_or_default().sort_by_key(|choice| choice.level);
            ends.push((key, choices.len()));
        }
        Ok(Self { ends, choices })
    }

    /// Number of members.
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

impl Source for Table {
    fn parts(&self) -> usize {
        self.ends.len().div_ceil(PART)
    }

    fn visit(
        &self,
        part: usize,
        each: &mut dyn FnMut(Member<'_>) -> Result<(), AllocateError>,
    ) -> Result<(), AllocateError> {
        let first = part.saturating_mul(PART);
        let before = first.checked_sub(1).and_then(|before| self.ends.get(before));
        let mut start = before.map_or(0, |(_, end)| *end);
        for (key, end) in self.ends.iter().skip(first).take(PART) {
            let choices = self.choices.get(start..*end).unwrap_or_default();
            each(Member { key: *key, choices })?;
            start = *end;
        }
        Ok(())
    }
}
