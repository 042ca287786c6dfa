"""Which jobs leave a URL out by their filter, and by what of it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from crawler.errors import UsageError
from crawler.model import Seconds
from crawler.urls import host_of
from crawler.verbs.ledger import Ledger, whole


class LeftOut(NamedTuple):
    """A job whose lists may name a URL that it does not take."""

    job: str
    why: str
    """The option, and what of it."""

    def document(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return self._asdict()


def left_out(ledger: Ledger, url: str, now: Seconds, job: str | None = None) -> Sequence[LeftOut]:
    """Return the jobs, or the one named, that leave a canonical URL out whatever lists say of it.

    Without a configuration, or with one that is wrong, nothing is known of that.
    """
    try:
        settings = whole(ledger).settings
    except UsageError:
        return ()
    from crawler.config.filter_options import url_filter  # noqa: PLC0415  options load late

    jobs = settings.jobs if settings else ()
    return [
        LeftOut(one.name, why)
        for one in jobs
        if job in {None, one.name}
        and (found := url_filter(one.filter, now))
        and (why := found.why(url, host_of(url)))
    ]
