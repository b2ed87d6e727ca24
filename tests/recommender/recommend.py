"""A nightly run: reads what is new in the results feed, and uploads every member's best offers."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from catalog import Catalog
from history import History, StateError
from host import Host, HostError
from model import Settings, recommend

KEY_VARIABLE = "OFFER_HOST_KEY"
WAIT_SECONDS = 600
DONE, FAILED, SOME_REFUSED = 0, 1, 3
EXIT_STATUS = "exit status: 0 all is uploaded; 1 it failed; 2 wrong arguments; 3 rows were refused"


class Refusal(Exception):
    """A run that makes no sense."""


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, epilog=EXIT_STATUS)
    add = parser.add_argument
    add("--host", required=True, metavar="URL", help=f"the host; its key is in {KEY_VARIABLE}")
    add("--state", required=True, type=Path, metavar="FILE", help="what earlier runs have read")
    add("--attribute", required=True, metavar="NAME", help="carries the terms; of type json")
    add("--date", required=True, type=_day, help="the first day, YYYY-MM-DD")
    add("--catalog", type=Path, metavar="FILE", help="the catalogue as it was imported, NDJSON")
    add("--items", type=_number, default=4, metavar="N", help="the most items of a member")
    add("--days", type=_number, default=14, metavar="N", help="how long they are valid")
    add("--require-accept", action="store_true", help="only what a member accepts pays")
    add("--dry-run", action="store_true", help="print the rows; send and keep nothing")
    return parser.parse_args(given)


def run(options: argparse.Namespace, key: str) -> int:
    """One run; its exit status."""
    notes = sys.stderr if options.dry_run else sys.stdout
    host = Host(options.host, key)
    catalog = _catalog(options.catalog)
    history = History.load(options.state, options.attribute)
    _check_date(history, options.date)
    host.check_attribute(options.attribute)

    read = _read(host, history, catalog)
    print(f"read {read} events, up to cursor {history.cursor or 'none'}", file=notes)
    history.forget(options.date)
    upload = _upload(history, catalog, options)
    payloads = upload["payloads"].values()
    items = sum(len(payload["items"]) for payload in payloads)
    print(f"{items} items for {len(payloads)} members from {upload['date']} on", file=notes)
    if options.dry_run:
        for row in _rows(upload, options.attribute):
            print(json.dumps(row, ensure_ascii=False, sort_keys=True))
        return DONE

    # Kept before it is sent, so that a run that breaks off can send the very same again.
    history.pending = upload
    history.save(options.state)
    status = _send(host, upload, options.attribute)
    history.upload, history.pending = upload, None
    history.save(options.state)
    return status


def main() -> int:
    """The command: what goes wrong is said in one sentence."""
    options = arguments()
    key = os.environ.get(KEY_VARIABLE, "").strip()
    try:
        if not key:
            raise Refusal(f"{KEY_VARIABLE} is not set; `offer-host key create` makes a key")
        return run(options, key)
    except (HostError, StateError, Refusal, OSError) as error:
        print(f"recommend.py: {error}", file=sys.stderr)
        return FAILED


def _read(host: Host, history: History, catalog: Catalog) -> int:
    read = 0
    for event in host.results(history.cursor):
        try:
            history.add(event, catalog)
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            told = f"the event at cursor {event['cursor']} cannot be read ({error!r})"
            raise Refusal(told) from error
        read += 1
    return read


def _check_date(history: History, day: date) -> None:
    if history.upload is not None and day.isoformat() < history.upload["date"]:
        raise Refusal(f"{day} is before the last upload, which was for {history.upload['date']}")


def _catalog(path: Path | None) -> Catalog:
    try:
        return Catalog.read(path)
    except (ValueError, KeyError, AttributeError) as error:
        raise Refusal(f"{path} is not a file of catalogue rows ({error!r})") from error


def _upload(history: History, catalog: Catalog, options: argparse.Namespace) -> dict:
    """What is to be sent; for a day that had a run, what was sent then."""
    for earlier in (history.pending, history.upload):
        if earlier is not None and earlier["date"] == options.date.isoformat():
            return earlier
    settings = Settings(options.date, options.items, options.days, options.require_accept)
    payloads = recommend(history, catalog, settings)
    return {"date": options.date.isoformat(), "days": options.days, "payloads": payloads}


def _rows(upload: dict, attribute: str) -> Iterator[dict]:
    for member_id, payload in sorted(upload["payloads"].items()):
        yield {
            "identifier_kind": "member",
            "identifier": member_id,
            "attribute": attribute,
            "value": payload,
        }


def _send(host: Host, upload: dict, attribute: str) -> int:
    members = sorted(upload["payloads"])
    if not members:
        print("nothing to upload")
        return DONE
    sent = host.upload(_rows(upload, attribute), f"{attribute} {upload['date']}")
    done = host.wait(sent, WAIT_SECONDS)
    counts = ", ".join(f"{done[name]} {name}" for name in ("applied", "unchanged", "refused"))
    print(f"import {done['id']}: {counts}")
    for problem in host.problems(done):
        member = members[problem["row"] - 1]
        print(
            f"row {problem['row']} (member {member}): {problem['severity']} at "
            f"{problem['pointer']}: {problem['code']}, {problem['detail']}"
        )
    return SOME_REFUSED if done["refused"] else DONE


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _number(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


if __name__ == "__main__":
    sys.exit(main())
