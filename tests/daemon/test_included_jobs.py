"""Jobs in files of their own come, change and go while the daemon runs; a loss is no wish."""

import shutil

import pytest
import yaml

from tests.program import Daemon, crawler, until, write_config
from tests.servers import Site


@pytest.fixture
def site():
    with Site(lambda path: path.encode()) as one:
        yield one


def put(folder, name, site, *paths):
    """Write a file with one job in place, as an editor would."""
    job = {"name": name, "urls": [f"{site.url}/{path}" for path in paths]}
    written = folder / "jobs.d" / f"{name}.new"
    written.write_text(yaml.safe_dump({"jobs": [job]}))
    written.rename(written.with_suffix(".yaml"))


def configured(tmp_path, site, **crawler_options):
    (tmp_path / "jobs.d").mkdir()
    config = write_config(
        tmp_path, [{"name": "own", "urls": [f"{site.url}/own"]}], **crawler_options
    )
    config.write_text(config.read_text() + "include: jobs.d/*.yaml\n")
    return config


def test_a_file_with_a_job_is_watched_as_it_comes_changes_and_goes(site, tmp_path):
    config = configured(tmp_path, site, watch=True)
    with Daemon(config) as daemon:
        daemon.wait_for("visit", job="own")
        put(tmp_path, "more", site, "1")
        daemon.wait_for("visit", job="more", url=f"{site.url}/1")
        put(tmp_path, "more", site, "1", "2")
        daemon.wait_for("visit", job="more", url=f"{site.url}/2")
        (tmp_path / "jobs.d" / "more.yaml").unlink()
        until(lambda: daemon.told("config.reloaded")[-1].get("removed"), "not removed", daemon)
        assert daemon.stop() == 0


def test_a_file_that_was_wrong_when_it_was_first_included_is_watched_until_it_is_right(
    site, tmp_path
):
    config = configured(tmp_path, site, watch=True)
    text = config.read_text()
    config.write_text(text.removesuffix("include: jobs.d/*.yaml\n"))
    with Daemon(config) as daemon:
        daemon.wait_for("visit", job="own")
        (tmp_path / "jobs.d" / "more.yaml").write_text("")
        config.write_text(text)
        daemon.wait_for("config.rejected")
        put(tmp_path, "more", site, "1")
        daemon.wait_for("visit", job="more")
        assert daemon.stop() == 0


def test_a_folder_that_vanished_or_a_file_that_broke_leaves_every_job_in_force(site, tmp_path):
    config = configured(tmp_path, site)
    put(tmp_path, "more", site, "1")
    with Daemon(config) as daemon:
        daemon.wait_for("visit", job="more")
        (tmp_path / "jobs.d" / "broken.yaml").write_text("")
        refused = crawler("reload", "--wait", "-c", str(config), cwd=tmp_path)
        assert "broken.yaml:1:1: must hold the section jobs" in refused.stdout + refused.stderr
        shutil.move(tmp_path / "jobs.d", tmp_path / "away")
        refused = crawler("reload", "--wait", "-c", str(config), cwd=tmp_path)
        assert "jobs.d is no folder; make it" in refused.stdout + refused.stderr
        shutil.move(tmp_path / "away", tmp_path / "jobs.d")
        (tmp_path / "jobs.d" / "broken.yaml").unlink()
        put(tmp_path, "more", site, "1", "2")
        assert crawler("reload", "--wait", "-c", str(config), cwd=tmp_path).returncode == 0
        daemon.wait_for("visit", job="more", url=f"{site.url}/2")
        assert not daemon.told("config.reloaded")[0].get("removed")
        assert daemon.stop() == 0
