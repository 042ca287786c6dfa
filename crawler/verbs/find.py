"""`crawler find PATH…`: which URL a file is from, since when, and whether it is whole."""

import os
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from crawler.frontier import STATES, Desk, Entry, FilesNamed
from crawler.log import size
from crawler.model import FIRST_STORE, Seconds
from crawler.store.comparing import compare, owner_of, print_of_part
from crawler.value import value
from crawler.verbs.answer import Answer
from crawler.verbs.holding import opened_by
from crawler.verbs.ledger import Ledger
from crawler.verbs.stores import Stores
from crawler.verbs.words import stamp, when


@value
class Found:
    """What is known of a file."""

    path: str
    """As it was asked for."""
    name: str
    """Below the output folder; '' where it lies elsewhere."""
    entry: Entry | None
    """The URL whose file it is, or whose part or older version."""
    what: str
    """`file`, `version`, `part`; or `other`: its URL has another file now; '' where none has it."""
    fault: str
    """'' while it is whole; missing, short, different; or unreadable, and why. Of what is no file
    of today nothing is known."""
    store: str | None = None
    """Machine and folder where the file of the URL lies, where there are several."""


def find(ledger: Ledger, *, paths: Sequence[str]) -> Answer:
    """Do what `crawler find` says; its options are in `crawler/verbs/commands/`."""
    assert ledger.settings is not None
    output = Path(ledger.settings.crawler.output)
    with opened_by(ledger, acts=False) as desk:
        stores, now = Stores(desk.sums().stores, output), desk.now()
        found = [look(desk, output, path, stores) for path in paths]
    return Answer(
        chain.from_iterable(lines(one, now) for one in found),
        lambda: {"files": [document(one) for one in found]},
        code=int(not all(one.entry is not None and not one.fault for one in found)),
    )


def name_below(output: Path, path: str) -> str:
    """Return the name of a file below the output folder; '' for one that lies elsewhere.

    A path is looked for in this folder first; a relative one that is not below the output folder
    then counts from there.
    """
    for top, given in (
        (output.absolute(), Path(path).absolute()),
        (output.resolve(), Path(path).parent.resolve() / Path(path).name),
    ):
        below = os.path.relpath(os.path.normpath(given), top)
        if below.split("/")[0] not in {"..", "."}:
            return below
    outside = Path(path).is_absolute() or ".." in path.split("/")
    return "" if outside else os.path.normpath(path)


def look(desk: Desk, output: Path, path: str, stores: Stores) -> Found:
    """Return what a file is: a URL's own, an older version or a part of it, or nobody's."""
    name = name_below(output, path)
    print_ = print_of_part(name)
    asked = [name, owner_of(name)], [] if print_ is None else [print_]
    own, of_version, *of_part = desk.entry(FilesNamed(*asked, stores.own))
    if own is None:
        entry, what = (of_part[0], "part") if of_part else (of_version, "version")
        where = stores.told(entry.store) if entry else None
        return Found(path, name, entry, what if entry else "", _missing(output, name), where)
    where = stores.told(own.store)
    if own.path != name or own.digest is None or (own.store or FIRST_STORE) != stores.own:
        return Found(path, name, own, "other", _missing(output, name), where)
    return Found(path, name, own, "file", _fault(output, own), where)


def _missing(output: Path, name: str) -> str:
    return "" if name and (output / name).is_file() else "missing"


def _fault(output: Path, entry: Entry) -> str:
    assert entry.path is not None
    assert entry.digest is not None
    try:
        return compare(output, entry.path, entry.size or 0, entry.digest.hex()).what
    except OSError as error:
        return f"unreadable: {error.strerror or error}"


def lines(found: Found, now: Seconds) -> Iterator[str]:
    """Yield the lines of a file."""
    yield found.path
    entry = found.entry
    if entry is None:
        where = "" if found.name else ": it lies outside of the output folder"
        yield f"  no URL has a file of this name{where}"
        return
    yield f"  URL          {entry.url}"
    yield f"  job          {entry.job}, {STATES[entry.state]}"
    if entry.location and entry.location != entry.url:
        yield f"  came from    {entry.location}"
    if entry.changed_at is not None:
        yield f"  stored       {when(entry.changed_at, now)}"
    if entry.success_at is not None:
        yield f"  seen well    {when(entry.success_at, now)}"
    if found.store and entry.digest:
        yield f"  lies in      {found.store}"
    yield f"  file         {_words(found, entry)}"


def _words(found: Found, entry: Entry) -> str:
    """Return what a file is and whether it is whole."""
    if found.what in _OTHERS:
        gone = "it is missing; " if found.fault else ""
        return f"{gone}{_OTHERS[found.what]}{entry.path or 'none yet'}"
    if STATES[entry.state] == "leased":
        return "its URL is being visited: it may be written just now"
    if found.fault:
        return f"{found.fault}; crawler audit --fix makes its URL due again"
    assert entry.digest is not None
    unsure = "; nothing said where it ends" if entry.unverified else ""
    told = f"whole: {size(entry.size or 0)}, SHA-256 {entry.digest.hex()}"
    return f"{told}, as it was stored{unsure}"


_OTHERS = {
    "version": "an older version of ",
    "part": "the part of a download that broke off; the file will be ",
    "other": "reserved for its URL, whose file is now ",
}


def document(found: Found) -> dict[str, Any]:
    """Return a file for programs."""
    entry = found.entry
    told = {"path": found.path, "name": found.name or None, "what": found.what or None}
    told["fault"] = found.fault or None
    if entry is None:
        return told
    return {
        **told,
        "url": entry.url,
        "job": entry.job,
        "state": STATES[entry.state],
        "file": entry.path,
        "bytes": entry.size,
        "digest": entry.digest.hex() if entry.digest else None,
        "store": found.store if entry.digest else None,
        "last_change": stamp(entry.changed_at),
        "last_success": stamp(entry.success_at),
    }
