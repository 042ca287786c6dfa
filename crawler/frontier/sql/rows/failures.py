"""Visits that fail are counted by host and cause; visits that are well cost nothing here."""

from collections.abc import Sequence
from typing import Any

from crawler.frontier.sql.rows.course import STEPPED
from crawler.model import DAY_S, Seconds
from crawler.policy.causes import cause_of, failed
from crawler.records import Settlement

ANEW_S: Seconds = DAY_S
"""A cause is counted anew after so long without a failure."""
KEPT_S: Seconds = 7 * DAY_S
"""What failed longer ago is forgotten, by and by, as other visits fail."""
FORGOTTEN_AT_ONCE = 500
_EACH = """
SELECT failed.*, count(*) OVER same AS n, min(at) OVER same AS first_at,
    row_number() OVER (PARTITION BY failed.host, cause ORDER BY at DESC) AS nth
FROM failed CROSS JOIN settled
    ON settled.id = failed.id AND settled.attempt = failed.attempt
WINDOW same AS (PARTITION BY failed.host, cause)"""
_NOTE = f"""
INSERT INTO failure (host, cause, n, first_at, last_at, url, reason)
SELECT host, cause, n, first_at, at, url, reason FROM ({_EACH}) AS each WHERE nth = 1
ON CONFLICT (host, cause) DO UPDATE SET
    n = excluded.n + iif(failure.last_at < excluded.first_at - {ANEW_S}, 0, failure.n),
    first_at = iif(failure.last_at < excluded.first_at - {ANEW_S},
        excluded.first_at, failure.first_at),
    last_at = max(failure.last_at, excluded.last_at), url = excluded.url,
    reason = excluded.reason"""
_FORGET = f"""
DELETE FROM failure WHERE EXISTS (SELECT 1 FROM failed) AND (host, cause) IN (
    SELECT host, cause FROM failure WHERE last_at < :now - {STEPPED} - {KEPT_S}
    ORDER BY last_at LIMIT {FORGOTTEN_AT_ONCE})"""
NOTE_FAILURES = (_NOTE, _FORGET, "DELETE FROM failed")
"""Statements that count the staged failures, each once, for the attempt that was leased."""


def failures_of(settlements: Sequence[Settlement], stepped: Seconds) -> list[tuple[Any, ...]]:
    """Return the rows of `staging` for the visits that failed; times are kept without the steps."""
    return [
        (
            one.task.id, one.task.attempt, one.task.host_id, cause_of(one.outcome),
            one.finished_at - stepped, one.task.location, one.outcome.reason,
        )
        for one in settlements
        if failed(one)
    ]  # fmt: skip
