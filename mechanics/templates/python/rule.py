"""Every n-th unit at a discount: "the fifth coffee is free". What the member bought before comes with
the member's attribute `stamps`.

Money, points, quantities and percentages are whole numbers; see wit/mechanic.wit for their units.
"""

import json
from typing import List, Optional, Tuple

from exact import exact
from schema import PARAMS_SCHEMA
from wit_world import exports
from wit_world.exports import rules
from wit_world.exports.rules import Fact, Item, Offer, Problem, Proposal, Receipt, Verdict

NAME = "my-rule"
VERSION = "1.0.0"

# The parameter `every` of an item: the first one of the description.
EVERY = 0
# The member's attribute `stamps`: the first need of the description.
STAMPS = 0
# The reason given with a reward.
NTH_UNIT = 1
# One whole unit, in thousandths.
ONE_UNIT = 1000


class Rules(exports.Rules):
    def describe(self) -> rules.Description:
        texts = [
            rules.LocalisedText("en", "{value} off {units} × {target}"),
            rules.LocalisedText("ru", "{target} × {units}: −{value}"),
        ]
        return rules.Description(
            name=NAME,
            version=VERSION,
            phases=[rules.Phase.DISCOUNT],
            params_schema=json.dumps(PARAMS_SCHEMA),
            targets=[rules.TargetKind.PRODUCT, rules.TargetKind.CATEGORY, rules.TargetKind.GROUP],
            parameters=[rules.Parameter(rules.ParameterPlace.ITEM, "every", rules.Unit.COUNT)],
            needs=[rules.Need(rules.FactSource.MEMBER, "stamps")],
            wants_params_text=False,
            reasons=[rules.Reason(NTH_UNIT, texts)],
        )

    def validate(self, params: str, offer: Offer) -> List[Problem]:
        return [
            Problem(f"/items/{index}/every", "not_positive", "say which unit is free: 5 for every fifth")
            for index, item in enumerate(offer.items)
            if every(item) < 1
        ]

    def evaluate(self, receipt: Receipt, offers: List[Offer], facts: List[Fact]) -> List[Verdict]:
        return [exact(evaluate_offer(receipt, offer, facts)) for offer in offers]


def evaluate_offer(receipt: Receipt, offer: Offer, facts: List[Fact]) -> Verdict:
    if not receipt.has_member:
        return rules.Verdict_Declined(rules.Declined.NOT_APPLICABLE)
    before = stamps(facts)
    if before is None:
        detail = "the member's attribute `stamps` is not a whole number from 0"
        return rules.Verdict_Failed(rules.Failure("bad_stamps", detail))
    proposals = [
        proposal
        for index, item in enumerate(offer.items)
        if (proposal := propose(receipt, index, item, before)) is not None
    ]
    if not proposals:
        return rules.Verdict_Declined(rules.Declined.BELOW_THRESHOLD)
    return rules.Verdict_Proposals(proposals)


def propose(receipt: Receipt, index: int, item: Item, before: int) -> Optional[Proposal]:
    """The units of this receipt that complete a row of `every`, counted on from what was bought before."""
    row = every(item)
    units, total = tally(receipt, item)
    if row < 1 or units < (item.min_units or 0) or total < (item.min_sum or 0):
        return None
    free = ((before + units // ONE_UNIT) // row - before // row) * ONE_UNIT
    if free <= 0:
        return None
    return Proposal(
        item=index,
        portions=rules.Portions_ItemScope(),
        benefit=item.benefit,
        max_units=free if item.max_units is None else min(item.max_units, free),
        unit_multiple=item.unit_multiple,
        pick=rules.Pick.CHEAPEST if item.pick is None else item.pick,
        cap=item.cap,
        reason=NTH_UNIT,
    )


def tally(receipt: Receipt, item: Item) -> Tuple[int, int]:
    """Quantity and sum of the item's lines that count."""
    lines = receipt.lines
    whole = isinstance(item.scope, rules.Scope_WholeReceipt)
    indexes = [
        index for index in (range(len(lines.position)) if whole else item.scope.value) if lines.counts[index]
    ]
    return sum(lines.quantity[index] for index in indexes), sum(lines.amount[index] for index in indexes)


def every(item: Item) -> int:
    return next((extra.value for extra in item.extras if extra.parameter == EVERY), 0)


def stamps(facts: List[Fact]) -> Optional[int]:
    """What the member bought before; 0 if nobody said so, None if it makes no sense."""
    value = next((fact.value for fact in facts if fact.need == STAMPS), rules.FactValue_Number(0))
    if isinstance(value, rules.FactValue_Number) and value.value >= 0:
        return value.value
    return None
