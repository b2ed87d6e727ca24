import subprocess
import sys
import unittest
from types import SimpleNamespace as Record

# The bindings, as `componentize-py … bindings` writes them.
sys.path.insert(0, "bindings")

from exact import exact  # noqa: E402
from faults import catching  # noqa: E402
from rule import NO_CARD, REFILL, TOO_FEW, Rules  # noqa: E402
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
        self.assertEqual(verdict, rules.Verdict_DeclinedFor(rules.Decline(NO_CARD, None, [])))

    def test_the_customer_is_told_how_many_are_missing(self):
        verdict = self.verdict(RECEIPT, stamps(1))
        self.assertEqual(verdict, rules.Verdict_DeclinedFor(rules.Decline(TOO_FEW, 0, [1])))

    def test_a_refill_counts_for_nothing(self):
        refill = rules.Fact(REFILL, 0, rules.FactValue_Text("true"))
        verdict = self.verdict(RECEIPT, stamps(4) + [refill])
        self.assertEqual(verdict, rules.Verdict_Declined(rules.Declined.BELOW_THRESHOLD))

    def test_an_exception_costs_the_offer_that_it_is_about_and_says_what_and_where(self):
        @catching
        class Broken:
            def validate(self, params, offer):
                raise KeyError("tiers")

            def evaluate(self, receipt, offers, facts):
                return [rules.Verdict_Declined(offer["why"]) for offer in offers]

        verdicts = Broken().evaluate(RECEIPT, [{"why": rules.Declined.NOT_APPLICABLE}, {}], [])
        self.assertEqual(verdicts[0], rules.Verdict_Declined(rules.Declined.NOT_APPLICABLE))
        self.assertRegex(verdicts[1].value.message, r"^KeyError: 'why' \(test_rule.py:\d+ in ")
        self.assertIn("KeyError: 'tiers'", Broken().validate("{}", None)[0].detail)

    def test_a_counter_that_is_none_costs_this_offer_only(self):
        self.assertEqual(self.verdict(RECEIPT, stamps(-1)).value.code, "bad_stamps")

    def test_a_clock_would_stand_still_and_so_would_chance(self):
        # In a process of its own: this one measures the time of its tests.
        guarded = "import guard; guard.install(); import datetime, random, time, uuid; "
        for read in ["time.time()", "datetime.datetime.now()", "datetime.date.today()", "random.random()", "uuid.uuid4()"]:
            ran = subprocess.run([sys.executable, "-c", guarded + read], capture_output=True, text=True)
            self.assertIn("use the receipt's `time`", ran.stderr, read)
        sound = "assert isinstance(datetime.datetime(2026, 1, 5).date(), datetime.date); time.gmtime(0)"
        self.assertEqual(subprocess.run([sys.executable, "-c", guarded + sound]).returncode, 0)

    def test_a_number_that_is_not_whole_costs_this_offer_and_says_what_to_write(self):
        sound = self.verdict(RECEIPT, stamps(2))
        self.assertIs(exact(sound), sound)
        sound.value[0].cap = 2**63
        self.assertIn("cap is 9223372036854775808: no number", exact(sound).value.message)
        sound.value[0].cap = None
        sound.value[0].benefit = rules.Benefit_Percent(12.5)
        self.assertIn("benefit.value is 12.5: write a whole number", exact(sound).value.message)


if __name__ == "__main__":
    unittest.main()
