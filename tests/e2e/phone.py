"""A field worker's phone: a Chromium of its own with a profile on disk, which can be killed and started again."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Page, Playwright

WIDTH, HEIGHT = 390, 844
#: Without these a headless Chromium looks for its maker's hosts at every start.
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",  # a microphone that beeps once a second
    "--use-fake-ui-for-media-stream",
)


class Phone:
    """One browser with one page. `complaints` holds everything that went wrong in it."""

    def __init__(self, playwright: Playwright, profile: Path) -> None:
        self._playwright, self._profile = playwright, profile
        self._process: subprocess.Popen[bytes] | None = None
        self._browser: Browser | None = None
        self.complaints: list[str] = []
        self.page: Page

    async def start(self) -> None:
        """Start the browser on its profile."""
        path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        port_file = self._profile / "DevToolsActivePort"
        port_file.unlink(missing_ok=True)
        window = (
            f"--window-size={WIDTH},{HEIGHT}",
            "--hide-crash-restore-bubble",
            "--lang=zh-CN",
            "--accept-lang=zh-CN",
        )
        command = [path, "--headless", "--remote-debugging-port=0", f"--user-data-dir={self._profile}"]
        self._process = _started([*command, *CHROMIUM_FLAGS, *window, "about:blank"])
        deadline = time.monotonic() + 60
        while not (port_file.exists() and port_file.read_text().strip()):
            assert self._process.poll() is None, f"{path} ended at once"
            assert time.monotonic() < deadline, f"{path} did not open its debugging port"
            await asyncio.sleep(0.05)
        port = port_file.read_text().split()[0]
        self._browser = await self._playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
        self.page = await self.context.new_page()
        await self.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    @property
    def context(self) -> BrowserContext:
        """The profile's own context: what is kept survives the browser."""
        assert self._browser is not None
        return self._browser.contexts[0]

    def kill(self) -> None:
        """Kill the browser and all its processes: nothing gets time to tidy up."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(timeout=20)
        self._process = None

    async def until_shell_is_kept(self) -> None:
        """Wait until the service worker's files are on the disk: Chromium writes the list of them with a delay."""
        deadline = time.monotonic() + 30
        while not list(self._profile.glob("*/Service Worker/CacheStorage/*/index.txt")):
            assert time.monotonic() < deadline, "the browser did not keep the page's files"
            await asyncio.sleep(0.1)

    def end(self) -> None:
        """End the browser, if it runs."""
        if self._process is not None:
            self.kill()


def _started(command: list[str]) -> subprocess.Popen[bytes]:
    """Start a program as a group of processes of its own, to be killed as one."""
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
