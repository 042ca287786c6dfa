"""The one line of a finished visit."""

from typing import Any

from crawler.log.values import iso
from crawler.records import Again, Dead, Done, Hop, Settlement


def visit_fields(settled: Settlement) -> dict[str, Any]:
    """Return the fields of a finished visit's one line; those that are None are left out."""
    task, outcome, verdict = settled.task, settled.outcome, settled.verdict
    return {
        "job": task.job,
        "url": task.url,
        "location": task.location if task.location != task.url else None,
        "host": task.host,
        "kind": outcome.kind.value,
        "status": outcome.status,
        "bytes": outcome.size,
        "path": outcome.path,
        "elapsed_s": outcome.elapsed,
        "attempt": task.attempt,
        "verdict": _VERDICTS[type(verdict)],
        "retry_at": iso(verdict.at) if isinstance(verdict, Again) else None,
        "reason": outcome.reason or None,
        "unverified": outcome.unverified or None,
        "directives": outcome.directives or None,
    }


_VERDICTS = {Done: "done", Again: "again", Hop: "hop", Dead: "dead"}
