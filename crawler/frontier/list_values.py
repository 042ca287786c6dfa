"""Values of the contract's verbs about lists: sources, their passes, and what these read."""

from collections.abc import Sequence
from typing import NamedTuple

from crawler.records import Seed
from crawler.value import value

BY_HAND = "inbox:by hand"
"""Name of a job's source of URLs that an operator gives one by one: like an inbox, it only adds.

Each URL is a chunk of it, by its fingerprint.
"""


@value
class SourceState:
    """A source of URLs as its last applied pass read it."""

    id: int
    version: str = ""
    """Version that was read to its end; empty if none was."""
    listed: int = 0
    """Number of URLs on its lines."""
    bad: int = 0
    """Number of bad lines."""
    elsewhere: str = ""
    """Host name of another machine, a living process of which read it last; '' where none did."""
    unclaimed: bool = False
    """Whether no living process read it last, and there are several machines."""
    filtered: int = 0
    """Number of URLs on its lines that its job's filter left out; they are not `listed`."""
    filter_mark: str = ""
    """Mark of that filter; empty if there was none."""

    @property
    def urls(self) -> int:
        """Return the number of URLs that were taken in."""
        return self.listed - self.bad


@value
class Pass:
    """One reading of a source by one process; while it lasts no other process reads it."""

    owner: int
    job: str
    source: int
    number: int
    """Grows by one with every pass of the source."""
    state: SourceState
    """The source as it was applied last."""

    @property
    def first(self) -> bool:
        """Tell whether nobody began to read the source before; if so nothing is known of it."""
        return self.number == 1


@value
class Weighed:
    """What a job's lists have come to, in URLs."""

    before: int
    """On the lists as they were applied last, without those of inboxes and of the configuration."""
    held: bool
    """Whether they lost so much that nothing is taken away."""
    held_before: bool
    """Whether that was so already, perhaps by this call, if it is asked again."""


class KnownChunk(NamedTuple):
    """A run of lines of a source, as it was read last."""

    key: int
    """Hash of its lines."""
    urls: int
    """Number of URLs on them."""
    bad: int
    """Number of bad lines."""
    filtered: int = 0
    """Number of URLs on them that were left out."""


@value
class ReadChunk:
    """A run of lines of a source, read anew."""

    anchor: int
    """Hash of its last line, and of the ordinal of that line among equal ones."""
    key: int
    """Hash of its lines."""
    seeds: Sequence[Seed]
    bad: int = 0
    """Number of bad lines."""
    filtered: int = 0
    """Number of URLs that were left out."""


@value
class Portion:
    """Chunks of a pass that are new or changed."""

    one: Pass
    chunks: Sequence[ReadChunk]


@value
class NewList:
    """A short list that was read whole, the only one of a job that the ledger does not know."""

    job: str
    name: str
    read: Sequence[ReadChunk]
    version: str
    listed: int
    """Number of URLs on its lines."""
    bad: int
    """Number of bad lines."""
    schedule: str = ""
    """The job's schedule, as JSON."""
    filtered: int = 0
    """Number of URLs on its lines that were left out."""
    filter_mark: str = ""
    """Mark of what left them out."""


@value
class Synced:
    """Numbers of URLs that chunks brought: new ones, retired ones that came back, and others."""

    added: int
    revived: int
    renewed: int = 0
    """Known ones that are due again: their bodies are to be others."""
    unchecked: int = 0
    """Known ones of which no digest is said any more; what was said holds on."""
