"""What an operator, and a machine, does to a crawl that runs: one function for each kind of change.

Each takes the scene, changes the world and returns what it did, in words. A change that is to be
refused or held is put right again before the function returns.
"""

import signal

import gevent
import psutil

from tests.program import crawler

HOUR, DECADE = 3600, 315_360_000


def options(scene):
    world = scene.world
    world.version += 1
    world.delay = world.random.choice([0.03, 0.05, 0.1])
    world.concurrency = world.random.choice([2, 8, 32])
    world.write()
    return f"version {world.version}, delay {world.delay}, concurrency {world.concurrency}"


def more_urls(scene):
    world, name = scene.world, scene.some_job()
    world.jobs[name] |= world.new_urls(world.random.randint(1, 8))
    world.write_list(name)
    return f"{name} has more"


def fewer_urls(scene):
    world, name = scene.world, scene.some_job()
    urls = world.jobs[name]
    less = set(world.random.sample(sorted(urls), max(1, len(urls) // 4)))
    if len(urls) > len(less):
        world.jobs[name] = urls - less
    world.write_list(name)
    return f"{name} lost {len(less)}"


def list_in_pieces(scene):
    """A program writes a list line by line, and not below another name."""
    world, name = scene.world, scene.some_job()
    world.jobs[name] |= world.new_urls(5)
    text = world.text_of(name)
    cut = world.random.randrange(len(text))
    with world.list_of(name).open("w") as file:
        for piece in (text[:cut], text[cut:]):
            file.write(piece)
            file.flush()
            gevent.sleep(world.random.uniform(0.2, 2.5))
    return f"{name} was written in two pieces, cut at {cut}"


def list_broken_off(scene):
    """A copy breaks off in the middle of a line, and is made again seconds later."""
    world, name = scene.world, scene.some_job()
    text = world.text_of(name)
    world.list_of(name).write_text(text[: len(text) // 2].rstrip("\n"))
    gevent.sleep(5)
    world.write_list(name)
    return f"{name} was cut in the middle for a while"


def list_emptied(scene):
    world, name = scene.world, scene.some_job()
    world.list_of(name).write_text("")
    gevent.sleep(6)
    scene.expect_listed(name)
    world.write_list(name)
    return f"{name} was empty for a while"


def folder_gone(scene):
    world = scene.world
    away = world.lists.with_name("away")
    world.lists.rename(away)
    gevent.sleep(5)
    for name in world.jobs:
        scene.expect_listed(name)
    away.rename(world.lists)
    return "the folder of the lists was away for a while"


def list_shrunk(scene):
    """A list loses most of its URLs: that is held until somebody says that it is meant."""
    world = scene.world
    name = world.add_job(urls=world.new_urls(60))
    world.version += 1
    world.write()
    scene.converge()
    whole = world.jobs[name]
    before = scene.count("list.shrunk")
    world.jobs[name] = set(sorted(whole)[:10])
    world.write_list(name)
    scene.wait_for("list.shrunk", before)
    scene.expect_listed(name, whole)
    if world.random.random() < 0.5:
        world.jobs[name] = whole
        world.write_list(name)
        return f"{name} shrank, and was whole again"
    told = crawler("reload", "--believe", name, "-c", str(world.config), cwd=world.folder)
    assert told.returncode == 0, told.stderr
    return f"{name} shrank, and was believed"


def job_added(scene):
    name = scene.world.add_job()
    scene.world.write()
    return f"{name} came"


def job_removed(scene):
    world = scene.world
    if len(world.jobs) < 2:
        return job_added(scene)
    name = scene.some_job()
    world.drop_job(name)
    world.write()
    return f"{name} went"


def job_renamed(scene):
    world, name = scene.world, scene.some_job()
    new = world.add_job(urls=world.drop_job(name))
    world.write()
    return f"{name} is called {new}"


def configuration_broken(scene):
    """What cannot be read is rejected as a whole: nothing of it comes into force."""
    world, before = scene.world, scene.count("config.rejected")
    text = world.config.read_text()
    world.config.write_text(
        text.replace("delay:", "dealy:").replace("X-Version: '", "X-Version: '9")
    )
    scene.wait_for("config.rejected", before)
    world.write()
    return "the configuration was wrong for a while"


def clock_moved(scene):
    world = scene.world
    offset = world.random.choice([0, HOUR, -HOUR, DECADE])
    world.clock.write_text(f"{offset:+d}")
    return f"the clock is {offset:+d} s off"


def disk_filled(scene):
    before = scene.count("daemon.paused")
    ballast = scene.world.output.parent / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    name = more_urls(scene)
    scene.wait_for("daemon.paused", before)
    ballast.unlink()
    return f"the disk was full, and {name}"


def killed(scene):
    pid = scene.supervisord.info(scene.world.random.randrange(2))["pid"]
    if pid:
        psutil.Process(pid).send_signal(signal.SIGKILL)
    return f"{pid} was killed"


def hung_up(scene):
    """A reload by hand reaches one process of two."""
    scene.world.version += 1
    scene.world.write()
    scene.supervisord.rpc.signalProcess("crawler:crawler_00", "HUP")
    return f"version {scene.world.version}, and HUP for one process"


ALL = (
    options, more_urls, fewer_urls, list_in_pieces, list_broken_off, list_emptied, folder_gone,
    list_shrunk, job_added, job_removed, job_renamed, configuration_broken, clock_moved,
    disk_filled, killed, hung_up,
)  # fmt: skip
