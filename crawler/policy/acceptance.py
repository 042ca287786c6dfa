"""Which answers a job wants: by status, media type, redirect, size and content. Pure."""

import re
from typing import Literal

from crawler.policy.media_types import media_type
from crawler.policy.sites import site_of
from crawler.urls import split
from crawler.value import value

NOT_YET_STATUS = 202
"""Accepted, and not yet done (RFC 9110, section 15.3.3): the file may be there later."""
PARTIAL_STATUS = 206
"""The rest of a body whose beginning came with a 200."""
MAX_TEXT = 100
"""Characters of a text of the configuration that a reason repeats."""
Reach = Literal["same_host", "same_site", "any", "none"]
_VARYING = re.compile(r"[?#]\S*|^[\d,]+ bytes, ")
"""What differs among the answers of a host that has one reason to give no file."""


@value
class Acceptance:
    """What a job wants of an answer of 200 to 299, and of a redirect."""

    statuses: frozenset[int]
    types: tuple[str, ...] = ()
    """Media types in lower case, type/subtype or type/*; none for every type."""
    min_size: int = 0
    """Least bytes of a body as it is stored."""
    redirects: Reach = "any"
    """Where a redirect may lead, seen from the URL that is listed."""
    texts: tuple[bytes, ...] = ()
    """What no body may contain."""

    def objection_to_head(self, status: int, content_type: str | None) -> str:
        """Return why an answer is not wanted, by its head; '' if it is."""
        asked = 200 if status == PARTIAL_STATUS else status
        if asked not in self.statuses:
            said = "not yet" if status == NOT_YET_STATUS else "is not accepted"
            return f"HTTP status {status}{':' if said == 'not yet' else ''} {said}"
        if not self.types or status == 204:
            return ""
        found = media_type(content_type)
        if found is None:
            return "no media type, and types are asked for"
        wanted = found in self.types or f"{found.partition('/')[0]}/*" in self.types
        return "" if wanted else f"type {found} is not accepted"

    def objection_to_size(self, size: int) -> str:
        """Return why a body is not wanted, by its length; '' if it is."""
        if size >= self.min_size:
            return ""
        return f"{size:,} bytes, {self.min_size:,} at least are accepted"

    def objection_to_redirect(self, listed: str, target: str) -> str:
        """Return why a redirect is not followed, by canonical URLs; '' if it is."""
        if self.redirects == "any" or self._reaches(listed, target):
            return ""
        return f"redirect to {target} is not accepted"

    def _reaches(self, listed: str, target: str) -> bool:
        if self.redirects == "none":
            return False
        here, there = split(listed), split(target)
        if self.redirects == "same_site":
            return site_of(here.hostname) == site_of(there.hostname)
        usual = {here.port, there.port} == {"80", "443"}
        return here.hostname == there.hostname and (here.port == there.port or usual)


def contains(text: bytes) -> str:
    """Return in words that a body contains a text."""
    return f'contains "{text.decode()[:MAX_TEXT]}"'


def cause_of(reason: str) -> str:
    """Return what the reasons of answers have in common that a host gives alike."""
    return _VARYING.sub("", reason)
