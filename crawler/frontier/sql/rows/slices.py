"""One slice of work: for whom it is done, and where it goes on."""

from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.rows.file import Transactions
from crawler.frontier.sql.rows.names import Names
from crawler.frontier.sql.rows.terms import Visitor
from crawler.frontier.values import BEFORE_ALL
from crawler.model import Seconds
from crawler.value import value


@value
class Slice:
    """A call of `tidy`."""

    file: Transactions
    visitor: Visitor
    owner: int
    now: Seconds
    after: int
    stepped: Seconds = 0.0
    """Sum of the steps of the frontier's clock, as its caller goes by it."""

    @property
    def db(self) -> Connection:
        """Return the connection to the state file."""
        return self.file.db

    @property
    def names(self) -> Names:
        """Return the numbers of jobs and hosts."""
        return self.file.names

    @property
    def first(self) -> bool:
        """Tell whether the work begins with this slice."""
        return self.after == BEFORE_ALL

    @property
    def begin(self) -> int:
        """Return the cursor of a walk that goes by the numbers of rows, which are above 0."""
        return max(0, self.after)
