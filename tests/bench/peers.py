"""The peers, each in its fastest fair setting, and what each needs."""

from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path

from tests.bench.bare import BARE
from tests.bench.machine import has_module, peers_python, program
from tests.bench.runs import Command
from tests.bench.scene import Contender, Scene, write_list
from tests.bench.scripts import SCRIPTS

_MODULES = {"scrapy": ["scrapy"], "aiohttp": ["aiohttp"],
            "safely": ["aiohttp"], "httpx": ["httpx"], "naive": ["gevent", "requests"],
            "session": ["gevent", "requests"], "threads": ["requests"],
            "sequential": ["requests"]}  # fmt: skip

_FEW = {"threads": 16, "httpx": 4}
"""Threads that wait for one lock are no faster for being many; the pool of httpx looks at every
connection for every request, so that a file costs thrice as much with 64 of them as with 4."""


def _script(name: str, scene: Scene, folder: Path) -> list[Command]:
    file = folder / "script.py"
    file.write_text(SCRIPTS[name])
    bundle = str(scene.bundle or "")
    words = [peers_python(), "-W", "ignore", str(file), str(write_list(scene, folder)), "out"]
    return [Command([*words, str(_at_once(name, scene)), bundle, str(scene.delay)])]


def _at_once(name: str, scene: Scene) -> int:
    """Return how many at once: as many as the others, or as few as a peer is fastest with."""
    return min(scene.at_once, _FEW.get(name, 64)) if scene.at_once <= 64 else scene.at_once


def _curl(scene: Scene, folder: Path) -> list[Command]:
    """Run curl -Z; by itself it would wait to see whether a host multiplexes."""
    lines = [f'url = "{url}"\noutput = "out/{url.rpartition("/")[2]}"\n' for url in scene.urls]
    (folder / "curl.conf").write_text("".join(lines))
    command = ["curl", "-q", "-Z", "--parallel-immediate", "-sS", "--fail"]
    command += ["--parallel-max", str(min(scene.at_once, 300)), "-K", "curl.conf"]
    return [Command([*command, *_if(scene, "--cacert")])]


def _wget(scene: Scene, folder: Path) -> list[Command]:
    """Run wget: one connection, kept alive; it has no more."""
    command = ["wget", "--no-config", "-q", "-i", str(write_list(scene, folder)), "-P", "out"]
    return [Command([*command, *_if(scene, "--ca-certificate")])]


def _wget2(scene: Scene, folder: Path) -> list[Command]:
    command = ["wget2", "--no-config", "-q", "--no-robots", f"--max-threads={scene.at_once}"]
    command += ["-i", str(write_list(scene, folder)), "-P", "out"]
    return [Command([*command, *_if(scene, "--ca-certificate")])]


def _aria2c(scene: Scene, folder: Path) -> list[Command]:
    """Run aria2c: a connection a file, nothing allocated, no control files, no DNS of its own."""
    command = ["aria2c", "--no-conf", "-q", "-x1", "-s1", "-j", str(scene.at_once), "-d", "out"]
    command += ["--file-allocation=none", "--async-dns=false", "--summary-interval=0"]
    command += ["--auto-save-interval=0", "--deferred-input=true"]
    command += ["-i", str(write_list(scene, folder))]
    return [Command([*command, *_if(scene, "--ca-certificate")])]


def _if(scene: Scene, option: str) -> Sequence[str]:
    return [option, str(scene.bundle)] if scene.bundle else []


@cache
def _lacks_modules(name: str) -> str:
    python = peers_python()
    lacking = [module for module in _MODULES[name] if not has_module(python, module)]
    return f"{python} has no {', '.join(lacking)}" if lacking else ""


def _lacks_program(name: str) -> str:
    return "" if program(name) else f"{name} is not installed"


def _scripted(name: str, title: str, *, once: bool = False) -> Contender:
    missing = partial(_lacks_modules, name)
    return Contender(name, title, partial(_script, name), missing, once=once)


def _installed(
    name: str, title: str, commands: Callable[[Scene, Path], list[Command]]
) -> Contender:
    return Contender(name, title, commands, partial(_lacks_program, name))


PEERS = {
    peer.name: peer
    for peer in (
        _scripted("scrapy", "Scrapy"),
        _scripted("aiohttp", "aiohttp script"),
        _scripted("safely", "aiohttp, written safely"),
        _scripted("httpx", "httpx"),
        _scripted("naive", "gevent + requests.get"),
        _scripted("session", "gevent + one Session"),
        _scripted("threads", "threads + Sessions"),
        _scripted("sequential", "requests.get in a loop", once=True),
        _installed("wget2", "wget2", _wget2),
        _installed("aria2c", "aria2c", _aria2c),
        _installed("curl", "curl -Z", _curl),
        _installed("wget", "wget", _wget),
        BARE,
    )
}


def peers(*names: str) -> list[Contender]:
    """Return peers by name."""
    return [PEERS[name] for name in names]
