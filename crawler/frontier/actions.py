"""The changes that the frontier is asked for from outside."""

from collections.abc import Sequence
from enum import StrEnum

from crawler.frontier.queries import Wanted
from crawler.frontier.wishes import EndWishes, GiveOrder, MakeWish, TakeBackWish, WakeHost
from crawler.model import Seconds
from crawler.stored_files import FoundFile, StoredFile
from crawler.value import value


@value
class Retry:
    """Make URLs due whose last visit failed or was a bad end, with all their attempts.

    That is what was given up, what waits to be tried again, also for its host alone, and what a
    schedule would visit again later. A host that rests is visited no sooner; one that is given up
    has all its time anew, from now. Jobs that the configuration no longer has are left. It counts
    by kind. The time: now, or, of what waits and was due before, the one that it has.
    """

    wanted: Wanted
    dry: bool = False
    """Only count."""


@value
class RetryUrl:
    """Make a canonical URL due as `Retry` does, whatever its last visit was.

    It counts 1 for each job that knows the URL, by what came of it there: a word of `Single`.
    """

    url: str
    job: str | None = None
    """Of this job alone."""
    dry: bool = False
    """Only count."""


@value
class ForgetUrl:
    """Forget a canonical URL, unless a list that somebody else keeps still names it.

    It counts likewise.
    """

    url: str
    job: str | None = None
    dry: bool = False


class Single(StrEnum):
    """What came of a single URL."""

    DONE = "done"
    """What was asked for."""
    DUE = "due"
    """It is due already."""
    VISITED = "visited"
    """It is being visited just now."""
    RETIRED = "retired"
    """No list names it any more, and it is to be added first."""
    LISTED = "listed"
    """A list still names it."""
    GONE = "gone"
    """The configuration no longer has its job."""


@value
class Forget:
    """Forget URLs that no list of the configuration names, and last heard of by `until`.

    These are the retired URLs, and all of jobs that the configuration no longer has; last heard of
    is the end of the last visit, or when it became known. Names of files that it had are free: what
    lies there is removed before (Forgettable, LetGo), or is nobody's. If such a job comes back its
    lists say anew what was forgotten, and nothing else.
    """

    until: Seconds
    dry: bool = False
    """Only count."""


@value
class ForgetCookies:
    """Let all cookies be gone that a job keeps, and its session be over.

    Processes hear of it with the next lease of a host. A job that is not there is a UsageError.
    """

    job: str


@value
class ForgetUnused:
    """Forget hosts without a URL, with their robots.txt, and lists of jobs that are gone.

    A list goes that names nothing any more; a host, whose rests, health and rules have been of no
    use for as long as `idle`, goes if nobody has it. It counts as `host` and `list`.
    """

    idle: Seconds


@value
class BeginArchive:
    """Let a new run of `crawler fetch --archive` begin: nothing is listed yet.

    What failed is retired until it is listed, and begins anew then. It is for a ledger of that
    command alone, all jobs of it, while nothing is listed or visited.
    """


@value
class Believe:
    """Have the next pass of a job's lists applied that has lost no more; it counts their URLs.

    A job that is not there, or of which nothing is held, is a UsageError.
    """

    job: str


@value
class Revisit:
    """Make URLs due whose files are gone, as if nothing had been stored.

    They are due now. What has changed since they were looked up, or is not listed any more, stays
    and is not counted.
    """

    files: Sequence[StoredFile]


@value
class Adopt:
    """Take files for what visits to their URLs have stored: of a ledger that is older than they.

    Their URLs are over, as after such a visit, until their schedule makes them due; where the name
    was not reserved the URL may be another one's, and is visited still. A file stays that has
    changed since it was looked up, is no newer than the last visit of its URL, or has the name of
    another one's; `dry` counts alone.
    """

    files: Sequence[FoundFile]
    dry: bool = False


@value
class LetGo:
    """Note that files are removed, of retired URLs and of jobs that the configuration has not.

    Their names are free. A file that has changed since it was looked up stays; a URL that was
    listed again meanwhile is due, for its file is gone. Neither is counted.
    """

    files: Sequence[StoredFile]


@value
class Rename:
    """Note that a file bears another name that was claimed; the old name is free.

    It counts 1, also if that was noted before; 0 if the file has changed meanwhile, or is of a task
    that is being visited.
    """

    file: StoredFile
    path: str


@value
class LookAtVisits:
    """Have every process tell of its visits under way, from its next heartbeat on for 10 s."""


Action = (
    Adopt | LookAtVisits | Retry | Forget | ForgetUnused | BeginArchive | Believe | Revisit | LetGo
    | Rename | RetryUrl | ForgetUrl | ForgetCookies | MakeWish | TakeBackWish | EndWishes | WakeHost
    | GiveOrder
)  # fmt: skip
"""What `change` does."""
