import json
import os
import re
import time
from pathlib import Path

import jsonschema
import pytest

from crawler.config import load, schema
from crawler.config import problems as problems_of
from crawler.config.brief import Brief, brief
from crawler.config.digests import job_digests
from crawler.config.quantities import duration, size
from crawler.config.text.reading import read
from crawler.errors import ConfigError

FOLDER = Path(__file__).parents[3] / "config"
SHIPPED = sorted({*FOLDER.glob("*.yaml")} - {FOLDER / "alerts.yaml"})  # that is Prometheus' own
JOB = "jobs: [{name: a, urls: ['http://h/']}]\n"


@pytest.fixture
def settings(tmp_path):
    """Load a configuration from its text."""

    def settings(text, **environment):
        file = tmp_path / "crawler.yaml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load(file, environment)

    return settings


@pytest.fixture
def problems(settings, tmp_path):
    """Return what is wrong with a configuration, a line each, without the folder."""

    def problems(text, **environment):
        with pytest.raises(ConfigError) as refused:
            settings(text, **environment)
        assert refused.value.exit_code == 2
        return str(refused.value).replace(f"{tmp_path}/", "").split("\n")

    return problems


DURATIONS = {"500ms": 0.5, "30s": 30, "5m": 300, "1h30m": 5400, "7d": 604_800, "1.5s": 1.5, 0: 0}
SIZES = {0: 0, 10: 10, "10": 10, "10B": 10, "1KB": 1000, "1KiB": 1024, "10MB": 10**7} | {
    "1GiB": 2**30, "2TB": 2 * 10**12, "1.5kb": 1500, "1 mib": 2**20
}  # fmt: skip


@pytest.mark.parametrize(("text", "seconds"), DURATIONS.items())
def test_a_duration_is_read_with_its_unit(text, seconds):
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["5", 5, 0.5, "", "s", "-5s", "5 s", "5S", "1m30", "1:30", True])
def test_what_is_no_duration_is_refused_with_examples(text):
    with pytest.raises(ValueError, match="as in 500ms, 30s"):
        duration(text)


@pytest.mark.parametrize(("text", "number"), SIZES.items())
def test_a_size_is_read_with_its_unit_or_as_bytes(text, number):
    assert size(text) == number


@pytest.mark.parametrize(
    "text", ["", "lots", "-1", -1, 1.5, "1XB", "1K", True, None, [], "5iB", "9" * 400]
)
def test_what_is_no_size_is_refused_with_examples(text):
    with pytest.raises(ValueError, match="as in 500KB, 10MB"):
        size(text)


_ROOT = ":1:1: the file must hold the sections crawler, job_defaults and jobs"
_J = "jobs: [{name: a, urls: ['http://h/'], "  # 38 characters


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", _ROOT),
        ("[1, 2]", _ROOT),
        ("crawler: {}\n", ":1:1: jobs: is needed and missing"),
        ("\njobs: []", ":2:7: jobs: needs at least one item"),
        ("jobs:\n", ":1:6: jobs: input should be a list, not None"),
        ("jobs:\n  - urls: ['http://h/']", ":2:5: jobs[0].name: is needed and missing"),
        ("jobs: [{name: a b, urls: []}]", ":1:15: jobs[0].name: 1 to 64 letters"),
        (_J + "delay: 5}]", ":1:46: jobs[0].delay: a duration with its unit is needed"),
        (_J + "max_size: x}]", ":1:49: jobs[0].max_size: a size is needed"),
        (_J + "per_host: 0}]", ":1:49: jobs[0].per_host: input should be greater than or equal to"),
        (
            _J + "attempts: 1.5}]",
            ":1:49: jobs[0].attempts: input should be a valid integer, not 1.5",
        ),
        (
            _J + "timeout: {read: 0}}]",
            ":1:55: jobs[0].timeout.read: input should be greater than 0",
        ),
        (_J + "timeout: 5s}]", ":1:48: jobs[0].timeout: input should be a mapping"),
        (
            _J + "max_retries: 3}]",
            ":1:39: jobs[0].max_retries: is no option; did you mean attempts?",
        ),
        (
            _J + "retry_codes: [3]}]",
            ":1:39: jobs[0].retry_codes: is no option; did you mean retry?",
        ),
        (_J + "urlfile: x}]", ":1:39: jobs[0].urlfile: is no option; did you mean url_file?"),
        (_J + "zzz: x}]", ":1:39: jobs[0].zzz: is no option allowed here: robots, delay, per_host"),
        (
            _J + "timeout: {raed: 1s}}]",
            ":1:49: jobs[0].timeout.raed: is no option; did you mean read",
        ),
        (JOB + "crawler: {log: {level: x}}", ":2:24: crawler.log.level: input should be 'debug', "),
        (
            _J + "include: ['*']}]",
            ":1:39: jobs[0].include: is no option; did you mean filter.include?",
        ),
        (JOB + "crawlers: {}", ":2:1: crawlers: is no option; did you mean crawler?"),
        (JOB + "crawler: {user_agent: é€}", ":2:23: crawler.user_agent: a header holds only"),
        (_J + "headers: {Host: x}}]", ":1:49: jobs[0].headers.Host: is set by the crawler itself"),
        (_J + "headers: {'a b': x}}]", ":1:49: jobs[0].headers.a...: is not a header name"),
        (_J + "headers: {X: 5}}]", ":1:52: jobs[0].headers.X: input should be a valid string"),
        (_J + 'headers: {X: "a\\nb"}}]', ":1:52: jobs[0].headers.X: a header is one line"),
        (_J + "path: /x}]", ":1:45: jobs[0].path: it must be a relative path inside the output"),
        (
            _J + "path: '{cc}'}]",
            ":1:45: jobs[0].path: {cc} is not bound by every URL of this job; ",
        ),
        (
            "jobs: [{name: a, urls: ['http://h/[cc=1-2]', 'http://h/'], path: '{cc}'}]",
            ":1:66: jobs[0].path: {cc} is not bound by every URL of this job; ",
        ),
        (_J + "name: b}]", ":1:39: jobs[0].name: stands twice, first in line 1; keep one of them"),
        ("jobs: [{name: a}]", ":1:8: jobs[0]: names no URLs; it needs urls, url_file"),
        (
            "jobs: [{name: a, urls: ['http://h/'], cookies: x.txt}]",
            ":1:48: jobs[0].cookies: x.txt is not a file",
        ),
        ("jobs: [{name: a, urls: http://h/}]", ":1:24: jobs[0].urls: input should be a list"),
        ("jobs: [{name: a, urls: ['http://{a']}]", ":1:25: jobs[0].urls[0]: '{a' is not closed"),
        ("jobs: [{name: a, urls: ['ftp://h/']}]", ":1:25: jobs[0].urls[0]: its scheme is ftp"),
        (
            "jobs: [{name: a, urls: ['{x,y}']}]",
            ":1:25: jobs[0].urls[0]: its first URL: it is not",
        ),
        (
            "jobs: [{name: a, urls: ['http://h/[0-99999999999999999999]']}]",
            ":1:25: jobs[0].urls[0]",
        ),
        (_J + "max_size: 5iB}]", ":1:49: jobs[0].max_size: a size is needed"),
        (_J + "attempts: " + "9" * 5000 + "}]", ":1:49: jobs[0].attempts: "),
        ("jobs: &a [*a]", ":1:"),
        ("jobs: [\n", ":2:1: is not YAML: "),
        ("a: b: c", ":1:5: is not YAML: "),
        (
            "a: [*.jpg]",
            ":1:6: is not YAML: did not find expected alphabetic or numeric character; put what",
        ),
        ("--- 1\n--- 2", ":2:1: is not YAML: "),
        (b"jobs: \xff", ":1:1: is not YAML: "),
        (b"jobs: \0", ":1:1: is not YAML: "),
    ],
)
def test_an_error_has_its_place_its_key_and_its_reason(problems, text, expected):
    (problem,) = problems(text)
    assert problem.startswith("crawler.yaml" + expected)


_NO_HOST = "is no host: example.org, example.org:8080, *.example.org or * are"
_OF_HOSTS = "allowed here: robots, delay, per_host"
_DURATION = "a duration with its unit is needed, as in 500ms, 30s"
_HOURS = "hours look like 22:00-06:00 Europe/Berlin or mon-fri 20:00-06:00; sat,sun 00:00-24:00"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("robots: maybe", "47: jobs[0].robots: input should be 'obey' or 'ignore', not 'maybe'"),
        ("robots: no", "47: jobs[0].robots: input should be 'obey' or 'ignore', not 'no'"),
        ("priority: urgent", "49: jobs[0].priority: input should be 'high', 'normal' or 'low', "),
        ("max_crawl_delay: 5", f"56: jobs[0].max_crawl_delay: {_DURATION}"),
        ("max_backoff: 5", f"52: jobs[0].max_backoff: {_DURATION}"),
        ("max_backoff: 0", "52: jobs[0].max_backoff: input should be greater than 0, not 0"),
        ("give_up: soon", f"48: jobs[0].give_up: {_DURATION}"),
        ("max_per_day: 0", "52: jobs[0].max_per_day: input should be greater than or equal to 1"),
        ("max_per_day: 5s", "52: jobs[0].max_per_day: input should be a valid integer, not '5s'"),
        ("adaptive: 5", "49: jobs[0].adaptive: input should be a mapping"),
        ("adaptive: {factor: 0}", "58: jobs[0].adaptive.factor: input should be greater than 0"),
        ("adaptive: {factor: 1e9}", "58: jobs[0].adaptive.factor: input should be less than or"),
        ("adaptive: {min: 5}", f"55: jobs[0].adaptive.min: {_DURATION}"),
        (
            "adaptive: {facter: 3}",
            "50: jobs[0].adaptive.facter: is no option; did you mean factor? allowed here: factor,",
        ),
        (
            "adaptive: {min: 1m, max: 5s}",
            "49: jobs[0].adaptive: min, 60 s, is longer than max, 5 s",
        ),
        ("adaptive: {min: 1m}", "49: jobs[0].adaptive: min, 60 s, is longer than max, 30 s by def"),
        (
            "adaptive: {max: 0}",
            "49: jobs[0].adaptive: min, 0.5 s by default, is longer than max, 0",
        ),
        (
            "schedule: {every: 1d, adaptive: {min: 2d, max: 6h}}",
            "71: jobs[0].schedule.adaptive: min, 172800 s, is longer than max, 21600 s",
        ),
        (
            "schedule: {cron: '* * * * *', timezone: Europe/Berlinn}",
            "49: jobs[0].schedule: Europe/Berlinn is no time zone, as Europe/Berlin or UTC are",
        ),
        ("hours: 22:00-06:00", "39: jobs[0].hours: is no option"),  # said of hosts alone
    ],
)
def test_what_a_job_says_of_its_hosts_is_checked_with_its_place(problems, text, expected):
    (problem,) = problems(f"{_J}{text}}}]")
    assert problem.startswith(f"crawler.yaml:1:{expected}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[h]", "8: hosts: input should be a mapping"),
        ("{h: 5s}", "12: hosts.h: input should be a mapping, not '5s'"),
        ("{h: {delay: 5}}", f"20: hosts.h.delay: {_DURATION}"),
        ("{h: {dealy: 5s}}", f"13: hosts.h.dealy: is no option; did you mean delay? {_OF_HOSTS}"),
        ("{delay: {zzz: 5}}", f"17: hosts.delay.zzz: is no option {_OF_HOSTS}"),  # a host's name
        ("{'*.org': {zzz: 5}}", f"19: hosts.*.org.zzz: is no option {_OF_HOSTS}"),
        ("{h: {priority: high}}", f"13: hosts.h.priority: is no option {_OF_HOSTS}"),
        ("{h: {adaptive: {facter: 2}}}", "24: hosts.h.adaptive.facter: is no option; did you mean"),
        ("{h: {adaptive: {max: 2}}}", f"29: hosts.h.adaptive.max: {_DURATION}"),
        ("{h: {robots: no}}", "21: hosts.h.robots: input should be 'obey' or 'ignore', not 'no'"),
        ("{h: {per_host: 0}}", "23: hosts.h.per_host: input should be greater than or equal to 1"),
        ("{h: {max_per_day: 0}}", "26: hosts.h.max_per_day: input should be greater than or equal"),
        ("{h: {max_backoff: 0}}", "26: hosts.h.max_backoff: input should be greater than 0, not"),
        (
            "{h: {adaptive: {min: 2m, max: 1m}}}",
            "23: hosts.h.adaptive: min, 120 s, is longer than max, 60 s",
        ),
        ("{h: {give_up: 5}}", f"22: hosts.h.give_up: {_DURATION}"),
        ('{h: {user_agent: "a\\nb"}}', "25: hosts.h.user_agent: a header is one line of printable"),
        ("{h: {hours: 22-6}}", f"20: hosts.h.hours: {_HOURS}"),
        ("{h: {hours: 25:00-06:00}}", "20: hosts.h.hours: 25:00 is no time of day"),
        ("{h: {hours: 22:00-06:00 Mars/X}}", "20: hosts.h.hours: Mars/X is no time zone, as"),
        ("{'http://h/': {}}", f"9: hosts.http://h/: {_NO_HOST}"),
        ("{'user@h': {}}", f"9: hosts.***@h: {_NO_HOST}"),
        ("{'*.*.org': {}}", f"9: hosts.*.*.org: {_NO_HOST}"),
        ("{'h*': {}}", f"9: hosts.h*: {_NO_HOST}"),
        ("{'': {}}", f"9: hosts.: {_NO_HOST}"),
        ("{'a?b': {}}", f"9: hosts.a?b: {_NO_HOST}"),
        ("{'a#b': {}}", f"9: hosts.a#b: {_NO_HOST}"),
        ("{'a b': {}}", f"9: hosts.a b: {_NO_HOST}"),
        ("{'h:': {}}", f"9: hosts.h:: {_NO_HOST}"),
        ("{'h:x': {}}", f"9: hosts.h:x: {_NO_HOST}"),
        ("{'h:99999': {}}", f"9: hosts.h:99999: {_NO_HOST}"),
        ("{'::1': {}}", f"9: hosts.::1: {_NO_HOST}"),
        ("{'127.0.0.256': {}}", f"9: hosts.127.0.0.256: {_NO_HOST}"),
        ("{'*.0.0.1': {}}", f"9: hosts.*.0.0.1: {_NO_HOST}"),
        ("{'*.[::1]': {}}", f"9: hosts.*.[::1]: {_NO_HOST}"),
        ("{'*:80': {}}", f"9: hosts.*:80: {_NO_HOST}"),
        (
            "{'*.example.org:8080': {}}",
            "9: hosts.*.example.org:8080: *.name goes for every port; leave :8080 away",
        ),
        (
            "{h: {}, H: {}}",
            "16: hosts.H: means the same hosts as h; keep one of them",
        ),
        (
            "{'*.Bücher.example': {}, '*.xn--bcher-kva.example': {}}",
            "33: hosts.*.xn--bcher-kva.example: means the same hosts as *.Bücher.example; keep",
        ),
        ("{h: {}, h: {}}", "16: hosts.h: stands twice, first in line 2; keep one of them"),
    ],
)
def test_what_is_said_of_hosts_is_checked_with_its_place(problems, text, expected):
    (problem,) = problems(f"{JOB}hosts: {text}\n")
    assert problem.startswith(f"crawler.yaml:2:{expected}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("per_address: 8", "24: crawler.per_address: input should be a mapping"),
        (
            "per_address: {concurency: 5}",
            "25: crawler.per_address.concurency: is no option; did you mean concurrency?",
        ),
        ("per_address: {concurrency: 0}", "38: crawler.per_address.concurrency: input should be"),
        ("per_address: {delay: 5}", f"32: crawler.per_address.delay: {_DURATION}"),
        ("group: no-such-one", "18: crawler.group: this machine has no group 'no-such-one'"),
        ("name: my tour", "17: crawler.name: 1 to 64 letters"),
        ("robots_token: my bot", "25: crawler.robots_token: 1 to 64 letters"),
        ("robots_token: bot/1.0", "25: crawler.robots_token: 1 to 64 letters"),
        ("robots_token: ''", "25: crawler.robots_token: 1 to 64 letters"),
    ],
)
def test_what_holds_for_all_hosts_is_checked_with_its_place(problems, text, expected):
    (problem,) = problems(f"{JOB}crawler: {{{text}}}\n")
    assert problem.startswith(f"crawler.yaml:2:{expected}")


def test_a_job_is_polite_without_being_told(settings):
    loaded = settings(JOB)
    (job,) = loaded.jobs
    assert (job.robots, job.max_crawl_delay, job.priority) == ("obey", 300, "normal")
    assert (job.max_backoff, job.give_up) == (3600, 86_400)
    assert job.max_per_day is job.adaptive is None
    assert loaded.crawler.per_address is not None
    assert (loaded.crawler.per_address.concurrency, loaded.crawler.per_address.delay) == (8, 0)
    assert (loaded.crawler.robots_token, loaded.hosts) == ("crawlerd", {})


def test_what_is_said_of_jobs_and_hosts_is_read(settings):
    loaded = settings(
        "crawler: {robots_token: My_bot, per_address: {delay: 2s}}\n"
        "job_defaults: {priority: low, max_per_day: 5, adaptive: {factor: 3}}\n"
        "hosts:\n"
        "  '*': {max_backoff: 5m}\n"
        "  Example.ORG: {hours: mon-fri 22:00-06:00 Europe/Berlin, robots: ignore}\n"
        "  '*.example.org': {adaptive: {min: 0, max: 1m}, per_host: 3, user_agent: me}\n"
        "  '[::1]:8080': {give_up: 0, max_crawl_delay: 1h}\n"
        "jobs:\n"
        "- {name: a, urls: ['http://h/']}\n"
        "- {name: b, urls: ['http://h/'], priority: high, adaptive: null, robots: ignore}\n"
    )
    one, other = loaded.jobs
    assert (one.priority, one.max_per_day, one.adaptive.factor) == ("low", 5, 3)
    assert (other.priority, other.max_per_day, other.adaptive) == ("high", 5, None)
    assert (one.robots, other.robots) == ("obey", "ignore")
    assert (loaded.crawler.robots_token, loaded.crawler.per_address.delay) == ("My_bot", 2)
    assert list(loaded.hosts) == ["*", "example.org", "*.example.org", "[::1]:8080"]
    assert loaded.hosts["*"].max_backoff == 300
    assert loaded.hosts["example.org"].hours == "mon-fri 22:00-06:00 Europe/Berlin"
    assert loaded.hosts["example.org"].robots == "ignore"
    assert loaded.hosts["*.example.org"].adaptive.max == 60
    assert loaded.hosts["*.example.org"].delay is None
    assert (loaded.hosts["[::1]:8080"].give_up, loaded.hosts["[::1]:8080"].max_crawl_delay) == (
        0,
        3600,
    )


@pytest.mark.parametrize(
    ("text", "pattern"),
    {
        "*": "*", "Example.ORG": "example.org", "example.org:080": "example.org:80",
        "h:80": "h:80", "h:443": "h:443", "h:8080": "h:8080", "[::1]": "[::1]",
        "[0:0::1]:8080": "[::1]:8080", "127.1": "127.0.0.1", "my_host": "my_host",
        "bücher.example": "xn--bcher-kva.example", "Bücher.example:81": "xn--bcher-kva.example:81",
        "*.BÜCHER.example": "*.xn--bcher-kva.example", "*.xn--bcher-kva.example":
        "*.xn--bcher-kva.example", "*.x": "*.x", "*.example.org": "*.example.org",
    }.items(),
)  # fmt: skip
def test_a_pattern_of_hosts_is_spelled_as_their_keys_are(settings, text, pattern):
    assert list(settings(f"{JOB}hosts: {{'{text}': {{delay: 5s}}}}").hosts) == [pattern]


@pytest.mark.parametrize(
    "text", ["hosts: {h: 5s}", "hosts: {h: {adaptive: 5}}", "crawler: {log: 5}", "crawler: 5"]
)
def test_no_message_names_a_class_of_the_code(problems, text):
    (problem,) = problems(f"{JOB}{text}")
    assert "input should be a mapping, not " in problem
    assert "instance" not in problem


def test_the_limit_of_addresses_can_be_switched_off(settings):
    assert settings(JOB + "crawler: {per_address: null}\n").crawler.per_address is None


def test_a_file_that_cannot_be_read_is_an_error_with_its_name(tmp_path):
    for name, why in (("none.yaml", "No such file"), (".", "Is a directory")):
        with pytest.raises(ConfigError, match=why) as refused:
            load(tmp_path / name)
        assert str(tmp_path / name) in str(refused.value)


def test_all_errors_are_told_at_once_in_the_order_of_the_file(problems):
    text = "crawler:\n  concurency: 1\n  grace_period: 5\n" + _J + "delay: x, delay: y}, {}]\n"
    assert [problem.split(": ")[:2] for problem in problems(text)] == [
        ["crawler.yaml:2:3", "crawler.concurency"],
        ["crawler.yaml:3:17", "crawler.grace_period"],
        ["crawler.yaml:4:46", "jobs[0].delay"],
        ["crawler.yaml:4:49", "jobs[0].delay"],
        ["crawler.yaml:4:60", "jobs[1].name"],
    ]


def test_what_only_whole_jobs_show_is_told_at_once_too(problems):
    text = "jobs:\n- {name: a, urls: ['http://h/'], path: '{x}'}\n- {name: a, cookies: none}\n"
    assert [problem.partition(": ")[0] for problem in problems(text)] == [
        "crawler.yaml:2:40",
        "crawler.yaml:3:3",
        "crawler.yaml:3:10",
        "crawler.yaml:3:22",
    ]
    assert "'a' is also the name of jobs[0]" in problems(text)[2]


def test_a_list_that_is_not_there_just_now_is_no_fault_of_the_configuration(settings):
    assert settings("jobs: [{name: a, url_file: gone.txt}]").jobs[0].url_file


@pytest.mark.parametrize(
    ("text", "secret"),
    [("command: prog --token hidden", "hidden"), ("cookies: [hidden]", "hidden"),
     ("retries: 1, delay: " + 200 * "x", 90 * "x")],
)  # fmt: skip
def test_no_error_repeats_what_is_secret_or_long(text, secret, problems):
    found = "".join(problems(f"jobs: [{{name: a, urls: ['http://h/'], {text}}}]"))
    assert found
    assert secret not in found


def test_a_field_must_be_bound_by_every_url_of_the_job(settings, problems):
    one, two = "http://{cc=a,b}/", "http://h/{x=a,b}"
    assert settings(f"jobs: [{{name: a, urls: ['{one}'], path: '{{cc}}{{1}}{{digest}}'}}]")
    (problem,) = problems(f"jobs: [{{name: a, urls: ['{one}', '{two}'], path: '{{cc}}'}}]")
    assert problem.endswith(
        "allowed: {job}, {host}, {url_path}, {name}, {ext}, {digest}, "
        "{filename}, {date}, {status}, {1}"
    )


def test_words_that_yaml_1_1_turns_into_something_else_stay_text(settings):
    loaded = settings(
        "jobs: [{name: no, urls: ['http://h/'],"
        " headers: {a: 1:30, b: 0755, c: off, d: 2001-01-01}}]"
    )
    assert loaded.jobs[0].name == "no"
    assert loaded.jobs[0].headers == {"a": "1:30", "b": "0755", "c": "off", "d": "2001-01-01"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("per_host: 0755", "jobs[0].per_host: input should be a valid integer, not '0755'"),
        ("delay: 1:30", "jobs[0].delay: a duration with its unit is needed"),
        ("verify: no", "jobs[0].verify: no is not a file; write false"),
        ("verify: on", "jobs[0].verify: on is not a file; write true"),
    ],
)
def test_text_where_something_else_is_needed_is_an_error_with_its_remedy(problems, text, expected):
    (problem,) = problems(f"{_J}{text}}}]")
    assert expected in problem


def test_variables_come_from_the_environment(settings):
    text = (
        "crawler:\n  concurrency: ${N}\n  user_agent: x ${A:-b c} ${E:-d} $$ $$$${N} $ $N\n"
        "job_defaults:\n  verify: ${V:-false}\n  path: ${EMPTY}x\n"
    )
    loaded = settings(text + JOB, N="8", E="", EMPTY="")
    assert loaded.crawler.concurrency == 8
    assert loaded.crawler.user_agent == "x b c d $ $${N} $ $N"
    assert loaded.jobs[0].verify is False
    assert loaded.jobs[0].path == "x"


def test_a_variable_that_is_not_set_is_an_error_with_its_remedy(problems):
    (problem,) = problems("crawler: {user_agent: 'a ${NOPE}'}\n" + JOB)
    assert problem.startswith("crawler.yaml:1:23: crawler.user_agent: ${NOPE} is not set; set it")
    assert problem.endswith("or write ${NOPE:-default}")
    (problem,) = problems("crawler: {user_agent: 'a ${'}\n" + JOB)
    assert problem.startswith("crawler.yaml:1:23: crawler.user_agent: ${ opens no variable; write")


def test_variables_in_each_other_are_one_problem_and_cost_linear_time(problems):
    def seconds(number):
        began = time.process_time()
        (problem,) = problems("crawler: {user_agent: '" + "${A:-" * number + "'}\n" + JOB)
        assert "${ opens no variable" in problem
        return time.process_time() - began

    seconds(10)
    assert seconds(20_000) < 0.5


def test_a_secret_comes_from_a_file_whole_but_for_the_end_of_its_last_line(settings, tmp_path):
    for name, text in {"a": "12345", "b": " x \n", "c": "y\r\n", "d": "1\n\n", "e": "ü$X"}.items():
        (tmp_path / name).write_bytes(text.encode())
    loaded = settings(
        "jobs: [{name: a, urls: ['http://h/'], auth: {user: '${file:a}', password: '${file:e}'},"
        f" body: '${{file:d}}', headers: {{A: '${{file:a}}', C: '${{file:{tmp_path}/c}}',"
        " B: 'x${file:b}x', D: '${N}-${file:c}$$'}}]",
        N="n",
    )
    (job,) = loaded.jobs
    assert job.headers == {"A": "12345", "B": "x x x", "C": "y", "D": "n-y$"}
    assert (job.auth.user, job.auth.password, job.body) == ("12345", "ü$X", "1\n")


def test_in_a_url_the_secret_of_a_file_is_percent_encoded(settings, tmp_path):
    (tmp_path / "p").write_text("a@b/c%{ü:\n")
    loaded = settings(
        "jobs: [{name: a, urls: ['http://h/?token=${file:p}', '${W}/${file:p}'], "
        "proxy: 'http://me:${file:p}@proxy.example', headers: {A: 'x http://${W}${file:p}'}}]",
        W="http://w",
    )
    (job,) = loaded.jobs
    encoded = "a%40b%2Fc%25%7B%C3%BC%3A"
    assert job.urls == (f"http://h/?token={encoded}", f"http://w/{encoded}")
    assert job.proxy == f"http://me:{encoded}@proxy.example"
    assert job.headers == {"A": "x http://http://wa@b/c%{ü:"}


@pytest.mark.parametrize(("held", "told"), [
    (None, "cannot be read: No such file or directory; name a file that this user may read"),
    (b"", "is empty; write the secret into it"),
    (b"\n", "is empty; write the secret into it"),
    (b"a\0b", "holds a NUL; name a file with the secret alone, as text"),
    (b"\xff", "is not UTF-8; name a file with the secret alone, as text"),
    (b"x" * 65_537, "is longer than 65,536 bytes; name a file with the secret alone"),
])  # fmt: skip
def test_a_file_that_holds_no_secret_is_an_error_with_its_remedy(problems, tmp_path, held, told):
    if held is not None:
        (tmp_path / "p").write_bytes(held)
    (problem,) = problems("crawler: {user_agent: '${file:p}'}\n" + JOB)
    assert problem == f"crawler.yaml:1:23: crawler.user_agent: ${{file:p}} {told}"


def test_a_pipe_or_a_folder_in_the_place_of_a_secret_holds_nobody_up(problems, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (problem,) = problems("crawler: {user_agent: '${file:pipe}'}\n" + JOB)
    assert problem.endswith("${file:pipe} is no file; name the file that holds the secret")
    (problem,) = problems("crawler: {user_agent: '${file:.}'}\n" + JOB)
    assert "${file:.} cannot be read: Is a directory; name a file" in problem


@pytest.mark.parametrize(
    "text", ["crawler: {concurrency: '${file:p}'}", "crawler: {name: '${file:p} x'}",
             "crawler: {log: {level: '${file:p}'}}", "job_defaults: {delay: '${file:p}'}",
             "job_defaults: {cron: '${file:p}'}", "job_defaults: {verify: '${file:p}'}",
             "job_defaults: {hours: '${file:p}'}", "hosts: {e.example: {hours: '${file:p}'}}",
             "crawler: {group: '${file:p}'}"],
)  # fmt: skip
def test_no_error_repeats_what_a_file_holds(problems, tmp_path, text):
    (tmp_path / "p").write_text("h1dden 5\n")
    (tmp_path / "n").write_text("12345678\n")
    for name in ("p", "n"):
        found = problems(f"{text.replace(':p', f':{name}')}\n{JOB}")
        assert found
        assert not any("h1d" in problem or "1234" in problem for problem in found)


def test_a_job_takes_what_it_leaves_unsaid_from_the_defaults(settings):
    loaded = settings(
        "job_defaults: {delay: 7s, per_host: 3, timeout: {connect: 1s, read: 2s},"
        " headers: {A: a, B: b}}\n"
        "jobs:\n"
        "- {name: a, urls: ['http://h/'], delay: 1s, timeout: {read: 9s}, headers: {B: c, D: d}}\n"
        "- {name: b, urls: ['http://h/']}\n"
    )
    one, other = loaded.jobs
    assert (one.delay, one.per_host, one.attempts) == (1, 3, 5)
    assert (one.timeout.connect, one.timeout.read, one.timeout.total) == (1, 9, 600)
    assert one.headers == {"A": "a", "B": "c", "D": "d"}
    assert (other.delay, other.timeout.read, other.headers) == (7, 2, {"A": "a", "B": "b"})


def test_relative_paths_are_relative_to_the_file_and_not_to_the_process(settings, tmp_path):
    (tmp_path / "urls.txt").touch()
    (tmp_path / "ca.pem").touch()
    loaded = settings(
        "crawler: {state: ../x.sqlite, output: /abs}\n"
        "job_defaults: {verify: ca.pem}\njobs: [{name: a, url_file: ./urls.txt}]\n"
    )
    assert loaded.crawler.state == tmp_path.parent / "x.sqlite"
    assert loaded.crawler.output == Path("/abs")
    assert loaded.jobs[0].url_file == tmp_path / "urls.txt"
    assert loaded.jobs[0].verify == tmp_path / "ca.pem"


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.name)
def test_what_is_shipped_loads_and_fits_its_schema(file):
    assert load(file, {}).jobs
    (reference,) = re.findall(
        r"^# yaml-language-server: \$schema=(.+)$", file.read_text(), re.MULTILINE
    )
    assert file.read_text().startswith("# yaml-language-server")
    beside = json.loads((file.parent / reference).read_text())
    jsonschema.Draft202012Validator(beside).validate(read(file, {}).value)


def test_the_shipped_schema_is_that_of_the_code():
    assert [file.name for file in SHIPPED] == ["crawler.yaml", "demo.yaml"]
    assert json.loads((FOLDER / "crawler.schema.json").read_text()) == schema()
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize(
    "text",
    [
        "delay: 5", "delay: -1s", "max_size: x", "zzz: 1", "per_host: 0", "robots: no",
        "priority: 1", "max_per_day: 0", "adaptive: {factor: 0}", "give_up: 5", "hours: '1'",
    ],
)  # fmt: skip
def test_the_schema_refuses_what_the_loader_refuses(problems, tmp_path, text):
    assert problems(f"{_J}{text}}}]")
    value = read(tmp_path / "crawler.yaml", {}).value
    assert not jsonschema.Draft202012Validator(schema()).is_valid(value)


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
)


def test_what_aliases_repeat_is_counted_before_it_is_built(problems):
    """Some hundred bytes stand for ten to the eleventh values."""
    began = time.process_time()
    (problem,) = problems(BOMB)
    assert problem.startswith("crawler.yaml:5:5: a4: aliases repeat more than 100,000 values ")
    assert time.process_time() - began < 10  # 0.2 s; all of them would take a day


def test_a_chain_of_aliases_is_an_error_with_a_place_however_long(problems):
    chain = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 3000))
    (problem,) = problems(chain)
    assert problem == "crawler.yaml:98:6: a99[0][0]: is nested deeper than 100 levels"


def test_an_alias_repeats_what_it_stands_for(settings):
    read = settings("jobs: [{name: a, urls: &u ['http://h/']}, {name: b, urls: *u}]")
    assert [list(job.urls) for job in read.jobs] == [["http://h/"]] * 2


def test_a_thousand_globs_are_an_error_with_a_place(problems):
    (problem,) = problems("jobs: [{name: a, urls: ['http://h/" + "{a}" * 1000 + "']}]")
    assert problem.startswith("crawler.yaml:1:25: jobs[0].urls[0]: it has more than 100 globs; ")


@pytest.mark.parametrize("option", [
    "delimiter: xx", "renamed_from: a b", "sitemap: ftp://e/x",
    "cookies: {login: {url: ftp://e/h1dden}}", "cookies: {login: {url: h1dden, body: h1dden}}",
])  # fmt: skip
def test_a_rule_is_told_in_words_and_not_as_a_regular_expression(problems, option):
    (problem,) = problems(f"jobs: [{{name: a, urls: [http://e/], {option}}}]")
    assert "needed" in problem
    assert "pattern" not in problem
    assert "^" not in problem
    assert "h1dden" not in problem


def test_every_rule_that_pydantic_keeps_has_words():
    text = json.dumps(schema())
    names = set(re.findall(r'"(\w+)": \{[^{}]*"pattern"', text)) - {"on_change"}  # it has its own
    assert names <= {name.rpartition(".")[2] for name in problems_of.RULES}
    assert {"name", "url"} <= names


def test_a_digest_of_jobs_tells_no_secret(settings, recwarn):
    proxies = ["http://u:h1dden@127.0.0.1:1", "http://u:h1dden@127.0.0.1:2"]
    read = settings(f"jobs: [{{name: a, urls: [http://e/], proxy: {json.dumps(proxies)}}}]")
    listed = read.jobs[0].model_copy(update={"proxy": proxies})
    found = job_digests(read.model_copy(update={"jobs": (listed,)}))
    assert found == job_digests(read)
    assert not recwarn.list


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("jobs: [{name: a, urls: [http://e/], headers: {'X-Key: h1dden': 3}}]", "headers.X-Key..."),
        ("jobs: [{name: a, urls: [http://e/], auth: {'u:h1dden': x}}]", "auth.u..."),
        ("jobs: [{name: a, urls: [http://e/], headers: {X-A: [h1dden]}}]", "headers.X-A"),
        ("jobs: [{name: a, urls: [http://e/], auth: {bearer: {h1dden: 1}}}]", "auth.bearer"),
        ("jobs: [{name: a, urls: [http://e/], cookies: {sid: h1dden}}]", "cookies.sid"),
        ("jobs: [{name: a, urls: [http://e/], proxy: [h1dden]}]", "proxy"),
        (JOB + "hosts: {'u:h1dden@e.example': {delay: 5s}}", "hosts.***@e.example"),
    ],
)
def test_no_error_repeats_the_secret_that_stands_in_a_key_or_has_a_wrong_type(problems, text, told):
    found = problems(text)
    assert all(f"{told}: " in problem for problem in found)
    assert not any("h1dden" in problem or "class" in problem for problem in found)


PLAIN = """
crawler: {name: here, state: ../a/../b.sqlite, output: "${OUT:-files}", redact_query: [a, "b*"]}
job_defaults: {give_up: 2d}
jobs: [{name: one, urls: [http://a.example/]}, {name: two, urls: [http://b.example/], give_up: 3h}]
"""
BARE = "jobs: [{name: one, urls: [http://a.example/]}]"


@pytest.mark.parametrize(
    "text", [PLAIN, BARE, f"crawler: {{name: null, state: /x/y}}\n{BARE}",
             f"crawler: {{state: ~/x, output: '${{HOME_}}/$$'}}\n{BARE}",
             "jobs: [{name: one, urls: [http://a.example/], give_up: 0}]",
             (FOLDER / "crawler.yaml").read_text()],
)  # fmt: skip
def test_the_brief_of_a_document_is_what_the_models_say(tmp_path, text):
    file = tmp_path / "a.b.yaml"
    file.write_text(text)
    (tmp_path / "urls.txt").write_text("http://a.example/")
    environment = {"HOME_": "somewhere"}
    settings = load(file, environment)
    options = settings.crawler
    assert brief(file, environment) == Brief(
        options.name, options.state, options.output, options.redact_query,
        max(job.give_up for job in settings.jobs), brief(file, environment).marks,
    )  # fmt: skip


@pytest.mark.parametrize(
    "text", ["", "[]", "jobs: []", "jobs: {a: 1}", "jobs: [1]", f"crawler:\n{BARE}",
             f"job: 1\n{BARE}",
             f"crawler: {{state: 5}}\n{BARE}", f"crawler: {{state: ${{NOT_SET}}}}\n{BARE}",
             f"crawler: {{output: null}}\n{BARE}", f"crawler: {{name: a b}}\n{BARE}",
             f"crawler: {{redact_query: a}}\n{BARE}", f"job_defaults: {{give_up: 5}}\n{BARE}",
             f"job_defaults: {{give_up: null}}\n{BARE}", f"{BARE}\n{BARE}", "jobs: [", "a: \xff"],
)  # fmt: skip
def test_a_document_that_is_odd_has_no_brief_and_the_models_say_what_is_wrong(tmp_path, text):
    file = tmp_path / "crawler.yaml"
    file.write_bytes(text.encode("latin-1"))
    assert brief(file, {}) is None
    with pytest.raises(ConfigError):
        load(file, {})


def test_a_configuration_that_is_not_there_has_no_brief(tmp_path):
    assert brief(tmp_path / "none.yaml") is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("resolve: {H.example: 192.0.2.7}", ""),
        ("resolve: {h.example: '2001:DB8::7'}", ""),
        ("resolve: {h.example: there}", "jobs[0].resolve.h.example: is no address"),
        ("resolve: {'*.example': 192.0.2.7}", "is no name of one host"),
        ("resolve: {'h.example:80': 192.0.2.7}", "is no name of one host"),
        ("source_address: here", "jobs[0].source_address: is no address"),
        ("family: 5", "jobs[0].family: "),
        ("family: 6, source_address: 192.0.2.1", "is no IPv6 address, which family asks for"),
    ],
)
def test_ways_to_a_host_are_addresses_of_names(options, said, settings, problems):
    text = f"jobs: [{{name: a, urls: ['http://h/'], {options}}}]"
    if said:
        assert said in problems(text)[0]
    else:
        assert settings(text).jobs[0].resolve.keys() == {"h.example"}


def test_jobs_agree_where_a_host_is(problems):
    job = "{{name: {}, urls: ['http://h/'], resolve: {{h.example: {}}}}}"
    text = f"jobs: [{job.format('a', '192.0.2.7')}, {job.format('b', '192.0.2.8')}]"
    (told,) = problems(text)
    assert "jobs[1].resolve.h.example: is at 192.0.2.7 for jobs[0]; a host has one" in told
