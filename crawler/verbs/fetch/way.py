"""The proxy of a run: the one that was typed, or those of the environment, with a line of it."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from crawler.config.checks import proxy as checked
from crawler.errors import UsageError
from crawler.policy.masking import USUAL
from crawler.policy.proxies import Proxies, proxies_of


def typed_proxy(given: Mapping[str, Any]) -> dict[str, str]:
    """Return the option `proxy` of a job for -x; one without a scheme is an HTTP proxy (curl).

    Raises:
        UsageError: it is no proxy, or it has no port.
    """
    text = given.get("proxy", "")
    return {"proxy": _sound("-x", text if "://" in text else f"http://{text}")} if text else {}


def environments(given: Mapping[str, Any], environment: Mapping[str, str]) -> Proxies | None:
    """Return the proxies of the environment, where none was typed.

    Raises:
        UsageError: a variable has none, or one without a port.
    """
    found = None if "proxy" in given else proxies_of(environment)
    for named in found.by_scheme.values() if found else ():
        _sound(named.variable, named.url)
    return found


def line_of(proxies: Proxies, schemes: Sequence[str]) -> str:
    """Return the line that says which proxies are used for URLs of some schemes; '' for none."""
    used: dict[str, list[str]] = {}
    for scheme in schemes:
        if named := proxies.by_scheme.get(scheme):
            used.setdefault(named.url, []).append(named.variable)
    if not used:
        return ""
    told = ", ".join(f"{USUAL(url)} of {' and '.join(names)}" for url, names in used.items())
    exempt = f"; none for {','.join(proxies.exempt)} of no_proxy" if proxies.exempt else ""
    return f"proxy {told}{exempt}"


def _sound(place: str, text: str) -> str:
    try:
        url = checked(text)
    except ValueError as error:
        raise UsageError(f"{place}: {error}") from None
    if urlsplit(url).port is None and urlsplit(url).scheme == "http":
        raise UsageError(f"{place}: its port is needed: curl takes 1080, wget 80")
    return url
