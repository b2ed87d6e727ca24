"""The calls of the host's public API that a recommender needs."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Optional
from urllib import error, parse, request

TIMEOUT_SECONDS = 60
POLL_SECONDS = 0.5
PROBLEMS_TOLD = 5

Body = Optional[Iterator[bytes]]


class HostError(Exception):
    """The host refused a call, or did not answer it."""


class Host:
    """A host, as it is seen with one key."""

    def __init__(self, url: str, key: str) -> None:
        if parse.urlsplit(url).scheme not in ("http", "https"):
            raise HostError(f"`{url}` is no address of a host; it begins with http:// or https://")
        self._url = url.rstrip("/")
        self._key = key

    def results(self, cursor: str | None) -> Iterator[dict]:
        """The events of the results feed behind a cursor."""
        since = f"?since={parse.quote(cursor)}" if cursor else ""
        for event in self._rows(f"/v1/results/export{since}"):
            if "cursor" not in event:
                raise HostError("the results feed has a row without a cursor")
            yield event

    def check_attribute(self, name: str) -> None:
        """Fails unless members can have this attribute."""
        for attribute in self._json("GET", "/v1/attributes")["attributes"]:
            if attribute["name"] == name:
                if attribute["type"] == "json":
                    return
                raise HostError(f"attribute `{name}` is a {attribute['type']}; it must be json")
        raise HostError(
            f"attribute `{name}` is not defined; PUT /v1/attributes/{name} with "
            '{"type":"json"} defines it'
        )

    def upload(self, rows: Iterator[dict], idempotency_key: str) -> dict:
        """Sends rows of attributes; the import that they are."""
        body = (json.dumps(row, sort_keys=True).encode() + b"\n" for row in rows)
        headers = {"Content-Type": "application/x-ndjson", "Idempotency-Key": idempotency_key}
        return self._json("POST", "/v1/attributes/imports", body, headers)

    def wait(self, upload: dict, seconds: int) -> dict:
        """The import once it has ended."""
        deadline = time.monotonic() + seconds
        path = f"/v1/attributes/imports/{upload['id']}"
        while upload["state"] == "running":
            if time.monotonic() > deadline:
                raise HostError(f"import {upload['id']} has not ended in {seconds} seconds")
            time.sleep(POLL_SECONDS)
            upload = self._json("GET", path)
        if upload["state"] != "done":
            detail = f": {upload['detail']}" if upload.get("detail") else ""
            raise HostError(f"import {upload['id']} is {upload['state']}{detail}")
        return upload

    def problems(self, upload: dict) -> Iterator[dict]:
        """What was wrong with rows of an import."""
        return self._rows(f"/v1/attributes/imports/{upload['id']}/errors")

    def _rows(self, path: str) -> Iterator[dict]:
        with self._open("GET", path) as answer:
            try:
                for line in answer:
                    yield _parse(line)
            except (OSError, http.client.HTTPException) as cause:
                raise HostError(f"GET {path} broke off: {cause!r}") from cause

    def _json(self, method: str, path: str, body: Body = None, headers: dict | None = None) -> dict:
        with self._open(method, path, body, headers) as answer:
            try:
                return _parse(answer.read())
            except (OSError, http.client.HTTPException) as cause:
                raise HostError(f"{method} {path} broke off: {cause!r}") from cause

    def _open(
        self, method: str, path: str, body: Body = None, headers: dict | None = None
    ) -> http.client.HTTPResponse:
        headers = {"Authorization": f"Bearer {self._key}", **(headers or {})}
        call = request.Request(self._url + path, data=body, headers=headers, method=method)
        try:
            return request.urlopen(call, timeout=TIMEOUT_SECONDS)
        except error.HTTPError as refusal:
            with refusal:
                raise HostError(f"{method} {path} was refused: {_told(refusal)}") from refusal
        except error.URLError as cause:
            raise HostError(f"{self._url} does not answer: {cause.reason}") from cause
        except (OSError, http.client.HTTPException, ValueError) as cause:
            raise HostError(f"{self._url} does not answer: {cause}") from cause


def _parse(text: bytes) -> dict:
    try:
        value = json.loads(text, parse_float=Decimal)
    except ValueError as cause:
        raise HostError(f"the host answered something that is not JSON: {text[:80]!r}") from cause
    if not isinstance(value, dict):
        raise HostError(f"the host answered something that is not an object: {text[:80]!r}")
    return value


def _told(refusal: error.HTTPError) -> str:
    """A problem document (RFC 9457) in one sentence."""
    try:
        problem = json.loads(refusal.read())
        told = f"{problem['status']} {problem['code']}, {problem['detail']}"
        errors = problem.get("errors") or []
    except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException):
        return f"{refusal.code} {refusal.reason}"
    places = [f"{one['pointer']} {one['detail']}" for one in errors[:PROBLEMS_TOLD]]
    return "; ".join([told, *places])
