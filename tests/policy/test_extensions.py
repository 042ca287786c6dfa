"""Extensions by media type."""

import pytest

from crawler.policy.extensions import extension_of


@pytest.mark.parametrize(
    ("media_type", "extension"),
    [
        ("text/html", "html"), ("image/jpeg", "jpg"), ("application/pdf", "pdf"),
        ("application/xml", "xml"), ("application/vnd.api+json", "json"), ("image/x+xml", "xml"),
        ("application/octet-stream", ""), ("text/nothing", ""), ("x+y", ""), ("", ""), (None, ""),
    ],
)  # fmt: skip
def test_a_media_type_has_its_usual_extension_or_none(media_type, extension):
    assert extension_of(media_type) == extension
