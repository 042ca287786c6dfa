"""The page of `crawler web` in a browser: what it shows of daemons at work, and all its acts."""

import re

import pytest

from tests.at_work import BAD, HOSTS, URLS, at_work, known, take_back, wishes
from tests.browser import at_page, in_dialog, look_up, press, row, said
from tests.program import until
from tests.web import Web


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """Two daemons at work, and a server with their page; every test takes its wishes back."""
    with at_work(tmp_path_factory.mktemp("work")) as found:
        yield found


@pytest.fixture
def web(work):
    """The server of the page."""
    return work.web


@pytest.fixture
def page(work, browser):
    """The page of what is at work."""
    with at_page(browser, work.web) as found:
        row(found, "hosts", HOSTS[0]).wait_for()
        yield found
    take_back(work.web)


def test_the_page_shows_what_the_verbs_tell(page, work):
    sentence = page.locator("#sentence")
    until(lambda: "2 processes" in page.locator("#figures").inner_text(), "it counts no processes")
    until(lambda: re.search("All is well: 2 processes|of 4 hosts failing", sentence.inner_text()),
          "it does not say how the crawler is")  # fmt: skip
    urls = row(page, "jobs", "flags").locator("td").nth(1).inner_text()
    assert int(urls.replace(",", "")) >= URLS
    until(lambda: "failing" in row(page, "hosts", BAD).inner_text(), "its host does not fail")
    failure = row(page, "failures", BAD)
    failure.wait_for()
    assert "http error 503: HTTP status 503" in failure.inner_text()
    assert page.locator("#processes tbody tr").count() == 2
    assert "Nothing is wished" in page.locator("#wishes").inner_text()
    row(page, "hosts", HOSTS[0]).locator("button.name").click()
    card = page.locator("#found .card")
    card.wait_for()
    assert f"{HOSTS[0]}:{work.port}" in card.inner_text()
    assert page.locator("#link").inner_text() == "live"


def test_a_url_is_explained_and_retried(page, web, work):
    url = f"http://{BAD}:{work.port}/bad/1"
    until(lambda: web.get(f"explain?url={url}")["jobs"][0]["kind"], "it was not visited")
    page.get_by_role("searchbox").fill(url)
    press(page.locator("#ask"), "Explain")
    card = page.locator("#found .card")
    card.wait_for()
    told = card.inner_text()
    assert f"{url}job news" in told.replace("\n", "")
    assert "HTTP status 503" in told
    press(card, "Retry")
    said(card, "due again")
    page.get_by_role("searchbox").fill("http://nobody.example/")
    press(page.locator("#ask"), "Explain")
    page.locator("#found", has_text="no job knows it").wait_for()
    look_up(page, "nobody.example")
    page.locator("#found .refused", has_text="no host nobody.example is known").wait_for()


def hosts_at_work(web):
    return [one["host"] for one in web.get("hosts")["hosts"]]


def test_a_host_is_paused_slowed_woken_and_goes_on(page, web, work):
    host = f"{HOSTS[1]}:{work.port}"
    there = row(page, "hosts", host)
    press(there, "Pause")
    in_dialog(page, "Pause", **{"for": "1h", "why": "<b>too slow</b>"})
    said(there, rf"host {host} is paused by .*: <b>too slow</b>")
    assert wishes(web) == [("pause", "host", host, None, None)]
    assert web.get("wishes")["wishes"][0]["until"]
    until(lambda: host not in hosts_at_work(web), "it is still at work")
    with page.expect_response(re.compile(f"/hosts/{host}".replace(":", "(:|%3A)"))):
        press(page.get_by_role("columnheader", name="Host"), "Host")
    there.get_by_role("button", name="Resume").click()  # it stays in sight
    until(lambda: not wishes(web), "it does not go on")
    there.get_by_role("button", name="Pause").wait_for()

    press(there, "Slow")
    in_dialog(page, "Slow down", delay="7s")
    said(there, "delay: 400ms → 7s")
    assert wishes(web) == [("set", "host", host, "delay", "7s")]
    wish = row(page, "wishes", "delay = 7s")
    press(wish, "Unset")
    until(lambda: not wishes(web), "it is not taken back")
    wish.wait_for(state="detached")
    assert page.locator("#wishes").inner_text().count("Nothing is wished") == 1

    bad = row(page, "hosts", f"{BAD}:{work.port}")
    press(bad, "Wake")
    said(bad, r"heard by \d of 2 processes")


def test_a_job_and_everything_is_paused_set_and_unset(page, web):
    job = row(page, "jobs", "flags")
    press(job, "Pause")
    in_dialog(page, "Pause", why="a move")
    said(job, "job flags is paused by")
    page.locator("#sentence", has_text="Job flags is paused by").wait_for()
    press(job, "Resume")
    until(lambda: not wishes(web), "the job does not go on")
    press(job, "Set")
    in_dialog(page, "Set", options="delay=3s\nper_host=2")
    said(job, "flags.delay: 400ms → 3s")
    assert len(wishes(web)) == 2

    acts = page.locator("#acts")
    press(acts, "Pause everything")
    in_dialog(page, "Pause")
    said(acts, "everything is paused by")
    page.locator("#sentence.sentence", has_text="verything is paused by").wait_for()
    assert page.title().startswith("▲ Everything is paused")
    acts.get_by_role("button", name="Resume").click()
    until(lambda: ("pause", "all", None, None, None) not in wishes(web), "it does not go on")
    press(acts, "Set options of everything")
    in_dialog(page, "Set", options="concurrency=32")
    until(lambda: ("set", "all", None, "concurrency", 32) in wishes(web), "it is not set")
    press(acts, "Unset options of everything")
    in_dialog(page, "Unset", options="concurrency")
    until(lambda: len(wishes(web)) == 2, "it is not unset")


def test_what_is_refused_is_told_beside_the_button_and_changes_nothing(page, web, work):
    acts = page.locator("#acts")
    press(acts, "Set options of everything")
    dialog = in_dialog(page, "Set", options="concurrency=many")
    said(dialog, "concurrency")
    assert dialog.locator(".said.bad .refused").count() == 1
    dialog.get_by_role("button", name="Cancel").click()
    press(acts, "Pause everything")
    dialog = in_dialog(page, "Pause", **{"for": "a while"})
    said(dialog, "a duration with its unit is needed")
    page.keyboard.press("Escape")
    assert not wishes(web)

    press(row(page, "jobs", "flags"), "Add URLs")
    good, bad = f"http://{HOSTS[0]}:{work.port}/given", "gopher://127.0.0.2/<i>x</i>"
    dialog = in_dialog(page, "Only try", urls=f"{good}\n{bad}")
    said(dialog, "its scheme is gopher, only http and https are fetched")
    assert not web.get(f"explain?url={good}")["jobs"]
    dialog.get_by_role("button", name="Add", exact=True).click()
    said(dialog, "1 URL added to flags")
    assert dialog.locator(".refused").all_inner_texts() == [
        f"{bad!r}: its scheme is gopher, only http and https are fetched"
    ]
    assert web.get(f"explain?url={good}")["jobs"][0]["sources"]


def test_failed_urls_are_retried_and_the_configuration_is_read_again(page, work):
    failure = row(page, "failures", BAD)
    press(failure, "Retry")
    dialog = page.get_by_role("dialog")
    chosen = dialog.locator("input[name=kind]:checked")
    assert [one.get_attribute("value") for one in chosen.all()] == ["http_error"]
    in_dialog(page, "Only try", since="1h")
    said(dialog, r"\d+ URLs? ")
    dialog.get_by_role("button", name="Retry", exact=True).click()
    said(failure, r"\d+ URLs? ")

    acts = page.locator("#acts")
    work.file.write_text(work.file.read_text().replace("every: 1h", "every: 2h"))
    press(acts, "Reload")
    in_dialog(page, "Reload")
    said(acts, r"was told to reload(.|\n)*was told to reload")
    row(page, "jobs", "every 2 h").wait_for()
    process = page.locator("#processes tbody tr").first
    press(process, "Reload")
    in_dialog(page, "Reload")
    said(process, "was told to reload")


def test_hosts_are_sorted_and_chosen_by_the_server(page, work):
    names = page.locator("#hosts tbody .name bdi")
    heading = page.get_by_role("columnheader", name="Host").first
    assert heading.get_attribute("aria-sort") == "none"
    heading.get_by_role("button").click()
    until(lambda: names.all_inner_texts() == [f"{host}:{work.port}" for host in HOSTS], "no order")
    assert heading.get_attribute("aria-sort") == "ascending"
    page.get_by_role("columnheader", name="Delay").get_by_role("button").click()
    until(lambda: heading.get_attribute("aria-sort") == "none", "two columns order the rows")
    page.get_by_label("Failing", exact=True).check()
    until(lambda: names.all_inner_texts() == [f"{BAD}:{work.port}"], "others do not fail")
    page.get_by_label("Paused", exact=True).check()
    page.get_by_text("No host is paused.").wait_for()


def test_the_last_hour_is_drawn_and_told_in_numbers(page):
    chart = page.get_by_role("img", name="Visits a minute, last hour")
    chart.wait_for(timeout=60_000)
    assert page.locator("#plots canvas").count() == 4
    inked = chart.evaluate("""(canvas) => canvas.getContext("2d")
        .getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0)""")
    assert inked
    assert page.locator(".legend li[data-kind=stored]").count() == 1
    page.get_by_text("The numbers").click()
    heads = page.locator(".numbers thead th").all_inner_texts()
    assert heads[:2] == ["From", "Visits a minute"]
    assert heads[-3:] == ["Bytes a second", "In flight", "Longest lag"]
    assert "stored" in heads
    page.get_by_role("radio", name="Last week").check()
    week = page.get_by_text("A chart begins with the second sample: one is taken every 10 min.")
    week.wait_for()
    page.get_by_role("radio", name="Last hour").check()
    chart.wait_for()


def test_nobody_is_shown_anything_without_the_token(tmp_path, browser):
    file = known(tmp_path)
    with Web(file) as web, at_page(browser, web, logged_in=False) as page:
        field = page.get_by_label("Token")
        field.wait_for()
        assert page.locator("#board").is_hidden()
        field.fill("not the token")
        press(page.locator("#login"), "Log in")
        until(lambda: len(page.locator("#login-said").inner_text()) > 5, "nothing is said")
        assert page.locator("#board").is_hidden()
        field.fill(web.token)
        press(page.locator("#login"), "Log in")
        page.locator("#sentence", has_text="No daemon is running").wait_for()
        page.reload()
        page.locator("#sentence", has_text="No daemon is running").wait_for()
        press(page.locator("header"), "Log out")
        field.wait_for()
        page.reload()
        field.wait_for()
        page.goto(f"{web.origin}/#token={web.token}")
        page.locator("#sentence", has_text="No daemon is running").wait_for()
        assert "token" not in page.url
        assert web.token not in page.content()


def test_who_may_only_read_is_offered_no_act(tmp_path, browser):
    file = known(tmp_path)
    with (
        Web(file, "--public-read") as web,
        at_page(browser, web, logged_in=False) as page,
    ):
        row(page, "jobs", "j").wait_for()
        assert not page.get_by_role("button", name="Pause").count()
        press(page.locator("header"), "Log in")
        page.get_by_label("Token").fill(web.token)
        page.keyboard.press("Enter")
        row(page, "jobs", "j").get_by_role("button", name="Pause").wait_for()
