"""What a first answer offers to a `path` template. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime

from crawler.model import Outcome, Seconds
from crawler.policy.content_disposition import filename_of
from crawler.policy.extensions import extension_of
from crawler.policy.naming import Answer

_PARTIAL = 206


def answer_of(headers: Mapping[str, str], outcome: Outcome, now: Seconds) -> Answer:
    """Return what the answer of a visit that stores something offers; `now` is wall time.

    The rest of a body has the status of its beginning.
    """
    status = 200 if outcome.status in {_PARTIAL, None} else outcome.status
    return Answer(
        filename_of(headers.get("content-disposition") or ""),
        extension_of(outcome.media_type),
        datetime.fromtimestamp(now, UTC).date().isoformat(),
        str(status),
    )
