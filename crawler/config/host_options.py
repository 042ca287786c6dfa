"""How hosts are treated: options of a job, overridden under `hosts`.

An option of `HostPoliteness` is declared once. Its form under `hosts`, its place in the JSON Schema
and in the manual, and the value for a host of several jobs all follow from the declaration.
"""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StrictInt, StrictStr, model_validator

from crawler.config import checks
from crawler.config.brief import GIVE_UP_S
from crawler.config.options import Options, in_order, overriding
from crawler.config.units import Duration, Size
from crawler.policy.host_limits import Adaptive
from crawler.value import value


@value
class Strictest:
    """A mark of an option: `choose` makes one value of those of all jobs that visit a host.

    A job whose value is None does not count. `delay` and `per_host` have no mark: the frontier
    chooses among all active jobs, also those that only other processes know.
    """

    choose: Callable[[Sequence[Any]], Any]


class AdaptiveOptions(Options):
    """Keep the delay near a multiple of the host's own response time."""

    factor: float = Field(default=5.0, gt=0, le=1000)
    """Times the host's smoothed response time."""
    min: Duration = 0.5
    """Shortest delay that comes of it; the job's `delay` holds too."""
    max: Duration = 30.0
    """Longest delay that comes of it."""

    _in_order = model_validator(mode="after")(in_order)


def slowest(found: Sequence[AdaptiveOptions]) -> Adaptive:
    """Return the options whose delays are long enough for each of the given ones."""
    return Adaptive(
        max(one.factor for one in found),
        max(one.min for one in found),
        max(one.max for one in found),
    )


class HostPoliteness(Options):
    """How a job treats its hosts."""

    robots: Literal["obey", "ignore"] = "obey"
    """Whether robots.txt is obeyed (RFC 9309)."""
    delay: Duration = 1.0
    """Rest of a host between two visits, counted from the start of its answer."""
    per_host: StrictInt = Field(default=1, ge=1, le=1000)
    """Visits to one host at the same time."""
    max_crawl_delay: Duration = 300.0
    """A host whose robots.txt asks for a longer Crawl-delay is not visited at all."""
    adaptive: Annotated[AdaptiveOptions | None, Strictest(slowest)] = None
    """Keep the delay near a multiple of the host's own response time."""
    max_backoff: Annotated[Duration, Strictest(max)] = Field(default=3600.0, gt=0)
    """Longest rest after failures of a host; a URL that fails waits no longer, nor than an hour."""
    give_up: Annotated[Duration, Strictest(max)] = GIVE_UP_S
    """How long a host may give no answer at all before its URLs are given up."""
    max_per_day: Annotated[StrictInt | None, Strictest(min)] = Field(default=None, ge=1)
    """Visits to one host on one day (UTC); a job as a whole has no limit."""


STRICTEST: dict[str, Callable[[Sequence[Any]], Any]] = {
    name: mark.choose
    for name, field in HostPoliteness.model_fields.items()
    for mark in field.metadata
    if isinstance(mark, Strictest)
}
"""How the values of several jobs become one, by the name of each option with the mark."""


class HostOptions(overriding(HostPoliteness), Options):  # type: ignore[misc]  # mypy knows no made class
    """Options of the hosts whose names match a pattern of `hosts`."""

    hours: Annotated[StrictStr, AfterValidator(checks.hours)] | None = None
    """When visits may begin: 22:00-06:00 Europe/Berlin."""
    user_agent: Annotated[StrictStr, AfterValidator(checks.header_value)] | None = None
    """Sent to it instead of `crawler.user_agent`."""
    limit_rate: Size | None = Field(default=None, gt=0)
    """Bytes a second of all bodies of one host in one process; a job may have a lower rate."""
