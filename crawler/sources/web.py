"""A list at an http(s) URL, asked for only if it has changed."""

from contextlib import closing

from crawler.sources.cache import UNVERIFIED, Cache
from crawler.sources.contract import (
    Blocks,
    Entries,
    Fields,
    Source,
    Unchanged,
    errors_named,
    failed,
    short_hash,
)
from crawler.sources.formats import format_of
from crawler.sources.reading import Opened, listed
from crawler.threads import Native


class WebList(Source):
    """A list of URLs at a URL: plain text, CSV or JSON lines, perhaps gzip."""

    def __init__(self, url: str, fields: Fields, cache: Cache) -> None:
        super().__init__(f"url_file:{url}")
        self._url = url
        self._fields = fields
        self._cache = cache
        self._form = format_of(_path(url), fields)

    @property
    def salt(self) -> bytes:
        return self._form.salt

    def read(self, known_version: str) -> Blocks:
        self.version_read = ""
        with errors_named(self.name), Native(1) as native:
            copy = self._cache.get(self._url, native, self.name)
            self._form = format_of(_path(self._url), self._fields, copy.content_type)
            version = f"{copy.digest[:32]}-{short_hash(self._form.salt)}"
            if version == known_version:
                raise Unchanged
            with closing(Opened(copy.file)) as opened:
                native.call(opened.open)
                yield from listed(native, opened.descriptor, self._form, self.name)
            if copy.unverified:
                raise failed(self.name, UNVERIFIED)
            self.version_read = version

    def parse(self, line: bytes) -> Entries:
        return self._form.parse(line)


def _path(url: str) -> str:
    return url.partition("#")[0].partition("?")[0]
