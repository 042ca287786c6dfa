"""Outcomes of answers: status and headers of one exchange become one Outcome. Pure."""

from dataclasses import replace

from crawler.model import Fetched, Kind, Outcome, Seconds, Task, Trouble, Validators
from crawler.policy import page_robots
from crawler.policy.acceptance import Acceptance
from crawler.policy.bans import BanRules
from crawler.policy.http_dates import parse_http_date, parse_retry_after
from crawler.policy.media_types import content_type
from crawler.policy.redirects import MAX_REDIRECTS, REDIRECT_STATUS, redirect_of
from crawler.policy.resume import validators_of
from crawler.policy.retry import PRECONDITION_FAILED

MAX_REASON = 500
"""Characters of a reason: some of it may be the server's own words."""
RETRY_AFTER_STATUS = frozenset({413, 429, 503})
"""HTTP errors whose Retry-After is heard.

The specifications give it a meaning with these and with redirects (RFC 9110, 10.2.3 and 15.5.14;
RFC 6585, section 4). With other statuses many a server sends it on every error; heard there, it
would put off a URL, and rest its host, for nothing.
"""
_NOT_MODIFIED = 304
_NO_CONTENT = frozenset({204, 205})
"""Statuses without content (RFC 9110, sections 15.3.5 and 15.3.6)."""
_ACCEPTED = 202
_NOT_FOUND = frozenset({404, 410})


def outcome_of(
    task: Task,
    fetched: Fetched,
    now: Seconds,
    method: str = "GET",
    token: str = "",
    *,
    elapsed: Seconds = 0.0,
    path: str | None = None,
    max_redirects: int = MAX_REDIRECTS,
    accept: Acceptance | None = None,
    ban: BanRules | None = None,
) -> Outcome:
    """Read an answer; `now` is wall time, `token` our product token in robots directives.

    `path` is the file that its body is meant for. `accept` says which redirects are followed; what
    it says of a head and of a body is judged where these are read. `ban` says which answers are
    refusals.
    """
    outcome = _about_the_file(task, fetched, elapsed)
    if outcome is None and 200 <= fetched.status < 300:
        outcome = _stored(fetched, token, elapsed, path)
    elif outcome is None:
        outcome = _without_file(task, fetched, now, method, elapsed, max_redirects, accept)
    if ban:
        outcome = _refused(outcome, fetched, ban)
    if not fetched.differing:
        return outcome
    twice = f"two values of {fetched.differing}, the first counts"
    reason = "; ".join(filter(None, [outcome.reason, twice]))
    return replace(outcome, reason=reason[:MAX_REASON])


def _without_file(
    task: Task,
    fetched: Fetched,
    now: Seconds,
    method: str,
    elapsed: Seconds,
    max_redirects: int,
    accept: Acceptance | None,
) -> Outcome:
    """Return the outcome of a redirect or of an error."""
    status = fetched.status
    if status in REDIRECT_STATUS and (
        hop := _redirected(task, fetched, method, max_redirects, accept)
    ):
        kind, reason, location = hop
    else:
        kind = Kind.NOT_FOUND if status in _NOT_FOUND else Kind.HTTP_ERROR
        reason, location = f"HTTP status {status}", None
    heard = status in RETRY_AFTER_STATUS or status in REDIRECT_STATUS
    return Outcome(
        kind,
        status,
        reason=reason[:MAX_REASON],
        location=location,
        retry_after=parse_retry_after(fetched.headers.get("retry-after"), now) if heard else None,
        elapsed=elapsed,
        jar=fetched.jar if location else None,
    )


def _about_the_file(task: Task, fetched: Fetched, elapsed: Seconds) -> Outcome | None:
    """Return the outcome of an answer that is about a file that was stored, or that is none."""
    status = fetched.status
    if not fetched.size and _is_empty(task, fetched):
        reason = f"HTTP status {status} without content"
        return Outcome(Kind.EMPTY, status, reason=reason, elapsed=elapsed)
    if not task.stored:
        return None
    if status == _NOT_MODIFIED:
        return Outcome(Kind.UNCHANGED, status, path=task.path, elapsed=elapsed)
    if status == PRECONDITION_FAILED:
        reason = f"HTTP status {status}, asked again without the condition"
        none = Validators()
        return Outcome(Kind.HTTP_ERROR, status, reason=reason, validators=none, elapsed=elapsed)
    return None


def _is_empty(task: Task, fetched: Fetched) -> bool:
    """Tell an answer without a byte from an empty file: where a file was, it is none."""
    if task.robots:
        return False
    status = fetched.status
    if status in _NO_CONTENT:
        return True
    return status == _ACCEPTED or (status == 200 and bool(task.digest))


def _refused(outcome: Outcome, fetched: Fetched, ban: BanRules) -> Outcome:
    """Return an outcome with what its job says of a ban; a redirect that refuses leads nowhere."""
    if not fetched.refused:
        return replace(outcome, refused=fetched.status in ban.statuses)
    reason = f"{fetched.refused}, HTTP status {fetched.status}"
    kind = Kind.UNWANTED if outcome.kind is Kind.REDIRECTED else outcome.kind
    return replace(outcome, kind=kind, location=None, reason=reason[:MAX_REASON], refused=True)


def bug(error: BaseException) -> Outcome:
    """Return the outcome of a visit that our own code spoilt."""
    return Outcome(Kind.BUG, reason=f"{type(error).__name__}: {error}".rstrip(": "))


def _stored(fetched: Fetched, token: str, elapsed: Seconds, path: str | None) -> Outcome:
    kind, charset = content_type(fetched.headers.get("content-type"))
    return Outcome(
        Kind.STORED,
        fetched.status,
        fetched.size,
        fetched.digest,
        path,
        elapsed=elapsed,
        last_modified=parse_http_date(fetched.headers.get("last-modified")),
        unverified=fetched.unverified,
        validators=validators_of(fetched.headers),
        directives=_directives(fetched, token) if fetched.robots_tags or fetched.head else "",
        media_type=kind,
        charset=charset,
    )


def _redirected(
    task: Task, fetched: Fetched, method: str, most: int, accept: Acceptance | None
) -> tuple[Kind, str, str | None] | None:
    """Return kind, reason and location of a redirect, or None if the answer is none."""
    try:
        location = redirect_of(
            fetched.status,
            fetched.headers,
            task.location,
            hops=task.hops,
            method=method,
            most=MAX_REDIRECTS if task.robots else most,
        )
    except Trouble as trouble:
        return trouble.kind, trouble.reason, None
    if location and accept and (objection := accept.objection_to_redirect(task.url, location)):
        return Kind.UNWANTED, objection, None
    return (Kind.REDIRECTED, f"to {location}", location) if location else None


def _directives(fetched: Fetched, token: str) -> str:
    """Return the words of a page to robots about itself, as `noindex,nofollow`."""
    words = page_robots.of_headers(fetched.robots_tags, token)
    if fetched.head:
        words |= page_robots.of_page(fetched.head, token)
    return page_robots.joined(words) if words else ""
