"""`crawler explain URL`: all that the ledger knows of a URL, and the reasons why it waits."""

from crawler.verbs.explain.account import document, lines
from crawler.verbs.explain.case import cases
from crawler.verbs.explain.unknown_url import unknown, unknown_document, unknown_lines
from crawler.verbs.explain.waiting import waits_for

__all__ = [
    "cases",
    "document",
    "lines",
    "unknown",
    "unknown_document",
    "unknown_lines",
    "waits_for",
]
