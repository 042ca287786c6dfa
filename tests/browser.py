"""A headless Chromium that looks at the page of a `crawler web`, as somebody at it does."""

import contextlib
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from tests import leftovers, real
from tests.web import Web

PATIENCE_MS = 30_000
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


def needs(module: str) -> Any:
    """Return a module that drives or looks at pages; without it skip, or fail in CI."""
    try:
        return import_module(module)
    except ImportError:
        real.lacks(f"{module.partition('.')[0]} is not installed")


@contextlib.contextmanager
def running() -> Iterator[Any]:
    """Run a browser until the end of the block; it is gone afterwards, with all its processes.

    It takes longer to start than most of what is looked at: the tests of a file share one.
    """
    sync_api = needs("playwright.sync_api")
    chromium = real.needs("chromium")
    with leftovers.outlasting() as share, sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        share()
        with contextlib.closing(browser):
            yield browser


@contextlib.contextmanager
def browsing(browser: Any, **look: Any) -> Iterator[Any]:
    """Be somebody without a page, of whom the browser remembers nothing afterwards."""
    with contextlib.closing(browser.new_context(**(look or LIGHT))) as context:
        context.set_default_timeout(PATIENCE_MS)
        yield context


@contextlib.contextmanager
def at_page(browser: Any, web: Web, *, logged_in: bool = True, **look: Any) -> Iterator[Any]:
    """Open the page by the link of its server; it asks nobody else, and nothing in it breaks."""
    with browsing(browser, **look) as context, looking(context, web, logged_in=logged_in) as page:
        yield page


@contextlib.contextmanager
def looking(context: Any, web: Web, *, logged_in: bool = True) -> Iterator[Any]:
    """Open one more page of somebody."""
    with contextlib.closing(context.new_page()) as page:
        watched = Watched(page, web.origin)
        page.goto(f"{web.origin}/#token={web.token}" if logged_in else web.origin)
        yield page
        assert not watched.errors
        assert not watched.outside


def row(page: Any, section: str, text: str) -> Any:
    """Return the row of a section with a text in it."""
    return page.locator(f"#{section} tbody tr").filter(has_text=text)


def said(place: Any, pattern: str) -> Any:
    """Wait until something was said at a place; return where."""
    found = place.locator(".said", has_text=re.compile(pattern))
    found.wait_for()
    return found


def press(place: Any, name: str) -> None:
    place.get_by_role("button", name=name, exact=False).first.click()


def in_dialog(page: Any, button: str, **fields: str) -> Any:
    """Fill in a dialog and press one of its buttons."""
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    for name, value in fields.items():
        dialog.locator(f"[name={name}]").fill(value)
    dialog.get_by_role("button", name=button, exact=True).click()
    return dialog


def look_up(page: Any, text: str) -> None:
    """Ask of a URL or a host."""
    page.locator("#asked").fill(text)
    page.keyboard.press("Enter")
