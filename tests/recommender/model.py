"""Which items a member gets. Simple on purpose: every number can be worked out by hand.

score = (own purchases, decayed by age + share of all purchases) × reaction to earlier offers

It is deterministic: no clock, no randomness, and ties go by the ids of goods.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, ROUND_UP, Decimal

from catalog import Catalog
from history import NOBODY, History, key_of, week_of

# Sums of rounded numbers are exact, in whatever order they are added.
PLACES = Decimal("0.000001")
# A purchase counts a tenth less with every week.
DECAY = Decimal("0.9")
# The most popular goods, which anybody may get.
POPULAR = 50
# Two imagined successes: the first offers that nobody takes change little.
PATIENCE = 2
# Percent by kind of item: small, usual, large.
RUNGS = {"product": (5, 10, 15), "category": (3, 5, 10), "receipt": (3, 5, 8)}
# Receipts on both sides from which on a control group tells something.
ENOUGH = 20
# Times as often as in the control group: up to this a reward moves nobody, from that on it pays.
IDLE, STRONG = Decimal("1.05"), Decimal("1.25")
# A receipt pays from a fifth above what the member usually spends, in whole tens.
STRETCH, STEP = Decimal("1.2"), Decimal(10)
KEPT_DAYS = 28
DECLINED_DAYS = 90


@dataclass(frozen=True)
class Settings:
    """What is wanted of a run."""

    date: date
    items: int = 4
    days: int = 14
    require_accept: bool = False


def recommend(history: History, catalog: Catalog, settings: Settings) -> dict[str, dict]:
    """The terms of every member who has bought something, by member."""
    model = _Model(history, catalog, settings)
    payloads = {}
    for member_id in sorted(history.members):
        items = [] if member_id == NOBODY else model.items(history.members[member_id])
        if items:
            payloads[member_id] = _payload(items, settings)
    return payloads


def _payload(items: list[dict], settings: Settings) -> dict:
    # The period stands here and not in the items: an item with other days would be another item,
    # whose acceptance the host would not know.
    last = settings.date + timedelta(days=settings.days - 1)
    return {
        "kind": "ml",
        "id_space": "external",
        "start": settings.date.isoformat(),
        "end": last.isoformat(),
        "require_accept": settings.require_accept,
        "items": [{**item, "order": order} for order, item in enumerate(items, 1)],
    }


class _Model:
    def __init__(self, history: History, catalog: Catalog, settings: Settings) -> None:
        self._history = history
        self._catalog = catalog
        self._settings = settings
        interests = [self._interest(member) for member in history.members.values()]
        self._popularity = _shares(interests)
        self._popular = set(_best_first(self._popularity)[:POPULAR])
        self._usual_receipt = _average(history.members.values())

    def items(self, member: dict) -> list[dict]:
        """A member's items, the best first; none for who only answered."""
        if not member["receipts"]:
            return []
        kept = self._accepted(member)
        taken = {key_of(item) for item in kept} | self._declined(member)
        scores = self._scores(member)
        products = [f"product:{goods}" for goods in _best_first(scores)]
        chosen = [self._percent(key, "discount") for key in products if key not in taken]
        # The last two places go to a category and to the receipt as a whole.
        others = [item for item in self._others(member, scores, chosen, taken) if item]
        room = max(self._settings.items - len(kept), 0)
        fit = max(room - len(others), min(room, 1))
        return kept + (chosen[:fit] + others)[:room]

    def _scores(self, member: dict) -> dict[str, Decimal]:
        own = self._interest(member)
        scores = {}
        for goods in self._popular.union(own):
            share = self._popularity.get(goods, Decimal(0))
            score = (own.get(goods, Decimal(0)) + share) * _reaction(member, f"product:{goods}")
            if score > 0 and self._catalog.allows(goods):
                scores[goods] = score
        return scores

    def _interest(self, member: dict) -> dict[str, Decimal]:
        """How often the member bought goods and kept them, decayed by age."""
        now = week_of(self._settings.date)
        interest = {}
        for goods, weeks in member["goods"].items():
            total = Decimal(0)
            for week in sorted(weeks):
                times, bought, back = weeks[week]
                kept = Decimal(bought - back) / Decimal(bought) if bought else Decimal(0)
                total += times * kept * DECAY ** max(now - int(week), 0)
            interest[goods] = total.quantize(PLACES)
        return interest

    def _others(
        self, member: dict, scores: dict[str, Decimal], chosen: list[dict], taken: set[str]
    ) -> list[dict | None]:
        first = [item["target"] for item in chosen[: max(self._settings.items - 2, 1)]]
        category = self._category(member, scores, first, taken)
        receipt = None if "receipt:" in taken else self._receipt(member)
        return [category, receipt]

    def _category(
        self, member: dict, scores: dict[str, Decimal], chosen: list[str], taken: set[str]
    ) -> dict | None:
        """Points on what the member buys besides the chosen products."""
        covered = {self._own_category(goods) for goods in chosen}
        sums: dict[str, Decimal] = {}
        for goods in sorted(scores):
            category = self._own_category(goods)
            if category and category not in covered and f"category:{category}" not in taken:
                sums[category] = sums.get(category, Decimal(0)) + scores[goods]
        for category in sums:
            sums[category] *= _reaction(member, f"category:{category}")
        best = _best_first(sums)
        return self._percent(f"category:{best[0]}", "points") if best else None

    def _own_category(self, goods: str) -> str | None:
        return next(iter(self._catalog.categories(goods)), None)

    def _receipt(self, member: dict) -> dict | None:
        """Money off a receipt that is larger than usual."""
        usual = _average([member]) or self._usual_receipt
        border = (usual * STRETCH / STEP).to_integral_value(ROUND_UP) * STEP
        percent = self._rung("receipt:")
        value = (border * percent / 100).to_integral_value(ROUND_DOWN)
        if value <= 0:
            return None
        return {
            "target_kind": "receipt",
            "method": "amount",
            "value": f"{value:f}",
            "reward": "discount",
            "border": f"{border:f}",
        }

    def _percent(self, key: str, reward: str) -> dict:
        kind, _, target = key.partition(":")
        return {
            "target_kind": kind,
            "target": target,
            "method": "percent",
            "value": str(self._rung(key)),
            "reward": reward,
        }

    def _rung(self, key: str) -> int:
        """How much an item gives: more where rewards move members, less where they do not."""
        kind = key.partition(":")[0]
        small, usual, large = RUNGS[kind]
        for name in (key, kind):
            lift = uplift(self._history.response.get(name))
            if lift is not None:
                return small if lift <= IDLE else large if lift >= STRONG else usual
        return usual

    def _accepted(self, member: dict) -> list[dict]:
        """What the member accepted stays as it is for a while, to the letter."""
        answers = sorted(member["answers"].items())
        kept = [
            answer["item"]
            for _, answer in answers
            if answer["accepted"] and self._days_since(answer["date"]) < KEPT_DAYS
        ]
        return kept[: self._settings.items]

    def _declined(self, member: dict) -> set[str]:
        return {
            key
            for key, answer in member["answers"].items()
            if not answer["accepted"] and self._days_since(answer["date"]) < DECLINED_DAYS
        }

    def _days_since(self, day: str) -> int:
        return (self._settings.date - date.fromisoformat(day)).days


def uplift(sides: dict[str, list[int]] | None) -> Decimal | None:
    """How many times as often an item fires as it would have in the control group."""
    if sides is None or min(sides["treated"][0], sides["control"][0]) < ENOUGH:
        return None
    treated, control = (
        Decimal(fired + 1) / Decimal(shown + 2)
        for shown, fired in (sides["treated"], sides["control"])
    )
    return treated / control


def _reaction(member: dict, key: str) -> Decimal:
    """1 before an item was ever there; less with every receipt on which it did not fire."""
    shown, fired = member["items"].get(key, (0, 0))
    return Decimal(fired + PATIENCE) / Decimal(shown + PATIENCE)


def _shares(interests: list[dict[str, Decimal]]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for interest in interests:
        for goods, value in interest.items():
            sums[goods] = sums.get(goods, Decimal(0)) + value
    total = sum(sums.values(), Decimal(0))
    return {goods: value / total for goods, value in sums.items() if value > 0}


def _average(members: Iterable[dict]) -> Decimal:
    weeks = [receipts for member in members for receipts in member["receipts"].values()]
    count = sum(count for count, _ in weeks)
    total = sum((Decimal(amount) for _, amount in weeks), Decimal(0))
    return total / count if count else Decimal(0)


def _best_first(scores: dict[str, Decimal]) -> list[str]:
    return sorted(scores, key=lambda name: (-scores[name], name))
