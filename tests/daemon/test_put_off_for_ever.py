"""What a host puts off (429, 503): the URL pays for it only where the host is otherwise well."""

import pytest

from tests.program import Daemon, write_config
from tests.servers import Site, status

LINES = [("429 Too Many Requests",), ("503 Busy", ("Retry-After", "1"))]
SOON = {"max_backoff": "200ms", "per_host": 1}


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("order", ["first", "last", "between"])
def test_a_url_that_is_put_off_for_ever_ends_after_its_attempts(tmp_path, line, order):
    answer = status(*line)
    with Site(lambda path: answer if path == "/never" else b"well") as site:
        urls = [f"{site.url}/{n}" for n in range(6)]
        urls.insert({"first": 0, "last": 6, "between": 3}[order], f"{site.url}/never")
        job = {"name": "j", "urls": urls, "attempts": 3, **SOON}
        with Daemon(write_config(tmp_path, [job]), "--until-done") as daemon:
            assert daemon.wait(60) == 0
        assert len(daemon.told("visit", kind="stored")) == 6
        (dead,) = daemon.told("visit", verdict="dead")
        assert dead["url"].endswith("/never")
        assert site.paths().count("/never") == 4  # the first one was its host's to pay for


def test_where_the_host_puts_off_everything_no_url_is_charged(tmp_path):
    left = [9]  # the tenth refusal in a row would be a ban

    def route(_):
        left[0] -= 1
        return status("429 Too Many Requests") if 0 <= left[0] < 8 else b"well"

    with Site(route) as site:
        job = {"name": "j", "urls": [f"{site.url}/[1-4]"], "attempts": 1, **SOON}
        with Daemon(write_config(tmp_path, [job]), "--until-done") as daemon:
            assert daemon.wait(60) == 0
        assert len(daemon.told("visit", kind="stored")) == 4
        assert not daemon.told("visit", verdict="dead")


def test_a_single_url_is_not_charged_by_a_host_that_never_answered(tmp_path):
    left = [6]

    def route(_):
        left[0] -= 1
        return b"well" if left[0] < 0 else status("429 Too Many Requests")

    with Site(route) as site:
        job = {"name": "j", "urls": [f"{site.url}/1"], "attempts": 1, **SOON}
        with Daemon(write_config(tmp_path, [job]), "--until-done") as daemon:
            assert daemon.wait(60) == 0
        assert len(daemon.told("visit", kind="stored")) == 1
