"""Files with jobs that a configuration includes: what they hold, and where what is wrong stands."""

import os

import pytest

from crawler.config import load
from crawler.config.brief import brief
from crawler.config.text import including
from crawler.config.text.including import version_of
from crawler.errors import ConfigError

MAIN = "include: jobs.d/*.yaml\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "jobs.d").mkdir()
    return tmp_path


def job(name, more=""):
    return f"jobs:\n  - name: {name}\n    urls: [http://{name}.example/]\n{more}"


def written(folder, main=MAIN, **files):
    for name, text in files.items():
        folder.joinpath("jobs.d", f"{name}.yaml").write_text(text)
    file = folder / "crawler.yaml"
    file.write_text(main)
    return file


def names(file):
    return [one.name for one in load(file, {}).jobs]


def problems(folder, file):
    with pytest.raises(ConfigError) as refused:
        load(file, {})
    return str(refused.value).replace(f"{folder}/", "").split("\n")


def test_jobs_of_other_files_follow_those_of_the_first_in_the_order_of_names(folder):
    file = written(folder, MAIN + job("own"), b=job("b"), a=job("a"))
    assert names(file) == ["own", "a", "b"]
    assert brief(file, {}).marks.keys() == {"own", "a", "b"}


def test_no_job_of_its_own_is_needed(folder):
    assert names(written(folder, a=job("a"))) == ["a"]


def test_a_list_of_paths_and_globs_takes_each_file_once(folder):
    main = "include: [jobs.d/b.yaml, 'jobs.d/[ab].yaml']\n"
    assert names(written(folder, main, a=job("a"), b=job("b"))) == ["b", "a"]


def test_jobs_that_are_included_have_the_defaults_and_paths_of_the_first_file(folder):
    main = MAIN + "job_defaults: {delay: 7s}\n"
    file = written(folder, main, a="jobs: [{name: a, url_file: lists/a.txt}]")
    (one,) = load(file, {}).jobs
    assert (one.delay, one.url_file) == (7.0, folder / "lists/a.txt")


def test_a_problem_is_told_with_its_own_file_line_and_key(folder):
    file = written(
        folder, MAIN + job("own", "    delay: x\n"), a=job("a"), b=job("b", "    dela: 5s\n")
    )
    first, second = problems(folder, file)
    assert first.startswith("crawler.yaml:5:12: jobs[0].delay: ")
    assert second.startswith("jobs.d/b.yaml:4:5: jobs[0].dela: is no option; did you mean delay?")


def test_a_name_that_two_files_use_is_told_with_both_places(folder):
    file = written(folder, a=job("twice"), b=job("twice"))
    assert problems(folder, file) == [
        "jobs.d/b.yaml:2:11: jobs[0].name: 'twice' is also the name of the job at jobs.d/a.yaml:2"
    ]


def test_secrets_of_an_included_file_are_told_nowhere(folder):
    (folder / "secret").write_text("p4ss")
    file = written(folder, a=job("a", "    priority: ${file:secret}\n"))
    (told,) = problems(folder, file)
    assert told.startswith("jobs.d/a.yaml:4:15")
    assert "p4ss" not in told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "jobs.d/a.yaml:1:1: must hold the section jobs, a list; `jobs: []` for none"),
        ("[]", "jobs.d/a.yaml:1:1: must hold the section jobs"),
        ("jobs: {name: a}", "jobs.d/a.yaml:1:1: must hold the section jobs"),
        ("jobs: [", "jobs.d/a.yaml:2:1: is not YAML"),
        (job("a") + "crawler: {}\n", "jobs.d/a.yaml:4:1: crawler: is no section of an included"),
        (job("a") + "include: b\n", "jobs.d/a.yaml:4:1: include: is no section of an included"),
    ],
)
def test_a_file_that_holds_anything_but_jobs_is_refused(folder, text, words):
    told = problems(folder, written(folder, MAIN + job("own"), a=text))
    assert told[0].startswith(words), told


@pytest.mark.parametrize(
    ("include", "words"),
    [
        ("gone.yaml", "gone.yaml is not a file"),
        ("jobs.d", "jobs.d is not a file"),
        ("gone/*.yaml", "gone/*.yaml: gone is no folder; make it"),
        ("'*.yaml'", "*.yaml includes this file itself; name others"),
        ('"a\\0"', "holds a NUL"),
        ("5", "include: "),
        ("[5]", "include"),
        ("jobs.d/*.yaml", "names no file with a job, and no job stands here"),
    ],
)
def test_what_names_no_file_with_jobs_is_refused_with_the_remedy(folder, include, words):
    told = problems(folder, written(folder, f"include: {include}\n"))
    assert any(words in one and one.startswith("crawler.yaml:1:") for one in told), told


def test_a_glob_may_match_nothing_and_an_empty_section_says_so(folder):
    assert names(written(folder, MAIN + job("own"))) == ["own"]
    assert names(written(folder, MAIN + job("own"), a="jobs: []")) == ["own"]


def test_a_pipe_is_no_file_and_is_not_waited_for(folder):
    os.mkfifo(folder / "jobs.d" / "a.yaml")
    (told,) = problems(folder, written(folder, MAIN + job("own")))
    assert told.endswith("jobs.d/a.yaml is not a file")


def test_there_are_no_more_files_than_the_bound(folder, monkeypatch):
    monkeypatch.setattr(including, "MAX_FILES", 1)
    (told,) = problems(folder, written(folder, MAIN + job("own"), a=job("a"), b=job("b")))
    assert "names more than 1 files; put jobs together" in told


def test_a_file_that_comes_changes_or_goes_is_another_version(folder):
    file = written(folder, a=job("a"))
    versions = [version_of(file, "jobs.d/*.yaml")]
    for change in (
        lambda: written(folder, b=job("b")),
        lambda: written(folder, b=job("another")),
        (folder / "jobs.d" / "b.yaml").unlink,
        file.unlink,
    ):
        change()
        versions.append(version_of(file, "jobs.d/*.yaml"))
    assert len(set(versions)) == len(versions)
