"""The retailer's catalogue, from the file that was imported into the host."""

from __future__ import annotations

import json
from pathlib import Path


class Catalog:
    """Which goods may be recommended, and the categories they are in."""

    def __init__(self, rows: list[dict]) -> None:
        classes = {row["id"]: row for row in rows if row.get("type") == "class"}
        categories = [row for row in rows if row.get("type") == "category"]
        self._parents = {row["code"]: row.get("parent") for row in categories}
        self._products = {row["goods_code"]: row for row in rows if row.get("type") == "product"}
        self._regulated = {name for name, row in classes.items() if not row.get("discount", True)}

    @classmethod
    def read(cls, path: Path | None) -> Catalog:
        """Reads an NDJSON file of catalogue rows; without one every product may be recommended."""
        if path is None:
            return cls([])
        lines = path.read_text(encoding="utf-8").splitlines()
        return cls([json.loads(line) for line in lines if line.strip()])

    def allows(self, goods: str) -> bool:
        """Whether a reward on these goods would be given."""
        if not self._products:
            return True
        product = self._products.get(goods)
        if product is None or not product.get("discountable", True):
            return False
        return product.get("class") not in self._regulated

    def categories(self, goods: str) -> list[str]:
        """The categories of goods, from their own up to the root."""
        category = self._products.get(goods, {}).get("category")
        path: list[str] = []
        while category is not None and category not in path:
            path.append(category)
            category = self._parents.get(category)
        return path
