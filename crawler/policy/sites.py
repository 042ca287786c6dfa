"""Which hosts are one site: those with the same registrable domain. Pure."""

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList


def site_of(hostname: str) -> str:
    """Return the registrable domain of the name of a canonical URL's host.

    That is a label below a public suffix, by the list that the library brings along with its
    private part, so that two names below github.io are two sites. An address, a public suffix and
    a name without a dot are sites of their own.
    """
    if hostname.startswith("[") or hostname.rpartition(".")[2].isdigit():
        return hostname  # an address
    return public_suffixes().privatesuffix(hostname) or hostname


def is_public_suffix(name: str) -> bool:
    """Tell whether names directly below this one are sites of their own, by the same list."""
    return not public_suffixes().privatesuffix(name)


@lru_cache(maxsize=1)
def public_suffixes() -> "PublicSuffixList":
    """Return the list; reading it takes 0.1 s, once, where a configuration asks for it."""
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415  few configurations need it

    return PublicSuffixList()
