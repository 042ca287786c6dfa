"""What is asked: the options of the hand for requests, as options of a job. Pure but for `read`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from crawler.config.checks import header_value
from crawler.errors import UsageError

Read = Callable[[str], str]
"""Returns the text of a file by its name; - is standard input."""
_FORM = "application/x-www-form-urlencoded"
_METHODS = ("GET", "POST")


def request_options(given: Mapping[str, Any], read: Read) -> dict[str, Any]:
    """Return the options of a job for what was typed; `read` is for what stands in files.

    Raises:
        UsageError: an option is none that can be sent.
    """
    headers = _headers(given, read)
    options: dict[str, Any] = {}
    if posts := _posts(given):
        options |= {"method": "POST", "body": _body(given.get("data", ()), read)}
    if posts and "data" in given and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = _FORM
    options |= _cookies(given, headers)
    if "raw" in given:
        options["raw"] = True
    return options | ({"headers": headers} if headers else {})


def user_agent(given: Mapping[str, Any], options: dict[str, Any]) -> str | None:
    """Return the User-Agent that was typed, and take it out of the headers: every host gets it.

    Raises:
        UsageError: it is no value of a header.
    """
    headers: dict[str, str] = options.get("headers", {})
    typed = [headers.pop(name) for name in list(headers) if name.lower() == "user-agent"]
    agent: str | None = given.get("user_agent", typed[0] if typed else None)
    try:
        return None if agent is None else header_value(agent)
    except ValueError as error:
        raise UsageError(f"-A: {error}") from error


def _headers(given: Mapping[str, Any], read: Read) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in _lines(given.get("header", ()), read):
        name, value = _header(line)
        if name.lower() in {one.lower() for one in headers}:
            raise UsageError(f"-H {name}: it is there twice; a request has one of a name")
        headers[name] = value
    if "referer" in given:
        headers["Referer"] = given["referer"]
    return headers


def _lines(typed: Sequence[str], read: Read) -> Iterator[str]:
    for one in typed:
        if one.startswith("@"):
            yield from (line for line in read(one[1:]).splitlines() if line.strip())
        else:
            yield one


def _header(line: str) -> tuple[str, str]:
    """Take a header line apart; `Name;` has an empty value, as curl has it."""
    name, colon, value = line.partition(":")
    if not colon and line.endswith(";"):
        return line[:-1].strip(), ""
    if not colon:
        raise UsageError("-H: a header is needed, as in 'Accept-Language: de'")
    if not value.strip():
        raise UsageError(f"-H {name}: it has no value; '{name};' sends it empty")
    return name.strip(), value.strip()


def _posts(given: Mapping[str, Any]) -> bool:
    method = given.get("request", "POST" if "data" in given else "GET")
    if method not in _METHODS:
        raise UsageError(f"-X {method}: GET and POST are sent, and no other method")
    if method == "GET" and "data" in given:
        raise UsageError("-X GET with -d: a GET has no body; write the query into the URL")
    return bool(method == "POST")


def _body(data: Sequence[str], read: Read) -> str:
    """Return the body of a POST: pieces are joined by &, and files lose their line ends (curl)."""
    pieces = (
        read(one[1:]).translate({10: None, 13: None, 0: None}) if one.startswith("@") else one
        for one in data
    )
    return "&".join(pieces)


def _cookies(given: Mapping[str, Any], headers: dict[str, str]) -> dict[str, Any]:
    """Add the pairs of -b to the headers; return the option for cookies.

    A file, or '' for none, has cookies kept that answers set, for all URLs of the run (curl).
    """
    pairs, files = _pairs_and_files(given)
    if len(files) > 1 or (files and pairs):
        raise UsageError("-b: either name=value, or one cookies.txt")
    if pairs and any(name.lower() == "cookie" for name in headers):
        raise UsageError("-b and -H Cookie: one of both")
    if pairs:
        headers["Cookie"] = "; ".join(pairs)
    if files:
        return {"cookies": {"file": files[0].absolute(), "keep": "job"}}
    return {"cookies": {"keep": "job"}} if "" in given.get("cookie", ()) else {}


def _pairs_and_files(given: Mapping[str, Any]) -> tuple[list[str], list[Path]]:
    """Tell cookies as they are sent from names of files, which have no = in them (curl)."""
    typed = given.get("cookie", ())
    files = [Path(one) for one in typed if one and "=" not in one]
    if "load_cookies" in given:
        files.append(given["load_cookies"])
    return [one for one in typed if "=" in one], files
