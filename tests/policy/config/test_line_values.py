"""What a configuration makes of lines is the same, read in brief or as a whole."""

import pytest

from crawler.config import load
from crawler.config.brief import brief
from crawler.sources.meaning import asks_lines, mark_of

JOBS = {
    "nothing of lines": "{}",
    "a path of its own": '{path: "{host}/{name}"}',
    "a path with a column": '{path: "{id}.html"}',
    "a header with a column": '{headers: {X-Id: "{id}"}}',
    "a header in braces": '{headers: {X-Id: "{}"}}',
}


def written(folder, defaults, options):
    file = folder / "crawler.yaml"
    job = options.removeprefix("{").removesuffix("}")
    source = f"name: j, url_file: urls.csv, {job}"
    (folder / "urls.csv").write_text("url,id,section\nhttp://a/,1,x\n")
    file.write_text(f"job_defaults: {defaults}\njobs:\n  - {{{source}}}\n")
    return file


@pytest.mark.parametrize("defaults", ["{}", '{path: "{section}/{name}"}'])
@pytest.mark.parametrize("options", JOBS.values(), ids=JOBS)
def test_the_brief_of_a_configuration_has_the_marks_of_its_jobs(tmp_path, defaults, options):
    file = written(tmp_path, defaults, options)
    (job,) = load(file).jobs
    assert brief(file).marks == {"j": mark_of(job) if asks_lines(job) else ""}


def test_where_all_jobs_have_headers_the_brief_says_nothing_of_lines(tmp_path):
    assert brief(written(tmp_path, '{headers: {X-Id: "{id}"}}', "{}")).marks == {}
