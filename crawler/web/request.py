"""What a request brings: who asks, its body, and what stands behind the question mark."""

import json
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

import bottle

from crawler.web.access.guard import Asked
from crawler.web.api.operations import Operation
from crawler.web.media import JSON
from crawler.web.problems import Problem, usage


def asked() -> Asked:
    """Return what the request says of who asks."""
    headers = bottle.request.environ
    names = ("HOST", "ORIGIN", "SEC_FETCH_SITE", "AUTHORIZATION", "COOKIE")
    return Asked(bottle.request.method, *(headers.get(f"HTTP_{name}", "") for name in names))


def body() -> dict[str, Any]:
    """Return the object that was sent.

    Raises:
        Problem: it is none.
    """
    environ = bottle.request.environ
    if environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() != JSON:
        detail = f"send a JSON object, with Content-Type: {JSON}"
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "usage", detail)
    try:
        sent = environ["wsgi.input"].read() or b"{}"
        value = json.loads(sent, parse_constant=_no_number, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise usage("the body is no JSON") from error
    if not isinstance(value, dict):
        raise usage("the body is no JSON object")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; one of its readers would take the first value of a key, another the last.

    Raises:
        ValueError: a key stands there twice.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _no_number(text: str) -> None:
    raise ValueError(text)


def query(operation: Operation) -> dict[str, Any]:
    """Return what stands behind the question mark, as a body would have it.

    Raises:
        Problem: it cannot be read.
    """
    try:
        found = parse_qs(
            bottle.request.query_string, keep_blank_values=True, errors="strict",
            max_num_fields=1000,
        )  # fmt: skip
    except ValueError as error:
        raise usage("the query cannot be read") from error
    return {name: operation.value_of(name, texts) for name, texts in found.items()}
