"""Callers who write hostile text into every field they control: nothing is forged, each has one honest record."""

from __future__ import annotations

import asyncio
import csv
import io
import re
import zipfile
from dataclasses import dataclass

import aiohttp
from injecting import Done
from traffic import Plan
from world import World

_AMI = "%0d%0a%0d%0aEvent%3a%20Forged%0d%0aUniqueid%3a%20forged"
_QUEUE = "%7cNONE%7cFORGED%7cforged"
_USERS = ("", _AMI, _QUEUE, "%22%2cforged", "%00", "%0aagi_request%3a%20forged%0a%0a", "%ff%fe", "%24%7bSHELL(id)%7d")
_DISPLAYS = (
    "张三",
    f"x{_AMI}",
    r"forged\" \\ , \"FORGED",
    "<script>forged()</script>",
    "=HYPERLINK('http://forged')",
    "${SHELL(touch /tmp/forged)}",
    "'||(SELECT 1)||'",
    "../../../forged",
    "‮forged\u200b" + "长" * 80,
    "{{ forged }} {% forged %}",
)
_AGENTS = ('forged"|FORGED', "<script>forged()</script>", "A" * 2000, "%0d%0aEvent: Forged", "=1+1|cmd")
_CALL_IDS = ("forged", "a%0d%0ab", "<forged>", "..", "'forged'")
_SDP = ("forged", "<script>forged()</script>", "${SHELL(id)}", "B" * 1500, "../../forged")
_FORMULAS = (
    '=HYPERLINK("http://forged")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "＝1+1",
    'x",=1+1,"',
    "=DDE(forged)\n=1+1",
)
_BEGIN_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_TARGETS = (f"96390{_AMI}", "1001", "*11", "96390%20", "_X.", "s", "96390%2e%2e")


@dataclass(frozen=True, kw_only=True)
class HostilePlan(Plan):
    """A caller with the fields of scenarios/hostile.xml."""

    from_header: str
    call_id: str
    agent: str
    diversion: str
    sdp: str
    target: str

    def row(self) -> str:
        """As a line of SIPp's -inf file."""
        more = (self.from_header, self.call_id, self.agent, self.diversion, self.sdp, self.target)
        return ";".join((Plan.row(self), *more))


async def hostile_callers(world: World, until: float) -> Done:
    """Two rounds of every text in every field; some ask for numbers that are none of ours."""
    done = Done()
    ami = asyncio.create_task(_hear_ami(world))
    hotline = world.site.settings.site.hotline
    for turn in range(2):
        numbers = world.numbers(16)
        plans = [_plan(world, number, index + turn * 7, hotline) for index, number in enumerate(numbers)]
        world.traffic.call(plans, 1.5, scenario="hostile")
        await world.traffic.wait_callers(60)
        done.breaks += len(plans)
    strangers = world.numbers(len(_TARGETS))
    world.refused_rightly.update(strangers)
    plans = [
        _plan(world, number, index, target)
        for index, (number, target) in enumerate(zip(strangers, _TARGETS, strict=True))
    ]
    world.traffic.call(plans, 2, scenario="hostile")
    await world.traffic.wait_callers(20)
    refused = [one for one in world.people() if one.number in world.refused_rightly and one.dialog.refused]
    done.fault("strange numbers that were let in", float(len(strangers) - len(refused)))
    await asyncio.sleep(1)
    ami.cancel()
    lines = await _ended(ami)
    done.fault("forged AMI events", float(sum(line in {"Event: Forged", "Uniqueid: forged"} for line in lines)))
    done.count("AMI lines looked at", float(len(lines)))
    _judge_files(world, done)
    await _judge_pages(world, done)
    await _judge_sheets(world, done)
    return done


def _plan(world: World, number: str, index: int, target: str) -> HostilePlan:
    user, display = _USERS[index % len(_USERS)], _DISPLAYS[index % len(_DISPLAYS)]
    return HostilePlan(
        number=number,
        before_ms=500,
        key=world.random.choice("10"),
        stays_ms=world.random.randint(2500, 5000),
        from_header=f'"{display}" <sip:{number}{user}@127.0.0.1>',
        call_id=_CALL_IDS[index % len(_CALL_IDS)],
        agent=_AGENTS[index % len(_AGENTS)],
        diversion=f'"{display}" <sip:{number}{user}@127.0.0.1>',
        sdp=_SDP[index % len(_SDP)],
        target=target,
    )


_heard: list[str] = []


async def _hear_ami(world: World) -> None:
    """Hear what an AMI session hears, unread by the product."""
    _heard.clear()
    ami = world.pbx.settings.ami
    reader, writer = await asyncio.open_connection(ami.host, ami.port)
    secret = world.pbx.secrets.ami["cc_events"]
    writer.write(f"Action: Login\r\nUsername: cc_events\r\nSecret: {secret}\r\n\r\n".encode())
    while line := await reader.readline():
        _heard.append(line.decode("utf-8", errors="replace").rstrip("\r\n"))


async def _ended(task: asyncio.Task[None]) -> list[str]:
    await asyncio.gather(task, return_exceptions=True)
    return _heard


def _judge_files(world: World, done: Done) -> None:
    """Journals hold whole lines of known events; no recording has a stranger's name."""
    text = world.pbx.settings.cel_file.read_text(encoding="utf-8", errors="replace")
    rows = list(csv.reader(io.StringIO(text)))
    odd = [row for row in rows if len(row) != 16 or not re.fullmatch(r"[A-Z_]+", row[0]) or "FORGED" in row[0]]
    done.fault("forged journal lines", float(len(odd)))
    log = world.pbx.settings.queue_log_file.read_text(encoding="utf-8", errors="replace").splitlines()
    done.fault("forged queue_log lines", float(sum("FORGED" in line or line.count("|") < 4 for line in log)))
    names = [path.name for path in world.pbx.settings.recordings_dir.rglob("*") if path.is_file()]
    done.fault("strange file names", float(sum(not re.fullmatch(r"[A-Za-z0-9._-]+\.wav", name) for name in names)))


async def _judge_pages(world: World, done: Done) -> None:
    """Pages show the text, if at all, as text."""
    web, seen = world.site.settings.web, 0
    base = f"http://{web.host}:{web.port}"
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        page = await (await session.get(f"{base}/sign-in")).text()
        token = re.search(r'name="csrf[^"]*" value="([^"]+)"', page)
        form = {"user": "supervisor", "name": "supervisor", "password": world.site.passwords["supervisor"]}
        if token:
            form[re.search(r'name="(csrf[^"]*)"', page)[1]] = token[1]  # type: ignore[index]
        await session.post(f"{base}/sign-in", data=form)
        calls = (await world.all_of("/calls"))[:12]
        for path in ("/calls", "/work-orders", "/board", *(f"/calls/{call['id']}" for call in calls)):
            async with session.get(base + path) as answer:
                body = await answer.text()
                seen += answer.status == 200
            done.fault("pages with a stranger's markup", float("<script>forged" in body or "HYPERLINK('" in body))
            done.fault("pages that failed", float(answer.status >= 500))
    done.count("pages looked at", float(seen))


async def _judge_sheets(world: World, done: Done) -> None:
    """What strangers wrote, or had written into an order, begins no formula in a file for Excel."""
    for text in _FORMULAS:
        words = dict.fromkeys(("title", "contact_name", "description", "address"), text)
        order = await world.site.post("/work-orders", {"type": "repair", "contact_number": "13900000000", **words})
        world.own_orders.add(order["number"])
    status, body = await world.site.get_bytes("/work-orders/export.csv")
    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    cells = [cell for row in rows for cell in row]
    done.fault("rows of a .csv that are no orders", float(status != 200 or len({len(row) for row in rows}) != 1))
    done.fault("cells that begin a formula", float(sum(cell.startswith(_BEGIN_A_FORMULA) for cell in cells)))
    done.count("cells looked at", float(len(cells)))
    status, body = await world.site.get_bytes("/work-orders/export.xlsx")
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        sheets = [book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/")]
    formulas = sum(sheet.count("<f>") + sheet.count("<f ") + sheet.count("<hyperlink") for sheet in sheets)
    done.fault("formulas in an .xlsx", float(formulas + (status != 200)))
