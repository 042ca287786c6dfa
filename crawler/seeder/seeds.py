"""From a source to seeds: its lines in chunks, and a seed for each URL."""

import json
from collections.abc import Collection, Generator, Iterable, Mapping
from contextlib import closing
from typing import NamedTuple, cast

from crawler.config import Job, header_value
from crawler.policy import checksums, naming
from crawler.policy.url_filter import UrlFilter
from crawler.records import Seed
from crawler.seeder.chunks import Chunk, Chunker
from crawler.sources import LASTMOD, Source
from crawler.sources.contract import Entries
from crawler.threads import Native
from crawler.urls import fingerprint, host_of, listed

BadLine = tuple[str, str, str]
"""Its position, its text and its problem."""


class Parsed(NamedTuple):
    """What the lines of a chunk come to."""

    seeds: list[Seed]
    bad: list[BadLine]
    filtered: int = 0
    """URLs that were left out."""


def read(
    source: Source, job: Job, native: Native, left_out: UrlFilter | None = None
) -> Generator[Parsed, None, None]:
    """Yield what each chunk of a source comes to.

    Raises:
        SourceError: the source cannot be read to its end.
    """
    for chunk in chunks_of(source, "", left_out):
        yield native.call(parsed, source, job, chunk, left_out)


def parsed(
    source: Source,
    job: Job,
    chunk: Chunk,
    left_out: UrlFilter | None = None,
    limit: int | None = None,
) -> Parsed:
    """Return the seeds and the bad lines of a chunk, `limit` of both at most.

    It is pure, for a native thread.
    """
    seeds: list[Seed] = []
    bad: list[BadLine] = []
    filtered, parse = 0, source.parse
    for number, line in enumerate(chunk.lines, chunk.number):
        if not line:  # there may be two hundred million of them in a gzip
            continue
        try:
            if left_out is None:
                seeds += [seed_of(job, text, bound) for text, bound in parse(line)]
            else:
                filtered += _take(seeds, job, parse(line), left_out)
        except Exception as error:  # noqa: BLE001  a line that is a riddle to us ends itself alone
            bad.append((source.where(number), line[:200].decode("utf-8", "replace"), str(error)))
        if limit is not None and len(seeds) + len(bad) >= limit:
            break
    return Parsed(seeds, bad, filtered)


def _take(seeds: list[Seed], job: Job, entries: Entries, left_out: UrlFilter) -> int:
    """Take the seeds of a line that are not left out; return how many are."""
    found = [(seed_of(job, text, bound), bound.get(LASTMOD)) for text, bound in entries]
    taken = [
        seed
        for seed, modified in found
        if not left_out.leaves_out(seed.url, seed.host, float(modified) if modified else None)
    ]
    seeds += taken
    return len(found) - len(taken)


def seed_of(job: Job, text: str, bound: Mapping[str, str]) -> Seed:
    """Return the seed for a URL as listed, with the columns of its line.

    Raises:
        ValueError: it is no URL that can be fetched, or a column does not fit into a header.
    """
    url = listed(text)
    number = fingerprint(job.name, url)
    if not bound and not job.checksums:
        return Seed(number, url, host_of(url))
    if LASTMOD in bound:
        return Seed(number, url, host_of(url), modified=_modified(job, bound[LASTMOD]))
    path, later = None, frozenset[str]()
    if names := naming.bound_by_lists(job.path):
        if naming.is_from_answer(job.path, job.ext):
            later = names
        else:
            path = naming.path_of(job.path, job.name, url, number, bound)
    return Seed(number, url, host_of(url), path, _kept_columns(job, bound, later, url))


def _modified(job: Job, seconds: str) -> float | None:
    """Return a time of change; a schedule that says when not to visit is not passed by."""
    bounded = job.schedule and (job.schedule.hours or job.schedule.until)
    return None if bounded else float(seconds)


def _kept_columns(
    job: Job, bound: Mapping[str, str], later: Collection[str], url: str
) -> str | None:
    """Return the columns of a line that its visits need, as JSON, if they need any.

    Those are what the job's headers use, what the line says of the body, and those of `later`,
    which name the file when its answer is there.
    """
    used = {name: bound[name] for name in later}
    used |= {
        name: header_value(value)
        for name, value in bound.items()
        if not name.startswith(checksums.BOUND)
        and any(f"{{{name}}}" in header for header in job.headers.values())
    }
    if job.checksums:  # also where a line says nothing: an earlier one may have
        used[checksums.BOUND] = _checks(bound, url)
    return json.dumps(used) if used else None


def _checks(bound: Mapping[str, str], url: str) -> str:
    said = {name.removeprefix(checksums.BOUND): text for name, text in bound.items()}
    mirrors = dict.fromkeys(map(_mirror, said.get(checksums.MIRRORS, "").split()))
    return checksums.text_of(said, [one for one in mirrors if one != url])


def _mirror(text: str) -> str:
    try:
        return listed(text)
    except ValueError as error:
        raise ValueError(f"a mirror: {error}") from None


def chunks_of(
    source: Source, known_version: str, left_out: UrlFilter | None = None
) -> Generator[Chunk, None, None]:
    """Yield the chunks of a source; another filter gives its lines another meaning.

    Raises:
        SourceError: the source cannot be read to its end.
        Unchanged: its version is still the known one.
    """
    with closing(cast("Generator[list[bytes], None, None]", source.read(known_version))) as blocks:
        yield from cut(source, blocks, left_out)


def cut(
    source: Source, blocks: Iterable[list[bytes]], left_out: UrlFilter | None = None
) -> Generator[Chunk, None, None]:
    """Yield the chunks of what was read of a source."""
    chunker = None
    for block in blocks:
        chunker = chunker or Chunker(_salt(source, left_out))  # known with the first block
        yield from chunker.feed(block)
    if chunker:
        yield from chunker.finish()


def _salt(source: Source, left_out: UrlFilter | None) -> bytes:
    return source.salt if left_out is None else source.salt + b"\0" + left_out.reading.encode()
