"""Work on jobs and hosts for which nobody waits: what `tidy` does a slice of, by its class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from crawler.model import Seconds

Found = TypeVar("Found")


class Work(Generic[Found]):
    """What is to be done; `Found` is what a slice of it finds."""


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Refit(Work[Sequence[Ended]]):
    """Compute due times anew: one walk over all URLs, whatever the number of jobs.

    A slice writes the times of the slice before and returns the URLs of the next one; those that
    are being visited, or never were, are left alone. A retired URL stays so: its time is for the
    day on which it comes back. A job that another walk has taken up meanwhile is left to it, and
    one whose walk breaks off is not noted as fitted.
    """

    anew: Mapping[str, str]
    """By job, the schedule, as JSON, to which all due times are fitted; noted at the end."""
    spread: Mapping[str, str] = field(default_factory=dict)
    """By job, the schedule to which they are fitted already; some of them get other times."""
    due: Sequence[Due] = ()
    """The times of what the slice before has found."""
