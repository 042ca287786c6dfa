"""One sitemap as a file: XML or text, sound, hostile or beyond the limits of the protocol."""

import gzip
import time
from contextlib import closing

import pytest

from crawler.sources.contract import LASTMOD
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
        (b"<html><body>Sorry</body></html>", "its root is <html>: it is a web page"),
        (b"<svg><path/></svg>", "its root is <svg>; <urlset> or <sitemapindex> is needed"),
        (b"<urlset>" + b"<x>" * 100, "it is nested deeper than 64 elements"),
        (b'<?xml version="1.0" encoding="klingon"?><urlset/>', "its encoding is unknown"),
        (b"<urlset><url a='" + b"x" * 3_000_000 + b"'/></urlset>", "it has a tag of more than"),
        (b'<?xml version="1.0" encoding="idna"?><urlset/>', "its encoding is unknown"),
        (b"<", "it holds no element; <urlset> or <sitemapindex> is needed"),
        (b"<b>Error</b>" * 10_000, "its root is <b>; <urlset> or <sitemapindex> is needed"),
        (b"<urlset><url><loc>http://h/1</loc>", "it breaks off before </urlset>"),
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


DECLARED = b'<?xml version="1.0" encoding="UTF-8"?>\n'
SOUND = sitemap("http://h/1", "http://h/2").partition(b"\n")[2]
NOTICE = b"<br />\n<b>Notice</b>: Undefined index: q in <b>/x.php</b> on line <b>3</b><br />\n"


@pytest.mark.parametrize(
    "content",
    [
        b" \n\t" + DECLARED + SOUND,
        b"\xef\xbb\xbf\n" + DECLARED + SOUND,
        b"<!-- made by <urlset> -->\n" + DECLARED + SOUND,
        NOTICE + DECLARED + SOUND,
        b"Warning: mysql_connect() in x.php\n" + DECLARED + SOUND,
        DECLARED.replace(b"UTF-8", b"utf-16") + SOUND,
        b"<!DOCTYPE urlset>" + SOUND,
        SOUND + b"</urlset><x>&",
        SOUND + b"<!-- cached in 0.1 s -->\n\0\0\xff",
        gzip.compress(SOUND) + b"junk",
        gzip.compress(SOUND) + gzip.compress(b"<urlset>")[:-9],
        SOUND.replace(b"http://h/2", b"/2").replace(b"http://h/1", b"//h/1"),
        SOUND.upper().replace(b"HTTP://H", b"http://h"),
        SOUND.replace(b"</url>", b"", 1),
        SOUND.replace(b"<url>", b"<url><x>a < b & c &nbsp; &bogus; \xff \x01 <br></x>", 1),
        SOUND.replace(b"http://h/2", b"<![CDATA[\n http://h/2]]>&nbsp;\n"),
        SOUND.decode().encode("utf-16-be"),
    ],
)
def test_a_sitemap_as_found_in_the_wild_is_read(content, web, site, shelf):
    shelf.files["s"] = content
    base = f"{site.url}/s"
    found = [url.replace(site.url, "http://h") for url in urls(web(sitemap=base))]
    assert found == ["http://h/1", "http://h/2"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (b"http://h/?a=1&b=2&copy=3", "http://h/?a=1&b=2&copy=3"),
        (b"http://h/?a=1&amp;b=2&amp;amp;c", "http://h/?a=1&b=2&amp;c"),
        (b"http://h/&eacute;&#233;&#xE9;", "http://h/ééé"),
        (b"http://h/a b", "http://h/a%20b"),
        (b"&xxe;http://h/", None),
        (b"http://h/\xe9", "it holds a byte that is not of its encoding"),
        (b"www.h.example/", "it has no scheme"),
    ],
)
def test_what_stands_in_a_location_is_read_as_browsers_do(written, meant, web, site, shelf):
    shelf.files["s"] = SOUND.replace(b"http://h/1", written)
    good, bad, error = told(web(sitemap=f"{site.url}/s"))
    assert error is None
    assert good[-1][0] == "http://h/2"
    if meant is None or not meant.startswith("http"):
        assert len(good) + len(bad) == 2
        assert not bad or (meant or "") in bad[0][1]
    else:
        assert good[0][0] == meant


RSS = b"""<rss version="2.0"><channel><title>x</title><link>http://h/no</link>
<item><title>a</title><link> http://h/1 </link><guid>http://h/no</guid></item>
<item><link>/2?a=1&amp;b</link><media:link>http://h/no</media:link></item></channel></rss>"""
RSS_1 = b"""<rdf:RDF xmlns="http://purl.org/rss/1.0/"><channel><link>http://h/no</link></channel>
<item rdf:about="x"><link>http://h/1</link></item><item><link>/2?a=1&amp;b</link></item></rdf:RDF>"""
ATOM = b"""<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><link href="http://h/no"/>
<entry><link rel="self" href="http://h/no"/><link rel="alternate" href='http://h/1'/></entry>
<entry><link href="/2?a=1&amp;b"></link><content><link href="http://h/no"/></content></entry></feed>"""


@pytest.mark.parametrize("feed", [RSS, RSS_1, ATOM])
def test_a_feed_lists_the_pages_of_its_entries(feed, web, site, shelf):
    shelf.files["feed"] = feed
    found = urls(web(sitemap=f"{site.url}/feed"))
    assert found == ["http://h/1", f"{site.url}/2?a=1&b"]


@pytest.mark.parametrize("lost", [1, 9, 30])
def test_what_was_complete_before_a_sitemap_breaks_off_counts(lost, web, site, shelf):
    whole = sitemap(*[f"http://h/{number}" for number in range(2000)])
    for content in (whole[:-lost], gzip.compress(whole)[: -lost - 20]):
        shelf.files["s"] = content
        good, bad, error = told(web(sitemap=f"{site.url}/s"))
        assert len(good) > 500
        assert bad == []
        assert error


def test_a_sitemap_of_200_mb_takes_50_mib_of_disk(web, site, shelf, tmp_path):
    shelf.files["s"] = b"<urlset><url><loc>http://h/1</loc></url>" + b" " * 200_000_000
    good, bad, error = told(web(sitemap=f"{site.url}/s", max_size=10**9))
    assert [url for url, _ in good] == ["http://h/1"]
    assert [reason for _, reason in bad] == ["the rest of this sitemap, beyond its 50 MiB"]
    assert error is None
    kept = sum(file.stat().st_size for file in (tmp_path / "copies").iterdir())
    assert kept < MAX_BYTES + 10_000


@pytest.mark.parametrize(
    ("entry", "modified"),
    [
        ("<url><loc>http://h/1</loc><lastmod>2026-11-28T10:00:00Z</lastmod></url>", 1795860000),
        ("<url><lastmod>2026-11-28</lastmod><loc>http://h/1</loc>", 1795910399),
        ("<url><loc>http://h/1</loc><lastmod>yesterday</lastmod></url>", None),
        ("<url><loc>http://h/1</loc><news:lastmod>2026-11-28</news:lastmod></url>", None),
    ],
)
def test_a_location_is_bound_to_the_time_of_its_change(entry, modified, web, site, shelf):
    shelf.files["s"] = f"<urlset>{entry}<url><loc>http://h/2</loc></url></urlset>".encode()
    good, bad, error = told(web(sitemap=f"{site.url}/s"))
    assert good == [
        ("http://h/1", {LASTMOD: str(modified)} if modified else {}),
        ("http://h/2", {}),
    ]
    assert (bad, error) == ([], None)
