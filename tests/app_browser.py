"""A visitor of the running app: a real browser, headless, with nothing of this machine's user."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import loopback
import pytest
from playwright.sync_api import Browser, Locator, Page, Playwright, expect, sync_playwright

from tambo.settings import PROJECT_ROOT

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    *("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
SCREENSHOTS = PROJECT_ROOT / "build" / "screenshots"
SECONDS = 60.0
_REACTION = 150
"""Milliseconds in which the page begins to react to what its visitor did."""
_ROW = 35
"""Height of a row of a table, pixels."""


@contextmanager
def running_app(home: Path) -> Iterator[str]:
    """The app of a home as `make app` starts it; yields its address."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    log = home / "scratch" / "app.log"
    environment = {**os.environ, "TAMBO_HOME": str(home), "TAMBO_APP_PORT": str(port)}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "app"], env=environment, cwd=PROJECT_ROOT, stdout=out, stderr=out
        )
        try:
            _wait(f"{url}/_stcore/health", process, log)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=SECONDS)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            if loopback.get(url).status_code == httpx.codes.OK:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise AssertionError(f"the app does not start: {log.read_text()}")


@contextmanager
def browser() -> Iterator[Browser]:
    """A Chromium of this machine, else the one that Playwright brought; skips where there is none."""
    with sync_playwright() as playwright:
        program = _program(playwright)
        if program is None:
            pytest.skip(
                f"no browser: none of {', '.join(PROGRAMS)} on PATH, and none of Playwright"
            )
        found = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        try:
            yield found
        finally:
            found.close()


def _program(playwright: Playwright) -> str | None:
    own = playwright.chromium.executable_path
    candidates = [*map(shutil.which, PROGRAMS), own if Path(own).exists() else None]
    return next((one for one in candidates if one), None)


_HOTEL = re.compile(r"\d+\. (.+)\n(.+)\s+BRL ([\d,.]+) a night")
_UNNAMED = """() => {
    const kinds = 'button, input, textarea, select, a, [role=combobox], [role=slider], [role=tab]';
    const text = id => document.getElementById(id)?.innerText ?? '';
    const named = control => control.getAttribute('aria-label') || control.innerText
        || (control.getAttribute('aria-labelledby') ?? '').split(' ').map(text).join('')
        || [...(control.labels ?? [])].map(label => label.innerText).join('');
    return [...document.querySelectorAll('[data-testid=stMain] :is(' + kinds + ')')]
        .filter(control => control.tabIndex >= 0 && control.offsetParent && !named(control))
        .map(control => control.outerHTML);
}"""

_CUT = """() => [...document.querySelectorAll('[data-testid=stMetric] *')]
    .filter(one => getComputedStyle(one).textOverflow === 'ellipsis'
        && one.scrollWidth > one.clientWidth)
    .map(one => one.innerText)"""


class Visitor:
    """One tab of the browser on the app.

    Attributes:
        page: Playwright's.
        outside: addresses asked for that are not the app's.
    """

    def __init__(self, browser: Browser, url: str, scheme: str = "light") -> None:
        self._url = url
        context = browser.new_context(
            viewport={"width": 1400, "height": 1000}, color_scheme=scheme, reduced_motion="reduce"
        )
        self.page: Page = context.new_page()
        self.page.set_default_timeout(SECONDS * 1000)
        self.outside: list[str] = []
        self.page.on("request", lambda request: self._note(request.url))

    def _note(self, address: str) -> None:
        if not address.startswith((self._url, self._url.replace("http", "ws"), "data:", "blob:")):
            self.outside.append(address)

    def open(self, address: str = "") -> None:
        """Type an address, and wait until the page is drawn."""
        self.page.goto(f"{self._url}/{address}")
        self.page.wait_for_selector("h1")
        self.settled()

    def follow(self, title: str) -> None:
        """Click on a page in the menu."""
        self.page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True).click()
        expect(self.page.get_by_role("heading", level=1, name=title, exact=True)).to_be_visible()
        self.settled()

    def settled(self) -> None:
        """Wait until the script has run to its end, and nothing of the run before is left."""
        self.page.wait_for_function(
            """() => {
                const app = document.querySelector('[data-testid=stApp]');
                return app && app.getAttribute('data-test-script-state') === 'notRunning'
                    && !document.querySelector('[data-stale=true], [data-testid=stSkeleton]');
            }"""
        )

    def choose(self, label: str, option: str) -> None:
        """Pick an option of a select box with the keyboard, unless it is chosen already."""
        box = self.page.get_by_role("combobox", name=label, exact=True)
        if box.input_value() == option:
            return
        offered = self.page.get_by_role("option", name=option, exact=True)
        deadline = time.monotonic() + SECONDS
        # A page that is drawn anew at that moment closes the list again.
        while not offered.is_visible():
            assert time.monotonic() < deadline, f"{option} is not offered"
            box.blur()
            box.focus()
            box.fill(option)
            self.page.wait_for_timeout(2 * _REACTION)
        box.press("Enter")
        self.reacted()

    def fill(self, label: str, text: str) -> None:
        """Type into a field, and press Enter."""
        field = self.page.get_by_label(label, exact=True)
        field.fill(text)
        field.press("Enter")
        self.reacted()

    def choose_also(self, label: str, option: str) -> None:
        """Pick one more option of a box that takes several."""
        box = self.page.get_by_role("combobox", name=label, exact=True)
        box.fill(option)
        self.page.get_by_role("option", name=option, exact=True).click()
        self.page.keyboard.press("Escape")
        self.reacted()

    def click(self, label: str) -> None:
        """Click on a button, and wait for what follows."""
        self.page.get_by_role("button", name=label, exact=True).click()
        self.reacted()

    def download(self, label: str) -> str:
        """Click on a button that gives a file of text; returns what is in it."""
        with self.page.expect_download() as started:
            self.page.get_by_role("button", name=label, exact=True).click()
        self.reacted()
        return started.value.path().read_text(encoding="utf-8-sig")

    def form(self, button: str) -> Locator:
        """The form with a button."""
        named = self.page.get_by_role("button", name=button, exact=True)
        return self.page.get_by_test_id("stForm").filter(has=named)

    def edit_cell(self, form: Locator, row: int, across: float, text: str) -> None:
        """Write a date or a number into a cell of a form's table.

        Args:
            form: with the table.
            row: of the cell, from 0.
            across: where its column is, as a share of the table's width.
            text: what is written; a date as YYYY-MM-DD.
        """
        # A table is one picture: its cells are found by where they are drawn, once it listens.
        box = self._table(form).bounding_box()
        assert box is not None
        editor = self.page.locator("#portal input")
        deadline = time.monotonic() + SECONDS
        while not editor.count():
            assert time.monotonic() < deadline, "the cell does not open"
            self.page.mouse.move(box["x"] + across * box["width"], box["y"] + _ROW * (row + 1.5))
            self.page.wait_for_timeout(_REACTION)
            self.page.mouse.down()
            self.page.mouse.up()
            self.page.wait_for_timeout(_REACTION)
            self.page.keyboard.press("Enter")
            self.page.wait_for_timeout(2 * _REACTION)
        editor.fill(text)
        editor.press("Enter")
        editor.wait_for(state="detached")
        self.reacted()

    def _table(self, form: Locator) -> Locator:
        """The table of a form, scrolled to: its cells are told where it is seen alone."""
        picture = form.get_by_test_id("data-grid-canvas").first
        # Its middle comes to that of the window; a chart above may still grow.
        picture.evaluate("picture => picture.scrollIntoView({block: 'center'})")
        self.page.wait_for_timeout(_REACTION)
        return picture

    def cells(self, first: str, within: Locator | None = None) -> list[str]:
        """The row of a table that begins so, as screen readers are told it; within: of a form."""
        if within is not None:
            self._table(within)
        rows = (within or self.page).locator("canvas tr")
        row = rows.filter(has=self.page.get_by_text(first, exact=True)).first
        row.wait_for(state="attached")
        return row.locator("td").all_inner_texts()

    def hotels(self) -> list[tuple[str, str, float]]:
        """The recommended hotels in their order: name, place, BRL a night."""
        found = []
        for card in self.page.locator("[class*=st-key-hotel_]").all():
            # A card that is half drawn is none yet.
            if drawn := _HOTEL.match(card.inner_text()):
                name, place, price = drawn.groups()
                found.append((name, place, float(price.replace(",", ""))))
        return found

    def say(self, rank: int, words: str) -> str:
        """Click on a button under a hotel; returns what the app says then."""
        card = self.page.locator(f".st-key-hotel_{rank}")
        card.get_by_role("button", name=words, exact=True).click()
        said = card.get_by_text("You said")
        said.wait_for()
        self.reacted()
        return said.inner_text()

    def reacted(self) -> None:
        """Wait until the page has followed what its visitor did."""
        self.page.wait_for_timeout(_REACTION)
        self.settled()

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so; the page may still be drawn."""
        deadline = time.monotonic() + SECONDS
        while not condition():
            assert time.monotonic() < deadline, "it did not become so"
            self.page.wait_for_timeout(100)
        self.settled()

    def menu(self) -> list[str]:
        """Titles of the pages that the menu offers."""
        return self.page.get_by_test_id("stSidebarNavLink").all_inner_texts()

    def title(self) -> str:
        """What the page is called."""
        return self.page.get_by_role("heading", level=1).inner_text()

    def amount(self, title: str) -> float:
        """The BRL in the box whose title begins so."""
        box = self.page.get_by_test_id("stMetric").filter(has_text=title)
        text = box.get_by_test_id("stMetricValue").inner_text()
        assert text.startswith("BRL "), text
        return float(text.removeprefix("BRL ").replace(",", ""))

    def says(self) -> str:
        """All words of the page, the menu's left out."""
        return self.page.get_by_test_id("stMain").inner_text()

    def problems(self) -> list[str]:
        """Warnings and errors that the page shows."""
        kinds = re.compile("stAlertContent(Warning|Error)")
        return self.page.get_by_test_id(kinds).all_inner_texts()

    def commands(self) -> list[str]:
        """Commands that the page shows, ready to be copied."""
        return [one.strip() for one in self.page.get_by_test_id("stCode").all_inner_texts()]

    def unnamed(self) -> list[str]:
        """Controls that a screen reader has no name for."""
        return self.page.evaluate(_UNNAMED)

    def cut(self, width: int) -> list[str]:
        """Titles and values of boxes that a window of some width cuts off."""
        self.page.set_viewport_size({"width": width, "height": 1000})
        self.page.wait_for_timeout(2 * _REACTION)
        found: list[str] = self.page.evaluate(_CUT)
        self.page.set_viewport_size({"width": 1400, "height": 1000})
        return found

    def brightness(self) -> float:
        """How bright the background is: 0 is black, 1 is white."""
        colour = self.page.evaluate(
            "() => getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
        )
        red, green, blue = map(int, re.findall(r"\d+", colour)[:3])
        return (red + green + blue) / (3 * 255)

    def exceptions(self) -> list[str]:
        """What went wrong on the page, in the words that the visitor sees."""
        return self.page.get_by_test_id("stException").all_inner_texts()

    def keep(self, name: str) -> Path:
        """Save what the visitor sees, the whole page, as a test artefact."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        height = self.page.evaluate(
            "() => document.querySelector('[data-testid=stMain]').scrollHeight"
        )
        self.page.set_viewport_size({"width": 1400, "height": max(1000, int(height))})
        # Charts are drawn anew for the larger window.
        self.page.wait_for_timeout(400)
        self.page.screenshot(path=path)
        self.page.set_viewport_size({"width": 1400, "height": 1000})
        return path
