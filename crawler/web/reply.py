"""Replies: the headers of all of them, problems, and what is always the same."""

from collections.abc import Iterable
from hashlib import sha256
from http import HTTPStatus
from typing import Any

import bottle

from crawler.web.api import openapi
from crawler.web.media import JSON, PROBLEM, TEXT
from crawler.web.page import File
from crawler.web.problems import Problem

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Of every answer."""
Body = bytes | Iterable[bytes]


def told(problem: Problem) -> bytes:
    """Answer with a problem."""
    response = bottle.response
    response.status = problem.status.value
    response.content_type = PROBLEM
    if problem.retry_after is not None:
        response.set_header("Retry-After", str(problem.retry_after))
    if problem.status is HTTPStatus.UNAUTHORIZED:
        response.set_header("WWW-Authenticate", 'Bearer realm="crawler"')
    return problem.body()


def unrouted(error: Any) -> bytes:
    """Answer to what no route is for, in bottle's stead."""
    bottle.response.headers.update(HEADERS)
    status = HTTPStatus(error.status_code)
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        return told(Problem(status, "method", "that is not asked so; see Allow"))
    return told(Problem(status, "missing", "there is nothing here; /openapi.json has what is"))


def description() -> Body:
    """Answer with the description of the API."""
    bottle.response.content_type = JSON
    return openapi.text()


def healthy() -> Body:
    """Answer that the server is there."""
    bottle.response.content_type = TEXT
    return b"ok\n"


def page_file(file: File) -> Body:
    """Answer with a file of the page, unless the browser has it."""
    tag = f'"{sha256(file.content).hexdigest()[:32]}"'
    bottle.response.set_header("ETag", tag)
    bottle.response.set_header("Cache-Control", "no-cache")
    if bottle.request.get_header("If-None-Match") == tag:
        bottle.response.status = HTTPStatus.NOT_MODIFIED.value
        return b""
    bottle.response.content_type = file.type
    return file.content
