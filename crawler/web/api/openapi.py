"""The description of the API (OpenAPI 3.1), made of the table that routes it."""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any

import click

from crawler import __version__
from crawler.verbs.commands.options import Span
from crawler.web.api.operations import OPERATIONS, PREFIX, Operation
from crawler.web.api.words import MAX_CHARACTERS, MAX_ITEMS, Word
from crawler.web.media import EVENTS, JSON, METRICS, PROBLEM, TEXT

_USUAL = (
    HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN,
    HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.REQUEST_URI_TOO_LONG, HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, HTTPStatus.SERVICE_UNAVAILABLE,
)  # fmt: skip
_OF_BODY = (
    HTTPStatus.CONFLICT, HTTPStatus.LENGTH_REQUIRED, HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
)  # fmt: skip
"""Problems that may come, of all operations and of those that have a body."""
_OBJECT: dict[str, Any] = {"type": "object"}
_ACTED = {
    "type": "object",
    "properties": {
        "exit": {"type": "integer", "description": "The exit code of the verb."},
        "answer": {"description": "What it prints with --json, or null."},
        "lines": {"type": "array", "items": {"type": "string"}},
        "refused": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["exit", "answer", "lines", "refused"],
}
_PROBLEM = {
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence, as the command line says it."},
        "kind": {"type": "string", "description": "A word for programs."},
    },
    "required": ["type", "title", "status", "detail", "kind"],
}
_TOKEN: list[dict[str, list[str]]] = [{"token": []}, {"session": []}]
_ON_LOOPBACK = [{}, *_TOKEN]
"""Nothing is needed where the server is reached on loopback alone."""


@cache
def text() -> bytes:
    """Return the document as JSON."""
    return json.dumps(document()).encode()


def document() -> dict[str, Any]:
    """Return the document."""
    paths: dict[str, dict[str, Any]] = {}
    for method, path, described in (*_verbs(), *_others()):
        paths.setdefault(path, {})[method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {"title": "crawler", "version": __version__},
        "paths": paths,
        "components": {
            "schemas": {"Problem": _PROBLEM, "Acted": _ACTED},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "crawler-8640"},
            },
        },
    }


def _verbs() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for one in OPERATIONS:
        name = one.path.removeprefix(f"{PREFIX}/").replace("/{name}", "-of")
        described = {
            "operationId": name,
            "summary": one.summary,
            "security": _TOKEN,
            "responses": _responses(one),
        }
        if one.acts:
            content = {JSON: {"schema": _body(one)}}
            described["requestBody"] = {"required": True, "content": content}
        else:
            described["parameters"] = list(_parameters(one))
        yield one.method, one.path, described


def _responses(operation: Operation) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Acted"} if operation.acts else _OBJECT
    problems = _USUAL + (_OF_BODY if operation.acts else (HTTPStatus.CONFLICT,))
    problems += (HTTPStatus.NOT_FOUND,) if operation.names_one else ()
    return {"200": _answer("The answer.", {JSON: {"schema": schema}}), **_problems(problems)}


def _answer(words: str, content: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"description": words, **({"content": content} if content else {})}


def _problems(statuses: tuple[HTTPStatus, ...]) -> dict[str, Any]:
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {str(one.value): _answer(one.phrase, content) for one in statuses}


def _parameters(operation: Operation) -> Iterator[dict[str, Any]]:
    for word in operation.words:
        yield {
            "name": word.name,
            "in": "path" if word.in_path else "query",
            "required": word.is_required,
            "schema": _schema(word),
            **_described(word),
        }


def _body(operation: Operation) -> dict[str, Any]:
    words = operation.words
    return {
        "type": "object",
        "properties": {word.name: {**_schema(word), **_described(word)} for word in words},
        "required": [word.name for word in words if word.is_required],
        "additionalProperties": False,
    }


def _described(word: Word) -> dict[str, Any]:
    words = getattr(word.parameter, "help", None)
    return {"description": words} if words else {}


def _schema(word: Word) -> dict[str, Any]:
    one = _single(word)
    if not word.is_list:
        return one
    least = {"minItems": 1} if word.is_required else {}
    return {"type": "array", "items": one, "maxItems": MAX_ITEMS, **least}


def _single(word: Word) -> dict[str, Any]:
    kind = word.parameter.type
    if word.is_flag:
        return {"type": "boolean"}
    if isinstance(kind, click.Choice):
        return {"type": "string", "enum": list(kind.choices)}
    if isinstance(kind, click.IntRange):
        bounds = {"minimum": kind.min, "maximum": kind.max}
        return {"type": "integer", **{name: at for name, at in bounds.items() if at is not None}}
    if word.is_number:
        return {"type": "integer"}
    if isinstance(kind, Span):
        return {"type": "string", "examples": ["1h"], "maxLength": MAX_CHARACTERS}
    return {"type": "string", "maxLength": MAX_CHARACTERS}


def _others() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield what is no verb."""
    sent = _answer("What is new, as long as one listens.", {EVENTS: {"schema": {"type": "string"}}})
    yield "GET", f"{PREFIX}/events", _other("events", "Send what is new, once a second.", sent)
    known = _answer("What the caller may do.", {JSON: {"schema": _OBJECT}})
    yield "GET", f"{PREFIX}/session", _other("session", "Tell what the caller may do.", known, [])
    told = _answer("This document.", {JSON: {"schema": _OBJECT}})
    yield "GET", "/openapi.json", _other("openapi", "Describe the API.", told)
    well = _answer("It is.", {TEXT: {"schema": {"type": "string"}}})
    yield (
        "GET",
        "/healthz",
        _other("healthz", "Tell whether this server is there.", well, _ON_LOOPBACK),
    )
    ready = _answer("It can.", {JSON: {"schema": _OBJECT}})
    yield (
        "GET",
        "/readyz",
        _other("readyz", "Tell whether the ledger can be read.", ready, _ON_LOOPBACK),
    )
    sums = _answer("Sums.", {METRICS: {"schema": {"type": "string"}}})
    yield "GET", "/metrics", _other("metrics", "Tell figures to Prometheus.", sums, _ON_LOOPBACK)


def _other(
    name: str, summary: str, answer: dict[str, Any], security: Sequence[Any] = _TOKEN
) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": summary,
        "security": security,
        "responses": {"200": answer, **_problems(_USUAL)},
    }
