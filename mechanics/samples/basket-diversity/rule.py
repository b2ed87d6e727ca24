"""Basket diversity: points for buying from many categories, in tiers. Once the household buys its
vegetables, its coffee and its soap in one store, it stays.
"""

import guard  # noqa: F401

import json
from decimal import Decimal
from typing import Any, Dict, List, Optional

from faults import catching
from schema import PARAMS_SCHEMA
from wit_world import exports
from wit_world.exports import rules
from wit_world.exports.rules import Fact, Offer, Problem, Receipt, Verdict

NAME = "basket-diversity"
VERSION = "1.0.0"

# The reason given with a reward.
DIVERSE = 1
# The reason for declining, with the number of categories that are missing.
NOT_DIVERSE = 1


@catching
class Rules(exports.Rules):
    def describe(self) -> rules.Description:
        texts = [rules.LocalisedText("en", "{value} points for a varied basket")]
        return rules.Description(
            name=NAME,
            version=VERSION,
            phases=[rules.Phase.ACCRUAL],
            params_schema=json.dumps(PARAMS_SCHEMA),
            targets=[rules.TargetKind.RECEIPT],
            parameters=[],
            needs=[],
            # The tiers are a list: they come with the offer's own JSON.
            wants_params_text=True,
            reasons=[rules.Reason(DIVERSE, texts)],
            decline_reasons=[
                rules.DeclineReason(
                    id=NOT_DIVERSE,
                    code="too_few_categories",
                    kind=rules.Declined.BELOW_THRESHOLD,
                    variables=[rules.Variable("missing", rules.Unit.COUNT)],
                    texts=[rules.LocalisedText("en", "{missing} more kinds of goods for the first points")],
                ),
            ],
        )

    def validate(self, params: str, offer: Offer) -> List[Problem]:
        problems = []
        tiers = json.loads(params)["tiers"]
        for index, (lower, higher) in enumerate(zip(tiers, tiers[1:]), start=1):
            if higher["categories"] <= lower["categories"]:
                detail = "tiers go from few categories to many"
                problems.append(Problem(f"/tiers/{index}/categories", "not_ascending", detail))
            if Decimal(higher["points"]) <= Decimal(lower["points"]):
                detail = "more categories must give more points than fewer do"
                problems.append(Problem(f"/tiers/{index}/points", "not_ascending", detail))
        return problems

    def evaluate(self, receipt: Receipt, offers: List[Offer], facts: List[Fact]) -> List[Verdict]:
        return [evaluate_offer(receipt, json.loads(offer.params or "{}")) for offer in offers]


def evaluate_offer(receipt: Receipt, params: Dict[str, Any]) -> Verdict:
    lines = receipt.lines
    counted = [index for index in range(len(lines.position)) if lines.counts[index] and lines.category[index]]
    tiers = params.get("tiers", [])
    categories = len({lines.category[index] for index in counted})
    tier = highest(tiers, categories)
    if tier is None and tiers:
        missing = tiers[0]["categories"] - categories
        return rules.Verdict_DeclinedFor(rules.Decline(NOT_DIVERSE, None, [missing]))
    if tier is None:
        return rules.Verdict_Declined(rules.Declined.NOT_APPLICABLE)
    points = int(Decimal(tier["points"]).scaleb(receipt.points_exponent))
    proposal = rules.Proposal(
        item=None,
        portions=rules.Portions_Listed([rules.Portion(index, None) for index in counted]),
        benefit=rules.Benefit_Amount(points),
        max_units=None,
        unit_multiple=None,
        pick=None,
        cap=None,
        reason=DIVERSE,
    )
    return rules.Verdict_Proposals([proposal])


def highest(tiers: List[Dict[str, Any]], categories: int) -> Optional[Dict[str, Any]]:
    """The highest tier that so many categories reach."""
    reached = [tier for tier in tiers if categories >= tier["categories"]]
    return reached[-1] if reached else None
