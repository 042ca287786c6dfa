"""What the visits of one job have in common, made once."""

from collections.abc import Sequence
from typing import NamedTuple

from crawler.config import Job
from crawler.fetch.request import RequestBuilder
from crawler.transport.sessions import LeanSession


class JobSession(NamedTuple):
    """What all visits of a job share."""

    job: Job
    builder: RequestBuilder
    sessions: dict[tuple[str | None, bool, bool], LeanSession]
    """By the proxy, and by whether hosts may be anywhere and are shown the client certificate."""
    odd_cookies: Sequence[tuple[str, str]] = ()
