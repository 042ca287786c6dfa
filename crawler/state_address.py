"""Where a ledger is: in a file of this machine, or on a PostgreSQL server. Pure."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import field
from pathlib import Path
from urllib.parse import unquote

from crawler.value import value

SECRETS = frozenset({
    "oauth_client_secret", "password", "scram_client_key", "scram_server_key", "sslpassword",
})  # fmt: skip
"""Parameters of a server's URL whose values are told nowhere."""
PARAMETERS = SECRETS | {
    "application_name", "channel_binding", "connect_timeout", "dbname", "fallback_application_name",
    "gssdelegation", "gssencmode", "gsslib", "host", "hostaddr", "keepalives", "keepalives_count",
    "keepalives_idle", "keepalives_interval", "krbsrvname", "load_balance_hosts",
    "max_protocol_version", "min_protocol_version", "oauth_client_id", "oauth_issuer",
    "oauth_scope", "options", "passfile", "port", "require_auth", "requirepeer", "service",
    "ssl", "ssl_max_protocol_version", "ssl_min_protocol_version", "sslcert",
    "sslcertmode", "sslcompression", "sslcrl", "sslcrldir", "sslkey", "sslkeylogfile", "sslmode",
    "sslnegotiation", "sslrootcert", "sslsni", "target_session_attrs", "tcp_user_timeout", "user",
}  # fmt: skip
"""Parameters of a server's URL: those of libpq 18, but for what an engine has to say itself."""
NO_STATE = "a path is needed, or a URL as in postgresql://crawler@db.example/crawler"
"""What is said of what is neither."""
MAX_URL = 8192
"""Characters of a server's URL."""
_STARS = "***"
_SERVER = re.compile(r"postgres(?:ql)?://")
_MEANT = re.compile(r"\s*(?:postgres(?:ql)?:|[a-z][a-z0-9+.-]*://)", re.IGNORECASE)
"""What is meant as a URL and is none of a server, with a typing error or of another program."""
_KEYWORDS = re.compile(r"(?:^|\s)(?:dbname|host|hostaddr|password|service|user)\s*=")
"""A server as libpq has it without a URL."""
_ODD = re.compile(r"[\x00-\x20\x7f]|%00")
_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.%]+\]|[^\[\]:]*)(?::([0-9]*))?")
_ENCODED = "what stands in a name or a password is percent-encoded, @ as %40, : as %3A, / as %2F"


@value
class StateServer:
    """A ledger on a PostgreSQL server; as a text it holds no secret.

    Two that differ in secrets alone are equal: they are one ledger.
    """

    plain: str
    """The URL without its secrets."""
    url: str = field(compare=False, repr=False)
    """The URL as libpq takes it, with its secrets."""
    secrets: tuple[str, ...] = field(compare=False, repr=False)
    """The secrets in it, decoded."""
    shown: str = field(compare=False, repr=False)
    """The URL for people: stars in the place of user and password."""

    def __str__(self) -> str:
        return self.shown

    def __repr__(self) -> str:
        return f"StateServer({self.shown!r})"

    @property
    def has_secret(self) -> bool:
        """Tell whether the URL itself has a password, or another secret."""
        return bool(self.secrets)


StateAddress = Path | StateServer
"""A ledger's file, or the server that has it."""


def folders_of(state: StateAddress) -> tuple[Path, ...]:
    """Return the folder of a ledger's file; none where a server has it."""
    return (state.parent,) if isinstance(state, Path) else ()


def state_address(text: str) -> StateAddress:
    """Return where a ledger is, from a path or a postgresql:// URL.

    No message repeats what was written: a password may stand anywhere in it.

    Raises:
        ValueError: it is meant as a server, and no URL of one.
    """
    if _SERVER.match(text):
        return _server(text)
    if _MEANT.match(text) or _KEYWORDS.search(text):
        raise ValueError(NO_STATE)
    return Path(text)


def _server(text: str) -> StateServer:
    """Take the URL of a server apart (libpq: Connection URIs).

    Raises:
        ValueError: it is no such URL, or holds what libpq does not know.
    """
    _check_characters(text)
    head, _, query = text.partition("://")[2].partition("?")
    authority, slash, database = head.partition("/")
    user, at, hosts = authority.rpartition("@")
    if "@" in user or "@" in database:
        raise ValueError(f"the URL has an @ too many: {_ENCODED}")
    _check_hosts(hosts)
    name, _, password = user.partition(":")
    place, parameters = f"{at}{hosts}{slash}{database}", list(_parameters(query))
    return StateServer(
        plain=_with(f"{name}{place}", [one for one in parameters if one[0] not in SECRETS]),
        url=text,
        secrets=tuple(_secrets(password, parameters)),
        shown=_with(f"{_STARS if at else ''}{place}", list(map(_masked, parameters))),
    )


def _check_characters(text: str) -> None:
    if len(text) > MAX_URL:
        raise ValueError(f"the URL is longer than {MAX_URL:,} characters")
    if _ODD.search(text) or _PERCENT.search(text):
        raise ValueError(
            "the URL holds a blank, a control character or a % without two digits: "
            "they are percent-encoded, % as %25"
        )


def _check_hosts(hosts: str) -> None:
    for one in hosts.split(","):
        match = _HOST.fullmatch(one)
        if not match:
            raise ValueError(f"the URL has no host as in db.example:5432 or [::1]: {_ENCODED}")
        if match[1] and not (len(match[1]) <= 5 and 0 < int(match[1]) < 65_536):
            raise ValueError(f"the URL has a port beyond 65535: {_ENCODED}")


def _parameters(query: str) -> Iterator[tuple[str, str]]:
    """Yield the parameters of a URL, names decoded and values as they are written.

    Raises:
        ValueError: libpq knows no such parameter; a name may be part of a password.
    """
    for part in query.split("&") if query else ():
        name, equals, value = part.partition("=")
        if not equals or unquote(name) not in PARAMETERS:
            close = difflib.get_close_matches(name, PARAMETERS, n=1)
            hint = f"; did you mean {close[0]}?" if close and close[0] != name else ""
            raise ValueError(f"what follows the ? of the URL are parameters of libpq{hint}")
        yield unquote(name), value


def _secrets(password: str, parameters: list[tuple[str, str]]) -> Iterator[str]:
    for text in (password, *(said for name, said in parameters if name in SECRETS)):
        if text:
            yield unquote(text)


def _masked(parameter: tuple[str, str]) -> tuple[str, str]:
    name, value = parameter
    return name, _STARS if name in SECRETS else value


def _with(place: str, parameters: list[tuple[str, str]]) -> str:
    query = "&".join(f"{name}={value}" for name, value in parameters)
    return f"postgresql://{place}?{query}" if query else f"postgresql://{place}"
