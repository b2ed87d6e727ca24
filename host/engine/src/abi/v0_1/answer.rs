//! What a mechanic answers: WIT to `domain`.

use ::domain::quantities::Percent;
use domain::UnitLimits;
use domain::mechanics as domain;

use super::wit;

pub(super) fn description(description: wit::Description) -> domain::Description {
    domain::Description {
        name: description.name,
        version: description.version,
        phases: description.phases.into_iter().map(phase).collect(),
        params_schema: description.params_schema,
        targets: description.targets.into_iter().map(target_kind).collect(),
        parameters: description.parameters.into_iter().map(parameter).collect(),
        needs: description.needs.into_iter().map(need).collect(),
        wants_params_text: description.wants_params_text,
        reasons: description.reasons.into_iter().map(reason).collect(),
    }
}

pub(super) fn problem(problem: wit::Problem) -> domain::ParamsProblem {
    domain::ParamsProblem { pointer: problem.pointer, code: problem.code, detail: problem.detail }
}

pub(super) fn verdict(verdict: wit::Verdict) -> domain::Verdict {
    match verdict {
        wit::Verdict::Proposals(proposals) => {
            domain::Verdict::Proposals(proposals.into_iter().map(proposal).collect())
        }
        wit::Verdict::Declined(declined) => domain::Verdict::Declined(match declined {
            wit::Declined::NoMatchingLine => domain::Declined::NoMatchingLine,
            wit::Declined::BelowThreshold => domain::Declined::BelowThreshold,
            wit::Declined::NotApplicable => domain::Declined::NotApplicable,
        }),
        wit::Verdict::Failed(wit::Failure { code, detail }) => domain::Verdict::Failed { code, detail },
    }
}

fn proposal(proposal: wit::Proposal) -> domain::Proposal {
    domain::Proposal {
        item: proposal.item,
        portions: match proposal.portions {
            wit::Portions::ItemScope => domain::Portions::ItemScope,
            wit::Portions::Listed(portions) => {
                domain::Portions::Listed(portions.into_iter().map(portion).collect())
            }
        },
        benefit: match proposal.benefit {
            wit::Benefit::Percent(percent) => domain::Benefit::Percent(Percent(percent)),
            wit::Benefit::Amount(sum) => domain::Benefit::Amount(sum),
            wit::Benefit::AmountPerUnit(sum) => domain::Benefit::AmountPerUnit(sum),
            wit::Benefit::AmountPerLine(sum) => domain::Benefit::AmountPerLine(sum),
            wit::Benefit::UnitPrice(price) => domain::Benefit::UnitPrice(price),
        },
        limits: UnitLimits {
            max_units: proposal.max_units,
            unit_multiple: proposal.unit_multiple,
            pick: Some(pick(proposal.pick)),
            cap: proposal.cap,
        },
        reason: proposal.reason,
    }
}

fn pick(pick: wit::Pick) -> domain::Pick {
    match pick {
        wit::Pick::Listed => domain::Pick::Listed,
        wit::Pick::Cheapest => domain::Pick::Cheapest,
        wit::Pick::Dearest => domain::Pick::Dearest,
    }
}

fn portion(portion: wit::Portion) -> domain::Portion {
    domain::Portion { line: portion.line, quantity: portion.quantity }
}

fn phase(phase: wit::Phase) -> domain::Phase {
    match phase {
        wit::Phase::Discount => domain::Phase::Discount,
        wit::Phase::Accrual => domain::Phase::Accrual,
    }
}

fn target_kind(kind: wit::TargetKind) -> domain::TargetKind {
    match kind {
        wit::TargetKind::Product => domain::TargetKind::Product,
        wit::TargetKind::Category => domain::TargetKind::Category,
        wit::TargetKind::Group => domain::TargetKind::Group,
        wit::TargetKind::Receipt => domain::TargetKind::Receipt,
    }
}

fn parameter(parameter: wit::Parameter) -> domain::Parameter {
    domain::Parameter {
        place: match parameter.place {
            wit::ParameterPlace::Offer => domain::ParameterPlace::Offer,
            wit::ParameterPlace::Item => domain::ParameterPlace::Item,
        },
        name: parameter.name,
        unit: match parameter.unit {
            wit::Unit::Money => domain::Unit::Money,
            wit::Unit::Points => domain::Unit::Points,
            wit::Unit::Quantity => domain::Unit::Quantity,
            wit::Unit::Percent => domain::Unit::Percent,
            wit::Unit::Count => domain::Unit::Count,
            wit::Unit::Boolean => domain::Unit::Boolean,
        },
    }
}

fn need(need: wit::Need) -> domain::Need {
    domain::Need {
        source: match need.source {
            wit::FactSource::Product => domain::FactSource::Product,
            wit::FactSource::Receipt => domain::FactSource::Receipt,
            wit::FactSource::Member => domain::FactSource::Member,
        },
        name: need.name,
    }
}

fn reason(reason: wit::Reason) -> domain::Reason {
    domain::Reason {
        id: reason.id,
        texts: reason.texts.into_iter().map(|each| (each.locale, each.text)).collect(),
    }
}
