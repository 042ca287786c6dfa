"""Which lines of a log are chosen. Pure."""

from crawler.value import value
from crawler.verbs.tail.lines import Line

_BAD_LEVELS = ("warning", "error")
_BAD_VERDICTS = ("again", "dead")


@value
class Choice:
    """Chooses the lines that meet all that is asked for."""

    failed: bool = False
    """Visits that failed, though they will be tried again, and all warnings and errors."""
    kinds: frozenset[str] = frozenset()
    host: str | None = None
    """With its port, or on any port."""
    job: str | None = None

    def __call__(self, line: Line) -> bool:
        """Tell whether a line is chosen; a damaged one is where nothing is asked of a visit."""
        record = line.record
        if record is None:
            return not (self.kinds or self.host or self.job)
        return self._is_bad_enough(record) and self._is_of(record)

    def _is_bad_enough(self, record: dict[str, object]) -> bool:
        if self.failed and not _has_failed(record):
            return False
        return not self.kinds or record.get("kind") in (*self.kinds,)

    def _is_of(self, record: dict[str, object]) -> bool:
        if self.job is not None and record.get("job") != self.job:
            return False
        return self.host is None or _is_host(str(record.get("host", "")), self.host)


def _has_failed(record: dict[str, object]) -> bool:
    return record.get("level") in _BAD_LEVELS or record.get("verdict") in _BAD_VERDICTS


def _is_host(key: str, host: str) -> bool:
    """Tell whether a `name:port` is the host that is meant, which may lack its port."""
    return host in {key, key.rpartition(":")[0]}
