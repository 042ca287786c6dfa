"""Records of stored files: as the ledger has them, as they lie on a disk, as they stay there."""

from typing import NamedTuple

from crawler.model import FIRST_STORE


class StoredFile(NamedTuple):
    """A file as the ledger has it."""

    task: int
    job: str
    url: str
    fingerprint: int
    path: str
    """Relative to the output folder."""
    size: int
    """Bytes."""
    digest: str
    """SHA-256 in hex."""
    retired: bool
    """Whether no list names its URL any more."""
    active: bool
    """Whether the configuration has its job."""
    store: int = FIRST_STORE
    """Number of the store where it lies."""


class FoundFile(NamedTuple):
    """A file as it lies on the disk, of which the ledger knows something else, or nothing."""

    task: int
    path: str
    """Relative to the output folder."""
    before: str
    """SHA-256 in hex as the ledger has it; '' for none."""
    size: int
    """Bytes."""
    digest: str
    """SHA-256 in hex."""
    at: float
    """Wall time at which it came there."""
    store: int


class Stayed(NamedTuple):
    """Files that were to be removed and are still there."""

    kept: list[str]
    """They are not as they were stored: somebody changed them or put them there."""
    failed: list[str]
    """The system would not let them be read or removed."""
