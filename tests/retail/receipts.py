"""Receipts from rows of the package; money is in cents."""

from __future__ import annotations

from package import LINES, Package

AMOUNTS = ("gross", "retail_disc", "coupon_disc", "coupon_match", "received", "paid")


class Receipts:
    """The receipts in order, and apart from them their lines of zero quantity."""

    def __init__(self, package: Package, catalog: dict[int, tuple]) -> None:
        self._catalog = catalog
        self.anomalies: list[dict] = []
        rows: dict[int, dict] = {}
        for number, store, household, week, at, *columns in package.rows(LINES):
            receipt = rows.setdefault(number, new_receipt(number, store, household, week, at))
            line = self._line(*columns)
            if line["qty"] == 0:
                self.anomalies.append({"receipt": number, "line": line})
            else:
                line["n"] = len(receipt["lines"]) + 1
                receipt["lines"].append(line)
        self.rows = [receipt for receipt in rows.values() if receipt["lines"]]
        self.without_lines = len(rows) - len(self.rows)
        for receipt in self.rows:
            receipt["total"] = totals(receipt["lines"])

    def lines(self) -> list[dict]:
        """The lines of all receipts, those of zero quantity left out."""
        return [line for receipt in self.rows for line in receipt["lines"]]

    def _line(
        self, product: int, qty: int, received: int, retail: int, coupon: int, match: int
    ) -> dict:
        known = self._catalog.get(product)
        gross = received + retail + match
        line = {"product": product, "path": [level for level in (known or ())[:3] if level]}
        line["qty"] = qty
        # One unit of a metered product is so many dollars' worth, paid before.
        scale = 3 if is_metered(known) and qty > 1 else 0
        if scale:
            line["scale"] = scale
        if qty:
            line["unit_price"] = (2 * gross * 10**scale + qty) // (2 * qty)
        line["gross"] = gross
        given = (("retail_disc", retail), ("coupon_disc", coupon), ("coupon_match", match))
        line.update((name, value) for name, value in given if value)
        line["received"] = received
        if coupon:
            line["paid"] = received - coupon
        if qty and line["unit_price"] * qty != gross * 10**scale:
            line["unit_exact"] = False
        flags = {
            "not_in_catalogue": known is None,
            "zero_qty": qty == 0,
            "coupon_exceeds_line": received < coupon,
        }
        if any(flags.values()):
            line["flags"] = [flag for flag, is_set in flags.items() if is_set]
        return line


def is_metered(product: tuple | None) -> bool:
    """Whether a product of the catalogue is sold in thousandths of a gallon."""
    return product is not None and (product[2] or "").startswith("GASOLINE")


def new_receipt(number: int, store: int, household: int, week: int, at: str) -> dict:
    """A receipt without lines."""
    return {
        "receipt": number,
        "store": store,
        "household": household,
        "ts": at,
        "week": week,
        "currency": "USD",
        "exponent": 2,
        "lines": [],
    }


def totals(lines: list[dict]) -> dict[str, int]:
    """The sum of each amount; what a line leaves out is zero, but that it is paid as received."""
    sums = {name: sum(line.get(name, 0) for line in lines) for name in AMOUNTS}
    sums["paid"] = sums["received"] - sums["coupon_disc"]
    return sums
