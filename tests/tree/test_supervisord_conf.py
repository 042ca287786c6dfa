import re
from configparser import ConfigParser
from pathlib import Path

import pytest
from click import Context

from crawler.cli import cli
from crawler.config import load
from crawler.config.quantities import duration

ROOT = Path(__file__).parents[2]


@pytest.fixture
def conf():
    """supervisord.conf, read as supervisord reads it."""
    parser = ConfigParser(interpolation=None, inline_comment_prefixes=(";", "#"), strict=False)
    assert parser.read(ROOT / "supervisord.conf")
    return parser


@pytest.fixture
def program(conf):
    """The options of the crawler."""
    return conf["program:crawler"]


def test_supervisord_waits_longer_than_the_crawler_drains(program):
    grace = load(ROOT / "config" / "crawler.yaml", {}).crawler.grace_period
    assert program.getint("stopwaitsecs") > grace + 5


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("stopsignal", "TERM"),  # drains
        ("autorestart", "unexpected"),  # what drained stays down
        ("exitcodes", "0"),
        ("killasgroup", "true"),
        ("startsecs", "10"),  # what doctor asks for
        ("redirect_stderr", "false"),  # standard output is JSON lines and nothing else
    ],
)
def test_an_option_is_what_the_daemon_counts_on(program, option, value):
    assert program[option] == value


def test_the_processes_have_names_and_log_files_of_their_own(program):
    assert "%(process_num)02d" in program["process_name"]
    for option in ("stdout_logfile", "stderr_logfile"):
        assert "%(process_num)02d" in program[option]


def test_the_program_runs_the_shipped_configuration(program):
    command = program["command"].split()
    assert "run" in command
    file = command[command.index("-c") + 1].replace("%(here)s", str(ROOT))
    assert load(Path(file), {}).jobs


def test_the_page_is_of_the_configuration_that_the_program_runs_and_on_loopback(conf, program):
    command = conf["program:web"]["command"].split()
    verb = cli.get_command(Context(cli), "web")
    with verb.make_context("web", command[2:], resilient_parsing=True) as context:
        assert str(context.params["file"]) in program["command"].split()
        assert context.params["listen"][0] == "127.0.0.1"


def test_the_listener_hears_the_program_where_it_speaks_and_often_enough(conf, program):
    listener = conf["eventlistener:watchdog"]
    place = 'NOTIFY_SOCKET="%(here)s/watchdog.sock"'
    assert place in program["environment"]
    assert place in listener["environment"]
    usec = int(re.search(r'WATCHDOG_USEC="(\d+)"', program["environment"])[1])
    verb = cli.get_command(Context(cli), "watchdog")
    (silence,) = (one.default for one in verb.params if one.name == "max_silence")
    assert 2 * usec / 1e6 < duration(silence)
    assert listener["events"] == "TICK_60"
    command = listener["command"].split()
    assert command[command.index("-c") + 1] in program["command"].split()
    assert command[command.index("--group") + 1] == "crawler"


def test_a_drain_may_hold_a_socket_for_every_visit(conf):
    options = load(ROOT / "config" / "crawler.yaml", {}).crawler
    assert conf.getint("supervisord", "minfds") > 2 * options.concurrency
