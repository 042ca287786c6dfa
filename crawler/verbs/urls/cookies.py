"""`crawler forget --cookies JOB`: the cookies that a job keeps, by name and not by value."""

from collections.abc import Iterator, Sequence

from crawler.cookie import Cookie
from crawler.frontier import CookiesOf, changed
from crawler.frontier.actions import ForgetCookies
from crawler.log import iso
from crawler.verbs.answer import Answer
from crawler.verbs.holding import opened_by
from crawler.verbs.ledger import Ledger
from crawler.verbs.words import counted


def forget_cookies(ledger: Ledger, job: str, *, dry: bool) -> Answer:
    """Forget all cookies that a job keeps, with its session if it logs in; or list them."""
    with opened_by(ledger, acts=not dry, write=not dry) as desk:
        found = desk.entry(CookiesOf(job, desk.now()))
        if not dry:
            changed(desk, ForgetCookies(job))
    told = {"forgotten": len(found), "cookies": [_told(cookie) for cookie in found]}
    word = "would be" if dry else "is" if len(found) == 1 else "are"
    end = f"{counted(len(found), 'cookie')} {word} forgotten"
    return Answer([*_lines(found if dry else ()), end], lambda: told)


def _told(cookie: Cookie) -> dict[str, str | bool]:
    return {
        "domain": cookie.domain, "subdomains": cookie.wide, "path": cookie.path,
        "name": cookie.name, "secure": cookie.secure, "expires_at": iso(cookie.expires),
    }  # fmt: skip


def _lines(cookies: Sequence[Cookie]) -> Iterator[str]:
    for one in cookies:
        dot = "." if one.wide else ""
        yield f"{dot}{one.domain}{one.path}  {one.name!r}  until {iso(one.expires)}"
