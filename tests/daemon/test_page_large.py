"""The page of `crawler web` on much: a thousand jobs, a hundred thousand hosts, endless URLs."""

import pytest

from tests.at_work import known
from tests.browser import at_page, look_up, press, row
from tests.program import ledger, until
from tests.web import Web

JOBS = 1000
HOSTS = 100_000
MORE_JOBS = """
WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?)
INSERT INTO job (name) SELECT 'job-' || n FROM n"""
MORE_HOSTS = """
WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?)
INSERT INTO host (key, ready_at, class) SELECT 'host' || n || '.example:443', n, 2 FROM n"""
MOST_NODES = 6000
MOST_HEAP_BYTES = 8_000_000
FEW = 50
"""Jobs that are shown at first."""


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    """The server of a ledger with very much in it, and without daemons."""
    folder = tmp_path_factory.mktemp("large")
    file = known(folder, job="job-0")
    with ledger(folder) as db:
        db.execute(MORE_JOBS, (JOBS - 1,))
        db.execute(MORE_HOSTS, (HOSTS,))
    with Web(file) as found:
        yield found


def measured(page) -> tuple[int, int]:
    """Return the bytes of a page's heap, and its nodes, without what nothing refers to."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    found = session.send("Performance.getMetrics")["metrics"]
    values = {one["name"]: one["value"] for one in found}
    return values["JSHeapUsedSize"], values["Nodes"]


def test_of_a_thousand_jobs_those_are_shown_that_are_asked_for(web, browser):
    with at_page(browser, web) as page:
        jobs = page.locator("#jobs tbody tr")
        row(page, "jobs", "job-0").first.wait_for()
        assert jobs.count() == FEW
        assert page.locator("#jobs", has_text=f"{FEW} of 1,000 jobs").count() == 1
        name = page.get_by_role("searchbox", name="Jobs whose name has this")
        name.fill("b-777")
        until(lambda: jobs.all_inner_texts()[0].startswith("job-777"), "it is not found")
        assert jobs.count() == 1
        name.fill("")
        press(page.locator("#jobs"), "Show more")
        until(lambda: jobs.count() == 4 * FEW, "not more are shown")


def test_a_page_of_very_much_is_small_and_does_not_grow(web, browser):
    with at_page(browser, web) as page:
        row(page, "hosts", "host1.example").first.wait_for()
        assert "100,0" in page.locator("#figures").inner_text()
        bytes_before, nodes_before = measured(page)
        assert nodes_before < MOST_NODES
        assert bytes_before < MOST_HEAP_BYTES
        page.evaluate(STATES, 8)
        bytes_after, nodes_after = measured(page)
        assert bytes_after < bytes_before + 2_000_000
        assert nodes_after < nodes_before + 200


STATES = """(wanted) => new Promise((come) => {
    const stream = new EventSource("/api/v1/events");
    stream.addEventListener("state", () => {
        if (--wanted) return;
        stream.close();
        come();
    });
})"""
"""Wait until so many states have come."""


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("http://127.0.0.1:9/" + "x" * 1900, "no job knows it"),
        ("http://127.0.0.1:9/" + "x" * 9000, "more than 8 KiB"),
        ("http://127.0.0.1:9/\u202egnp.exe", r"%E2%80%AEgnp.exe"),
        ("http://127.0.0.1:9/\u0007\u200b", "http://127.0.0.1:9/"),
        ("\u202emoc.elpmaxe", "moc.elpmaxe"),
    ],
    ids=["long", "endless", "turned", "controls", "host"],
)
def test_what_is_asked_for_moves_nothing_whatever_it_is(web, browser, asked, told):
    with at_page(browser, web) as page:
        row(page, "jobs", "job-0").first.wait_for()
        look_up(page, asked)
        found = page.locator("#found :is(.card, .refused)", has_text=told)
        found.first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280
        assert "\u202e" not in page.locator("#found").inner_text()
