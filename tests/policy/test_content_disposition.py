"""File names that servers propose, as the field has them and as the wild has it."""

import pytest

from crawler.policy.content_disposition import filename_of


@pytest.mark.parametrize(
    ("field", "name"),
    [
        # RFC 6266, section 5, and RFC 8187, section 3.2.3
        ("Attachment; filename=example.html", "example.html"),
        ('INLINE; FILENAME= "an example.html"', "an example.html"),
        ("attachment; filename*= UTF-8''%e2%82%ac%20rates", "\u20ac rates"),
        (
            "attachment; filename=\"EURO rates\"; filename*=utf-8''%e2%82%ac%20rates",
            "\u20ac rates",
        ),
        ("attachment; filename*=iso-8859-1'en'%A3%20rates", "\xa3 rates"),
        # what servers send beside that
        ('attachment; filename="a;b.pdf"', "a;b.pdf"),
        (r'attachment; filename="a\"b.pdf"', 'a"b.pdf'),
        ('attachment; filename="unclosed.pdf', "unclosed.pdf"),
        ("attachment; filename=not quoted.pdf", "not quoted.pdf"),
        ('filename="without a type.pdf"', "without a type.pdf"),
        ('attachment; filename="n\xc3\xa4he.pdf"', "n\xe4he.pdf"),
        ('attachment; filename="n\xe4he.pdf"', "n\xe4he.pdf"),
        ('attachment; filename="a.pdf"; filename="b.pdf"', "a.pdf"),
        ("attachment;filename=a.pdf;", "a.pdf"),
        ("attachment; xfilename=b; filename = a.pdf ; size=3", "a.pdf"),
        ("attachment; filename*=UTF-8''%ff; filename=a.pdf", "a.pdf"),
        ("attachment; filename*=utf-16''%00a; filename=a.pdf", "a.pdf"),
        ("attachment; filename*=UTF-8''; filename=a.pdf", "a.pdf"),
        ('attachment; filename="a%20b.pdf"', "a%20b.pdf"),
        # a path: its last part counts
        ('attachment; filename="../../etc/passwd"', "passwd"),
        (r'attachment; filename="C:\dir\file.txt"', "file.txt"),
        ("attachment; filename*=UTF-8''..%2f..%2fx", "x"),
        ("attachment; filename*=UTF-8''a%5cb%5cc.txt", "c.txt"),
        # none at all
        ("", ""), ("attachment", ""), ("attachment; filename=", ""),
        ('attachment; filename=""', ""),
        ("attachment; filename=folder/", ""), (";;;", ""), ('"', ""), ("\\", ""), ("=", ""),
        ("a" * 100_000, ""),
    ],
)  # fmt: skip
def test_a_field_proposes_a_name(field, name):
    assert filename_of(field) == name


def test_whatever_stands_in_a_field_there_is_no_error_and_no_path():
    signs = [
        "",
        "a",
        "/",
        "\\",
        '"',
        ";",
        "=",
        "*",
        "'",
        "%",
        "%2",
        "%2f",
        "\0",
        "\xff",
        " ",
        "..",
        "\r\n",
    ]
    for first in signs:
        for second in signs:
            for third in signs:
                odd = f"{first}{second}{third}"
                for field in (
                    odd,
                    f"filename={odd}",
                    f'filename="{odd}',
                    f"filename*=UTF-8''{odd}",
                ):
                    name = filename_of(f"attachment; {field}")
                    assert not set(name) & {"/", "\\"}
