"""`crawler explain URL`: all that the ledger knows of a URL, and the reasons why it waits."""

from crawler.verbs.explain.account import document, lines
from crawler.verbs.explain.case import Case, look
from crawler.verbs.explain.unknown_url import Unknown, unknown_document, unknown_lines
from crawler.verbs.explain.waiting import waits_for

__all__ = [
    "Case",
    "Unknown",
    "document",
    "lines",
    "look",
    "unknown_document",
    "unknown_lines",
    "waits_for",
]
