//! Reasons for declining, in the mechanic's own words.

use crate::{Decline, DeclineReason, Declined, LocalisedText, Unit, Variable, Verdict};

/// A reason for declining an offer: declared once as a constant, described with its texts by
/// [`DescriptionBuilder::decline_reason`](crate::DescriptionBuilder::decline_reason), and given by
/// [`Self::verdict`] or [`Self::about`].
///
/// ```
/// use mechanic_sdk::{Declined, DescriptionBuilder, OwnReason, Unit};
///
/// const TOO_FEW: OwnReason =
///     OwnReason::new(1, "too_few_stamps", Declined::BelowThreshold, &[("missing", Unit::Count)]);
///
/// let described = DescriptionBuilder::new("nth-free", "1.0.0")
///     .decline_reason(TOO_FEW, &[("en", "{missing} more to the free one")])
///     .build();
/// assert_eq!(described.decline_reasons[0].code, "too_few_stamps");
///
/// let two_more = TOO_FEW.verdict(&[2]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnReason {
    id: u32,
    code: &'static str,
    kind: Declined,
    variables: &'static [(&'static str, Unit)],
}

impl OwnReason {
    /// A reason with its id, which no other reason for declining has; a short code for tills and reports; its
    /// kind; and the variables of its texts, each with the unit that its values are in.
    pub const fn new(
        id: u32,
        code: &'static str,
        kind: Declined,
        variables: &'static [(&'static str, Unit)],
    ) -> Self {
        Self { id, code, kind, variables }
    }

    /// Declines an offer for this reason, with one value for each of its variables.
    pub fn verdict(self, values: &[i64]) -> Verdict {
        self.decline(None, values)
    }

    /// Declines an offer for this reason, which is about the item with this index: its texts may name the
    /// item's target.
    pub fn about(self, item: u32, values: &[i64]) -> Verdict {
        self.decline(Some(item), values)
    }

    fn decline(self, item: Option<u32>, values: &[i64]) -> Verdict {
        Verdict::DeclinedFor(Decline { reason: self.id, item, values: values.to_vec() })
    }

    pub(crate) fn described(self, texts: Vec<LocalisedText>) -> DeclineReason {
        let variable = |(name, unit): &(&str, Unit)| Variable { name: (*name).to_owned(), unit: *unit };
        DeclineReason {
            id: self.id,
            code: self.code.to_owned(),
            kind: self.kind,
            variables: self.variables.iter().map(variable).collect(),
            texts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DescriptionBuilder;

    const TOO_LITTLE: OwnReason = OwnReason::new(
        4,
        "too_little",
        Declined::BelowThreshold,
        &[("missing", Unit::Money), ("days", Unit::Count)],
    );

    #[test]
    fn a_reason_is_described_as_it_is_given() {
        let described = DescriptionBuilder::new("rule", "1.0.0")
            .decline_reason(TOO_LITTLE, &[("en", "{missing} more within {days} days")])
            .build();
        let reason = &described.decline_reasons[0];
        assert_eq!(
            (reason.id, reason.code.as_str(), reason.kind),
            (4, "too_little", Declined::BelowThreshold)
        );
        let variables: Vec<_> = reason.variables.iter().map(|one| (one.name.as_str(), one.unit)).collect();
        assert_eq!(variables, [("missing", Unit::Money), ("days", Unit::Count)]);
        let verdict = TOO_LITTLE.about(1, &[420, 3]);
        assert_eq!(verdict, Verdict::DeclinedFor(Decline { reason: 4, item: Some(1), values: vec![420, 3] }));
    }
}
