import json
import sys
import unittest

# The bindings, as `componentize-py … bindings` writes them.
sys.path.insert(0, "bindings")

from rule import Rules, highest  # noqa: E402


class RuleTest(unittest.TestCase):
    def test_the_highest_tier_that_is_reached_counts(self):
        tiers = [{"categories": 3, "points": "50"}, {"categories": 5, "points": "150"}]
        for categories, points in [(2, None), (3, "50"), (4, "50"), (5, "150"), (9, "150")]:
            tier = highest(tiers, categories)
            self.assertEqual(tier and tier["points"], points, f"{categories} categories")

    def test_tiers_that_do_not_rise_are_refused_when_the_offer_is_written(self):
        tiers = [{"categories": 5, "points": "50"}, {"categories": 3, "points": "50"}]
        problems = Rules().validate(json.dumps({"tiers": tiers}), None)
        self.assertEqual([problem.pointer for problem in problems], ["/tiers/1/categories", "/tiers/1/points"])


if __name__ == "__main__":
    unittest.main()
