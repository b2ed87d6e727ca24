"""A mechanic answers in whole numbers. A component stops at anything else; here it costs the offer that it
stands in, and says what to write.
"""

from dataclasses import fields, is_dataclass
from typing import Any, Optional

from wit_world.exports import rules
from wit_world.exports.rules import Verdict


def exact(verdict: Verdict) -> Verdict:
    """The verdict, unless there is a number in it that is not whole."""
    message = problem(verdict, "verdict")
    detail = "the rule has a mistake: a number in its answer is not exact"
    return verdict if message is None else rules.Verdict_Failed(rules.Failure("not_exact", detail, message))


def problem(value: Any, place: str) -> Optional[str]:
    if isinstance(value, float):
        return f"{place} is {value}: write a whole number of the smallest part, as 1250 for 12.5 %"
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return f"{place} is {value}: no number of the contract is so large"
    if is_dataclass(value):
        inside = [(field.name, getattr(value, field.name)) for field in fields(value)]
    elif isinstance(value, list):
        inside = list(enumerate(value))
    else:
        return None
    found = (problem(inner, f"{place}.{name}") for name, inner in inside)
    return next((detail for detail in found if detail is not None), None)
