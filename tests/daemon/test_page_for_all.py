"""The page of `crawler web` for everybody: by keyboard, dark, on a phone, amid hostile texts."""

import pytest

from tests.at_work import BAD, HOSTS, at_work, take_back, wishes
from tests.browser import DARK, LIGHT, PHONE, at_page, look_up, needs, row
from tests.program import Daemon, until, write_config
from tests.servers import Site, status
from tests.web import Web

SERIOUS = {"serious", "critical"}


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """Two daemons at work, and a server with their page."""
    with at_work(tmp_path_factory.mktemp("work")) as found:
        yield found


@pytest.fixture
def work(shared):
    """What is at work; a test's wishes are taken back after it."""
    yield shared
    take_back(shared.web)


def violations(page) -> list[str]:
    """Return what axe-core finds that keeps somebody out."""
    axe = needs("axe_playwright_python.sync_playwright")
    found = axe.Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {[node['html'] for node in one['nodes']][:3]}"
        for one in found
        if one["impact"] in SERIOUS
    ]


def test_what_stands_side_by_side_stands_in_line(work, browser):
    with at_page(browser, work.web, viewport={"width": 1920, "height": 1080}) as page:
        row(page, "hosts", HOSTS[0]).wait_for()
        edges = {page.locator(one).bounding_box()["x"] for one in ("h1", "#now", "#jobs .scroll")}
        assert len(edges) == 1
        for section in ("jobs", "hosts", "failures", "wishes", "processes"):
            middles = page.locator(f"#{section} thead").evaluate_all(MIDDLES)
            assert max(middles, default=0) - min(middles, default=0) <= 1.5, section


MIDDLES = """(heads) => heads.flatMap((head) => [...head.querySelectorAll("th")]).map((one) => {
  const range = document.createRange();
  range.selectNodeContents(one);
  const { top, height } = range.getBoundingClientRect();
  return top + height / 2;
}).filter((middle) => middle > 0)"""
"""Where the words of headings stand; those of an empty table are nowhere."""
CUT_OFF = "(one) => one.scrollWidth > one.clientWidth"
FOCUSED = """() => {
  const one = document.activeElement, style = getComputedStyle(one);
  return {
    name: one.getAttribute("aria-label") ?? one.textContent.trim(), tag: one.tagName, id: one.id,
    seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
  };
}"""


def tab_to(page, wanted: str, *, most: int = 150) -> None:
    """Press Tab until something of a name has the focus, which is seen wherever it is."""
    for _ in range(most):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUSED)
        assert at["tag"] == "BODY" or at["seen"], at
        if wanted in (at["name"], at["id"]):
            return
    raise AssertionError(f"{wanted!r} is not reached by Tab")


def test_everything_is_done_by_keyboard_alone(work, browser):
    web, host = work.web, work.hosts[0]
    with at_page(browser, web) as page:
        row(page, "hosts", host).wait_for()
        tab_to(page, "Skip to the state of the crawler", most=3)
        page.keyboard.press("Enter")
        assert page.evaluate(FOCUSED)["id"] == "main"
        tab_to(page, "asked")
        page.keyboard.type(f"http://{host}/1")
        page.keyboard.press("Enter")
        page.locator("#found .card").wait_for()
        tab_to(page, f"Pause host {host}")
        page.keyboard.press("Enter")
        page.get_by_role("dialog").wait_for()
        page.keyboard.press("Escape")
        page.get_by_role("dialog").wait_for(state="hidden")
        assert page.evaluate(FOCUSED)["name"] == f"Pause host {host}"
        page.keyboard.press("Enter")
        page.keyboard.type("1h")
        page.keyboard.press("Enter")
        until(lambda: wishes(web) == [("pause", "host", host, None, None)], "it is not paused")
        until(lambda: page.evaluate(FOCUSED)["name"] == f"Resume host {host}", "the focus is lost")
        page.keyboard.press("Enter")
        until(lambda: not wishes(web), "it does not go on")


@pytest.mark.parametrize("look", [LIGHT, DARK, PHONE], ids=["light", "dark", "phone"])
def test_axe_finds_nothing_serious(work, browser, look):
    web = work.web
    with at_page(browser, web, **look) as page:
        web.post("pause", job="news", why="a move")
        host = row(page, "hosts", HOSTS[0])
        host.wait_for()
        row(page, "failures", BAD).wait_for()
        row(page, "wishes", "news").wait_for()
        look_up(page, f"http://{work.hosts[0]}/1")
        page.locator("#found .card").wait_for()
        page.get_by_role("img", name="Visits a minute").wait_for(timeout=60_000)
        page.get_by_text("The numbers").click()
        host.get_by_role("button", name="Wake").click()
        host.locator(".said p").first.wait_for()
        assert not violations(page)
        width = page.viewport_size["width"]
        assert page.evaluate("document.documentElement.scrollWidth") <= width, "it is too wide"
        wide = page.locator("#board > section > .scroll")
        assert not [one for one in wide.all() if one.evaluate(CUT_OFF)], "a table is too wide"
        host.get_by_role("button", name="Pause").click()
        page.get_by_role("dialog").wait_for()
        assert not violations(page)
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Log out").click()
        page.get_by_label("Token").wait_for()
        assert not violations(page)


HOSTILE = {
    "script": "<script>window.hacked=1</script>",
    "image": "<img src=x onerror=window.hacked=1>",
    "quotes": "\"'><svg/onload=window.hacked=1>",
    "rtl": "\u202egnp.exe\u2066",
    "long": "x" * 10_000,
    "template": "{{7*7}}${7*7}",
}
"""Texts of strangers, and what each is about."""


def test_texts_of_strangers_are_never_markup(tmp_path, browser):
    def route(path):
        return status("302 Found", ("Location", "javascript:alert(1)//<script>hacked</script>"))

    with Site(route) as site:
        short = {name: text for name, text in HOSTILE.items() if name != "long"}
        urls = [f"{site.url}/{name}?{text.replace(' ', '%20')}" for name, text in short.items()]
        (tmp_path / "list.txt").write_text("\n".join(urls) + "\n")
        job = {"name": "job", "url_file": "list.txt", "attempts": 1}
        file = write_config(tmp_path, [job])
        with Daemon(file) as daemon, Web(file) as web, at_page(browser, web) as page:
            daemon.wait_for("visit")
            for text in HOSTILE.values():
                web.post("pause", host="127.0.0.1", why=text[:400])
                shown = text[:20].replace("\u202e", r"\u202e").replace("\u2066", r"\u2066")
                row(page, "wishes", shown).wait_for()  # as it is, and as nothing but text
                look_up(page, f"{site.url}/{text}")
                page.locator("#found .refused, #found .card").first.wait_for()
                look_up(page, text)
                page.locator("#found .refused, #found .card").first.wait_for()
            look_up(page, web.get("urls")["urls"][0]["url"])
            page.locator("#found .card").wait_for()
            assert page.evaluate("window.hacked") is None
            assert page.locator("main :is(script, img, iframe, object, embed)").count() == 0
            assert page.locator("svg").count() == 0
            assert "\u202e" not in page.locator("body").inner_text()
            hrefs = page.evaluate(
                "[...document.querySelectorAll('[href]')].map((one) => one.getAttribute('href'))"
            )
            assert all(href.startswith(("#", "/page/")) for href in hrefs)
