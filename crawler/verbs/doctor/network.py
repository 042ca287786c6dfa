"""What a deployment needs of the network: a resolver that answers, certificates that hold."""

import ssl
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import certifi
import gevent

from crawler.config import Job, Settings
from crawler.model import Seconds, Trouble
from crawler.policy.certificates import not_after
from crawler.policy.findings import Finding, bad, ok, skip, warn
from crawler.transport.resolver import Resolver, literal
from crawler.verbs.words import when

MAX_NAMES = 5
"""Names that are looked up."""
LOOKUP_S: Seconds = 3.0
"""Longest wait for all of them together."""
SOON_S: Seconds = 14 * 86_400.0
"""How long before its end a client certificate is told of."""
_BEGIN = "-----BEGIN CERTIFICATE-----"
_END = "-----END CERTIFICATE-----"


def names(settings: Settings, known: Sequence[str]) -> Iterator[Finding]:
    """Say whether the resolver answers for a few of the hosts: `known` ones, or those of `urls`."""
    if all(job.proxy for job in settings.jobs):
        yield skip("dns", "every job has a proxy, which looks names up itself")
        return
    some = _some((*known, *_listed(settings.jobs)))
    if not some:
        yield skip("dns", "no host with a name is known yet")
        return
    with Resolver(MAX_NAMES) as resolver:
        asked = {name: gevent.spawn(_look_up, resolver, name) for name in some}
        gevent.joinall(list(asked.values()))
    yield _judged({name: str(one.value) for name, one in asked.items() if one.value}, len(some))


def _some(names: Iterable[str]) -> list[str]:
    """Return a few names that are to be looked up; an address is none."""
    return list(dict.fromkeys(name for name in names if not literal(name)))[:MAX_NAMES]


def _listed(jobs: Sequence[Job]) -> Iterator[str]:
    """Yield the names of the hosts in `urls`, where no glob makes them."""
    for url in (url for job in jobs for url in job.urls):
        host = urlsplit(url).netloc.rpartition("@")[2].partition(":")[0]
        if host and not set(host) & set("{}[]*"):
            yield host


def _look_up(resolver: Resolver, name: str) -> str:
    """Return why a name has no address; '' if it has one."""
    try:
        resolver.lookup(name, LOOKUP_S)
    except Trouble as trouble:
        return trouble.reason
    return ""


def _judged(failed: dict[str, str], asked: int) -> Finding:
    if not failed:
        return ok("dns", f"{asked} of {asked} names of hosts have addresses")
    why = "; ".join(failed.values())
    if len(failed) == asked:
        return bad("dns", f"no name of {asked} has an address: {why}", "look at /etc/resolv.conf")
    return warn("dns", f"{asked - len(failed)} of {asked} names have addresses: {why}",
                "look at these hosts: `crawler hosts --failing`")  # fmt: skip


def certificates(settings: Settings, now: Seconds) -> Iterator[Finding]:
    """Say whether bundles of authorities can be read, and client certificates still hold."""
    bundles = {_bundle(job) for job in settings.jobs if job.verify is not False}
    yield from map(_authorities, sorted(bundles))
    if not bundles:
        told = "no job verifies any (`verify: false`)"
        yield warn("certificates", told, "name the authority with verify: FILE instead")
    clients = {job.client_cert for job in settings.jobs if job.client_cert}
    yield from (_client(file, now) for file in sorted(clients))


def _bundle(job: Job) -> Path:
    return job.verify if isinstance(job.verify, Path) else Path(certifi.where())


def _authorities(bundle: Path) -> Finding:
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(str(bundle))
    except OSError as error:
        return bad("certificates", f"{bundle}: {error.strerror or error}", "name a file of PEM")
    number = context.cert_store_stats()["x509"]
    return ok("certificates", f"{bundle}: {number} authorities")


def _client(file: Path, now: Seconds) -> Finding:
    try:
        first = file.read_text(encoding="ascii", errors="replace").partition(_BEGIN)[2]
        until = not_after(ssl.PEM_cert_to_DER_cert(f"{_BEGIN}{first.partition(_END)[0]}{_END}\n"))
    except (OSError, ValueError) as error:
        return bad("certificates", f"{file}: no certificate can be read: {error}", "name another")
    told = f"{file}: the client certificate is valid until {when(until, now)}"
    if until <= now:
        return bad("certificates", told, "have it renewed, then `crawler reload`")
    if until < now + SOON_S:
        return warn("certificates", told, "have it renewed, then `crawler reload`")
    return ok("certificates", told)
