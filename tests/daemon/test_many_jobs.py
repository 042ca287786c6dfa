"""A thousand jobs of one URL: as cheap as one job of a thousand, and as safe."""

import resource
import signal
from collections import Counter
from itertools import count

import pytest

from tests.cpu import in_proportion
from tests.daemon.test_reload import reload
from tests.program import Daemon, assert_clean, ledger, until, write_config
from tests.servers import Site, slow

MANY = 1000


@pytest.fixture
def site():
    with Site(slow(0)) as one:
        yield one


def jobs(site, number, **options):
    return [{"name": f"j{n}", "urls": [f"{site.url}/{n}"], **options} for n in range(number)]


def in_files(folder, wanted):
    """Have jobs name their URLs in a file each, instead of in the configuration."""
    for job in wanted:
        job["url_file"] = f"{job['name']}.txt"
        (folder / job["url_file"]).write_text("".join(f"{url}\n" for url in job.pop("urls")))
    return wanted


def seconds_of_cpu(config):
    """Crawl until all is done, and return the CPU time of the program."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with Daemon(config, "--until-done") as daemon:
        assert daemon.wait(120) == 0  # on a busy machine
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_a_thousand_jobs_of_a_url_cost_at_most_three_times_a_job_of_a_thousand(site, tmp_path):
    def cost(wanted):
        folder = tmp_path / f"turn{next(turns)}"
        config = write_config(
            folder,
            [{**job, "per_host": 4} for job in wanted],
            durability="full", concurrency=64,
        )  # fmt: skip
        spent = seconds_of_cpu(config)
        assert_clean(folder, urls=MANY)
        return spent

    turns = count()
    one = [{"name": "one", "urls": [f"{site.url}/{n}" for n in range(MANY)]}]
    well, why = in_proportion(lambda: cost(jobs(site, MANY)), lambda: cost(one), 3)
    assert well, why


@pytest.mark.parametrize("listed", [lambda _, wanted: wanted, in_files], ids=["urls", "files"])
def test_many_new_jobs_are_told_and_visited_each_once_also_after_a_kill(site, tmp_path, listed):
    config = write_config(tmp_path, listed(tmp_path, jobs(site, 300)), concurrency=4)
    with Daemon(config) as daemon:
        until(lambda: len(daemon.told("visit")) >= 5, "no visits", daemon)
        daemon.signal(signal.SIGKILL)
        daemon.wait()
        before = Counter(visit["url"] for visit in daemon.told("visit"))
    write_config(tmp_path, listed(tmp_path, jobs(site, 400)), concurrency=4)
    with Daemon(config, "--until-done") as daemon:
        assert daemon.wait() == 0
        assert len({one["job"] for one in daemon.told("job.synced")}) == 400
        visits = before + Counter(visit["url"] for visit in daemon.told("visit"))
        assert not [url for url, times in visits.items() if times > 2]
    assert_clean(tmp_path, urls=400)
    with ledger(tmp_path) as db:  # the log lacks what was settled just before the kill
        stored = "SELECT count(*) FROM entry WHERE kind = 'stored' AND job != 0"
        assert db.execute(stored).fetchone() == (400,)


def test_a_new_job_says_which_of_its_urls_are_bad_and_takes_the_others(site, tmp_path):
    good = {"name": "good", "urls": [f"{site.url}/a"]}
    mixed = {
        "name": "mixed",
        "urls": [f"{site.url}/[n=1-3]", f"{site.url}{{tail=/x,9999999/y,x/z}}"],
    }
    with Daemon(write_config(tmp_path, [good, mixed]), "--until-done") as daemon:
        assert daemon.wait() == 0
        assert [one["place"] for one in daemon.told("url.bad")] == ["urls[1]", "urls[1]"]
        synced = {one["job"]: (one["added"], one["bad"]) for one in daemon.told("job.synced")}
        assert synced == {"good": (1, 0), "mixed": (4, 2)}


def test_a_file_taken_in_with_many_others_is_read_again_when_it_changes(site, tmp_path):
    wanted = in_files(tmp_path, jobs(site, 20))
    with Daemon(write_config(tmp_path, wanted, watch=True)) as daemon:
        until(lambda: len(daemon.told("visit")) == 20, "no visits", daemon)
        (tmp_path / "j3.txt").write_text(f"{site.url}/other\n")
        until(lambda: "/other" in site.paths(), "not visited", daemon)
        daemon.wait_for("job.synced", job="j3", removed=1)
        synced = [one["job"] for one in daemon.told("job.synced")]
        assert sorted(synced) == sorted([*(f"j{n}" for n in range(20)), "j3"])
        assert daemon.stop() == 0


def test_a_job_taken_in_with_many_others_follows_its_configuration_from_then_on(site, tmp_path):
    config = write_config(tmp_path, jobs(site, 20))
    with Daemon(config) as daemon:
        until(lambda: len(daemon.told("visit")) == 20, "not all visited", daemon)
        changed = jobs(site, 20)
        changed[3]["urls"] = [f"{site.url}/other"]
        changed[4] = {**changed[4], "path": "new/{job}"}
        del changed[5]
        write_config(tmp_path, changed)
        reload(daemon)
        daemon.wait_for("visit", url=f"{site.url}/other")
        until(lambda: daemon.told("job.synced", job="j3", removed=1), "still listed", daemon)
        daemon.wait_for("job.synced", job="j4", changed=["path"])
        assert daemon.stop() == 0
    assert len([one for one in daemon.told("visit") if "/other" not in one["url"]]) == 20
