"""Every n-th unit at a discount: "the fifth coffee is free". What the member bought before comes with
the member's attribute `stamps`; a line that the till marks as a refill counts for nothing.

Money, points, quantities and percentages are whole numbers; see wit/mechanic.wit for their units.
"""

import guard  # noqa: F401

import json
from typing import List, Optional, Set, Tuple, Union

from exact import exact
from faults import catching
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
# The attribute `refill` of lines, true for a refill: the second need.
REFILL = 1
# The reason given with a reward.
NTH_UNIT = 1
# Reasons for declining.
NO_CARD = 1
TOO_FEW = 2
# One whole unit, in thousandths.
ONE_UNIT = 1000


@catching
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
            needs=[
                rules.Need(rules.FactSource.MEMBER, "stamps"),
                rules.Need(rules.FactSource.LINE, "refill"),
            ],
            wants_params_text=False,
            reasons=[rules.Reason(NTH_UNIT, texts)],
            decline_reasons=[
                rules.DeclineReason(
                    id=NO_CARD,
                    code="no_card",
                    kind=rules.Declined.NOT_APPLICABLE,
                    variables=[],
                    texts=[
                        rules.LocalisedText("en", "only with a card"),
                        rules.LocalisedText("ru", "только с картой"),
                    ],
                ),
                rules.DeclineReason(
                    id=TOO_FEW,
                    code="too_few_stamps",
                    kind=rules.Declined.BELOW_THRESHOLD,
                    variables=[rules.Variable("missing", rules.Unit.COUNT)],
                    texts=[
                        rules.LocalisedText("en", "{missing} more to the next free {target}"),
                        rules.LocalisedText("ru", "ещё {missing} × {target} до бесплатного"),
                    ],
                ),
            ],
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
        return rules.Verdict_DeclinedFor(rules.Decline(NO_CARD, None, []))
    before = stamps(facts)
    if before is None:
        detail = "the member's attribute `stamps` is not a whole number from 0"
        return rules.Verdict_Failed(rules.Failure("bad_stamps", detail, None))
    refills = refills_of(facts)
    found = [propose(receipt, index, item, before, refills) for index, item in enumerate(offer.items)]
    proposals = [one for one in found if isinstance(one, Proposal)]
    if proposals:
        return rules.Verdict_Proposals(proposals)
    nearest = next(((index, one) for index, one in enumerate(found) if one is not None), None)
    if nearest is None:
        return rules.Verdict_Declined(rules.Declined.BELOW_THRESHOLD)
    index, missing = nearest
    return rules.Verdict_DeclinedFor(rules.Decline(TOO_FEW, index, [missing]))


def propose(
    receipt: Receipt, index: int, item: Item, before: int, refills: Set[Optional[int]]
) -> Union[Proposal, int, None]:
    """The units of this receipt that complete a row of `every`, counted on from what was bought before. If there
    are none, how many units are missing, unless something else is.
    """
    whole = isinstance(item.scope, rules.Scope_WholeReceipt)
    indexes = range(len(receipt.lines.position)) if whole else item.scope.value
    own = [line for line in indexes if line not in refills]
    row = every(item)
    units, total = tally(receipt, own)
    if not own or row < 1 or units < (item.min_units or 0) or total < (item.min_sum or 0):
        return None
    collected = before + units // ONE_UNIT
    free = (collected // row - before // row) * ONE_UNIT
    if free <= 0:
        return row - collected % row
    return Proposal(
        item=index,
        portions=rules.Portions_Listed([rules.Portion(line, None) for line in own]),
        benefit=item.benefit,
        max_units=free if item.max_units is None else min(item.max_units, free),
        unit_multiple=item.unit_multiple,
        pick=rules.Pick.CHEAPEST if item.pick is None else item.pick,
        cap=item.cap,
        reason=NTH_UNIT,
    )


def tally(receipt: Receipt, own: List[int]) -> Tuple[int, int]:
    """Quantity and sum of those of some lines that count."""
    lines = receipt.lines
    counted = [index for index in own if lines.counts[index]]
    return sum(lines.quantity[index] for index in counted), sum(lines.amount[index] for index in counted)


def refills_of(facts: List[Fact]) -> Set[Optional[int]]:
    """The indexes of the lines that are refills."""
    return {fact.line for fact in facts if fact.need == REFILL and fact.value.value == "true"}


def every(item: Item) -> int:
    return next((extra.value for extra in item.extras if extra.parameter == EVERY), 0)


def stamps(facts: List[Fact]) -> Optional[int]:
    """What the member bought before; 0 if nobody said so, None if it makes no sense."""
    value = next((fact.value for fact in facts if fact.need == STAMPS), rules.FactValue_Number(0))
    if isinstance(value, rules.FactValue_Number) and value.value >= 0:
        return value.value
    return None
