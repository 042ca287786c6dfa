"""A job's sitemap: an index of files, of which some fail, change or name no URL."""

import gzip

from crawler import sources
from crawler.sources import sitemaps
from tests.parts.sources.readings import job, told, unchanged, unfetched, urls
from tests.parts.sources.shelf import index, sitemap
from tests.servers import RudeSite, endless, sends


def test_an_index_lists_what_its_sitemaps_list_and_is_unchanged_if_all_of_them_are(
    web, site, shelf
):
    base = site.url
    shelf.files |= {
        "index": index(f"{base}/a", f"{base}/more", f"{base}/a", f"{base}/index"),
        "more": index(f"{base}/b.gz", f"{base}/c"),
        "a": sitemap("http://h/a"),
        "b.gz": gzip.compress(sitemap("http://h/b1", "http://h/b2")),
        "c": b"http://h/c\n",
    }
    source = web(sitemap=f"{base}/index")
    expected = ["http://h/a", "http://h/b1", "http://h/b2", "http://h/c"]
    assert urls(source) == expected
    mark = source.version_read
    assert unchanged(source, mark)
    shelf.files["c"] = b"http://h/d\n"
    assert urls(source, mark) == [*expected[:3], "http://h/d"]
    assert source.version_read not in {"", mark}


def test_a_part_of_a_sitemap_that_cannot_be_had_stops_no_other_part(web, site, shelf):
    base = site.url
    shelf.files |= {
        "index": index(f"{base}/gone", f"{base}/torn", f"{base}/bad", f"{base}/page", f"{base}/a"),
        "a": sitemap("http://h/a"),
        "bad": sitemap("http://h/bad").replace(b"</urlset>", b""),
        "torn": gzip.compress(sitemap("http://h/torn"))[:-30],
        "page": b"<!DOCTYPE html><html></html>",
    }
    source = web(sitemap=f"{base}/index")
    good, bad, error = told(source)
    assert {"http://h/a", "http://h/bad"} <= {url for url, _ in good}
    assert bad == []
    assert error.startswith(
        f"sitemap:{base}/index: {base}/gone: cannot be fetched: HTTP status 404;"
    )
    assert error.endswith("; and 1 more")
    assert source.version_read == ""


def test_after_five_failures_in_a_row_no_more_is_asked_for(web, site, shelf):
    shelf.files["index"] = index(*[f"{site.url}/{number}" for number in range(50)])
    error = told(web(sitemap=f"{site.url}/index"))[2]
    assert len(site.requests) == 6
    assert "and 3 more" in error


def test_indexes_are_followed_two_deep(web, site, shelf):
    base = site.url
    shelf.files |= {f"i{n}": index(f"{base}/i{n + 1}", f"{base}/u{n}") for n in range(5)}
    shelf.files |= {f"u{n}": sitemap(f"http://h/{n}") for n in range(5)}
    good, _, error = told(web(sitemap=f"{base}/i0"))
    assert [url for url, _ in good] == ["http://h/0", "http://h/1"]
    assert error == f"sitemap:{base}/i0: {base}/i2: an index below 2 others"


def test_what_an_index_names_that_is_no_url_is_a_bad_line(web, site, shelf):
    shelf.files |= {
        "index": index("file:///etc/passwd", f"{site.url}/a", "ftp://h/x"),
        "a": sitemap("http://h/a"),
    }
    good, bad, error = told(web(sitemap=f"{site.url}/index"))
    assert good == [("http://h/a", {})]
    assert error is None
    (line,) = bad
    assert line[1].startswith(
        f"2 sitemaps of {site.url}/index cannot be fetched: its scheme is ftp"
    )


def test_a_text_sitemap_whose_end_cannot_be_told_is_not_taken_for_whole(web):
    with RudeSite(sends(b"HTTP/1.1 200 OK\r\n\r\nhttp://h/1\nhttp://h/2\n")) as rude:
        good, _, error = told(web(sitemap=f"{rude.url}/s"))
    assert len(good) == 2
    assert "its server does not say where it ends" in error
    with RudeSite(sends(b"HTTP/1.1 200 OK\r\n\r\n" + sitemap("http://h/1"))) as rude:
        assert urls(web(sitemap=f"{rude.url}/s")) == ["http://h/1"]  # XML says where it ends


def test_an_endless_sitemap_ends_at_max_size(web):
    head = b"HTTP/1.1 200 OK\r\n\r\n<urlset>"
    with RudeSite(endless(head, b"<url><loc>http://h/</loc></url>" * 100)) as rude:
        error = told(web(sitemap=f"{rude.url}/s", max_size=2_000_000))[2]
    assert "more than 2000000 bytes" in error


def test_a_sitemap_of_a_job_whose_path_needs_columns_is_an_error(web, site):
    error = told(web(sitemap=f"{site.url}/s", path="{cc}"))[2]
    assert "plain lines bind no {cc}" in error
    assert not site.requests


def test_a_robots_txt_is_an_index_of_the_sitemaps_that_it_names(web, site, shelf):
    base = site.url
    shelf.files |= {
        "robots.txt": f"User-agent: *\nDisallow: /\nSITEMAP: {base}/i\nsitemap: /b # x\n"
        "Sitemap: ftp://h/c\n".encode(),
        "i": index(f"{base}/a"),
        "a": sitemap("http://h/a"),
        "b": sitemap("http://h/b"),
    }
    good, bad, error = told(web(sitemap=f"{base}/robots.txt"))
    assert ([url for url, _ in good], error) == (["http://h/b", "http://h/a"], None)
    assert "1 sitemaps of" in bad[0][1]
    assert "its scheme is ftp" in bad[0][1]


def test_a_robots_txt_that_names_no_sitemap_says_so(web, site, shelf):
    for content in (b"User-agent: *\n", b""):
        shelf.files["robots.txt"] = content
        good, bad, error = told(web(sitemap=f"{site.url}/robots.txt"))
        assert (good, bad) == ([], [])
        assert error.endswith("it names no sitemap")
    shelf.files["robots.txt"] = b"<html>Sitemap: http://h/s"
    assert "it is a web page" in told(web(sitemap=f"{site.url}/robots.txt"))[2]


def test_a_visit_to_robots_txt_for_sitemaps_carries_no_credentials(web, site, shelf):
    shelf.files |= {
        "robots.txt": f"Sitemap: {site.url}/s".encode(), "s": sitemap("http://h/1"),
    }  # fmt: skip
    source = web(sitemap=f"{site.url}/robots.txt", auth={"bearer": "T0PSECRET"})
    assert urls(source) == ["http://h/1"]
    sent = {one.path: "T0PSECRET" in str(one.headers) for one in site.requests}
    assert sent["/robots.txt"] is False
    assert sent["/s"] is True


def test_sitemaps_robots_asks_each_host_of_the_urls(tmp_path):
    urls = ("http://{a,b}.example/[1-9999]/x", "http://b.example/y", "https://c.example?q=1")
    found = sources.of(job(urls=urls, sitemaps="robots"), tmp_path, unfetched)
    assert [source.name for source in found] == [
        "urls",
        *(f"sitemap:{origin}.example/robots.txt" for origin in ("http://a", "http://b", "https://c")),
    ]  # fmt: skip


def test_all_files_of_a_sitemap_have_a_sum_on_disk(web, site, shelf, monkeypatch):
    monkeypatch.setattr(sitemaps, "MAX_ON_DISK", 2000)
    files = {str(number): sitemap("http://h/") + b" " * 900 for number in range(9)}
    shelf.files |= {"i": index(*[f"{site.url}/{name}" for name in files]), **files}
    error = told(web(sitemap=f"{site.url}/i"))[2]
    assert "more files were not asked for beyond" in error
    assert len(site.requests) < 5
