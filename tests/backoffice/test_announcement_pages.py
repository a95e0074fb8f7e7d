"""The page of emergency announcements, and putting one on air through the API."""

from __future__ import annotations

import io
import math
import re
import wave
from array import array

import aiohttp
from pages_site import Browser, Site


def _tone(seconds: float) -> bytes:
    samples = array("h", (round(9000 * math.sin(0.35 * index)) for index in range(round(8000 * seconds))))
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(samples.tobytes())
    return out.getvalue()


async def _send(browser: Browser, body: bytes, kind: str = "audio/wav", **query: str) -> aiohttp.ClientResponse:
    page = (await browser.get("/announcements")).text
    token = re.findall(r'data-csrf="([^"]+)"', page)[0]
    headers = {"Content-Type": kind, "X-CSRF-Token": token, "Accept-Language": "zh-CN"}
    where = f"{browser.base}/api/v1/announcements"
    answer = await browser.session.post(where, params=query, data=body, headers=headers)
    await answer.read()
    return answer


async def test_recording_goes_on_air_is_changed_heard_and_taken_off(site: Site) -> None:
    boss = await site.browser("supervisor")
    answer = await _send(boss, _tone(40), title="翠苑路停水", district="gaoxin")
    assert answer.status == 201
    assert (await answer.json())["seconds"] == 40.0
    page = (await boss.get("/announcements")).text
    assert "翠苑路停水" in page and "网页录制" in page
    heard = await boss.session.get(f"{boss.base}/announcements/1/sound")
    assert (await heard.read())[:4] == b"RIFF" and heard.content_type == "audio/wav"
    end = re.findall(r'name="ends_at" value="([^"]+)"', page)[-1]
    assert (await boss.post("/announcements/1", {"district": "", "ends_at": end})).status == 303
    wrong = await boss.post("/announcements/1", {"district": "", "ends_at": "2020-01-01T00:00"})
    assert wrong.status == 422 and "结束时间要晚于" in wrong.text
    assert (await boss.post("/announcements/1/withdraw", {})).status == 303
    assert "已撤回" in (await boss.get("/announcements")).text
    assert (await boss.post("/announcements/1/withdraw", {})).status == 409


async def test_what_cannot_be_played_is_refused_by_name(site: Site) -> None:
    boss = await site.browser("supervisor")
    short = await _send(boss, _tone(0.1), title="x")
    assert short.status == 422 and (await short.json())["errors"][0]["field"] == "sound"
    assert (await _send(boss, _tone(1), kind="text/plain", title="x")).status == 415
    assert (await _send(boss, _tone(1))).status == 422
    assert (await _send(boss, b"\x00" * (13 * 2**20), title="x")).status == 413
    agent = await site.browser("8001")
    assert (await agent.get("/announcements")).status == 403
