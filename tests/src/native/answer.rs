//! What a mechanic answers: the SDK's types to `domain`.

use ::domain::quantities::Percent;
use domain::UnitLimits;
use domain::mechanics as domain;

pub(super) fn verdict(verdict: mechanic_sdk::Verdict) -> domain::Verdict {
    match verdict {
        mechanic_sdk::Verdict::Proposals(proposals) => {
            domain::Verdict::Proposals(proposals.into_iter().map(proposal).collect())
        }
        mechanic_sdk::Verdict::Declined(declined) => domain::Verdict::Declined(match declined {
            mechanic_sdk::Declined::NoMatchingLine => domain::Declined::NoMatchingLine,
            mechanic_sdk::Declined::BelowThreshold => domain::Declined::BelowThreshold,
            mechanic_sdk::Declined::NotApplicable => domain::Declined::NotApplicable,
        }),
        mechanic_sdk::Verdict::Failed(mechanic_sdk::Failure { code, detail }) => {
            domain::Verdict::Failed { code, detail }
        }
    }
}

fn proposal(proposal: mechanic_sdk::Proposal) -> domain::Proposal {
    domain::Proposal {
        item: proposal.item,
        portions: match proposal.portions {
            mechanic_sdk::Portions::ItemScope => domain::Portions::ItemScope,
            mechanic_sdk::Portions::Listed(portions) => {
                domain::Portions::Listed(portions.into_iter().map(portion).collect())
            }
        },
        benefit: match proposal.benefit {
            mechanic_sdk::Benefit::Percent(percent) => domain::Benefit::Percent(Percent(percent)),
            mechanic_sdk::Benefit::Amount(sum) => domain::Benefit::Amount(sum),
            mechanic_sdk::Benefit::AmountPerUnit(sum) => domain::Benefit::AmountPerUnit(sum),
            mechanic_sdk::Benefit::AmountPerLine(sum) => domain::Benefit::AmountPerLine(sum),
            mechanic_sdk::Benefit::UnitPrice(price) => domain::Benefit::UnitPrice(price),
        },
        limits: UnitLimits {
            max_units: proposal.max_units,
            unit_multiple: proposal.unit_multiple,
            pick: proposal.pick.map(pick),
            cap: proposal.cap,
        },
        reason: proposal.reason,
    }
}

fn pick(pick: mechanic_sdk::Pick) -> domain::Pick {
    match pick {
        mechanic_sdk::Pick::Listed => domain::Pick::Listed,
        mechanic_sdk::Pick::Cheapest => domain::Pick::Cheapest,
        mechanic_sdk::Pick::Dearest => domain::Pick::Dearest,
    }
}

fn portion(portion: mechanic_sdk::Portion) -> domain::Portion {
    domain::Portion { line: portion.line, quantity: portion.quantity }
}
