"""The files of the page: few, small, from nowhere else, and without a way for markup to come in."""

import re

import pytest

from crawler.verbs.words import span
from crawler.web.page import files
from tests.browser import browsing, needs
from tests.servers import Site

SCRIPTS = [path for path in files() if path.endswith(".js") and "/vendor/" not in path]
MOST = 150_000
MARKUP = (
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|"
    r"setHTML|srcdoc|\beval\b|new Function|importScripts|javascript:|\.href\b|xlink"
)
"""What makes elements or code of texts."""


def text(path: str) -> str:
    return files()[path].content.decode()


def test_the_page_is_small():
    assert sum(len(file.content) for file in files().values()) < MOST


def test_the_page_names_only_files_of_its_own():
    named = re.findall(r'(?:src|href)="(/[^"]*)"', text("/"))
    assert named
    assert set(named) <= set(files())
    imported = {found for path in SCRIPTS for found in re.findall(r'from "\./([^"]+)"', text(path))}
    assert {f"/page/{name}" for name in imported} | {"/page/main.js"} == set(SCRIPTS)


@pytest.mark.parametrize("path", ["/", "/page/style.css", *SCRIPTS])
def test_nothing_is_asked_of_another_host(path):
    assert not re.findall(r"(?:https?:)?//[\w.-]+\.\w+|@import|url\(", text(path).replace(
        'placeholder="https://example.org/a, or example.org"', ""))  # fmt: skip


def test_the_page_has_neither_script_nor_style_within():
    page = text("/")
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)


@pytest.mark.parametrize("path", SCRIPTS)
def test_no_script_makes_markup_or_code_of_a_text(path):
    assert not re.findall(MARKUP, text(path))


@pytest.mark.parametrize("path", SCRIPTS)
def test_a_script_says_what_it_is_for_and_can_be_read_in_one_sitting(path):
    assert text(path).startswith("/** ")
    assert text(path).count("\n") <= 200


def test_what_others_wrote_comes_with_its_licence():
    assert "uPlot (v1.6.32)" in text("/page/vendor/uPlot.iife.min.js")
    assert "The MIT License" in text("/page/vendor/uPlot.LICENSE")
    assert "Leon Sorokin" in text("/page/vendor/uPlot.LICENSE")


@pytest.fixture
def call(browser):
    """A browser with nothing but the scripts; what it is calls a function of one of them."""

    def route(path):
        file = files().get(path)
        kind, content = (file.type, file.content) if file else ("text/html", b"<!doctype html>")
        length = str(len(content))
        return "200 OK", [("Content-Type", kind), ("Content-Length", length)], [content]

    with Site(route) as site, browsing(browser) as context:
        page = context.new_page()
        page.goto(f"{site.url}/empty")
        yield lambda script, function, *given: page.evaluate(
            f"async (given) => (await import('/page/{script}.js')).{function}(...given)",
            list(given),
        )


def sample(at: int, passed: float, **visits: int) -> dict:
    stamp = f"2026-11-29T12:{at // 60:02}:{at % 60:02}Z"
    return {"at": stamp, "passed_s": passed, "processes": 2, "in_flight": 3, "waiting": 9,
            "lag_s": 0.01, "bytes": 5000, "visits": visits}  # fmt: skip


def test_words_are_those_of_the_command_line(call):
    for seconds in (0, 0.25, 7, 59.4, 60, 61, 3600, 3661, 86_400, 90_061, 700_000):
        assert call("words", "span", seconds) == span(seconds)
    assert call("words", "away", "2026-11-29T12:00:05Z", "2026-11-29T12:00:00Z") == "in 5 s"
    assert call("words", "away", "2026-11-29T11:59:00Z", "2026-11-29T12:00:00Z") == "1 min ago"
    assert call("words", "ago", "2026-11-29T11:59:00Z", "2026-11-29T12:00:00Z") == "1 min ago"
    assert call("words", "ago", "2026-11-29T12:00:05Z", "2026-11-29T12:00:00Z") == "now"
    assert call("words", "ago", None, "2026-11-29T12:00:00Z") == "never"
    assert call("words", "schedule", '{"every":120.0,"cron":null}') == "every 2 min"
    assert call("words", "schedule", "") == "once"


def test_samples_become_rates_and_a_time_without_any_is_a_gap(call):
    samples = [sample(0, 10, stored=20), sample(10, 10, stored=10, timeout=5), sample(90, 10)]
    assert call("samples", "kindsOf", samples) == ["stored", "timeout"]
    rows = call("samples", "rowsOf", samples, ["stored", "timeout"])
    assert [row["total"] for row in rows] == [120, 90, None, 0]
    assert [row["kinds"] for row in rows] == [[120, 0], [60, 30], [None, None], [0, 0]]
    assert rows[0]["bytes"] == 500
    stacks = call("samples", "stacked", rows, ["stored", "timeout"])
    assert stacks == [[120, 90, None, 0], [120, 60, None, 0]]
    assert [row["total"] for row in call("samples", "thinned", rows, 2)] == [0, 105]


def test_kinds_with_few_visits_are_others(call):
    many = ["stored", "unchanged", "not_found", "http_error", "timeout", "connect", "dns", "tls"]
    samples = [sample(0, 60, **{kind: 100 - at for at, kind in enumerate(many)})]
    kinds = call("samples", "kindsOf", samples)
    assert kinds == [*many[:5], "others"]
    (row,) = call("samples", "rowsOf", samples, kinds)
    assert row["kinds"] == [100, 99, 98, 97, 96, 95 + 94 + 93]


def test_a_text_of_a_stranger_neither_hides_nor_turns_nor_goes_on_for_ever(call):
    assert call("dom", "plain", "a\u202eb\u200bc\x1b[31m") == r"a\u202eb\u200bc\u001b[31m"
    assert call("dom", "plain", "<b>&amp;") == "<b>&amp;"
    assert call("dom", "plain", None) == ""
    shown = call("dom", "plain", "x" * 10_000)
    assert len(shown) < 2100
    assert shown.endswith("… (10,000 characters)")


def test_what_drives_a_browser_may_lack_but_not_in_ci(monkeypatch):
    words = "a_driver is not installed"
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=words):
        needs("a_driver.sync_api")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match=words):
        needs("a_driver.sync_api")
