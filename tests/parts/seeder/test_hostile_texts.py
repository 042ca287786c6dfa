"""No list, program or sitemap brings the ledger a text that an engine could not hold."""

import sys

import pytest

from crawler import sources
from crawler.config import Job
from crawler.seeder.seeds import chunks_of, parsed
from tests.parts.sources.readings import unfetched
from tests.parts.sources.shelf import sitemap

HOSTILE = ("\0", "\ud800", "\udfff", "\udcff")
GOOD = "http://h/good"
BINDS = {"nothing": {}, "path": {"path": "{c}/{url_path}"}, "headers": {"headers": {"X-C": "{c}"}}}


def spelled(text):
    """A text with what no engine holds, as each format can say it."""
    number = ord(text)
    raw = text.encode("utf-8", "surrogatepass")
    return raw, f"\\u{number:04x}".encode(), f"&#{number};&#x{number:x};".encode()


def plain(raw, _, entity):
    return b"".join(b"http://h/%s\nhttp://%s/\n" % (one, one) for one in (raw, entity))


def table(raw, _, entity):
    rows = [b"http://h/%s,x" % raw, b"http://h/,%s" % raw, b"http://h/,%s" % entity]
    return b"\n".join([b"url,c", *rows, b""])


def jsonl(raw, escape, _):
    urls = (b'{"url": "http://h/%s", "c": "x"}\n' % one for one in (raw, escape))
    return b"".join([*urls, b'{"url": "http://h/", "c": "%s"}\n' % escape])


def xml(raw, _, entity):
    return sitemap("http://h/A", "http://B/").replace(b"A", raw).replace(b"B", entity)


def rss(raw, _, entity):
    items = b"".join(b"<item><link>http://h/%s</link></item>" % one for one in (raw, entity))
    return b'<rss version="2.0"><channel>' + items + b"</channel></rss>"


LISTS = {
    "list.txt": (plain, GOOD.encode()),
    "list.csv": (table, GOOD.encode() + b",x"),
    "list.jsonl": (jsonl, b'{"url": "%s", "c": "x"}' % GOOD.encode()),
    "list.xml": (xml, None),
    "feed.xml": (rss, None),
}


def seeds_of(tmp_path, **options):
    """All seeds of a job's one source, which may be torn."""
    job = Job(name="j", **options)
    (source,) = sources.of(job, tmp_path / "copies", unfetched)
    found = []
    try:
        for chunk in chunks_of(source, ""):
            found += parsed(source, job, chunk)[0]
    except sources.SourceError:
        pass
    return source, found


def assert_held(source, seeds):
    texts = [source.name, *(one for seed in seeds for one in seed if isinstance(one, str))]
    for text in texts:
        assert "\0" not in text
        text.encode()


@pytest.mark.parametrize("hostile", HOSTILE, ids=ascii)
@pytest.mark.parametrize("bind", BINDS)
@pytest.mark.parametrize("name", LISTS)
def test_a_list_brings_only_what_an_engine_holds(tmp_path, name, hostile, bind):
    write, good = LISTS[name]
    content = write(*spelled(hostile)) + (good + b"\n" if good else b"")
    file = tmp_path / name
    file.write_bytes(content)
    bound = BINDS[bind] if name.endswith((".csv", ".jsonl")) else {}
    source, seeds = seeds_of(tmp_path, url_file=file, **bound)
    assert_held(source, seeds)
    if good:
        assert GOOD in {seed.url for seed in seeds}, "one line ends no other"


@pytest.mark.parametrize("hostile", HOSTILE, ids=ascii)
def test_a_program_brings_only_what_an_engine_holds(tmp_path, hostile):
    content = plain(*spelled(hostile)) + GOOD.encode()
    code = f"import sys; sys.stdout.buffer.write({content!r})"
    source, seeds = seeds_of(tmp_path, command=(sys.executable, "-c", code))
    assert_held(source, seeds)
    assert GOOD in {seed.url for seed in seeds}
