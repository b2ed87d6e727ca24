"""An exception would stop the component without a word. Here it costs the offers that it is about, and its text comes to
you: with the faults of this version, and in `offer-host mechanic test`. Tills do not see it.
"""

from typing import List

from wit_world.exports import rules
from wit_world.exports.rules import Fact, Offer, Problem, Receipt, Verdict


def catching(cls: type) -> type:
    """The class of the rules, with exceptions as failures and problems."""
    plain_evaluate, plain_validate = cls.evaluate, cls.validate

    def evaluate(self, receipt: Receipt, offers: List[Offer], facts: List[Fact]) -> List[Verdict]:
        try:
            return plain_evaluate(self, receipt, offers, facts)
        except Exception as error:
            if len(offers) == 1:
                return [failed(error)]
        # Each alone, so that an offer that cannot be evaluated costs only itself.
        return [verdict for offer in offers for verdict in evaluate(self, receipt, [offer], facts)]

    def validate(self, params: str, offer: Offer) -> List[Problem]:
        try:
            return plain_validate(self, params, offer)
        except Exception as error:
            return [Problem("", "exception", text(error))]

    cls.evaluate, cls.validate = evaluate, validate
    return cls


def failed(error: Exception) -> Verdict:
    detail = "the rule has a mistake, and could not be evaluated"
    return rules.Verdict_Failed(rules.Failure("exception", detail, text(error)))


def text(error: Exception) -> str:
    """What went wrong, and where. There are no files to show lines of."""
    trace, places = error.__traceback__, []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} in {code.co_name}")
        trace = trace.tb_next
    return f"{type(error).__name__}: {error} ({', '.join(reversed(places[-3:]))})"
