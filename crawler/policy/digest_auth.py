"""Digest access authentication (RFC 7616): a challenge, and the answer to it. Pure.

The password is never sent; what is sent proves it for one request of one server's nonce.
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from urllib.parse import quote

from crawler.value import value

MAX_FIELD = 4096
"""Longest WWW-Authenticate field that is looked into."""
_SCHEME = re.compile(r"(?:^|,)\s*digest\s+", re.IGNORECASE)
_PARAMETER = re.compile(r"\s*,?\s*([A-Za-z0-9*_-]+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s,\"]+))")
_ESCAPE = re.compile(r"\\(.)")
_ALGORITHMS = {"sha-512-256": "sha512_256", "sha-256": "sha256", "md5": "md5"}
"""Names of hash functions by those of the registry, the strongest first."""
_SESSION = "-sess"


@value
class Challenge:
    """What a server asks for."""

    realm: str
    nonce: str
    algorithm: str
    """As the server wrote it."""
    opaque: str | None
    protects: bool
    """Whether it counts requests (qop=auth); servers of RFC 2069 do not."""
    stale: bool
    """Whether the login was right, and its nonce too old."""
    hides_user: bool
    """Whether the user is sent as a hash."""

    @property
    def strength(self) -> int:
        """Return the place of its algorithm, 0 for the strongest."""
        return [*_ALGORITHMS].index(_plain(self.algorithm))


@value
class Login:
    """Who asks."""

    user: str
    password: str


def challenge_in(fields: Iterable[str]) -> Challenge | None:
    """Return the strongest challenge of an answer that can be met, None where there is none."""
    found = [one for field in fields if _is_sound(field) and (one := _read(field))]
    return min(found, key=lambda one: one.strength, default=None)


def answer(
    challenge: Challenge, login: Login, method: str, target: str, *, count: int, own_nonce: str
) -> str:
    """Return the value of the Authorization field for a request.

    `target` is its path with the query; `count` is how often the nonce was used, this time
    included; `own_nonce` is ours, and no secret.
    """
    digest = _hash_of(challenge.algorithm)
    user, times = f"{_octets(login.user)}:{challenge.realm}", f"{count:08x}"
    secret = digest(f"{user}:{_octets(login.password)}")
    if challenge.algorithm.lower().endswith(_SESSION):
        secret = digest(f"{secret}:{challenge.nonce}:{own_nonce}")
    asked = digest(f"{method}:{target}")
    between = f"{times}:{own_nonce}:auth:" if challenge.protects else ""
    said = {
        **_user(challenge, login, digest(user)),
        "realm": _quoted(challenge.realm), "nonce": _quoted(challenge.nonce),
        "uri": _quoted(target), "response": _quoted(
            digest(f"{secret}:{challenge.nonce}:{between}{asked}")
        ),
        "algorithm": challenge.algorithm,
    }  # fmt: skip
    if challenge.opaque is not None:
        said["opaque"] = _quoted(challenge.opaque)
    if challenge.protects:
        said |= {"qop": "auth", "nc": times, "cnonce": _quoted(own_nonce)}
    return "Digest " + ", ".join(f"{name}={value}" for name, value in said.items())


def _is_sound(field: str) -> bool:
    """Tell whether what a field says can be sent back: its words stand in the answer."""
    return len(field) <= MAX_FIELD and field.isprintable()


def _read(field: str) -> Challenge | None:
    begin = _SCHEME.search(field)
    if begin is None:
        return None
    said = _parameters(field, begin.end())
    algorithm = said.get("algorithm", "MD5")
    offered = {one.strip().lower() for one in said.get("qop", "").split(",")} - {""}
    can_be_met = not offered or "auth" in offered
    if "nonce" not in said or _plain(algorithm) not in _ALGORITHMS or not can_be_met:
        return None
    return Challenge(
        said.get("realm", ""), said["nonce"], algorithm, said.get("opaque"), bool(offered),
        said.get("stale", "").lower() == "true", said.get("userhash", "").lower() == "true",
    )  # fmt: skip


def _parameters(field: str, at: int) -> dict[str, str]:
    """Return what a challenge says, by names in lower case; the first word counts."""
    said: dict[str, str] = {}
    while (match := _PARAMETER.match(field, at)) is not None:
        name, quoted, plain = match.groups()
        said.setdefault(name.lower(), plain if quoted is None else _ESCAPE.sub(r"\1", quoted))
        at = match.end()
    return said


def _octets(text: str) -> str:
    """Return a text in UTF-8 as the fields of a header have it: a character an octet."""
    return text.encode().decode("latin-1")


def _plain(algorithm: str) -> str:
    return algorithm.lower().removesuffix(_SESSION)


def _hash_of(algorithm: str) -> Callable[[str], str]:
    name = _ALGORITHMS[_plain(algorithm)]

    def digest(text: str) -> str:
        return hashlib.new(name, text.encode("latin-1"), usedforsecurity=False).hexdigest()

    return digest


def _user(challenge: Challenge, login: Login, hashed: str) -> dict[str, str]:
    if challenge.hides_user:
        return {"username": _quoted(hashed), "userhash": "true"}
    if login.user.isascii():
        return {"username": _quoted(login.user)}
    return {"username*": f"UTF-8''{quote(login.user, safe='')}"}


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
