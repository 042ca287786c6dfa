"""Older versions of a file, kept beside it as `name.20261121T103000Z.ext`: the time is their own.

A version is made of the file that is there, and no file is ever overwritten:

1. The file gets a second name (a hard link); a name that is taken gives way to `…Z-2.ext`.
2. The caller renames the new file over the first name.
3. The oldest versions go.

What bears such a name and another time is a stranger's file: it is no version, and stays.

After a crash between two steps the file is whole under its name, and the next change goes on from
there. That no URL's own file looks like a version is for `naming` to see to.
"""

import errno
import os
import re
import stat
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import blake2b
from io import BufferedReader

_KEPT = re.compile(
    r"(?P<stem>.+)\.(?P<at>[0-9]{8}T[0-9]{6}Z)(?:-(?P<number>[0-9]{1,3}))?(?P<ext>\.[^.]*)?",
    re.DOTALL,
)
_CUT = re.compile(r"~[0-9a-f]{16}\Z")
_MAX_NAME_BYTES = 255
_VERSION_BYTES = len(".20261121T103000Z-999")
"""Bytes that the time and number of a version add to a name, at most."""
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_PIECE_BYTES = 1 << 20
_TIMES = (-62_135_596_800, 253_402_300_799)
"""First and last second of the years that have four digits."""


class Versions:
    """The versions in the folders of one batch of work; each folder is read once, when needed."""

    def __init__(self) -> None:
        self._found: dict[int, dict[tuple[str, str], set[str]]] = {}

    def keep(self, folder: int, name: str, new: tuple[int, str]) -> str | None:
        """Give a file a second name before the `new` one replaces it, and return that name.

        There is none if nothing was there, or something else than a file, or the same content.

        Raises:
            OSError: the disk refuses; the file is still there.
        """
        try:
            old = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(old.st_mode) or _same((folder, name), new):
            return None
        for version in _names(name, old):
            try:
                os.link(name, version, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
            except FileExistsError:
                if not _is(folder, version, old):
                    continue  # if it is, a crash came before the new file
            except OSError as error:
                raise OSError(
                    error.errno, f"no older version can be kept: {error.strerror}"
                ) from error
            return version
        raise FileExistsError(errno.EEXIST, "too many older versions bear the same time")

    def prune(self, folder: int, name: str, newest: str | None, most: int) -> None:
        """Remove the oldest versions, by the times in their names; the newest one is never one."""
        if newest is None:
            return
        found = self._in(folder)[_parted(name)]
        others = sorted(_of_their_time(folder, found - {newest}), key=_age)
        found.add(newest)
        for version in others[: max(0, len(others) + 1 - most)]:
            found.remove(version)
            with suppress(OSError):  # the file itself is stored
                os.unlink(version, dir_fd=folder)

    def _in(self, folder: int) -> dict[tuple[str, str], set[str]]:
        if folder not in self._found:
            self._found[folder] = _versions(folder)
        return self._found[folder]


def _names(name: str, old: os.stat_result) -> Iterator[str]:
    stem, ext = _parted(name)
    at = _time_of(old)
    yield f"{stem}.{at}{ext}"
    for number in range(2, 1000):
        yield f"{stem}.{at}-{number}{ext}"


def _time_of(file: os.stat_result) -> str:
    first, last = _TIMES
    moment = datetime.fromtimestamp(min(max(file.st_mtime_ns // 10**9, first), last), UTC)
    return re.sub("[-:]", "", moment.isoformat()[:19]) + "Z"


def _of_their_time(folder: int, names: Iterable[str]) -> Iterator[str]:
    """Yield the files that bear in their names the time at which they were written."""
    for name in names:
        match = _KEPT.fullmatch(name)
        with suppress(OSError):
            file = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if match and match["at"] == _time_of(file):
                yield name


def _parted(name: str) -> tuple[str, str]:
    """Return the texts before and after the time of a version, with room for the time."""
    stem, ext = os.path.splitext(name)  # noqa: PTH122  a Path is not needed for a name
    if len(os.fsencode(name)) + _VERSION_BYTES <= _MAX_NAME_BYTES:
        return stem, ext
    raw = os.fsencode(name)
    digest = blake2b(raw, digest_size=8).hexdigest()
    ext = ext if len(os.fsencode(ext)) <= 16 else ""
    head = raw[: _MAX_NAME_BYTES - _VERSION_BYTES - len(os.fsencode(ext)) - 17].decode(
        errors="ignore"
    )
    return f"{head}~{digest}", ext


def _age(version: str) -> tuple[str, int]:
    match = _KEPT.fullmatch(version)
    assert match is not None
    return match["at"], int(match["number"] or 1)


def versions_in(folder: int, names: Iterable[str]) -> list[str]:
    """Return the older versions of files in an open folder."""
    found = _versions(folder)
    return [version for name in names for version in _of_their_time(folder, found[_parted(name)])]


def _versions(folder: int) -> defaultdict[tuple[str, str], set[str]]:
    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    with os.scandir(folder) as entries:
        for entry in entries:
            if (match := _KEPT.fullmatch(entry.name)) and _is_file(entry):
                found[match["stem"], match["ext"] or ""].add(entry.name)
    return found


def renamed_versions(folder: int, name: str, new: str) -> list[tuple[str, str]]:
    """Return the older versions of a file in an open folder, each with its name under a new one."""
    stem, ext = _parted(new)
    start = len(_parted(name)[0])
    named = []
    for version in versions_in(folder, [name]):
        match = _KEPT.fullmatch(version)
        assert match is not None
        named.append(
            (version, f"{stem}{version[start : match.end() - len(match['ext'] or '')]}{ext}")
        )
    return named


def file_of(name: str) -> str:
    """Return the name of the file of which this one is an older version, else this name."""
    match = _KEPT.fullmatch(name)
    return match["stem"] + (match["ext"] or "") if match else name


def has_cut_name(name: str) -> bool:
    """Tell whether a name is that of a version of a file whose own, long name is not in it."""
    match = _KEPT.fullmatch(name)
    return bool(match and _CUT.search(match["stem"]))


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file(follow_symlinks=False)
    except OSError:
        return False


def _is(folder: int, name: str, file: os.stat_result) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.stat(name, dir_fd=folder, follow_symlinks=False), file)
    return False


def _same(one: tuple[int, str], other: tuple[int, str]) -> bool:
    """Tell whether two files have the same content, as after a crash before the ledger knew."""
    try:
        with _opened(*one) as left, _opened(*other) as right:
            if os.fstat(left.fileno()).st_size != os.fstat(right.fileno()).st_size:
                return False
            return all(
                piece == right.read(_PIECE_BYTES)
                for piece in iter(lambda: left.read(_PIECE_BYTES), b"")
            )
    except OSError:  # a file that cannot be read may still be kept
        return False


def _opened(folder: int, name: str) -> BufferedReader:
    return os.fdopen(os.open(name, _READ, dir_fd=folder), "rb")
