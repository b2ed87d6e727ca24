//! `loyalty:mechanic@1.1.0`.

use bindings::exports::loyalty::mechanic::rules as wit;

use super::Abi;
use super::exports::exports;

mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit/v1.1.0",
        world: "mechanic",
        ownership: Borrowing { duplicate_if_necessary: false },
    });
}

exports! { abi: Abi::V1_1, bindings: bindings, types: wit }

mod call {
    use super::super::call::{borrow, lend_offers};
    use super::wit;

    crate::convert_calls! {
        types: wit,
        hold: borrow,
        lines: |lines| { unit_kind: lines.unit_kind.as_slice() },
        item: |item| { reward: phase(item.reward), pick: item.limits.pick.map(pick) },
    }
    lend_offers! { types: wit }
}

mod verdict {
    use super::wit;

    crate::convert_verdicts! {
        types: wit,
        pick: |proposal| proposal.pick.map(pick),
        message: |failure| failure.message,
        verdicts: {
            wit::Verdict::DeclinedFor(decline) => domain::Verdict::DeclinedFor(self::decline(decline)),
        },
    }

    fn decline(decline: wit::Decline) -> domain::Decline {
        domain::Decline { reason: decline.reason, item: decline.item, values: decline.values }
    }
}

mod description {
    use super::super::answer::convert_descriptions;
    use super::wit;

    convert_descriptions! {
        types: wit,
        decline_reasons: |description| description.decline_reasons.into_iter().map(decline_reason).collect(),
        sources: { wit::FactSource::Line => domain::FactSource::Line },
    }

    fn decline_reason(reason: wit::DeclineReason) -> domain::DeclineReason {
        domain::DeclineReason {
            id: reason.id,
            code: reason.code,
            kind: match reason.kind {
                wit::Declined::NoMatchingLine => domain::Declined::NoMatchingLine,
                wit::Declined::BelowThreshold => domain::Declined::BelowThreshold,
                wit::Declined::NotApplicable => domain::Declined::NotApplicable,
            },
            variables: reason.variables.into_iter().map(variable).collect(),
            texts: texts(reason.texts),
        }
    }

    fn variable(variable: wit::Variable) -> domain::Variable {
        domain::Variable { name: variable.name, unit: unit(variable.unit) }
    }
}
