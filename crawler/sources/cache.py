"""Copies of lists that come over HTTP, kept so that a list is asked for only if it has changed.

A copy is two files: one named by its URL and its content, and a note beside it that says which
content is the URL's. The note is renamed into place last, so that validators never stand beside
another content than theirs, also where two processes fetch the same list at the same time.
"""

import json
import os
import time
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

from crawler.model import DAY_S, Seconds, Validators
from crawler.rights import as_folder, make_folder
from crawler.sources.contract import Download, FetchList, errors_named, failed
from crawler.threads import Native
from crawler.value import value

UNUSED_S: Seconds = 30 * DAY_S
"""A copy that no source asked for in so long is removed."""
UNVERIFIED = (
    "its server does not say where it ends, so what it lacks may only be cut off; "
    "a Content-Length would tell"
)
_OK = frozenset({200, 203})


@value
class Copy:
    """The content of a URL, as it was last sent."""

    url: str
    file: Path
    digest: str
    content_type: str
    unverified: bool
    validators: Validators


class Cache:
    """The copies of one folder."""

    def __init__(self, folder: Path, fetch: FetchList) -> None:
        self._folder = folder
        self._fetch = fetch

    def get(self, url: str, native: Native, name: str, keep: int | None = None) -> Copy:
        """Return the present content of a URL, which errors call `name`.

        Of a longer one its first `keep` bytes are kept.

        Raises:
            SourceError: it cannot be fetched.
        """
        with errors_named(name):
            known = native.call(_known, self._folder, url)
            native.call(make_folder, self._folder)
            got = self._fetch(url, known.validators if known else None, self._folder)
            if got.status == 304 and known:
                native.call(os.utime, _note(self._folder, url))
                return known
            if got.status not in _OK or got.file is None:
                native.call(_discard, got)
                raise failed(name, f"cannot be fetched: HTTP status {got.status}")
            return native.call(_keep, self._folder, url, got, keep)


def key_of(url: str) -> str:
    """Return the beginning of the names of a URL's files."""
    return blake2b(url.encode(), digest_size=16).hexdigest()


def note_of(url: str) -> str:
    """Return the name of the note of a URL's copy."""
    return f"{key_of(url)}.json"


def sweep(folder: Path, now: Seconds) -> int:
    """Remove copies not used in a month, and parts that crashes left; `now` is wall time.

    To be run in a native thread. Returns the number of files removed.
    """
    removed = 0
    with suppress(FileNotFoundError):
        for file in sorted(folder.iterdir()):
            with suppress(OSError):
                if file.stat().st_mtime < now - (DAY_S if _is_part(file) else UNUSED_S):
                    file.unlink()
                    removed += 1
    return removed


def _is_part(file: Path) -> bool:
    return file.suffix == ".part"


def _note(folder: Path, url: str) -> Path:
    return folder / note_of(url)


def _content(folder: Path, url: str, digest: str) -> Path:
    return folder / f"{key_of(url)}-{digest[:16]}.list"


def _known(folder: Path, url: str) -> Copy | None:
    """Return the copy that is there, if it is sound."""
    try:
        note: dict[str, Any] = json.loads(_note(folder, url).read_bytes())
        file = _content(folder, url, note["digest"])
        if file.stat().st_size != note["size"] or note["url"] != url:
            return None
        os.utime(file)
        return Copy(
            url,
            file,
            note["digest"],
            note["type"],
            note["unverified"],
            Validators(note["etag"], note["last_modified"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _keep(folder: Path, url: str, got: Download, most: int | None) -> Copy:
    """Put a body in its place, then its note, then remove the copy that it replaces."""
    assert got.file is not None
    copy = Copy(
        url,
        _content(folder, url, got.digest),
        got.digest,
        got.content_type,
        got.unverified,
        got.validators,
    )
    as_folder(got.file)
    if most is not None and got.file.stat().st_size > most:
        os.truncate(got.file, most)
    size = _synced(got.file)
    got.file.replace(copy.file)
    part = folder / f"{key_of(url)}.{os.getpid()}.{time.monotonic_ns()}.part"
    part.touch(mode=0o600)
    as_folder(part)
    part.write_text(_noted(copy, size))
    part.replace(_note(folder, url))
    for old in folder.glob(f"{key_of(url)}-*.list"):
        if old != copy.file:
            old.unlink(missing_ok=True)
    return copy


def _noted(copy: Copy, size: int) -> str:
    """Return the note of a copy as JSON, which `_known` reads."""
    note = {
        "url": copy.url,
        "digest": copy.digest,
        "size": size,
        "type": copy.content_type,
        "unverified": copy.unverified,
        "etag": copy.validators.etag,
        "last_modified": copy.validators.last_modified,
    }
    return json.dumps(note)


def _synced(file: Path) -> int:
    """Make a body survive a power cut before anything says that it is there; return its size."""
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
        return os.fstat(opened.fileno()).st_size


def _discard(got: Download) -> None:
    if got.file is not None:
        got.file.unlink(missing_ok=True)
