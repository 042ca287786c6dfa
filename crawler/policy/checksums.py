"""What a list says of a URL's body: digests, size, and the mirrors that hold it, too. Pure.

It stands with the row of the URL as one text, and is parsed for its visits.
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from crawler.value import value

BOUND = "="
"""Name under which the text stands beside the columns of headers, which are words."""
ALGORITHMS = {"sha512": 128, "sha256": 64, "sha1": 40, "md5": 32}
"""Digests by the names of their columns, the strongest first, with their hexadecimal digits."""
SIZE, MIRRORS = "size", "mirrors"
COLUMNS = (*ALGORITHMS, SIZE, MIRRORS)
MAX_MIRRORS = 100
_SIZE = re.compile(r"[0-9]{1,18}")
_HEX = re.compile(r"[0-9a-f]*")


@value
class Checks:
    """What is known of a body before it comes."""

    digests: tuple[tuple[str, str], ...] = ()
    """Names of algorithms, and digests in lower-case hex."""
    size: int | None = None
    """Bytes."""
    mirrors: tuple[str, ...] = ()
    """Other URLs of the same body, canonical, in the order in which they are asked."""

    def digest(self, name: str) -> str:
        """Return the digest by an algorithm, "" if none is known."""
        return next((digest for one, digest in self.digests if one == name), "")


@value
class Typed:
    """A checksum as it is typed: `sha-256=HEX`."""

    algorithm: str
    digest: str


def digest_of(name: str, text: str) -> str:
    """Return a digest in lower-case hex.

    Raises:
        ValueError: it has other characters, or not as many as its algorithm makes.
    """
    digest, length = text.strip().lower(), ALGORITHMS[name]
    if len(digest) != length or not _HEX.fullmatch(digest):
        raise ValueError(f"its {name} is not {length} hexadecimal digits")
    return digest


def size_of(text: str) -> int:
    """Return a size in bytes.

    Raises:
        ValueError: it is no whole number.
    """
    if not _SIZE.fullmatch(text.strip()):
        raise ValueError("its size is no whole number of bytes")
    return int(text)


def typed(text: str) -> Typed:
    """Read a checksum as it is typed, in the spelling of aria2, of RFC 3230, or as a column.

    Raises:
        ValueError: its algorithm is not known, or its digest is none.
    """
    name, sign, digest = text.partition("=" if "=" in text else ":")
    algorithm = algorithm_of(name)
    if not sign or not algorithm:
        known = ", ".join(ALGORITHMS)
        raise ValueError(f"write it as sha256=HEX; there are {known}")
    return Typed(algorithm, digest_of(algorithm, digest))


def algorithm_of(name: str) -> str:
    """Return the name of an algorithm as a column has it, "" if none is meant; `sha` is SHA-1."""
    plain = name.strip().lower().replace("-", "").replace("_", "")
    plain = "sha1" if plain == "sha" else plain
    return plain if plain in ALGORITHMS else ""


def text_of(bound: Mapping[str, str], mirrors: Sequence[str]) -> str:
    """Return what the columns of a line say as the text that the ledger keeps, "" for nothing.

    `mirrors` are canonical.

    Raises:
        ValueError: a column is malformed, or there are too many mirrors.
    """
    given = {name: text for name, text in bound.items() if text.strip()}
    said: dict[str, object] = {
        name: digest_of(name, given[name]) for name in ALGORITHMS if name in given
    }
    if SIZE in given:
        said[SIZE] = size_of(given[SIZE])
    if len(mirrors) > MAX_MIRRORS:
        raise ValueError(f"it names more than {MAX_MIRRORS} mirrors")
    if mirrors:
        said[MIRRORS] = list(mirrors)
    return _text(said)


@lru_cache(maxsize=1024)
def checks_of(text: str) -> Checks:
    """Return what the text of a ledger says."""
    said = json.loads(text)
    digests = tuple((name, said[name]) for name in ALGORITHMS if name in said)
    return Checks(digests, said.get(SIZE), tuple(said.get(MIRRORS, ())))


@value
class Heard:
    """What holds of a body since its list was read once more."""

    text: str
    lost: bool = False
    """The list says no digest any more: those that it said hold on."""
    another: bool = False
    """The list says that it is another body than before, or than the stored one."""


def heard(before: str, now: str, stored: str = "") -> Heard:
    """Return what holds where a list said `before` of a body, and says `now`; texts of the ledger.

    `stored` is the SHA-256 of the stored file in hex. Digests that go without others in their place
    are no word: a list may have lost its column. Those that go beside one that stays hold on.
    """
    was, says = _read(before), _read(now)
    known, said = _digests(was), _digests(says)
    if known and not said:
        sizes, mirrors = _only(was, SIZE), _only(says, MIRRORS)
        return Heard(_text(known | sizes | mirrors), lost=True)
    both = known.keys() & said.keys()
    agree = all(known[name] == said[name] for name in both)
    text = _text(known | says) if both and agree else now
    return Heard(text, another=_is_another(known, said, stored, agree=agree))


def _read(text: str) -> dict[str, object]:
    said: dict[str, object] = json.loads(text) if text else {}
    return said


def _digests(said: Mapping[str, object]) -> dict[str, object]:
    return _only(said, *ALGORITHMS)


def _only(said: Mapping[str, object], *names: str) -> dict[str, object]:
    return {name: said[name] for name in names if name in said}


def _is_another(
    known: Mapping[str, object], said: Mapping[str, object], stored: str, *, agree: bool
) -> bool:
    """Tell whether digests are of another body than the one that is stored."""
    proof = said.get("sha256")
    if stored and proof == stored:
        return False
    return not agree or bool(stored and proof and "sha256" not in known)


def _text(said: Mapping[str, object]) -> str:
    return json.dumps(said, separators=(",", ":")) if said else ""
