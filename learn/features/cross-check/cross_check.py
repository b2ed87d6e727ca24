#!/usr/bin/env python3
"""Runs the very text of the features on other engines, and compares digests.

    python3 -m venv venv && venv/bin/pip install -r requirements.txt    # Python 3.9 to 3.13
    offer-host-learn features add --tiles TILES receipts/
    venv/bin/python cross_check.py --tiles TILES --as-of 2026-03-01 --engines duckdb,sail

Prints a line for `offer-host-learn` and one for each engine, and ends with 1 if an engine has another digest. All members
are one query of the other engines: tiles of a few thousand members are meant.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import hashlib
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy


def duckdb_rows(sql: str, files: list[str]) -> list[numpy.ndarray]:
    import duckdb

    session = duckdb.connect()
    session.execute("SET threads = 2")
    session.execute(f"CREATE VIEW tiles AS SELECT * FROM read_parquet({files!r})")
    columns = session.execute(sql).fetchnumpy()
    return list(columns.values())


def sail_rows(sql: str, files: list[str]) -> list[numpy.ndarray]:
    from pysail.spark import SparkConnectServer
    from pyspark.sql import SparkSession

    server = SparkConnectServer()
    server.start()
    _, port = server.listening_address
    try:
        session = SparkSession.builder.remote(f"sc://localhost:{port}").getOrCreate()
        session.read.parquet(*files).createOrReplaceTempView("tiles")
        table = session.sql(sql).toArrow()
        session.stop()
    finally:
        server.stop()
    return [column.to_numpy() for column in table.columns]


ENGINES = {"duckdb": duckdb_rows, "sail": sail_rows}


def digest(rows: list[numpy.ndarray], names: list[str], day: int) -> tuple[int, str]:
    """As `features::Digest` says."""
    for column in rows:
        if column.dtype != numpy.int64:
            raise SystemExit(f"a column is of type {column.dtype}, not a 64-bit integer")
    table = numpy.column_stack(rows)
    table = table[table[:, 0].argsort(kind="stable")].astype("<i8")
    found = hashlib.sha256()
    found.update(f"offer-host-features/1\n{day}\n".encode())
    for name in names:
        found.update(f"{name}\n".encode())
    found.update(table.tobytes())
    return len(table), found.hexdigest()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--learn", default="offer-host-learn", help="the program")
    parser.add_argument("--tiles", required=True, type=Path, help="folder of tiles")
    parser.add_argument("--as-of", required=True, type=datetime.date.fromisoformat)
    parser.add_argument("--definitions", help="file of definitions instead of the default ones")
    parser.add_argument("--engines", default="duckdb,sail")
    parser.add_argument("--buckets", default="2048", help="buckets of a query of the program, no more than memory holds")
    given = parser.parse_args()

    def learn(*words: str) -> str:
        own = ["--definitions", given.definitions] if given.definitions else []
        command = [given.learn, "features", *words, *own]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    as_of = given.as_of.isoformat()
    sql = learn("sql", "--as-of", as_of)
    names = [row["name"] for row in csv.DictReader(io.StringIO(learn("list")))]
    own = learn("compute", "--tiles", str(given.tiles), "--as-of", as_of, "--buckets", given.buckets).split()
    expected = (int(own[0]), own[-1])
    print(f"offer-host-learn: {expected[0]} members, {expected[1]}")
    manifest = json.loads((given.tiles / "tiles.json").read_text())
    files = [str((given.tiles / file["name"]).resolve()) for file in manifest["files"]]
    day = (given.as_of - datetime.date(1970, 1, 1)).days
    differs = False
    for name in given.engines.split(","):
        found = digest(ENGINES[name](sql, files), names, day)
        same = "equal" if found == expected else "DIFFERENT"
        print(f"{name}: {found[0]} members, {found[1]}, {same}")
        differs |= found != expected
    return int(differs)


if __name__ == "__main__":
    sys.exit(main())
