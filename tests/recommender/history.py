"""What the results feed has told so far: purchases, and what became of uploaded items.

Everything is added up event by event, so that reading the feed in portions gives the same as
reading it at once. Quantities are thousandths and amounts are decimals: never binary floats.
"""

from __future__ import annotations

import json
import os
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from catalog import Catalog

VERSION = 1
# What is older says little about what a member wants now.
KEPT_WEEKS = 52
# Receipts without a member count for popularity.
NOBODY = ""


class StateError(Exception):
    """The state file cannot be used."""


def week_of(day: date) -> int:
    """The number of a week."""
    return day.toordinal() // 7


def key_of(item: dict) -> str:
    """What an item is aimed at: `product:G1`, `category:MILK`, `receipt:`."""
    return f"{item.get('target_kind', 'receipt')}:{item.get('target', '')}"


def paying_item(items: list[dict], reward: str, goods: str, catalog: Catalog) -> str | None:
    """The item that paid on a line: the most specific one, as the host chooses."""
    keys = {key_of(item) for item in items if item.get("reward") == reward}
    narrowing = [f"product:{goods}"]
    narrowing += [f"category:{category}" for category in catalog.categories(goods)]
    narrowing.append("receipt:")
    return next((key for key in narrowing if key in keys), None)


class History:
    """The statistics, the place in the feed, and the last upload."""

    def __init__(self, attribute: str) -> None:
        self.attribute = attribute
        self.cursor: str | None = None
        # By member: `goods` and `receipts` by week, `items` and `answers` by their aim.
        self.members: dict[str, dict] = {}
        # By item or kind of item: how often it was there and how often it paid, or would have.
        self.response: dict[str, dict[str, list[int]]] = {}
        # What members have now: date, days, and payloads by member.
        self.upload: dict | None = None
        # What was being sent when the last run ended.
        self.pending: dict | None = None

    @classmethod
    def load(cls, path: Path, attribute: str) -> History:
        """Reads the state file; a new history if there is none."""
        history = cls(attribute)
        if not path.exists():
            return history
        try:
            state = json.loads(path.read_text(encoding="utf-8"))
            if state["version"] != VERSION:
                raise StateError(f"{path} was written by another version; start with a new file")
            if state["attribute"] != attribute:
                raise StateError(f"{path} belongs to attribute `{state['attribute']}`")
            for name in vars(history):
                setattr(history, name, state[name])
        except (ValueError, KeyError, TypeError) as error:
            raise StateError(f"{path} is not a state file of this program ({error!r})") from error
        return history

    def save(self, path: Path) -> None:
        """Replaces the state file: whoever is interrupted finds the old one or the new one."""
        beside = path.with_name(path.name + ".new")
        with open(beside, "w", encoding="utf-8") as file:
            state = {"version": VERSION, **vars(self)}
            # To the host a number is the same item as a text.
            json.dump(state, file, ensure_ascii=False, sort_keys=True, default=str)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)

    def add(self, event: dict, catalog: Catalog) -> None:
        """Adds an event of the feed."""
        day = date.fromisoformat(event["at"][:10])
        member = self._member(event.get("member_id") or NOBODY)
        name = event["event"]
        if name == "receipt":
            _add_receipt(member, event, week_of(day))
        elif name == "returned" and "offer" not in event:
            _take_back(member, event)
        elif event.get("attribute") == self.attribute:
            if name in ("accepted", "declined"):
                _note_answer(member, event, day)
            else:
                self._note_result(member, event, day, catalog)
        self.cursor = event["cursor"]

    def forget(self, today: date) -> None:
        """Drops what is too old to count."""
        oldest = week_of(today) - KEPT_WEEKS
        for member in self.members.values():
            for goods in list(member["goods"]):
                weeks = _since(member["goods"].pop(goods), oldest)
                if weeks:
                    member["goods"][goods] = weeks
            member["receipts"] = _since(member["receipts"], oldest)

    def _member(self, member_id: str) -> dict:
        empty: dict = {"goods": {}, "receipts": {}, "items": {}, "answers": {}}
        return self.members.setdefault(member_id, empty)

    def _note_result(self, member: dict, event: dict, day: date, catalog: Catalog) -> None:
        """What became of the items that the member had at that time."""
        payload = self._payload(event.get("member_id"), day)
        if payload is None:
            return
        fired = set()
        if event["event"] in ("fired", "would_have_fired"):
            for line in event["lines"]:
                for reward, amount in (("discount", "discount"), ("points", "points")):
                    if Decimal(line[amount]) > 0:
                        goods = line["goods_id"]
                        fired.add(paying_item(payload["items"], reward, goods, catalog))
        side = "control" if event.get("control_group") else "treated"
        for item in payload["items"]:
            key = key_of(item)
            if side == "treated":
                _count(member["items"].setdefault(key, [0, 0]), key in fired)
            # Nobody in the control group can accept, so that the sides would not compare.
            if not payload["require_accept"]:
                for name in (key, key.partition(":")[0]):
                    sides = self.response.setdefault(name, {"treated": [0, 0], "control": [0, 0]})
                    _count(sides[side], key in fired)

    def _payload(self, member_id: str | None, day: date) -> dict | None:
        if self.upload is None or member_id is None:
            return None
        start = date.fromisoformat(self.upload["date"])
        valid = start <= day < start + timedelta(days=self.upload["days"])
        return self.upload["payloads"].get(member_id) if valid else None


def _add_receipt(member: dict, event: dict, week: int) -> None:
    quantities: dict[str, int] = {}
    # A feed that was begun long ago has receipts without lines.
    for line in event.get("lines", []):
        goods = line["goods_id"]
        quantities[goods] = quantities.get(goods, 0) + _thousandths(line["quantity"])
    for goods, quantity in quantities.items():
        # How often, how much, and how much of it came back.
        bought = member["goods"].setdefault(goods, {}).setdefault(str(week), [0, 0, 0])
        bought[0] += 1
        bought[1] += quantity
    receipts = member["receipts"].setdefault(str(week), [0, "0"])
    receipts[0] += 1
    receipts[1] = str(Decimal(receipts[1]) + Decimal(event["amount"]))


def _take_back(member: dict, event: dict) -> None:
    """Takes what came back off the latest purchases of these goods."""
    for line in event.get("lines", []):
        left = -_thousandths(line["quantity"])
        weeks = member["goods"].get(line["goods_id"], {})
        for week in sorted(weeks, key=int, reverse=True):
            bought = weeks[week]
            taken = min(left, bought[1] - bought[2])
            bought[2] += taken
            left -= taken


def _note_answer(member: dict, event: dict, day: date) -> None:
    if "item" not in event:
        return
    own = {"accepted", "declined", "order", "display_order"}
    item = {name: value for name, value in event["item"].items() if name not in own}
    answer = {"accepted": event["event"] == "accepted", "date": day.isoformat(), "item": item}
    member["answers"][key_of(item)] = answer


def _count(counts: list[int], fired: bool) -> None:
    counts[0] += 1
    counts[1] += int(fired)


def _since(weeks: dict, oldest: int) -> dict:
    return {week: value for week, value in weeks.items() if int(week) >= oldest}


def _thousandths(quantity: str) -> int:
    return int(Decimal(quantity).scaleb(3).to_integral_exact())
