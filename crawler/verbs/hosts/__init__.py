"""`crawler hosts`, `crawler host H` and `crawler failures`: how the hosts are, and what fails."""

from crawler.verbs.hosts.account import account_document, account_lines
from crawler.verbs.hosts.failures import failure_document, failure_lines
from crawler.verbs.hosts.state import Look, State, state_of
from crawler.verbs.hosts.table import table_document, table_lines

__all__ = [
    "Look",
    "State",
    "account_document",
    "account_lines",
    "failure_document",
    "failure_lines",
    "state_of",
    "table_document",
    "table_lines",
]
