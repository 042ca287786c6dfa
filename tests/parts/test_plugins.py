"""Plugins are asked for only where a package has any: what reads packages is slow to load."""

import subprocess
import sys

import pytest

from crawler import plugins

ASKED = """
import sys
import crawler
print("importlib.metadata" in sys.modules, getattr(sys, "plugin_saw", 0))
"""
PLUGIN = """
import sys
def see(event):
    sys.plugin_saw = getattr(sys, "plugin_saw", 0) + 1
see.new_schema_validator = lambda *_: (None, None, None)
"""


def package(folder, name, groups):
    """Write what an installed package says of itself."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(groups)
    (folder / f"{name}.py").write_text(PLUGIN)


def loaded(folder):
    """Return what a process prints that imports the crawler beside the packages of a folder."""
    done = subprocess.run(
        [sys.executable, "-c", ASKED], capture_output=True, text=True, check=True,
        env={"PYTHONPATH": str(folder)},
    )  # fmt: skip
    return done.stdout.split()


def test_where_no_package_has_a_plugin_what_reads_packages_is_not_loaded(tmp_path):
    package(tmp_path, "other", "[console_scripts]\nother = other:see\n")
    assert loaded(tmp_path) == ["False", "0"]


def test_a_plugin_of_another_package_sees_what_gevent_patches(tmp_path):
    package(tmp_path, "other", "[gevent.plugins.monkey.did_patch_all]\nother = other:see\n")
    assert loaded(tmp_path) == ["True", "1"]


@pytest.mark.parametrize("name", ["gevent", "other"])
def test_the_plugin_of_gevent_itself_is_passed_over(tmp_path, name):
    package(tmp_path, name, "[gevent.plugins.monkey.will_patch_all]\none = other:see\n")
    assert plugins.offered([str(tmp_path)]) == ({plugins.GEVENT} if name == "other" else set())


@pytest.mark.parametrize("saw", [False, True])
def test_pydantic_asks_for_plugins_only_where_a_package_has_one(tmp_path, saw):
    group = "pydantic" if saw else "pydantics"
    package(tmp_path, "other", f"[{group}]\nother = other:see\n")
    loads = [
        sys.executable,
        "-c",
        "import sys, crawler.config.settings; print('other' in sys.modules)",
    ]
    done = subprocess.run(
        loads, capture_output=True, text=True, check=True, env={"PYTHONPATH": str(tmp_path)}
    )
    assert done.stdout.split() == [str(saw)]
