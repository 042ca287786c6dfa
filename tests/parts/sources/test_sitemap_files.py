"""One sitemap as a file: XML or text, sound, hostile or beyond the limits of the protocol."""

import gzip
import time
from contextlib import closing

import pytest

from crawler.sources.lines import MAX_LINE_BYTES
from crawler.sources.sitemap_files import MAX_BYTES
from tests.parts.sources.readings import told, unchanged, urls
from tests.parts.sources.shelf import sitemap
from tests.parts.ticker import GAP_S

ODD = b"""<?xml version='1.0' encoding='ISO-8859-1'?>
<sm:urlset xmlns:sm='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:image='x'>
 <sm:url><sm:loc>
   http://h/1?a=1&amp;b=\xe9
 </sm:loc><image:image><image:loc>http://h/no</image:loc></image:image></sm:url>
 <sm:url><image:loc>http://h/no</image:loc><sm:loc><![CDATA[http://h/2?a&b]]></sm:loc></sm:url>
 <sm:loc>http://h/no</sm:loc><sm:url><sm:x><sm:loc>http://h/no</sm:loc></sm:x></sm:url>
 <!-- <sm:url><sm:loc>http://h/no</sm:loc></sm:url> -->
</sm:urlset>"""


@pytest.mark.parametrize("coded", ["plain", "gzip", "utf-16"])
def test_a_sitemap_lists_the_locations_of_its_urls(coded, web, site, shelf):
    text = ODD.decode("latin-1").replace("ISO-8859-1", "UTF-16").encode("utf-16")
    shelf.files["sitemap.xml"] = {"plain": ODD, "gzip": gzip.compress(ODD), "utf-16": text}[coded]
    source = web(sitemap=f"{site.url}/sitemap.xml")
    assert source.name == f"sitemap:{site.url}/sitemap.xml"
    assert urls(source) == ["http://h/1?a=1&b=é", "http://h/2?a&b"]
    assert unchanged(source, source.version_read)


def test_a_text_sitemap_is_a_plain_list(web, site, shelf):
    shelf.files["sitemap.txt"] = b"\xef\xbb\xbfhttp://h/1\r\nhttp://h/2\n"
    assert urls(web(sitemap=f"{site.url}/sitemap.txt")) == ["http://h/1", "http://h/2"]


def test_what_lies_beyond_50_000_urls_is_bad_and_counted(web, site, shelf):
    shelf.files["s"] = sitemap(*[f"http://h/{number}" for number in range(50_007)])
    shelf.files["t"] = b"".join(b"http://h/%d\n" % number for number in range(50_007))
    for name in "st":
        good, bad, error = told(web(sitemap=f"{site.url}/{name}"))
        assert (len(good), len(bad), error) == (50_000, 7, None)
        assert bad[0] == (50_001, "beyond the 50,000 URLs of one sitemap: http://h/50000")


LAUGHS = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY l "http://h/">%s]>
<urlset><url><loc>&l9;</loc></url></urlset>""" % b"".join(
    b'<!ENTITY l%d "%s">' % (n, b"&l%s;" % (b"%d" % (n - 1) if n > 1 else b"") * 10)
    for n in range(1, 10)
)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (LAUGHS, "it has a DOCTYPE"),
        (b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><urlset/>', "it has a DOCTYPE"),
        (sitemap("http://h/&nbsp;"), "line 2: it is not well-formed XML: undefined entity"),
        (b"<rss><channel/></rss>", "its root is <rss>; <urlset> or <sitemapindex> is needed"),
        (b"<urlset>" + b"<url>" * 100, "it is nested deeper than 64 elements"),
        (b'<?xml version="1.0" encoding="klingon"?><urlset/>', "its encoding is unknown"),
        (b"<urlset><url a='" + b"x" * 3_000_000 + b"'/></urlset>", "it has a tag of more than"),
        (b"<", "line 1: it is not well-formed XML: unclosed token"),
        (b"<urlset><url><loc>http://h/1</loc>", "line 1: it is not well-formed XML: no element"),
    ],
)
def test_a_hostile_sitemap_is_an_error_soon(content, reason, web, site, shelf, ticker):
    shelf.files["s"] = content
    began = time.monotonic()
    error = told(web(sitemap=f"{site.url}/s"))[2]
    assert error.startswith(f"sitemap:{site.url}/s: {reason}")
    assert time.monotonic() - began < 3
    assert ticker.longest < GAP_S


def test_an_empty_sitemap_is_empty(web, site, shelf):
    shelf.files |= {"s": sitemap(), "e": b""}
    assert urls(web(sitemap=f"{site.url}/s")) == urls(web(sitemap=f"{site.url}/e")) == []


@pytest.mark.parametrize(
    "piece", [b"<url><loc>http://h/</loc><x>" + b"x" * 250 + b"</x></url>", b"<!-- -->"]
)
def test_a_sitemap_beyond_50_mib_ends_there_and_says_so(piece, web, site, shelf, ticker):
    shelf.files["s.gz"] = gzip.compress(b"<urlset>" + piece * (60 * 2**20 // len(piece)), 1)
    source = web(sitemap=f"{site.url}/s.gz")
    ticker.start()
    good = bad = 0
    with closing(source.read("")) as blocks:
        for block in blocks:
            bad += sum(line.startswith(b"\0") for line in block)
            good += sum(not line.startswith(b"\0") for line in block)
            last = block[-1]
    assert list(source.parse(b"")) == []
    with pytest.raises(ValueError, match="the rest of this sitemap, beyond its 50 MiB"):
        list(source.parse(last))
    assert good <= 50_000
    assert bad <= MAX_BYTES // len(piece) + 1
    assert ticker.longest < GAP_S


def test_a_location_of_a_mebibyte_is_one_bad_line(web, site, shelf):
    shelf.files["s"] = sitemap("http://h/1", "http://h/" + "x\n&amp;" * 200_000, "http://h/3")
    good, bad, error = told(web(sitemap=f"{site.url}/s"))
    assert [url for url, _ in good] == ["http://h/1", "http://h/3"]
    assert (bad, error) == ([(2, f"it is longer than {MAX_LINE_BYTES} bytes")], None)


def test_a_text_sitemap_beyond_50_mib_lists_no_half_url(web, site, shelf):
    line = b"http://h/" + b"x" * 2000 + b"/whole\n"
    shelf.files["s"] = gzip.compress(line * (MAX_BYTES // len(line) + 10), 1)
    good, bad, error = told(web(sitemap=f"{site.url}/s"))
    assert len(good) == MAX_BYTES // len(line)
    assert all(url.endswith("/whole") for url, _ in good)
    assert [reason for _, reason in bad] == ["the rest of this sitemap, beyond its 50 MiB"]
    assert error is None
