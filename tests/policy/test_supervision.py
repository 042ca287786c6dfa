"""What of a [program:x] of supervisord is right for a crawler, option by option."""

import pytest

from crawler.policy.findings import Level, exit_code
from crawler.policy.supervision import Program, judged

GOOD = {
    "command": "crawler run -c crawler.yaml",
    "process_name": "%(program_name)s_%(process_num)02d",
    "numprocs": "2",
    "autorestart": "unexpected",
    "exitcodes": "0",
    "startsecs": "10",
    "stopsignal": "TERM",
    "stopwaitsecs": "35",
    "killasgroup": "true",
    "redirect_stderr": "false",
    "stdout_logfile": "/var/log/%(program_name)s_%(process_num)02d.log",
}
WRONG = [
    ({"stopsignal": "KILL"}, Level.BAD, "stopsignal=TERM"),
    ({"stopsignal": "HUP"}, Level.BAD, "stopsignal=TERM"),
    ({"stopwaitsecs": "34"}, Level.BAD, "stopwaitsecs=35 or more"),
    ({"stopwaitsecs": None}, Level.BAD, "stopwaitsecs=35 or more"),
    ({"killasgroup": None}, Level.WARN, "killasgroup=true"),
    ({"autorestart": "false"}, Level.BAD, "autorestart=unexpected"),
    ({"autorestart": "true"}, Level.WARN, "autorestart=unexpected"),
    ({"exitcodes": "0,1"}, Level.BAD, "exitcodes=0"),
    ({"startsecs": None}, Level.WARN, "startsecs=10"),
    ({"process_name": None}, Level.BAD, "process_name=%(program_name)s_%(process_num)02d"),
    ({"stdout_logfile": "/var/log/all.log"}, Level.BAD, "%(process_num)02d into stdout_logfile"),
    ({"stderr_logfile": "/var/log/all.err"}, Level.BAD, "%(process_num)02d into stderr_logfile"),
    ({"redirect_stderr": "true"}, Level.WARN, "redirect_stderr=false"),
    ({"stdout_logfile": None}, Level.WARN, "stdout_logfile"),
    ({"stdout_logfile": "NONE"}, Level.WARN, "stdout_logfile"),
    ({"stdout_logfile": "/dev/null"}, Level.WARN, "stdout_logfile"),
    ({"stdout_logfile_maxbytes": "0"}, Level.WARN, "stdout_logfile_maxbytes=50MB"),
]
ALSO_GOOD = [
    {"stopsignal": "INT"},
    {"stopsignal": None, "autorestart": None, "exitcodes": None, "redirect_stderr": None},
    {"stopwaitsecs": "35 ; seconds"},
    {"killasgroup": None, "stopasgroup": "true"},
    {"numprocs": "1", "process_name": None, "stdout_logfile": "/var/log/crawler.log"},
    {"stdout_logfile": "/dev/stdout", "stdout_logfile_maxbytes": "0", "log": "/var/log/own.log"},
]


def program(changes):
    options = {**GOOD, **changes}
    return Program("c", {name: said for name, said in options.items() if said is not None})


@pytest.mark.parametrize(("changes", "level", "remedy"), WRONG, ids=str)
def test_what_is_wrong_is_found_with_its_remedy_and_nothing_else_is(changes, level, remedy):
    (found,) = judged(program(changes), 30.0)
    assert (found.level, found.check) == (level, "supervisord")
    assert remedy in found.remedy
    assert found.found.startswith("[program:c]")
    assert exit_code([found]) == (level is Level.BAD)


@pytest.mark.parametrize("changes", [{}, *ALSO_GOOD], ids=str)
def test_what_is_right_is_told_as_that(changes):
    (found,) = judged(program(changes), 30.0, changes.get("log", ""))
    assert (found.level, found.remedy) == (Level.OK, "")


def test_a_log_that_both_rotate_is_found():
    (found,) = judged(program({"numprocs": "1", "stdout_logfile": "/l"}), 30.0, "/l")
    assert (found.level, found.remedy) == (Level.BAD, "name another stdout_logfile")


def test_several_faults_are_all_found():
    found = judged(program({"stopsignal": "KILL", "autorestart": "false"}), 30.0)
    assert len(found) == 2
