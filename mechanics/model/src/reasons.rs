//! Why nobody gets anything, in words.

use mechanic_sdk::{Declined, DescriptionBuilder, OwnReason};

/// The model says that no level brings more than it costs.
pub(crate) const NO_GAIN: OwnReason = OwnReason::new(1, "no_gain", Declined::NotApplicable, &[]);

/// There is no member; or nothing is known of them, and the constant is nothing, or not on the ladder here.
pub(crate) const UNKNOWN_MEMBER: OwnReason =
    OwnReason::new(2, "unknown_member", Declined::NotApplicable, &[]);

/// The host drew an item that gives nothing, to learn what the others bring.
pub(crate) const DRAWN: OwnReason = OwnReason::new(3, "drawn_nothing", Declined::NotApplicable, &[]);

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
                ("en", "The model knows nothing of who buys, and has no level here for such"),
                ("ru", "Модель ничего не знает о покупателе и не даёт здесь таким ступени"),
            ],
        )
        .decline_reason(
            DRAWN,
            &[
                ("en", "This member was drawn to get nothing here, to learn what the offer brings"),
                (
                    "ru",
                    "Этому участнику по жребию здесь ничего не даётся: так узнают, что приносит предложение",
                ),
            ],
        )
}
