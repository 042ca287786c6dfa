"""The one line of a finished visit."""

from typing import Any

from crawler.log.contract import Log
from crawler.log.values import iso
from crawler.model import Kind
from crawler.records import Again, Dead, Done, Hop, Settlement


def log_visit(log: Log, settled: Settlement) -> None:
    """Log a finished visit; the level says whether somebody should look at it.

    A fault of the crawler is an error, a URL that is given up a warning.
    """
    if settled.outcome.kind is Kind.BUG:
        log.error("visit", **visit_fields(settled))
    elif isinstance(settled.verdict, Dead):
        log.warning("visit", **visit_fields(settled))
    else:
        log.info("visit", **visit_fields(settled))


def visit_fields(settled: Settlement) -> dict[str, Any]:
    """Return the fields of a finished visit's one line; those that are None are left out."""
    task, outcome, verdict = settled.task, settled.outcome, settled.verdict
    retry_at = iso(verdict.at) if isinstance(verdict, Again) else None
    return {
        "job": task.job,
        "url": task.url,
        "robots_txt": task.robots or None,
        "location": task.location if task.location != task.url else None,
        "host": task.host,
        "kind": str(outcome.kind),
        "status": outcome.status,
        "bytes": outcome.size,
        "path": outcome.path,
        "elapsed_s": outcome.elapsed,
        "attempt": task.failures + 1,
        "visit_no": None if task.robots else task.attempt,
        "verdict": _VERDICTS[type(verdict)],
        "retry": True if retry_at else None,
        "retry_at": retry_at,
        "reason": outcome.reason or None,
        "unverified": outcome.unverified or None,
        "directives": outcome.directives or None,
    }


_VERDICTS = {Done: "done", Again: "again", Hop: "hop", Dead: "dead"}
