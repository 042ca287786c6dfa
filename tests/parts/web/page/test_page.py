"""The files of the page: few, small, from nowhere else, and without a way for markup to come in."""

import re

import pytest

from crawler.web.page import files

SCRIPTS = [path for path in files() if path.endswith(".js") and "/vendor/" not in path]
MOST = 150_000
MARKUP = (
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|"
    r"setHTML|srcdoc|\beval\b|new Function|importScripts|javascript:|\.href\b|xlink"
)
"""What makes elements or code of texts."""


def text(path: str) -> str:
    return files()[path].content.decode()


def test_the_page_is_small():
    assert sum(len(file.content) for file in files().values()) < MOST


def test_the_page_names_only_files_of_its_own():
    named = re.findall(r'(?:src|href)="(/[^"]*)"', text("/"))
    assert named
    assert set(named) <= set(files())
    imported = {found for path in SCRIPTS for found in re.findall(r'from "\./([^"]+)"', text(path))}
    assert {f"/page/{name}" for name in imported} | {"/page/main.js"} == set(SCRIPTS)


@pytest.mark.parametrize("path", ["/", "/page/style.css", *SCRIPTS])
def test_nothing_is_asked_of_another_host(path):
    assert not re.findall(r"(?:https?:)?//[\w.-]+\.\w+|@import|url\(", text(path).replace(
        'placeholder="https://example.org/a, or example.org"', ""))  # fmt: skip


def test_the_page_has_neither_script_nor_style_within():
    page = text("/")
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)


@pytest.mark.parametrize("path", SCRIPTS)
def test_no_script_makes_markup_or_code_of_a_text(path):
    assert not re.findall(MARKUP, text(path))


@pytest.mark.parametrize("path", SCRIPTS)
def test_a_script_says_what_it_is_for_and_can_be_read_in_one_sitting(path):
    assert text(path).startswith("/** ")
    assert text(path).count("\n") <= 200


def test_what_others_wrote_comes_with_its_licence():
    assert "uPlot (v1.6.32)" in text("/page/vendor/uPlot.iife.min.js")
    assert "The MIT License" in text("/page/vendor/uPlot.LICENSE")
    assert "Leon Sorokin" in text("/page/vendor/uPlot.LICENSE")
