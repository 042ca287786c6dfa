"""What talks to a PostgreSQL server, and is an extra of the installation."""

from crawler.errors import UsageError
from crawler.state_address import StateAddress, StateServer


def require_driver(state: StateAddress) -> None:
    """See that what talks to a ledger's server is installed.

    Raises:
        UsageError: it is not.
    """
    if not isinstance(state, StateServer):
        return
    try:
        import psycopg  # noqa: F401, PLC0415  an engine loads when chosen
    except ImportError as error:
        raise UsageError(
            "crawler.state: a ledger on a PostgreSQL server needs psycopg, which is not installed: "
            "pip install 'crawlerd[postgres]'"
        ) from error
