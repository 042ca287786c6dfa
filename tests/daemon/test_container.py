"""The shipped Containerfile: its steps run in a chroot, and the daemon in what they make."""

import importlib.util
import json
import os
import re
import shlex
import shutil
import signal
import site
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.program import until, write_config
from tests.real import lacks, needs_root
from tests.servers import Site, slow

ROOT = Path(__file__).parents[2]
FILE = ROOT / "Containerfile"
STEP = re.compile(r"^([A-Z]+) (.*)$")


def steps() -> list[tuple[str, str]]:
    """Return the instructions of the file, each with its words."""
    text = re.sub(r"(?m)^\s*#.*\n", "", FILE.read_text()).replace("\\\n", " ")
    return [STEP.fullmatch(line).groups() for line in text.splitlines() if line.strip()]


def said(name: str) -> list[str]:
    """Return the words of an instruction, of all stages."""
    return [words for step, words in steps() if step == name]


def last(name: str) -> str:
    return said(name)[-1]


def test_the_image_runs_as_somebody_who_is_not_root_and_drains_at_a_stop():
    names = [name for name, _ in steps()]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", last("USER"))
    assert "RUN" not in names[names.index("USER") :]
    assert last("STOPSIGNAL") == "SIGTERM"
    assert json.loads(last("ENTRYPOINT")) == ["crawler"], "no shell between the stop and the daemon"
    assert json.loads(last("CMD")) == ["run"]


def test_no_host_is_named_but_that_of_the_base():
    assert len(set(said("FROM")[0].split()[:1] + said("FROM")[1].split()[:1])) == 1
    hosts = set(re.findall(r"\b[\w-]+(?:\.[\w-]+)*\.(?:io|com|org|net)\b", FILE.read_text()))
    assert hosts == {"docker.io"}


def test_every_file_that_is_copied_is_there():
    for words in said("COPY"):
        if not words.startswith("--from"):
            *sources, _ = words.split()
            assert all((ROOT / source).exists() for source in sources)


@dataclass
class Stage:
    """A stage of the build: a root that begins as this machine's, which stands for the base."""

    root: Path
    folder: str = "/"
    user: str = "0:0"
    environment: dict[str, str] = field(default_factory=dict)

    def command(self, *words: str) -> list[str]:
        env = [f"{name}={value}" for name, value in self.environment.items()]
        inside = ["env", "-i", f"--chdir={self.folder}", *env, *words]
        return ["chroot", f"--userspec={self.user}", str(self.root), *inside]


class Build:
    """Runs the steps of the file, without a network: what pip wants is what this test runs with."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stages: dict[str, Stage] = {}
        self._mounts: list[Path] = []
        python = Path(sys._base_executable).resolve()
        self._readable = [python, *map(Path, site.getsitepackages())]
        self._environment = {
            "PATH": f"{python.parent}:/usr/sbin:/usr/bin:/sbin:/bin", "PIP_NO_INDEX": "1",
            "PIP_CONFIG_FILE": os.devnull, "PIP_NO_BUILD_ISOLATION": "0", "LANG": "C.UTF-8",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONPATH": ":".join(site.getsitepackages()),
        }  # fmt: skip

    def __enter__(self) -> "Build":
        self._folder.mkdir()
        self._mount(["-t", "tmpfs", "-o", "size=512M", "tmpfs"], self._folder)
        return self

    def __exit__(self, *_: object) -> None:
        for place in reversed(self._mounts):
            subprocess.run(["umount", "-l", str(place)], check=True)

    def run(self) -> Stage:
        for name, words in steps():
            getattr(self, f"_{name.lower()}", lambda _: None)(words)
        return self.stage

    def _from(self, words: str) -> None:
        name = words.partition(" AS ")[2] or "last"
        upper, work, root = (self._folder / f"{name}-{part}" for part in ("up", "work", "root"))
        for one in (upper, work, root):
            one.mkdir()
        overlay = f"lowerdir=/,upperdir={upper},workdir={work}"
        self._mount(["-t", "overlay", "-o", overlay, "overlay"], root)
        self._mount(["-t", "proc", "proc"], root / "proc")
        self._mount(["--bind", "/dev"], root / "dev")
        self.stage = self._stages[name] = Stage(root, environment=dict(self._environment))
        for place in self._readable:  # also where root alone may go on this machine
            for folder in place.parents:
                (root / folder.relative_to("/")).chmod(0o755)

    def _workdir(self, words: str) -> None:
        self.stage.folder = words
        self._in(words).mkdir(parents=True, exist_ok=True)

    def _copy(self, words: str) -> None:
        *sources, target = words.split()
        if sources[0].startswith("--from="):
            origin = self._stages[sources.pop(0).removeprefix("--from=")].root
            shutil.copytree(origin / sources[0].lstrip("/"), self._in(target), symlinks=True)
            return
        for source in map(ROOT.joinpath, sources):
            if source.is_dir():
                shutil.copytree(source, self._in(target), dirs_exist_ok=True)
            else:
                shutil.copy(source, self._in(target))

    def _run(self, words: str) -> None:
        command = self.stage.command("/bin/sh", "-c", words)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"

    def _env(self, words: str) -> None:
        for pair in shlex.split(words):
            name, _, value = pair.partition("=")
            inherited = self._environment["PATH"] if name == "PATH" else ""
            self.stage.environment[name] = f"{value}:{inherited}".rstrip(":")

    def _user(self, words: str) -> None:
        self.stage.user = words

    def _in(self, place: str) -> Path:
        return self.stage.root / os.path.join(self.stage.folder, place).lstrip("/")  # noqa: PTH118

    def _mount(self, what: list[str], place: Path) -> None:
        done = subprocess.run(["mount", *what, str(place)], capture_output=True, check=False)
        if done.returncode:
            pytest.skip(f"this machine's root may not mount: {done.stderr.decode().strip()}")
        self._mounts.append(place)


@pytest.fixture
def stage(tmp_path):
    """The last stage, built."""
    needs_root("build an image")
    if importlib.util.find_spec("setuptools") is None:
        lacks("setuptools is not installed, which builds the package")
    with Build(tmp_path / "build") as build:
        yield build.run()


def test_the_image_builds_runs_is_healthy_and_drains(stage, tmp_path):
    with Site(slow(0.01)) as site_:
        config = write_config(tmp_path / "etc", [{"name": "j", "urls": [f"{site_.url}/[1-9]"]}],
                              state="/var/lib/crawlerd/crawler.sqlite",
                              output="/var/lib/crawlerd/files")  # fmt: skip
        shutil.copy(config, stage.root / "etc/crawlerd/crawler.yaml")
        (stage.root / "etc/crawlerd/crawler.yaml").chmod(0o644)
        health = json.loads(last("HEALTHCHECK").partition(" CMD ")[2])
        assert unhealthy(stage, health), "nothing runs"
        command = [*json.loads(last("ENTRYPOINT")), *json.loads(last("CMD"))]
        log = tmp_path / "log"
        with log.open("wb") as out, subprocess.Popen(stage.command(*command), stdout=out) as daemon:
            try:
                until(lambda: log.read_text().count('"kind": "stored"') == 9, log.read_text)
                assert not unhealthy(stage, health)
                paused = subprocess.run(stage.command("crawler", "pause"), check=False)
                assert paused.returncode == 0
                assert not unhealthy(stage, health), "what an operator pauses is well"
                daemon.send_signal(signal.Signals[last("STOPSIGNAL")])
                assert daemon.wait(30) == 0
            finally:
                daemon.kill()
        files = [one for one in (stage.root / "var/lib/crawlerd/files").rglob("*") if one.is_file()]
        assert len([one for one in files if one.name != ".crawlerd"]) == 9
        assert {f"{one.stat().st_uid}:{one.stat().st_gid}" for one in files} == {last("USER")}


def unhealthy(stage: Stage, health: list[str]) -> str:
    """Return what the health check says if it fails, else nothing."""
    done = subprocess.run(stage.command(*health), capture_output=True, text=True, check=False)
    return done.returncode and f"{done.stdout}{done.stderr}"
