//! Why nobody gets anything, in words.

use mechanic_sdk::{Declined, DescriptionBuilder, OwnReason};

/// The model says that no level brings more than it costs.
pub(crate) const NO_GAIN: OwnReason = OwnReason::new(1, "no_gain", Declined::NotApplicable, &[]);

/// Nothing is known of the member, or there is none, and the constant is nothing, or not on the ladder here.
pub(crate) const UNKNOWN_MEMBER: OwnReason = OwnReason::new(2, "unknown_member", Declined::NotApplicable, &[]);

pub(crate) fn describe(builder: DescriptionBuilder) -> DescriptionBuilder {
    builder
        .decline_reason(
            NO_GAIN,
            &[
                ("en", "By the model no level brings more than it costs with this member"),
                ("ru", "По модели ни одна ступень не приносит с этим участником больше, чем стоит"),
            ],
        )
        .decline_reason(
            UNKNOWN_MEMBER,
            &[
                ("en", "The model knows nothing of this member, and has no level here for such"),
                ("ru", "Модель ничего не знает об этом участнике и не даёт здесь таким ступени"),
            ],
        )
}
