"""What hooks are told of: visits, hosts and lists as JSON. Pure."""

import hashlib
import json
from pathlib import Path
from typing import Any

from crawler.config.hook_options import Occasion
from crawler.log import iso
from crawler.model import Kind, Seconds
from crawler.policy.masking import USUAL
from crawler.records import Dead, Done, Settlement

MAX_REASON = 500
"""Characters of a reason."""


def occasions(settled: Settlement) -> tuple[Occasion, ...]:
    """Return what a settled visit is an occasion of; of most nothing is told."""
    task, outcome, verdict = settled.task, settled.outcome, settled.verdict
    if task.robots or not isinstance(verdict, (Done, Dead)):
        return ()
    if outcome.kind is Kind.STORED:
        changed = task.digest and outcome.digest != task.digest
        return ("stored", "changed") if changed else ("stored",)
    if isinstance(verdict, Done):
        return ()
    return ("unwanted",) if outcome.kind is Kind.UNWANTED else ("failed",)


def of_visit(event: Occasion, settled: Settlement, output: Path, machine: str) -> dict[str, Any]:
    """Return the event of a settled visit; a path is absolute, on this machine."""
    task, outcome = settled.task, settled.outcome
    about = {
        "id": event_id(event, task.job, task.fingerprint, task.attempt, settled.finished_at),
        "event": event,
        "job": task.job,
        "at": iso(settled.finished_at),
        "url": task.url,
        "location": task.location if task.location != task.url else None,
        "host": task.host,
        "kind": outcome.kind.value,
        "status": outcome.status,
        "media_type": outcome.media_type,
        "reason": reason_of(outcome.reason) or None,
        "visit_no": task.attempt,
    }
    if outcome.kind is Kind.STORED:
        about |= {
            "path": str(output / outcome.path) if outcome.path else None,
            "machine": machine,
            "bytes": outcome.size,
            "digest": outcome.digest or None,
            "previous_digest": task.digest if event == "changed" else None,
        }
    return _without_none(about)


def of_host(
    job: str, host: str, state: str, reason: str, *, now: Seconds, until: Seconds
) -> dict[str, Any]:
    """Return the event of a host that rests until a wall time."""
    return {
        "id": event_id("host_rested", job, host, state, now),
        "event": "host_rested",
        "job": job,
        "at": iso(now),
        "host": host,
        "state": state,
        "until": iso(until),
        "reason": reason_of(reason),
    }


def of_list(job: str, cause: str, now: Seconds) -> dict[str, Any]:
    """Return the event of a list that could not be read."""
    return {
        "id": event_id("list_failed", job, cause, now),
        "event": "list_failed",
        "job": job,
        "at": iso(now),
        "reason": reason_of(cause),
    }


def of_job(job: str, now: Seconds) -> dict[str, Any]:
    """Return the event of a job that is done."""
    return {"id": event_id("job_done", job, now), "event": "job_done", "job": job, "at": iso(now)}


def event_id(*parts: object) -> str:
    """Return an id, the same for the same parts."""
    text = "\0".join(map(str, parts)).encode("utf-8", "replace")
    return f"evt_{hashlib.blake2b(text, digest_size=16).hexdigest()}"


def lane_of(*parts: object) -> int:
    """Return the lane of what is no URL; that of a URL is its fingerprint."""
    text = "\0".join(map(str, parts)).encode("utf-8", "replace")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big", signed=True)


def body_of(event: dict[str, Any]) -> str:
    """Return an event as it waits in the ledger: JSON in ASCII."""
    return json.dumps(event, separators=(",", ":"))


def reason_of(text: str) -> str:
    """Return a reason as it is told: short, and without passwords of URLs."""
    return USUAL(text)[:MAX_REASON]


def _without_none(event: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if value is not None}
