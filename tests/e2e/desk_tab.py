"""A tab of the back office in a real browser, and everything that went wrong in it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from pages_site import PASSWORD, Site
from playwright.async_api import Browser, Page


class Desk:
    """One tab, with everything that went wrong in it."""

    def __init__(self, page: Page, base: str) -> None:
        self.page, self.base = page, base
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._console)

    def _console(self, message: object) -> None:
        text = f"{getattr(message, 'type', '')}: {getattr(message, 'text', '')}"
        expected = ("WebSocket", "status of", "ERR_CONNECTION_REFUSED")  # while a server is away, and refusals we test
        if text.startswith("error") and not any(part in text for part in expected):
            self.complaints.append(text)

    async def sign_in(self, user: str) -> None:
        await self.page.goto(f"{self.base}/sign-in")
        await self.page.fill("#user", user)
        await self.page.fill("#password", PASSWORD)
        await self.page.click("button.primary")
        await self.page.wait_for_url(re.compile("/(board|work-orders)$"))

    async def sign_out(self) -> None:
        await self.page.context.clear_cookies()

    async def go(self, path: str) -> None:
        await self.page.goto(f"{self.base}{path}")


@pytest.fixture
async def desk(site: Site, chromium: Browser) -> AsyncIterator[Desk]:
    """A wide Chinese tab; what the browser complained of fails the test."""
    context = await chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    desk = Desk(await context.new_page(), site.base)
    yield desk
    assert desk.complaints == []
    await context.close()
