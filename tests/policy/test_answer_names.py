"""Names of files from their first answers: safe, bounded, and of the URL where nothing is said."""

import pytest

from crawler.model import Kind, Outcome
from crawler.policy.answer_names import answer_of
from crawler.policy.naming import (
    MAX_COMPONENT,
    bound_by_lists,
    is_from_answer,
    is_part,
    path_of,
    typed,
)

NOW = 1_798_761_599.0  # 2026-12-31T23:59:59Z
URL = "https://h/get/report.cgi?id=7"


def name(template, field="", url=URL, status=200, media_type=None, ext="from_url", **bound):
    outcome = Outcome(Kind.STORED, status, media_type=media_type)
    answer = answer_of({"content-disposition": field}, outcome, NOW)
    return path_of(typed(template, ext), "job", url, 7, bound, answer)


def named(filename):
    return name("{filename}", f'attachment; filename="{filename}"')


def test_a_file_is_called_as_its_server_proposes_or_as_its_url_ends():
    assert named("Report 2026.pdf") == "Report 2026.pdf"
    assert name("{filename}") == "report.cgi"
    assert name("{filename}", url="https://h/") == "index.html"
    assert name("{host}/{date}/{status}/{filename}") == "h/2026-12-31/200/report.cgi"
    assert name("{status}.{ext}", status=203) == "203.cgi"
    assert name("{status}", status=206) == "200", "the rest of a body"


@pytest.mark.parametrize(
    ("filename", "safe"),
    [
        ("..", "report.cgi"), (".", "report.cgi"), ("", "report.cgi"), ("...", "report.cgi"),
        (".bashrc", "bashrc"), ("..%2f..%2fpasswd", "%2f..%2fpasswd"), (" . .ssh", "ssh"),
        ("a.pdf. . ", "a.pdf"), ("a\0b\x1b[2Jc\x7f", "a_b_[2Jc_"),
        ("a<b>c:d|e?f*g", "a_b_c_d_e_f_g"),
        ("CON", "CON_"), ("nul.txt", "nul.txt_"), ("\xe2\x80\xaegpj.exe", "_gpj.exe"),
        ("x.0123456789abcdef.7.part", "x.0123456789abcdef.7.part_"),
        ("x.20261121T103000Z.pdf", "x.20261121T103000Z_.pdf"),
    ],
)  # fmt: skip
def test_a_name_is_safe_whatever_a_server_says(filename, safe):
    assert named(filename) == safe
    assert not is_part(named(filename))


def test_a_name_has_a_length_in_bytes():
    long = named("\xc3\xa4" * 500 + ".pdf")
    assert len(long.encode()) <= MAX_COMPONENT
    assert long.endswith(".pdf")
    assert long != named("\xc3\xa4" * 501 + ".pdf")


def test_an_extension_is_that_of_the_url_and_else_of_the_type_where_that_is_asked():
    pdf = {"media_type": "application/pdf", "ext": "from_type"}
    assert name("{name}.{ext}", url="https://h/a.bin", **pdf) == "a.bin"
    assert name("{name}.{ext}", url="https://h/a", **pdf) == "a.pdf"
    assert name("{name}.{ext}", url="https://h/a/", **pdf) == "index.pdf"
    assert name("{name}.{ext}", url="https://h/a", media_type="application/pdf") == "a"
    unknown = {"media_type": "application/octet-stream", "ext": "from_type"}
    assert name("{name}.{ext}", url="https://h/a", **unknown) == "a"
    assert name("{name}.{ext}", url="https://h/", **unknown) == "index.html"
    assert name("{{x}}/{ext}", url="https://h/a", **pdf) == "{x}/pdf"


def test_what_an_answer_decides_is_told_from_what_a_url_or_a_list_does():
    for template in ("{filename}", "a/{date}/{name}", "{status}"):
        assert is_from_answer(template, "from_url")
    for template in ("{name}.{ext}", "{host}/{url_path}", "x"):
        assert not is_from_answer(template, "from_url")
    assert is_from_answer("{name}.{ext}", "from_type")
    assert not is_from_answer("{name}", "from_type")
    assert bound_by_lists("{cc}/{filename}.{ext}/{date}") == {"cc"}


def test_without_the_answer_there_is_a_place_for_the_part():
    for template, place in (
        ("{host}/{date}/{filename}", "h/report.cgi"), ("{filename}", "report.cgi"),
        ("{cc}/x-{status}/{name}", "de/report.cgi"),
    ):  # fmt: skip
        assert path_of(template, "job", URL, 7, {"cc": "de"}) == place
    assert path_of(typed("{name}.{ext}", "from_type"), "job", "https://h/a", 7, {}) == "a"


def test_a_value_of_a_list_stands_beside_those_of_the_answer():
    assert name("{cc}/{filename}", "attachment; filename=a.pdf", cc="de") == "de/a.pdf"
