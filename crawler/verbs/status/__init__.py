"""`crawler status`: how the crawler is, from the rows of its processes and from sums alone."""

from crawler.verbs.status.account import document, lines
from crawler.verbs.status.idle import idle
from crawler.verbs.status.snapshot import look

__all__ = ["document", "idle", "lines", "look"]
