"""What the runs of one case have in common, and who runs in it: values that everybody passes on."""

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.payload import Wanted, let_lie
from tests.bench.runs import Command, Run
from tests.bench.servers import Server


@dataclass(frozen=True)
class Setting:
    """Where and how big a suite is."""

    memory: Path
    """A folder in memory, if there is room: the servers read from it."""
    work: Path
    """Where runs write to: in memory too, for else a disk and its journal are what is measured."""
    disk: Path
    quick: bool = False
    scale: float = 1.0

    def size(self, full: int, quick: int) -> int:
        """Return how many, as befits this suite."""
        return quick if self.quick else max(quick, round(full * self.scale))


@dataclass(frozen=True)
class Scene:
    """A server that runs, the URLs to fetch from it, and what must come of them."""

    server: Server
    urls: Sequence[str]
    wanted: Wanted
    work: Path
    """Where runs have their folders."""
    at_once: int = 64
    size: int = 0
    """Bytes of one file."""
    job: dict[str, Any] = field(default_factory=dict)
    """What our configuration says of the job, beside what every case has."""
    crawler: dict[str, Any] = field(default_factory=dict)
    bundle: Path | None = None
    """The authorities, where the URLs are https."""
    delay: float = 0.0
    """Seconds between two visits to a host."""


Commands = Callable[[Scene, Path], list[Command]]


@dataclass(frozen=True)
class Contender:
    """Somebody who runs in a case: how to call it, and what it needs."""

    name: str
    title: str
    commands: Commands
    missing: Callable[[], str] = lambda: ""
    """Says what this machine lacks for it."""
    processes: int = 1
    once: bool = False
    """It is slow and hardly varies: one run is enough."""
    ours: bool = False


@dataclass(frozen=True)
class Target:
    """What a case is to show: a value made of the medians, and its bound."""

    text: str
    value: Callable[["Medians"], float | None]
    at_least: float | None = None
    at_most: float | None = None
    unit: str = "×"
    pair: tuple[str, str] | None = None
    """Of a ratio: who against whom."""

    def met(self, value: float) -> bool:
        low = self.at_least is None or value >= self.at_least
        return low and (self.at_most is None or value <= self.at_most)


@dataclass(frozen=True)
class Case:
    """A measurement: a scene, contenders by name, and what is read out of every run."""

    name: str
    title: str
    open: Callable[[Setting], AbstractContextManager[Scene]]
    contenders: Sequence[Contender]
    unit: str = "files/s"
    targets: Sequence[Target] = ()
    read: Callable[[Scene, Path, Run], None] = lambda _scene, _folder, _run: None
    """Reads more out of a run, into its `extra`; may declare it void."""
    amount: Callable[[Scene], float] = lambda scene: float(len(scene.urls))
    """What the unit counts."""
    rehearsed: bool = False
    """A run of the same contender comes before each, and does not count: with gigabytes in memory
    what a run takes depends on whose memory was freed last."""


@dataclass
class Medians:
    """The medians of a case by contender and key; a key is a field of Run, or of its extra."""

    found: dict[str, dict[str, float]]

    def get(self, name: str, key: str) -> float | None:
        return self.found.get(name, {}).get(key)


def ratio(over: str, under: str, key: str = "work_s") -> Callable[[Medians], float | None]:
    """Return how many times one's time goes into another's: above 1, the first takes less."""

    def value(medians: Medians) -> float | None:
        ours, theirs = (medians.get(name, key) for name in (over, under))
        return theirs / ours if ours and theirs else None

    return value


def faster(text: str, over: str, under: str, at_least: float) -> Target:
    """Return the target that one is so many times as fast as another."""
    return Target(text, ratio(over, under), at_least, pair=(over, under))


def cheaper(text: str, over: str, under: str, at_least: float | None = None) -> Target:
    """Return the target that one takes so many times less CPU than another, starts and all."""
    return Target(text, ratio(over, under, "cpu_s"), at_least, unit="× less")


def dearer(text: str, over: str, under: str, at_most: float | None = None) -> Target:
    """Return the target that one takes at most so many times the CPU of another."""
    return Target(text, ratio(under, over, "cpu_s"), at_most=at_most)


def cpu_above(over: str, under: str, scale: float = 1.0) -> Callable[[Medians], float | None]:
    """Return the CPU seconds that one takes more than another, for so many of the case's unit."""

    def value(medians: Medians) -> float | None:
        ours, theirs = (medians.get(name, "unit_cpu_s") for name in (over, under))
        return None if ours is None or theirs is None else scale * (ours - theirs)

    return value


def plain(name: str, key: str, scale: float = 1.0) -> Callable[[Medians], float | None]:
    """Return a median itself."""

    def value(medians: Medians) -> float | None:
        found = medians.get(name, key)
        return None if found is None else found * scale

    return value


def write_list(scene: Scene, folder: Path) -> Path:
    """Write the list of URLs, as one that has lain for a while."""
    file = folder / "list.txt"
    file.write_text("\n".join(scene.urls) + "\n")
    return let_lie(file)


def write_json(file: Path, value: object) -> Path:
    """Write a file of JSON, which is YAML as well."""
    file.write_text(json.dumps(value, indent=1))
    return file
