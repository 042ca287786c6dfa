"""Where a job's URLs come from: its own patterns, files, URLs of lists, sitemaps, programs.

What fetches lists is in `downloads`, which alone needs HTTP.
"""

from pathlib import Path

from crawler.model import Seconds
from crawler.sources.cache import Cache, sweep
from crawler.sources.commands import Command
from crawler.sources.contract import (
    LASTMOD,
    UNREADABLE,
    Download,
    FetchList,
    Fields,
    Lists,
    Source,
    SourceError,
    Unchanged,
)
from crawler.sources.files import FileList, lists_at
from crawler.sources.globs import Globs, origins_of
from crawler.sources.short_files import Short, read_short
from crawler.sources.sitemaps import Sitemap
from crawler.sources.web import WebList

__all__ = [
    "LASTMOD",
    "UNREADABLE",
    "Download",
    "FetchList",
    "Fields",
    "FileList",
    "Lists",
    "Short",
    "Source",
    "SourceError",
    "Unchanged",
    "of",
    "read_short",
    "sweep",
]

COMMAND_TIMEOUT_S: Seconds = 600.0
"""Time that a command has if its job does not say."""


def of(job: Lists, folder: Path, fetch: FetchList, *, patient: bool = False) -> list[Source]:
    """Return the sources of a job; lists that come over HTTP are kept in a folder.

    A `patient` file waits until nobody seems to write it. What a pattern matches is looked up now;
    nothing else is read before its source is.
    """
    fields, cache = Fields.of(job), Cache(folder, fetch)
    sources: list[Source] = []
    if job.urls:
        sources.append(Globs(job.urls, fields))
    if job.url_file:
        text = str(job.url_file)
        web = text.startswith(("http://", "https://"))
        sources += (
            [WebList(text, fields, cache)] if web else lists_at(Path(text), fields, patient=patient)
        )
    named = getattr(job, "sitemap", None) or ()
    urls = [named] if isinstance(named, str) else [*named]
    if getattr(job, "sitemaps", None) == "robots":
        urls += [f"{origin}/robots.txt" for origin in origins_of(job.urls)]
    sources += [Sitemap(url, fields, cache) for url in dict.fromkeys(urls)]
    if command := getattr(job, "command", None):
        timeout = getattr(job, "command_timeout", COMMAND_TIMEOUT_S)
        sources.append(Command(tuple(command), timeout, fields))
    return sources
