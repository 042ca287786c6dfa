"""How many sources a job has, and in which order."""

from crawler import sources
from tests.parts.sources.readings import job, unfetched, urls, write


def test_a_pattern_of_paths_is_a_source_for_every_file_in_order(tmp_path):
    for name in ("b.txt", "a.txt", "c.csv", "[x].txt"):
        write(tmp_path, name, f"http://h/{name}\n")
    (tmp_path / "folder.txt").mkdir()
    found = sources.of(job(url_file=tmp_path / "*.txt"), tmp_path, unfetched)
    names = [source.name for source in found]
    assert names == [f"url_file:{tmp_path}/{name}" for name in ("[x].txt", "a.txt", "b.txt")]
    (itself,) = sources.of(job(url_file=tmp_path / "[x].txt"), tmp_path, unfetched)
    assert urls(itself) == ["http://h/[x].txt"]


def test_several_sitemaps_are_several_sources(tmp_path):
    named = ("http://h/a", "http://h/b")
    found = sources.of(job(sitemap=named, urls=("http://h/",)), tmp_path, unfetched)
    assert [source.name for source in found] == ["urls", "sitemap:http://h/a", "sitemap:http://h/b"]
