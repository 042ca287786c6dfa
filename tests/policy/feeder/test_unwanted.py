"""Sites that give no file but one and the same other answer: what the log says of them."""

from crawler.feeder import unwanted
from crawler.feeder.unwanted import VISITS_TO_TELL, UnwantedSites
from crawler.model import Kind, Outcome, Task, Visited

WALL = "redirect to http://h/login?next={} is not accepted"


class Told:
    """A log that keeps its lines."""

    def __init__(self):
        self.lines = []

    def warning(self, event, **fields):
        self.lines.append((event, fields))


def visited(number, kind=Kind.UNWANTED, reason=WALL, job="j", status=302, **others):
    task = Task(number, job, f"http://h/{number}", f"http://h/{number}", "h:80", 1, number, 1)
    return Visited(task, Outcome(kind, status, reason=reason.format(number), **others), 0.0)


def sites():
    told = Told()
    return UnwantedSites(told), told.lines


def test_a_site_that_leads_everyone_to_its_login_is_told_once():
    walls, lines = sites()
    for number in range(5 * VISITS_TO_TELL):
        walls.visited("h:80", visited(number))
    cause = "redirect to http://h/login is not accepted"
    told = {"host": "h:80", "job": "j", "cause": cause, "visits": VISITS_TO_TELL}
    assert lines == [("host.unwanted", told)]


def test_one_url_is_no_site_however_often_it_is_visited():
    walls, lines = sites()
    for _ in range(5 * VISITS_TO_TELL):
        walls.visited("h:80", visited(1))
    assert not lines
    walls.visited("h:80", visited(2))
    walls.visited("h:80", visited(2))
    assert len(lines) == 1


def test_a_file_between_begins_anew_and_is_forgotten():
    walls, lines = sites()
    for number in range(5 * VISITS_TO_TELL):
        if number % (VISITS_TO_TELL - 1) == 0:
            walls.visited("h:80", visited(number, Kind.STORED))
            assert not walls.streaks
        walls.visited("h:80", visited(number))
    assert not lines


def test_only_one_cause_in_a_row_counts():
    walls, lines = sites()
    for number in range(5 * VISITS_TO_TELL):
        walls.visited("h:80", visited(number, reason=f"type t/{number % 2} is not accepted"))
    assert not lines


def test_jobs_and_hosts_are_told_apart():
    walls, lines = sites()
    for number in range(VISITS_TO_TELL):
        for host in ("h:80", "i:80"):
            for job in ("j", "k"):
                walls.visited(host, visited(number, job=job))
        walls.visited("h:80", visited(number, Kind.STORED, job="other"))
    assert {(one["host"], one["job"]) for _, one in lines} == {
        ("h:80", "j"), ("h:80", "k"), ("i:80", "j"), ("i:80", "k"),
    }  # fmt: skip
    assert len(lines) == 4


def test_what_is_not_there_yet_is_no_wall():
    walls, lines = sites()
    for number in range(5 * VISITS_TO_TELL):
        walls.visited("h:80", visited(number, reason="HTTP status 202: not yet", status=202))
    assert not lines
    assert not walls.streaks


def test_no_more_than_so_many_sites_are_remembered(monkeypatch):
    monkeypatch.setattr(unwanted, "MAX_SITES", 3)
    walls, _ = sites()
    for number in range(9):
        walls.visited(f"h{number}:80", visited(number))
    assert [host for host, _ in walls.streaks] == ["h6:80", "h7:80", "h8:80"]


def test_a_refusal_is_the_matter_of_a_ban():
    walls, lines = sites()
    for number in range(5 * VISITS_TO_TELL):
        walls.visited("h:80", visited(number, reason='refused: contains "x"', refused=True))
    assert not lines
