"""Fixtures for tests in a real browser: the back office of tests/backoffice and Debian's Chromium."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from desk_tab import desk
from pages_site import engine, site
from phone import CHROMIUM_FLAGS
from playwright.async_api import Browser, async_playwright, expect

#: A page on a busy machine: what should be there at once may take some seconds.
expect.set_options(timeout=30_000)

__all__ = ["chromium", "chromium_address", "desk", "engine", "site"]


@pytest.fixture(scope="session")
def chromium_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One Chromium for all tests (each gets a context of its own); its debugging address."""
    path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    assert Path(path).exists(), f"{path} is missing: apt-get install chromium, or set CHROMIUM"
    profile = tmp_path_factory.mktemp("chromium")
    command = [
        path,
        "--headless",
        "--remote-debugging-port=0",
        f"--user-data-dir={profile}",
        *CHROMIUM_FLAGS,
        "about:blank",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    port_file, deadline = profile / "DevToolsActivePort", time.monotonic() + 60
    while not (port_file.exists() and port_file.read_text().strip()):
        assert process.poll() is None, f"{path} ended at once"
        assert time.monotonic() < deadline, f"{path} did not open its debugging port"
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port_file.read_text().split()[0]}"
    process.terminate()
    process.wait(timeout=20)


@pytest.fixture
async def chromium(chromium_address: str) -> AsyncIterator[Browser]:
    """The browser, as this test's event loop reaches it."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.connect_over_cdp(chromium_address)
        yield browser
        await browser.close()
