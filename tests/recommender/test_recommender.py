"""The model and the statistics, without a host: `python3 -m unittest`."""

from __future__ import annotations

import itertools
import json
import tempfile
import unittest
from datetime import date
from decimal import Decimal
from pathlib import Path

from catalog import Catalog
from history import History, StateError
from model import Settings, recommend, uplift

TODAY = date(2026, 11, 23)
CATALOG = Catalog(
    [
        {"type": "class", "id": "spirits", "discount": False},
        {"type": "category", "code": "DRINKS", "parent": None},
        {"type": "category", "code": "COFFEE", "parent": "DRINKS"},
        {"type": "category", "code": "MILK", "parent": None},
        {"type": "product", "goods_code": "G1", "category": "COFFEE"},
        {"type": "product", "goods_code": "G2", "category": "COFFEE"},
        {"type": "product", "goods_code": "G3", "category": "DRINKS", "class": "spirits"},
        {"type": "product", "goods_code": "G4", "category": "MILK"},
    ]
)
NUMBERS = itertools.count(1)


def bought(member: str | None, day: str, goods: str, quantity: str = "1", name="receipt") -> dict:
    """A purchase of one kind of goods, at 100.00 a unit."""
    amount = f"{Decimal(quantity) * 100:.2f}"
    line = {"position": 1, "goods_id": goods, "quantity": quantity, "amount": amount}
    return {
        "cursor": f"{next(NUMBERS)}.1",
        "event": name,
        "at": f"{day}T10:00:00Z",
        "member_id": member,
        "amount": amount,
        "lines": [line],
    }


def came_back(member: str, day: str, goods: str, quantity: str) -> dict:
    """A return."""
    return bought(member, day, goods, f"-{quantity}", "returned")


def result(member: str, day: str, name: str, goods: str = "", reward="discount", **more) -> dict:
    """What came of the offer; with goods it fired on them."""
    zero = {"discount": "0.00", "points": "0.00"}
    lines = [{"position": 1, "goods_id": goods, **zero, reward: "5.00"}] if goods else []
    event = bought(member, day, goods)
    return {**event, "event": name, "offer": "o", "attribute": "for-you", "lines": lines, **more}


def answered(member: str, item: dict, name: str, day: str = "2026-11-20") -> dict:
    """A member's answer to an item."""
    return result(member, day, name, item=item)


def history(*events: dict) -> History:
    """What is known after these events."""
    known = History("for-you")
    for event in events:
        known.add(event, CATALOG)
    return known


def uploaded(known: History, items: int = 4, **settings) -> History:
    """The same, after its recommendations were uploaded a week ago."""
    day = date(2026, 11, 16)
    payloads = recommend(known, CATALOG, Settings(day, items, **settings))
    known.upload = {"date": day.isoformat(), "days": 14, "payloads": payloads}
    return known


def targets(known: History, member: str = "m", **settings) -> list[str]:
    """What a member's items are aimed at, with how much they give."""
    payload = recommend(known, CATALOG, Settings(TODAY, **settings)).get(member, {"items": []})
    return [
        f"{item['target_kind']} {item.get('target', item.get('border'))} {item['value']}"
        for item in payload["items"]
    ]


class Choice(unittest.TestCase):
    """Which items a member gets."""

    def test_a_payload_has_products_a_category_and_the_receipt(self) -> None:
        known = history(bought("m", "2026-11-20", "G1", "2"), bought("n", "2026-11-20", "G4"))
        payload = recommend(known, CATALOG, Settings(TODAY, items=3, days=14))["m"]
        product = {"target_kind": "product", "target": "G1", "reward": "discount"}
        category = {"target_kind": "category", "target": "MILK", "reward": "points"}
        receipt = {"target_kind": "receipt", "reward": "discount", "border": "240"}
        self.assertEqual(
            payload,
            {
                "kind": "ml",
                "id_space": "external",
                "start": "2026-11-23",
                "end": "2026-12-06",
                "require_accept": False,
                "items": [
                    {**product, "method": "percent", "value": "10", "order": 1},
                    {**category, "method": "percent", "value": "5", "order": 2},
                    {**receipt, "method": "amount", "value": "12", "order": 3},
                ],
            },
        )

    def test_own_purchases_go_before_popular_ones(self) -> None:
        crowd = [bought(f"n-{number}", "2026-11-20", "G4") for number in range(9)]
        known = history(*crowd, bought("m", "2026-11-20", "G1"))
        self.assertEqual(targets(known, items=1), ["product G1 10"])
        self.assertEqual(targets(known, "n-1", items=1), ["product G4 10"])

    def test_what_was_bought_long_ago_counts_less(self) -> None:
        old = [bought("m", "2026-08-03", "G1") for _ in range(3)]
        known = history(*old, bought("m", "2026-11-20", "G4"))
        # 3 × 0.9 ^ 16 = 0.56 is less than 1.
        self.assertEqual(targets(known, items=1), ["product G4 10"])

    def test_what_came_back_does_not_count(self) -> None:
        purchases = [bought("m", "2026-11-20", "G1", "2"), bought("m", "2026-11-20", "G4")]
        kept = [bought("m", "2026-11-13", "G1", "2")]
        back = [
            came_back("m", "2026-11-21", "G1", "0.5"),
            came_back("m", "2026-11-22", "G1", "1.5"),
        ]
        self.assertEqual(targets(history(*purchases, *back), items=1), ["product G4 10"])
        self.assertEqual(targets(history(*kept, *purchases, *back[:1]), items=1), ["product G1 10"])

    def test_what_may_not_be_discounted_is_left_out(self) -> None:
        known = history(bought("m", "2026-11-20", "G3"), bought("m", "2026-11-20", "unknown"))
        self.assertEqual(targets(known), ["receipt 120 6"])

    def test_who_has_no_name_makes_goods_popular_and_gets_nothing(self) -> None:
        known = history(bought(None, "2026-11-20", "G4"), bought("m", "2026-11-20", "G3"))
        self.assertEqual(targets(known, items=1), ["product G4 10"])
        self.assertEqual(list(recommend(known, CATALOG, Settings(TODAY))), ["m"])

    def test_ties_go_by_the_ids_of_goods(self) -> None:
        events = [bought("m", "2026-11-20", goods) for goods in ("G4", "G2", "G1")]
        for order in itertools.permutations(events):
            known = history(*order)
            self.assertEqual(targets(known, items=2), ["product G1 10", "category MILK 5"])


class Reaction(unittest.TestCase):
    """What members do with items changes what they get."""

    def setUp(self) -> None:
        often = [bought("m", "2026-11-10", "G1"), bought("m", "2026-11-11", "G1")]
        self.known = uploaded(history(*often, bought("m", "2026-11-12", "G2", "2")))

    def test_items_that_never_fire_go_down(self) -> None:
        for _ in range(3):
            self.known.add(result("m", "2026-11-17", "fired", "G2"), CATALOG)
        self.assertEqual(targets(self.known, items=1), ["product G2 10"])
        self.assertEqual(self.known.members["m"]["items"]["product:G1"], [3, 0])

    def test_the_most_specific_item_is_the_one_that_fired(self) -> None:
        milk = [bought("m", "2026-11-12", "G4") for _ in range(4)]
        self.known = uploaded(history(*milk, bought("m", "2026-11-12", "G1")), items=3)
        self.known.add(result("m", "2026-11-17", "fired", "G4"), CATALOG)
        self.known.add(result("m", "2026-11-18", "fired", "G2", "points"), CATALOG)
        self.known.add(result("m", "2026-11-19", "fired", "G2"), CATALOG)
        fired = {key: counts[1] for key, counts in self.known.members["m"]["items"].items()}
        self.assertEqual(fired, {"product:G4": 1, "category:COFFEE": 1, "receipt:": 1})

    def test_only_the_days_of_an_upload_count(self) -> None:
        for day in ("2026-11-15", "2026-11-30"):
            self.known.add(result("m", day, "fired", "G1"), CATALOG)
        other = result("m", "2026-11-17", "fired", "G1")
        self.known.add({**other, "attribute": "other"}, CATALOG)
        self.assertEqual(self.known.members["m"]["items"], {})

    def test_declined_items_are_left_out_until_they_are_forgotten(self) -> None:
        item = {"target_kind": "product", "target": "G1", "value": "10"}
        self.known.add(answered("m", item, "declined"), CATALOG)
        self.assertNotIn("product G1 10", targets(self.known))
        later = Settings(date(2027, 2, 18), items=1)
        self.assertEqual(recommend(self.known, CATALOG, later)["m"]["items"][0]["target"], "G1")

    def test_accepted_items_stay_to_the_letter(self) -> None:
        terms = {"target_kind": "product", "target": "G4", "value": "7.50", "reward": "points"}
        self.known.add(answered("m", {**terms, "order": 2}, "accepted"), CATALOG)
        items = recommend(self.known, CATALOG, Settings(TODAY, items=2))["m"]["items"]
        self.assertEqual(items[0], {**terms, "order": 1})
        self.assertEqual(items[1]["target"], "G1")
        self.known.add(answered("m", terms, "declined", "2026-11-21"), CATALOG)
        self.assertNotIn("product G4 7.50", targets(self.known))


class Uplift(unittest.TestCase):
    """The control group says how much a reward moves."""

    def known(self, treated: int, control: int, **settings: bool) -> History:
        """20 receipts on each side, on so many of which the item for coffee fired."""
        known = history(bought("m", "2026-11-10", "G1"), bought("c", "2026-11-10", "G1"))
        uploaded(known, 1, **settings)
        for number in range(20):
            goods = "G1" if number < treated else ""
            known.add(result("m", "2026-11-17", "fired" if goods else "offered", goods), CATALOG)
            goods = "G1" if number < control else ""
            name = "would_have_fired" if goods else "offered"
            known.add(result("c", "2026-11-17", name, goods, control_group=True), CATALOG)
        return known

    def test_the_reward_follows_the_uplift(self) -> None:
        for treated, control, value in [(10, 10, 5), (12, 10, 10), (16, 10, 15), (5, 10, 5)]:
            known = self.known(treated, control)
            self.assertEqual(targets(known, "c", items=1), [f"product G1 {value}"], treated)

    def test_what_was_never_measured_goes_by_its_kind(self) -> None:
        known = self.known(20, 5)
        known.add(bought("x", "2026-11-20", "G4"), CATALOG)
        self.assertEqual(targets(known, "x", items=1), ["product G4 15"])

    def test_few_receipts_say_nothing(self) -> None:
        self.assertIsNone(uplift({"treated": [19, 19], "control": [400, 10]}))
        self.assertEqual(uplift({"treated": [20, 10], "control": [20, 10]}), 1)

    def test_members_of_the_control_group_cannot_accept(self) -> None:
        self.assertEqual(self.known(20, 0, require_accept=True).response, {})

    def test_the_control_group_is_not_bored_by_what_it_never_sees(self) -> None:
        self.assertEqual(self.known(10, 10).members["c"]["items"], {})


class State(unittest.TestCase):
    """What is kept between runs."""

    def events(self) -> list[dict]:
        """Some of each kind."""
        item = {"target_kind": "product", "target": "G1", "value": "10"}
        return [
            bought("m", "2026-11-09", "G1", "0.478"),
            bought("n", "2026-11-09", "G4", "3"),
            came_back("n", "2026-11-10", "G4", "1"),
            result("m", "2026-11-17", "fired", "G1"),
            result("n", "2026-11-17", "would_have_fired", "G4", control_group=True),
            answered("m", item, "accepted"),
        ]

    def test_portions_add_up_to_the_whole(self) -> None:
        events = self.events()
        whole = uploaded(history(*events[:2]))
        for event in events[2:]:
            whole.add(event, CATALOG)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "state.json"
            uploaded(history(*events[:2])).save(file)
            for event in events[2:]:
                part = History.load(file, "for-you")
                part.add(event, CATALOG)
                part.save(file)
            part = History.load(file, "for-you")
        self.assertEqual(vars(part), vars(whole))
        both = [recommend(known, CATALOG, Settings(TODAY)) for known in (part, whole)]
        first, second = (json.dumps(payloads, sort_keys=True) for payloads in both)
        self.assertEqual(first, second)

    def test_old_weeks_are_forgotten(self) -> None:
        known = history(bought("m", "2025-11-03", "G1"), bought("m", "2026-11-09", "G4"))
        known.forget(TODAY)
        self.assertEqual(list(known.members["m"]["goods"]), ["G4"])
        self.assertEqual(len(known.members["m"]["receipts"]), 1)

    def test_another_file_is_refused(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "state.json"
            for text in ("{", "[]", "{}", '{"version": 1}', '{"version": 9}'):
                file.write_text(text)
                with self.assertRaises(StateError, msg=text):
                    History.load(file, "for-you")
            History("other").save(file)
            with self.assertRaisesRegex(StateError, "belongs to attribute `other`"):
                History.load(file, "for-you")


if __name__ == "__main__":
    unittest.main()
