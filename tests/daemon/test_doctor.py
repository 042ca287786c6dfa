"""What `crawler doctor` finds of a deployment, with remedies and an exit code."""

import json
import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
import trustme

from crawler.frontier import Integrity, open_ledger
from tests.program import Daemon, at_once, ledger, until, write_config
from tests.servers import Site, slow

CONF = """
[supervisord]
minfds=8192
[program:other]
command=/bin/cat
[program:crawler]
command=/opt/crawler run -c %(here)s/crawler.yaml
process_name=%(program_name)s_%(process_num)02d
numprocs=2
stopwaitsecs=7
startsecs=10
killasgroup=true
stdout_logfile=%(here)s/%(process_num)02d.log
"""
FILLING = """
CREATE TABLE filling AS
WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 200000)
SELECT x, hex(randomblob(20)) AS y FROM n"""


@pytest.fixture
def site():
    with Site(slow(0.01)) as one:
        yield one


@pytest.fixture
def config(tmp_path, site):
    file = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/[1-9]"]}])
    (tmp_path / "supervisord.conf").write_text(CONF)
    return file


def crawled(config: Path) -> None:
    with Daemon(config, "--until-done") as daemon:
        assert daemon.wait() == 0


def examined(config: Path, *options: str) -> tuple[int, dict[str, list[dict]]]:
    """Return the exit code, and the findings by what was looked at."""
    done = at_once("doctor", "-c", str(config), "--json", *options, cwd=config.parent)
    told, found = json.loads(done.stdout), {}
    for one in told["findings"]:
        found.setdefault(one["check"], []).append(one)
    assert told["well"] is (done.returncode == 0)
    return done.returncode, found


def levels(found: list[dict]) -> list[str]:
    return [one["level"] for one in found]


def test_of_a_deployment_that_is_well_all_is_well(config, tmp_path):
    with Daemon(config) as daemon:
        until(lambda: len(daemon.told("visit")) == 9, "no visits", daemon)
        code, found = examined(config)
        assert code == 0
        told = {check: set(levels(all_)) for check, all_ in found.items() if check != "clock"}
        assert told == {
            "configuration": {"ok"}, "folders": {"ok"}, "rights": {"ok"}, "room": {"ok"},
            "inodes": {"ok"}, "supervisord": {"ok"}, "certificates": {"ok"}, "identity": {"ok"},
            "processes": {"ok"}, "descriptors": {"ok"}, "dns": {"skip"}, "ledger": {"ok"},
            "parts": {"ok"},
        }  # fmt: skip
        (process,) = found["processes"]
        assert process["found"].startswith(f"process {daemon.process.pid} is version 0.1.0")
        assert daemon.stop() == 0


def test_each_finding_is_a_line_with_its_remedy(config, tmp_path):
    conf = tmp_path / "supervisord.conf"
    conf.write_text(CONF.replace("stopwaitsecs=7", "stopwaitsecs=5"))
    done = at_once("doctor", "-c", str(config), cwd=tmp_path)
    assert done.returncode == 1
    (line,) = [one for one in done.stdout.splitlines() if one.startswith("bad")]
    assert line == (
        f"bad   supervisord   {conf}: [program:crawler] is killed 5 s after a stop, and "
        "grace_period is 1 s; set stopwaitsecs=6 or more"
    )


@pytest.mark.parametrize(
    ("conf", "level", "words"),
    [
        (CONF.replace("crawler.yaml", "another.yaml"), "skip", "no program in it runs"),
        ("no section", "bad", "cannot be read"),
        (CONF.replace("8192", "50"), "warn", "minfds is 50"),
        ("[include]\nfiles = *.ini\n", "bad", "stops with KILL"),
    ],
    ids=["of another", "broken", "few", "included"],
)
def test_the_supervisord_conf_is_found_above_the_configuration_and_read_with_what_it_includes(
    tmp_path, site, conf, level, words
):
    config = write_config(tmp_path / "below", [{"name": "j", "urls": [f"{site.url}/1"]}])
    conf = conf.replace("crawler.yaml", "below/crawler.yaml")
    (tmp_path / "supervisord.conf").write_text(conf)
    program = CONF.replace("crawler.yaml", "below/crawler.yaml") + "stopsignal=KILL\n"
    (tmp_path / "crawler.ini").write_text(program)
    _, found = examined(config)
    assert any(one["level"] == level and words in one["found"] for one in found["supervisord"])


def test_a_damaged_ledger_is_found(config, tmp_path):
    crawled(config)
    with (tmp_path / "state.sqlite").open("rb+") as file:
        file.seek(4096 * 12)
        file.write(os.urandom(4096 * 8))
    code, found = examined(config)
    assert code == 1
    assert "bad" in levels(found["ledger"])
    assert "damaged" in found["ledger"][0]["found"] + found["ledger"][0]["remedy"]


def test_a_long_ledger_is_read_for_as_long_as_it_may_be(config, tmp_path):
    crawled(config)
    with ledger(tmp_path) as db:
        db.execute(FILLING)
        db.commit()
    with open_ledger(tmp_path / "state.sqlite") as desk:
        assert not desk.entry(Integrity(0.0)).whole
        found = desk.entry(Integrity())
        assert (found.whole, found.problems) == (True, ())
        assert desk.sums().jobs  # it is asked on, and nothing interrupts


def test_files_of_another_ledger_are_found(config, tmp_path):
    crawled(config)
    (tmp_path / "files" / ".crawlerd").write_text(json.dumps({"ledger": "ff" * 16}))
    code, found = examined(config)
    assert code == 1
    assert "belong to the ledger ffffffff" in found["identity"][0]["found"]


def test_a_ledger_that_everybody_may_read_and_a_folder_that_is_none_are_found(config, tmp_path):
    crawled(config)
    (tmp_path / "state.sqlite").chmod(0o644)
    text = config.read_text()
    (tmp_path / "no folder").touch()
    config.write_text(text.replace("output: files", "output: no folder"))
    code, found = examined(config)
    assert code == 1
    assert levels(found["rights"]) == ["bad"]
    assert found["rights"][0]["remedy"].startswith("chmod o= ")
    assert levels(found["folders"]) == ["bad"]


def test_what_a_dead_process_left_is_found(config, tmp_path, site):
    with Daemon(config) as daemon:
        until(lambda: len(daemon.told("visit")) == 9, "no visits", daemon)
        daemon.signal(signal.SIGKILL)
        daemon.process.wait()
    part = tmp_path / "files" / "j" / f"x.{'0' * 15}1.7.part"
    part.write_bytes(b"torn")
    code, found = examined(config)
    part.unlink()
    assert code == 0
    assert levels(found["processes"]) == ["warn"]
    assert "died" in found["processes"][0]["found"]
    assert levels(found["parts"]) == ["warn"]
    assert part.name in found["parts"][0]["found"]


@pytest.mark.parametrize(
    ("change", "level", "words"),
    [
        ("version = '0.0.9'", "warn", "is version 0.0.9, and this is"),
        ("started_at = 1000", "warn", "started before the crawler was installed"),
        ("trouble = 'little room'", "warn", "little room"),
        ("lease_until = 1000", "bad", "hangs"),
    ],
)
def test_an_old_or_troubled_or_hanging_process_is_found(config, tmp_path, change, level, words):
    with Daemon(config) as daemon:
        until(lambda: len(daemon.told("visit")) == 9, "no visits", daemon)
        with ledger(tmp_path) as db:
            db.execute("BEGIN IMMEDIATE")  # so that it holds no lock when it is stopped
            daemon.signal(signal.SIGSTOP)  # its heartbeat would write the row anew
            process = psutil.Process(daemon.process.pid)
            until(lambda: process.status() == psutil.STATUS_STOPPED, "it runs")
            db.execute(f"UPDATE process SET {change}")  # noqa: S608
            db.commit()
        code, found = examined(config)
        daemon.signal(signal.SIGCONT)
        assert code == (level == "bad")
        assert levels(found["processes"]) == [level]
        assert words in found["processes"][0]["found"]
        daemon.stop()


def test_names_without_an_address_and_too_few_descriptors_are_found(tmp_path):
    config = write_config(
        tmp_path, [{"name": "j", "urls": ["http://nobody.invalid/1"]}], concurrency=20_000
    )
    process = psutil.Process()
    before = process.rlimit(psutil.RLIMIT_NOFILE)
    code, found = examined(config)
    assert code == 1
    assert levels(found["dns"]) == ["bad"]
    assert "nobody.invalid" in found["dns"][0]["found"]
    if before[1] < 80_064:
        assert levels(found["descriptors"]) == ["bad"]


def test_certificates_that_end_or_are_none_are_found(tmp_path, site):
    now, authority = datetime.now(UTC), trustme.CA()
    ends = {"over": now - timedelta(1), "soon": now + timedelta(3), "long": now + timedelta(300)}
    jobs = []
    for name, until_ in ends.items():
        file, begins = tmp_path / f"{name}.pem", now - timedelta(30)
        issued = authority.issue_cert("a.example", not_before=begins, not_after=until_)
        issued.private_key_and_cert_chain_pem.write_to_path(str(file))
        jobs.append({"name": name, "urls": [f"{site.url}/1"], "client_cert": file.name})
    code, found = examined(write_config(tmp_path, jobs))
    assert code == 1
    told = {one["found"].split(": ")[0]: one["level"] for one in found["certificates"]}
    assert {Path(file).stem: level for file, level in told.items()} == {
        "cacert": "ok", "over": "bad", "soon": "warn", "long": "ok",
    }  # fmt: skip


def test_deep_reads_the_lists_and_tells_of_bad_lines(tmp_path, site):
    (tmp_path / "list.txt").write_text(f"{site.url}/1\nno url\n")
    config = write_config(tmp_path, [{"name": "j", "url_file": "list.txt"}])
    assert levels(examined(config)[1]["configuration"]) == ["ok"]
    code, found = examined(config, "--deep")
    assert code == 1
    assert levels(found["configuration"]) == ["bad", "ok"]
    assert "list.txt:2" in found["configuration"][0]["found"]


def test_a_wrong_configuration_is_a_usage_error(tmp_path):
    file = tmp_path / "crawler.yaml"
    file.write_text("jobs: []\n")
    done = at_once("doctor", "-c", str(file), cwd=tmp_path)
    assert done.returncode == 2
    assert "jobs" in done.stderr


def test_a_supervisord_conf_that_is_a_pipe_holds_nothing_up(config, tmp_path):
    os.mkfifo(tmp_path / "pipe.conf")
    done = at_once("doctor", "-c", str(config), "--supervisord", "pipe.conf", cwd=tmp_path)
    assert "pipe.conf cannot be read: [Errno 22] it is no file; mend it, or name" in done.stdout
