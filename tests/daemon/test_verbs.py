"""The other verbs, and configurations that are wrong."""

import json
import os
import signal
import subprocess
from importlib import import_module
from pathlib import Path

import pytest

from crawler import config
from crawler.cli import HOMES
from tests.program import CRAWLER, at_once, crawler, until, write_config
from tests.typed import steps

HERE = Path(__file__).parents[2]


def test_check_prints_the_plan_and_starts_nothing(tmp_path):
    (tmp_path / "list").write_text("http://a.example/1\nhttp://a.example/2\nhttp://b.example/\n")
    job = {"name": "lists", "url_file": "list", "urls": ["http://a.example/x[1-99]"], "delay": "2s"}
    file = write_config(tmp_path, [job])
    done = crawler("check", "-c", str(file), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "lists: 102 URLs on 2 hosts" in done.stdout
    assert "at least    3 min 20 s" in done.stdout  # 100 gaps of 2 s
    assert "101  a.example:80" in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["crawler.yaml", "list"]


def test_check_tells_bad_lines_with_their_numbers(tmp_path):
    (tmp_path / "list").write_text("# list\nhttp://a.example/1\nnonsense\n")
    file = write_config(tmp_path, [{"name": "lists", "url_file": "list"}])
    done = at_once("check", "-c", str(file), cwd=tmp_path)
    assert done.returncode == 2
    assert f"{tmp_path / 'list'}:3: 'nonsense': it is not a URL" in done.stderr


def test_check_refuses_a_state_file_that_is_none(tmp_path):
    file = write_config(tmp_path, [{"name": "j", "urls": ["http://a.example/"]}])
    (tmp_path / "state.sqlite").write_text(
        "no database at all, but long enough to be looked at" * 9
    )
    done = at_once("check", "-c", str(file), cwd=tmp_path)
    assert done.returncode == 1
    assert "state.sqlite: it is damaged: stop the daemon" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("verb", ["run", "check"])
def test_everything_wrong_is_told_at_once_with_its_place(tmp_path, verb):
    file = tmp_path / "crawler.yaml"
    file.write_text(
        "crawler:\n  concurency: 5\njobs:\n  - name: a\n    urls: [ftp://x/]\n    delay: 1:30\n"
    )
    done = at_once(verb, "-c", str(file), cwd=tmp_path)
    assert done.returncode == 2
    places = [line.removeprefix(f"{file}:").split(" ")[0] for line in done.stderr.splitlines()]
    assert places == ["2:3:", "5:12:", "6:12:"]
    assert "Traceback" not in done.stderr


def test_run_tells_a_bad_configuration_in_the_log_too(tmp_path):
    file = tmp_path / "crawler.yaml"
    file.write_text("jobs: []\n")
    done = crawler("run", "-c", str(file), cwd=tmp_path)
    (line,) = done.stdout.splitlines()
    assert json.loads(line)["event"] == "config.rejected"
    assert json.loads(line)["problems"] == done.stderr.splitlines()


def test_a_missing_configuration_is_a_usage_error(tmp_path):
    done = at_once("run", "-c", "nowhere.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert "nowhere.yaml:1:1: cannot be read: No such file or directory" in done.stderr


def test_schema_prints_what_the_shipped_files_name(tmp_path):
    done = crawler("schema", cwd=tmp_path)
    assert json.loads(done.stdout) == config.schema()
    assert (HERE / "config/crawler.schema.json").read_text() == done.stdout


DEMO = "crawler demo"


def test_the_demo_fetches_every_flag_and_says_where_the_files_lie(tmp_path):
    done = crawler("demo", "-o", "flags", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (shown,) = (step for step in steps((HERE / "README.md").read_text()) if step.command == DEMO)
    assert shown.matches(done.stdout), done.stdout
    assert f"The files lie in {tmp_path}/flags/files" in done.stdout
    gifs = list((tmp_path / "flags/files/local").glob("*.gif"))
    assert len(gifs) == 249
    assert all(gif.read_bytes().startswith(b"GIF89a") for gif in gifs)


def test_every_verb_on_the_ledger_is_found_in_its_module():
    found = {
        (verb.name, home)
        for home in set(HOMES.values())
        for verb in import_module(f"crawler.{home}").VERBS
    }
    assert found == set(HOMES.items())


def test_a_demo_that_somebody_interrupts_is_no_success(tmp_path):
    with subprocess.Popen(
        [*CRAWLER, "demo", "-o", "flags"], cwd=tmp_path, stdout=subprocess.PIPE, text=True,
        start_new_session=True,
    ) as demo:  # fmt: skip
        until(lambda: list(tmp_path.glob("flags/files/*/*.gif")), "no flag", patience=60)
        os.killpg(demo.pid, signal.SIGINT)
        told, _ = demo.communicate(timeout=60)
    assert demo.returncode == 1
    assert "The files lie in" in told
