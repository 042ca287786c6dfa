"""How long before a visit its task is leased: longer where the ledger takes longer to answer."""

from crawler.model import Seconds
from crawler.value import mutable

LOOKAHEAD_S: Seconds = 0.25
"""Tasks are leased this long before their host is ready, so that many share one transaction."""
MAX_LEAD_S: Seconds = 2.0
"""After a crash what was leased counts as visited: no ledger is so slow that more is worth it."""
_FALL = 0.9
"""What is left of the longest lease with each one that is shorter."""


@mutable
class Lead:
    """How long before a visit its task is leased by one process.

    A lease that falls due while another one is made waits for that: so two have their time.
    """

    seconds: Seconds = LOOKAHEAD_S
    longest: Seconds = 0.0
    """The longest lease of late."""

    def took(self, elapsed: Seconds) -> None:
        """Note how long a lease took."""
        self.longest = max(elapsed, _FALL * self.longest)
        self.seconds = min(LOOKAHEAD_S + 2 * self.longest, MAX_LEAD_S)
