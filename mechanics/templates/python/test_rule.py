import sys
import unittest
from types import SimpleNamespace as Record

# The bindings, as `componentize-py … bindings` writes them.
sys.path.insert(0, "bindings")

from exact import exact  # noqa: E402
from rule import Rules  # noqa: E402
from wit_world.exports import rules  # noqa: E402

# Three packs of milk, bought by a member.
LINES = Record(position=[1], counts=b"\1", quantity=[3000], amount=[26997])
RECEIPT = Record(has_member=True, lines=LINES)
FIFTH = Record(
    scope=rules.Scope_Lines([0]),
    benefit=rules.Benefit_Percent(10_000),
    extras=[rules.Extra(0, 5)],
    min_units=None,
    min_sum=None,
    max_units=None,
    unit_multiple=None,
    pick=None,
    cap=None,
)
OFFER = Record(items=[FIFTH])


def stamps(value):
    return [rules.Fact(0, None, rules.FactValue_Number(value))]


class RuleTest(unittest.TestCase):
    def verdict(self, receipt, facts):
        return Rules().evaluate(receipt, [OFFER], facts)[0]

    def test_units_are_counted_on_from_what_was_bought_before(self):
        for before, free in [(0, None), (1, None), (2, 1000), (4, 1000), (5, None)]:
            verdict = self.verdict(RECEIPT, stamps(before))
            paid = verdict.value[0].max_units if isinstance(verdict, rules.Verdict_Proposals) else None
            self.assertEqual(paid, free, f"{before} bought before")

    def test_nobody_collects_nothing(self):
        verdict = self.verdict(Record(has_member=False, lines=LINES), [])
        self.assertEqual(verdict, rules.Verdict_Declined(rules.Declined.NOT_APPLICABLE))

    def test_a_counter_that_is_none_costs_this_offer_only(self):
        self.assertEqual(self.verdict(RECEIPT, stamps(-1)).value.code, "bad_stamps")

    def test_a_number_that_is_not_whole_costs_this_offer_and_says_what_to_write(self):
        sound = self.verdict(RECEIPT, stamps(2))
        self.assertIs(exact(sound), sound)
        sound.value[0].benefit = rules.Benefit_Percent(12.5)
        self.assertIn("benefit.value is 12.5: write a whole number", exact(sound).value.detail)


if __name__ == "__main__":
    unittest.main()
