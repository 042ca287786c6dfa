"""Work on jobs and hosts for which nobody waits: what `tidy` does a slice of, by its class."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from typing import Generic, NamedTuple, TypeVar

from crawler.frontier.list_values import Weighed
from crawler.frontier.values import LeasedHost
from crawler.model import Seconds
from crawler.records import HostRecord
from crawler.value import value

Found = TypeVar("Found")


class Work(Generic[Found]):
    """What is to be done; `Found` is what a slice of it finds.

    The first slice, of BEFORE_ALL, takes up the jobs or hosts; a cursor goes on only with the walk
    of its owner. Numbers that a slice finds tell what that call did.
    """


@value
class Tidied(Generic[Found]):
    """What a slice of work came to."""

    found: Found
    after: int | None
    """The cursor to go on from; None at the end."""


class Ended(NamedTuple):
    """A URL whose visit has ended, with all that its next one is computed from."""

    id: int
    job: str
    due_at: Seconds
    finished_at: Seconds
    """Wall times of the visit to come, or of the last one, and of the last one's end."""
    fingerprint: int
    every: Seconds | None
    """Its own interval, where intervals adapt."""
    again: bool
    """Whether it is due again."""


class Due(NamedTuple):
    """When a URL is due that has ended."""

    id: int
    was: Seconds
    """Its due time as it was read; nothing is written if it has another by now."""
    at: Seconds | None
    """None: never again."""


@value
class Refit(Work[Sequence[Ended]]):
    """Compute due times anew: one walk over all URLs, whatever the number of jobs.

    A slice writes the times of the slice before and returns the URLs of the next one; those that
    are being visited, or never were, are left alone. A retired URL stays so: its time is for the
    day on which it comes back. A job that another walk has taken up meanwhile is left to it, and
    one whose walk breaks off is not noted as fitted. The slice that ends the walk finds nothing.
    """

    anew: Mapping[str, str]
    """By job, the schedule, as JSON, to which all due times are fitted; noted at the end."""
    spread: Mapping[str, str] = field(default_factory=dict)
    """By job, the schedule to which they are fitted already; some of them get other times."""
    due: Sequence[Due] = ()
    """The times of what the slice before has found."""


@value
class CountDown(Work[None]):
    """Take away what a job's lists named before a job of a new name was its heir.

    A list of the job may be read when that is done.
    """

    job: str


@value
class Retired:
    """What became of a slice of the URLs that no list names any more."""

    urls: int
    """Retired."""
    left: bool
    """Whether some are being visited, and were left for a later time."""


@value
class Retire(Work[Retired]):
    """Retire a job's URLs that no list names any more, but for those that are being visited."""

    job: str


@value
class Weigh(Work[Weighed]):
    """Judge the lists of a job that were all read; it is one slice.

    They are held if they lost more than the share `max_shrink` of the URLs applied last, as
    `shrinking.is_loss` says, or one is `emptied`; not if the operator believes the number that was
    shown as held, and they lost no more. A number that is held anew ends that belief, and so does
    `Apply`.
    """

    job: str
    urls: int
    """On the lists now, inline ones left out."""
    max_shrink: float
    emptied: bool = False
    refiltered: bool = False
    """Whether another filter than before leaves URLs out: those count, too, now as before."""


@value
class Apply(Work[None]):
    """Note that a job's lists were applied: nothing of them is held any more; it is one slice."""

    job: str


@value
class Understand(Work[None]):
    """Note by which options all lines of jobs were understood, as marks by job.

    That is noted at the end, in one walk over all URLs where some of the jobs are `freed`: their
    URLs without a file forget the path that a line gave them, which stays claimed.
    """

    marks: Mapping[str, str]
    freed: Collection[str] = ()


@value
class Wake(Work[int]):
    """Let hosts learn what the newest configuration says of them; it finds how many were woken.

    First those that wait for a robots.txt, which they may obey no more, and are not counted; then
    those of jobs that came or went: when each is ready is computed anew. What goes stale meanwhile
    is for a later walk.
    """


@value
class BringBack(Work[None]):
    """Bring back the times that a clock which was ahead has left in the future.

    A URL that waits does so for as long from now as it did from its last visit; one that has ended
    did so now, and its job is to be fitted (Refit). The rules of a robots.txt hold for a day from
    now at most. What hosts are owed is no time of day, and stays.
    """


@value
class Reckon(Work[int]):
    """Begin the next passes of jobs with a budget where one is over; it is one slice.

    A job that has a schedule ends its pass when that says, and another one with the last URL of its
    lists. Then all jobs pause that are at their caps, and no others: it finds for how many that is
    news, whose hosts learn it by `Wake`.
    """

    ends: Mapping[str, Seconds] = field(default_factory=dict)
    """By job, the wall time at which its pass ends, where none was noted yet."""
    listed: bool = False
    """Whether the caller has read all lists: else no pass ends with a last URL."""


class Amended(NamedTuple):
    """What a host without an owner is owed, as it was read and as it is computed anew."""

    read: LeasedHost
    owed: HostRecord


@value
class Rests(Work[Sequence[LeasedHost]]):
    """Compute anew what hosts are owed: as the active jobs have them now, without tasks.

    The first slice finds the hosts of the owner, whose rests it keeps itself. Each other slice
    records what hosts of the slice before are owed, unless one was taken or visited since or has
    another `next_at` or `opens_at`, and finds some that rest and have no owner.
    """

    amended: Sequence[Amended] = ()


@value
class LeadOn(Work[int]):
    """Have URLs of a job that are due at a silent host wait at their next mirrors.

    A slice looks at some, in the order in which they are leased, and finds how many it led on;
    those without a mirror that may be asked stay. Of a host that is silent no more, or forgotten,
    there are none.
    """

    host: int
    job: str
