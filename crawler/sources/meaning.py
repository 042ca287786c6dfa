"""What the lines of a job's lists mean: the options that use values of lines, and their mark.

Paths and columns are written with the row of a URL when a line of it is read. The mark stands with
the version of every list, and with the job when all of its lists were read: a list that was read
under another mark is read again, and a job whose mark is another one has rows that lack something.
"""

from collections.abc import Mapping

from crawler.config import line_values
from crawler.sources.contract import Lists


def mark_of(job: Lists) -> str:
    """Return a mark of `path`, and of what else uses values of lines; it has no colon."""
    return line_values.mark_of(job.path, job.headers, checks=_checks(job))


def path_changed(mark: str, job: Lists) -> bool:
    """Tell whether a mark is that of a job with another `path`; nobody knows that of ''."""
    return bool(mark) and mark.partition(".")[0] != mark_of(job).partition(".")[0]


def is_unread(mark: str, job: Lists) -> bool:
    """Tell whether the rows of a job's URLs, of this mark, lack what its options ask of lines."""
    return asks_lines(job) and mark != mark_of(job)


def asks_lines(job: Lists) -> bool:
    """Tell whether `path`, a header or a check of bodies uses values of lines."""
    return line_values.asks_lines(job.path, job.headers, checks=_checks(job))


def from_lines(job: Lists) -> Mapping[str, str]:
    """Return the headers that use values of lines."""
    return line_values.from_lines(job.headers)


def _checks(job: Lists) -> bool:
    return bool(getattr(job, "checksums", False))
