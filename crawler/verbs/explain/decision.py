"""The verdict of a robots.txt on a URL, as far as the ledger knows its rules."""

from dataclasses import asdict
from typing import Any

from crawler.model import Seconds
from crawler.policy.robots import parse, url_of
from crawler.policy.robots_answer import allows_none
from crawler.records import Robots
from crawler.urls import host_of
from crawler.value import value
from crawler.verbs.ledger import Ledger
from crawler.verbs.words import stamp, when


@value
class Decision:
    """Whether a robots.txt allows a URL; `allowed` is None while that is not known."""

    url: str
    allowed: bool | None
    because: str
    obeyed: bool | None = None
    fetched_at: Seconds | None = None
    until: Seconds | None = None
    """When the rules are asked for again."""

    def in_words(self, now: Seconds) -> str:
        """Return the decision in a sentence."""
        word = {True: "allowed", False: "forbidden", None: "unknown"}[self.allowed]
        text = f"{word}, " if self.allowed else f"{word}: {self.url} "
        text += self.because
        if self.until:
            text += f"; the rules hold until {when(self.until, now)}"
        return text if self.obeyed is not False else f"not obeyed; {text}"

    def document(self) -> dict[str, Any]:
        """Return the decision as a JSON object."""
        return asdict(self) | {"fetched_at": stamp(self.fetched_at), "until": stamp(self.until)}


def decision(
    ledger: Ledger, url: str, known: Robots | None, *, job: str | None = None, obeyed: bool = True
) -> Decision:
    """Read the rules that are known of a URL's origin; `obeyed` counts only with a job."""
    file = url_of(url)
    obeys = obeyed if job else None
    if known is None:
        return Decision(file, None, "was not asked for yet", obeys)
    if not known.fetched_at or allows_none(known):
        return Decision(file, None, f"could not be fetched: {known.reason}", obeys)
    refusal, because = None, "no line forbids it"
    if known.body is None:
        because = known.reason or f"there is none (status {known.status})"
    else:
        refusal = _refusal(ledger, url, known.body, job)
    because = refusal or because
    return Decision(file, not refusal, because, obeys, known.fetched_at, known.until)


def _refusal(ledger: Ledger, url: str, body: bytes, job: str | None) -> str | None:
    """Return the reason for which the text of a robots.txt keeps a URL from a visit."""
    rules = parse(body, ledger.token)
    if refusal := rules.refusal(url):
        return refusal
    most = ledger.max_crawl_delay(host_of(url), job) if job else float("inf")
    if rules.crawl_delay <= most:
        return None
    return f"Crawl-delay of {rules.crawl_delay:g} s, max_crawl_delay is {most:g} s"
