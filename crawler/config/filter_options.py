"""What a job leaves out of its lists."""

import json
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StrictStr, model_validator

from crawler.config import checks
from crawler.config.options import Options
from crawler.config.quantities import A_DURATION, duration
from crawler.model import Seconds
from crawler.policy import url_patterns
from crawler.policy.url_filter import UrlFilter, begin_of, date_of

MAX_PATTERNS = 1000
"""Patterns of a kind."""
Pattern = Annotated[StrictStr, AfterValidator(url_patterns.check)]


def since(text: str) -> str:
    """Return a date, or a span before now.

    Raises:
        ValueError: it is neither.
    """
    if not A_DURATION.fullmatch(text):
        date_of(text)
    elif not duration(text):
        raise ValueError("a span of nothing leaves out everything; a span is as in 30d")
    return text


class FilterOptions(Options):
    """Which URLs of its lists a job takes; what is left out is counted, and is as not listed.

    A URL is taken if all that is said here lets it through. What a list says is filtered, a URL
    given by hand is not, nor is where a redirect leads.
    """

    include: tuple[Pattern, ...] = Field(default=(), max_length=MAX_PATTERNS)
    """Patterns of which a URL matches one at least: globs of the whole URL (`*` for anything,
    slashes too, `?` for one character, `{a,b}`; one that begins with `/` is of path and query), or
    regular expressions of RE2, as in `re:/[0-9]{4}/`, which are found anywhere."""
    exclude: tuple[Pattern, ...] = Field(default=(), max_length=MAX_PATTERNS)
    """The same, of which a URL matches none; they count before `include`."""
    hosts: tuple[Annotated[StrictStr, AfterValidator(checks.host_pattern)], ...] = Field(
        default=(), max_length=MAX_PATTERNS
    )
    """Hosts of its URLs: name, name:port, or *.name for all below a name."""
    lastmod_since: Annotated[StrictStr, AfterValidator(since)] | None = None
    """Only pages that were changed since then, by the `lastmod` of a sitemap: a date, or a span
    before now, as in `30d`. A URL of which no `lastmod` is known is taken."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        url_filter(self, 0.0)  # here it blocks nobody: a reload reads in a native thread
        return self


def url_filter(options: FilterOptions | None, now: Seconds) -> UrlFilter | None:
    """Return what leaves URLs out of lists that are read now; None where nothing is said."""
    if options is None or options == _NOTHING:
        return None
    text = options.lastmod_since
    if text and A_DURATION.fullmatch(text):
        return _filter(options, begin_of(duration(text), now))
    return _filter(options, date_of(text) if text else None)


def filter_mark(options: FilterOptions | None) -> str:
    """Return a mark of what an operator says of URLs that are left out; "" for nothing."""
    found = url_filter(options, 0.0)
    return found.mark if found else ""


def _filter(options: FilterOptions, begin: Seconds | None) -> UrlFilter:
    words = json.dumps(options.model_dump(mode="json", exclude_defaults=True), sort_keys=True)
    return UrlFilter(options.include, options.exclude, options.hosts, begin, words)


_NOTHING = FilterOptions.model_construct()
