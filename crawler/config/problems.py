"""The errors that pydantic finds, in the words of operators, with their places in the file."""

import difflib
import re
from collections.abc import Collection, Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from crawler.config.settings import Settings
from crawler.config.text.document import Document
from crawler.config.text.places import SECRET, Path_, dotted

_NAME = "1 to 64 letters, digits, dots, - and _ are needed, a letter or a digit first"
_URL = "a URL with http:// or https:// is needed"
RULES = {
    "crawler.name": "1 to 64 letters, digits, dots, - and _ are needed",
    "delimiter": "one character is needed, and no letter, digit, _ or quotation mark",
    "name": _NAME,
    "renamed_from": _NAME,
    "robots_token": "1 to 64 letters, - and _ are needed",
    "sitemap": _URL,
    "url": _URL,
}
"""What a text must look like, for people; pydantic shows the regular expression."""
MAX_SHOWN = 80
"""Characters of a wrong value that a message repeats."""

_ELSEWHERE = {
    "attempts": ("retries", "max_retries", "tries", "max_tries", "retry_times", "retry_count"),
    "retry": ("retry_on", "retry_codes", "retry_http_codes", "retry_statuses", "status_forcelist"),
    "accept": ("handle_httpstatus_list", "http_accept", "allowed_codes"),
}
"""Options by the names that they have in other programs."""


def note(document: Document, details: ErrorDetails) -> None:
    """Note one error of pydantic's in the document."""
    path = tuple(details["loc"])
    kind, message = details["type"], details["msg"].removeprefix("Value error, ")
    if kind == "extra_forbidden":
        return document.problem(path, _unknown(path), at_key=True)
    if kind == "missing":
        return document.problem(path, "is needed and missing")
    if kind == "too_short":  # pydantic also says so of a list whose items are all wrong
        return None if details["input"] else document.problem(path, "needs at least one item")
    at_key = path[-1:] == ("[key]",)
    while path and not document.has(path):  # pydantic appends the branch of a union
        path = path[:-1]
    if kind != "value_error":  # those are our own sentences, and may begin with a name
        message = _in_our_words(kind, path, message)
        value, secret = details.get("input"), SECRET.intersection(path)
        if not secret and isinstance(value, str | int | float | None):
            message += f", not {_shown(value)}"
    return document.problem(path, message, at_key=at_key)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 3]}..."


def _in_our_words(kind: str, path: Path_, message: str) -> str:
    """Return a sentence of pydantic's as operators of a YAML file understand it."""
    if kind == "string_pattern_mismatch":
        return RULES.get(dotted(path)) or RULES.get(str(path[-1]), "is not written as it must be")
    message = message[:1].lower() + message[1:]
    message = re.sub(" (or instance of|for <class) .*", "", message)
    return message.replace("valid tuple", "list").replace("valid dictionary", "mapping")


def _unknown(path: Path_) -> str:
    allowed = _options_at(path[:-1])
    close = _meant(str(path[-1]), allowed)
    close = close or difflib.get_close_matches(str(path[-1]), allowed, n=1) or _within(path)
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"is no option{hint} allowed here: {', '.join(allowed)}"


def _meant(name: str, allowed: Collection[str]) -> list[str]:
    """Return the option that other programs call so, and that has other letters here."""
    return [option for option, names in _ELSEWHERE.items() if name in names and option in allowed]


def _within(path: Path_) -> list[str]:
    """Return the options of that name in the sections beside it, as `filter.include`."""
    sections = _model_at(path[:-1]).model_fields.items()
    inside = ((name, next(models_of(field.annotation), None)) for name, field in sections)
    return [f"{name}.{path[-1]}" for name, one in inside if one and path[-1] in one.model_fields]


def _options_at(path: Path_) -> list[str]:
    """Return the names of the options of the section at a path."""
    return list(_model_at(path).model_fields)


def _model_at(path: Path_) -> type[BaseModel]:
    model: type[BaseModel] = Settings
    keys = iter(key for key in path if isinstance(key, str))
    for key in keys:
        annotation = model.model_fields[key].annotation
        if get_origin(annotation) is dict:
            next(keys)  # a pattern of hosts
        model = next(models_of(annotation))
    return model


def models_of(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the sections that a type is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from models_of(part)
