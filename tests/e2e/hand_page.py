"""What a field worker does on the phone's page, for tests of the page and of the whole loop.

What does not live here: the phone itself (phone.py), what must come of it (the tests).
"""

from __future__ import annotations

from playwright.async_api import Page, expect

WORKER = "worker"
expect.set_options(timeout=30_000)  # also on a machine that is busy with a PBX


async def sign_in(page: Page, base: str, password: str) -> None:
    """Sign in as the field worker; the page of the tasks opens."""
    await page.goto(f"{base}/sign-in?next=/hand/")
    await page.fill("#user", WORKER)
    await page.fill("#password", password)
    await page.click("button.primary")
    await page.wait_for_url("**/hand/")


async def take_photo(page: Page, phase: str, name: str, content: bytes) -> None:
    """Take a photo, or with a name in .mp4 a film."""
    buttons = page.locator(f'[data-phase="{phase}"] button.add')
    async with page.expect_file_chooser() as choosing:
        await (buttons.last if name.endswith("mp4") else buttons.first).click()
    chooser = await choosing.value
    kind = "video/mp4" if name.endswith("mp4") else "image/jpeg"
    await chooser.set_files({"name": name, "mimeType": kind, "buffer": content})


async def finish(page: Page, note: str) -> None:
    """Say that the work is done, and what was done."""
    await page.get_by_role("button", name="处理完毕", exact=True).click()
    await page.fill("#finish-note", note)
    await page.locator("dialog").get_by_role("button", name="处理完毕").click()


async def network(page: Page, waiting: int) -> None:
    """Wait until so many things wait on the phone to be sent."""
    found = page.locator("#network")
    await expect(found).to_have_attribute("data-waiting", str(waiting))
