"""Lines out of bytes, however they come, in bounded memory and without a stop of the others."""

import gzip
import os
import resource
import time
from contextlib import closing

import gevent
import psutil
import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from crawler.seeder.chunks import Chunker
from crawler.sources.lines import BLOCK_LINES, MAX_LINE_BYTES
from crawler.sources.reading import pieces
from tests.parts.sources.readings import lines, told, write
from tests.parts.ticker import GAP_S


@seed(4)
@settings(deadline=None)
@given(st.binary(max_size=300), st.integers(1, 40), st.integers(0, 8))
def test_gzip_is_unpacked_however_it_comes_and_never_passes_torn(content, size, lost):
    packed = gzip.compress(content[:100]) + gzip.compress(content[100:])
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    found, source = b"", pieces(reader)
    with closing(os.fdopen(reader)):
        try:
            for start in range(0, len(packed) - lost, size):
                os.write(writer, packed[start : min(start + size, len(packed) - lost)])
                while (piece := next(source)) is not None:
                    found += piece
        finally:
            os.close(writer)
            gevent.sleep(0.001)  # gevent closes what is no file a little later
        if lost:
            with pytest.raises(EOFError):
                list(source)
        else:
            assert found + b"".join(filter(None, source)) == content


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
@pytest.mark.parametrize("extra", [-1, 0, 1, 2, 3, 300_000])
def test_a_line_is_too_long_by_its_own_length_alone(end, extra, one, tmp_path):
    for before in (0, 262_144 - MAX_LINE_BYTES, 262_143, 262_142 - MAX_LINE_BYTES - extra):
        head = b"#" * before + b"\n"
        line = b"http://h/" + b"y" * (MAX_LINE_BYTES + extra - 9)
        source = one(url_file=write(tmp_path, "list", head + line[:-1] + b"x" + end))
        good, bad, error = told(source)
        assert len(good) == (extra <= 0)
        assert [number for number, _ in bad] == [2] * (extra > 0)
        assert error is None
        assert max(map(len, lines(source))) <= MAX_LINE_BYTES + 1


@pytest.mark.parametrize("cut", [1, 5, 12, 20])
def test_a_torn_gzip_gives_its_lines_and_then_an_error(cut, one, tmp_path):
    packed = gzip.compress(b"".join(b"http://h/%d\n" % number for number in range(50_000)))
    source = one(url_file=write(tmp_path, "torn.gz", packed[:-cut]))
    good, bad, error = told(source)
    assert len(good) > 40_000
    assert not bad or bad[0][0] == len(good) + 1
    assert error == (
        f"url_file:{tmp_path}/torn.gz: it is not whole: its gzip ends before its own end mark"
    )
    assert source.version_read == ""


def test_a_broken_gzip_is_an_error(one, tmp_path):
    packed = gzip.compress(b"http://h/1\n" * 1000)
    for content in (packed[:-8] + bytes(8), packed + b"junk", b"\x1f\x8b" + b"junk" * 9):
        source = one(url_file=write(tmp_path, "list", content))
        assert told(source)[2].startswith(f"url_file:{tmp_path}/list: its gzip is broken: ")


def many(tmp_path, name, count):
    file = tmp_path / name
    body = {
        "plain": lambda n: b"http://flags.example.org/%d/flag.gif\n" % n,
        "csv": lambda n: b"http://flags.example.org/%d/flag.gif,c%d\n" % (n, n),
        "jsonl": lambda n: b'{"url": "http://flags.example.org/%d/", "cc": "%d"}\n' % (n, n),
    }[name.split(".")[1]]
    with gzip.open(file, "wb", 1) if name.endswith("gz") else file.open("wb") as out:
        out.write(b"url,cc\n" if ".csv" in name else b"")
        for number in range(count):
            out.write(body(number))
    return file


@pytest.mark.campaign
@pytest.mark.parametrize("name", ["list.plain", "list.plain.gz", "list.csv", "list.jsonl", "urls"])
def test_a_long_list_streams_and_blocks_nobody(name, one, tmp_path, ticker, full_campaign):
    count = 1_000_000 if full_campaign else 200_000
    if name == "urls":
        source = one(urls=(f"http://flags.example.org/[cc=1-{count}]/flag.gif",), path="{cc}")
    else:
        path = "x" if "plain" in name else "{cc}"
        source = one(url_file=many(tmp_path, name, count), path=path)
    process = psutil.Process()
    before = process.memory_info().rss
    began, total, chunks, chunker = time.monotonic(), 0, 0, None
    ticker.start()
    with closing(source.read("")) as blocks:
        for block in blocks:
            chunker = chunker or Chunker(source.salt)
            total += len(block)
            assert len(block) <= BLOCK_LINES
            for chunk in chunker.feed(block):
                chunks += 1
                for line in chunk.lines[:100]:  # as if one line in ten had changed
                    list(source.parse(line))
    seconds = time.monotonic() - began
    print(f"{name}: {total / seconds / 1e6:.2f} million lines/s, gap {ticker.longest * 1e3:.0f} ms")
    assert total == count + (".csv" in name)
    assert chunks > count // 2000
    assert process.memory_info().rss - before < 30 * 2**20
    assert ticker.longest < GAP_S


def test_gzip_members_that_hold_nothing_are_counted(one, tmp_path):
    members = gzip.compress(b"http://h/1\n") + gzip.compress(b"") * 1000
    source = one(url_file=write(tmp_path, "list", members))
    assert told(source)[2].endswith(
        "its gzip is broken: it is made of frames that hold next to nothing"
    )


def test_a_gzip_bomb_of_one_line_needs_no_memory(one, tmp_path, ticker):
    file = write(tmp_path, "bomb", gzip.compress(b"x" * 400_000_000, 1))
    ticker.start()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    good, bad, error = told(one(url_file=file))
    assert (good, error) == ([], None)
    assert bad == [(1, f"it is longer than {MAX_LINE_BYTES} bytes")]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 30_000
    assert ticker.longest < GAP_S
