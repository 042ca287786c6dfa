"""A headless Chromium that looks at the page of a `crawler web`, as somebody at it does."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests import real
from tests.web import Web

PATIENCE_MS = 15_000
LIGHT: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"}
DARK: dict[str, Any] = {**LIGHT, "color_scheme": "dark"}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True,
    "is_mobile": True, "color_scheme": "light",
}  # fmt: skip


class Watched:
    """What a page complained of, and where it went beyond its server."""

    def __init__(self, page: Any, origin: str) -> None:
        self.errors: list[str] = []
        self.outside: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._hear)
        page.on("request", lambda request: self._see(request.url, origin))
        page.on("dialog", lambda dialog: self.errors.append(f"dialog: {dialog.message}"))

    def _hear(self, message: Any) -> None:
        """Keep what breaks the policy of the page; that a server is away is no fault of it."""
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.errors.append(message.text)

    def _see(self, url: str, origin: str) -> None:
        if not url.startswith((origin, "data:")):
            self.outside.append(url)


@contextlib.contextmanager
def browsing(**look: Any) -> Iterator[Any]:
    """Open a browser without a page; it is gone afterwards, with all its processes."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as driver:
        chromium = real.needs("chromium")
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        with contextlib.closing(browser):
            context = browser.new_context(**(look or LIGHT))
            context.set_default_timeout(PATIENCE_MS)
            sync_api.expect.set_options(timeout=PATIENCE_MS)
            yield context


@contextlib.contextmanager
def at_page(web: Web, *, logged_in: bool = True, **look: Any) -> Iterator[Any]:
    """Open the page by the link of its server; it asks nobody else, and nothing in it breaks."""
    origin = f"http://{web.host}:{web.port}"
    with browsing(**look) as context:
        page = context.new_page()
        watched = Watched(page, origin)
        page.goto(f"{origin}/#token={web.token}" if logged_in else origin)
        yield page
        assert not watched.errors
        assert not watched.outside
