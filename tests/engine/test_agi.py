"""The whole menu without a PBX: a scripted peer, real sockets, the real flow, a real database."""

from __future__ import annotations

import asyncio
import socket
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from agi_world import ACCOUNT, CHECK, NOON, add_notice, add_order, running, world

from ccengine.assets import PROMPTS
from ccengine.asterisk.agi.session import OutOfStep
from ccengine.clock import ManualClock
from ccengine.config import Settings
from ccengine.engine.agi import AgiTask, script_of
from ccengine.engine.agi_lookups import FRESH_SECONDS
from ccengine.ivr.menu_file import MenuError
from ccengine.ivr.spoken import spoken
from ccengine.rows import OrderFilter
from ccengine.services import work_orders
from ccengine.services.context import ENGINE, Context

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "asterisk" / "agi"))
from agi_peer import CALL_ID, HEADER, Pbx


def _settings(folder: Path, **agi: object) -> Settings:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return Settings(state_dir=folder, agi={"port": port, **agi})


async def _call(ctx: Context, *keys: str) -> Pbx:
    """Call the hotline; each key is pressed once the menu's prompts before it were heard to the end."""
    pbx = Pbx(ctx.settings.agi.port, iter(keys))
    await asyncio.wait_for(pbx.call(), 20)
    return pbx


async def test_repair_goes_to_the_queue(tmp_path: Path) -> None:
    async with world(_settings(tmp_path)) as ctx, running(ctx):
        pbx = await _call(ctx, "1")
    assert pbx.played == ["cc/welcome"]
    assert (pbx.variables["CC_TO"], pbx.variables["CC_ITEM"], pbx.variables["CC_DONE"]) == ("queue", "repair", "1")
    assert pbx.events == [
        f"CC_MENU,id={CALL_ID}&item=repair&key=1",
        f"CC_FLOW,id={CALL_ID}&to=queue&queue=hotline&item=repair&priority=2",
    ]


async def test_balance_is_spoken_out_of_the_database(tmp_path: Path) -> None:
    async with world(_settings(tmp_path)) as ctx, running(ctx):
        pbx = await _call(ctx, "2", ACCOUNT[0], ACCOUNT[1:], CHECK[0], CHECK[1:])
    said = spoken("zh").money(3850)
    assert pbx.played[pbx.played.index("cc/bill/balance_is") + 1 :][: len(said)] == said
    assert pbx.variables["CC_TO"] == "hangup"
    assert f"CC_ACCOUNT,id={CALL_ID}&account={ACCOUNT}" in pbx.events
    assert f"CC_SERVED,id={CALL_ID}&item=balance" in pbx.events


async def test_wrong_check_says_nothing(tmp_path: Path) -> None:
    async with world(_settings(tmp_path)) as ctx, running(ctx):
        pbx = await _call(ctx, "2", *(ACCOUNT[0], ACCOUNT[1:], "0", "000", "") * 3)
    assert "cc/bill/balance_is" not in pbx.played and pbx.played[-1] == "cc/account/failed"
    assert pbx.variables["CC_TO"] == "queue"


async def test_check_guessed_wrong_in_several_calls_closes_the_account_for_now(tmp_path: Path) -> None:
    async with world(_settings(tmp_path)) as ctx, running(ctx):
        for _ in range(2):
            await _call(ctx, "2", *(ACCOUNT[0], ACCOUNT[1:], "0", "000", "") * 3)
        right = await _call(ctx, "2", *(ACCOUNT[0], ACCOUNT[1:], CHECK[0], CHECK[1:], "") * 3)
    assert "cc/bill/balance_is" not in right.played and right.variables["CC_TO"] == "queue"


@pytest.mark.parametrize(("hours", "to"), [(0, "queue"), (8, "voice_message"), (24, "voice_message")])
async def test_person_for_bills_follows_calendar_and_clock(tmp_path: Path, hours: int, to: str) -> None:
    """Friday 10:00, Friday 18:00, Saturday 10:00."""
    clock = ManualClock(NOON.replace(day=NOON.day + hours // 24, hour=NOON.hour + hours % 24))
    async with world(_settings(tmp_path), clock) as ctx, running(ctx):
        pbx = await _call(ctx, "2", ACCOUNT[0], ACCOUNT[1:], CHECK[0], CHECK[1:], "#", "0")
    assert (pbx.variables["CC_TO"], pbx.variables["CC_ITEM"]) == (to, "bill")


async def test_order_progress_by_number_and_by_account(tmp_path: Path) -> None:
    async with world(_settings(tmp_path)) as ctx, running(ctx):
        keyed = "".join(sign for sign in await add_order(ctx) if sign.isdigit())
        by_number = await _call(ctx, "3", keyed[0], keyed[1:], CHECK[0], CHECK[1:])
        by_account = await _call(ctx, "3", "#", ACCOUNT[0], ACCOUNT[1:], CHECK[0], CHECK[1:])
    said = spoken("zh").order_number(keyed)
    for pbx in (by_number, by_account):
        assert pbx.played[pbx.played.index("cc/orders/number_is") + 1 :][: len(said)] == said
        assert any(prompt.startswith("cc/order_state/") for prompt in pbx.played)
        assert f"CC_SERVED,id={CALL_ID}&item=progress" in pbx.events


async def test_no_time_is_promised_for_work_that_is_done_or_late(tmp_path: Path) -> None:
    clock = ManualClock(NOON)
    async with world(_settings(tmp_path), clock) as ctx, running(ctx):
        keyed = "".join(sign for sign in await add_order(ctx) if sign.isdigit())
        open_one = await _call(ctx, "3", keyed[0], keyed[1:], CHECK[0], CHECK[1:])
        clock.moment = NOON + timedelta(days=30)
        late = await _call(ctx, "3", keyed[0], keyed[1:], CHECK[0], CHECK[1:])
        clock.moment = NOON
        (row,) = (await work_orders.find(ctx, ENGINE, OrderFilter())).items
        await work_orders.transition(ctx, ENGINE, row.id, "handled", "已修好")
        done = await _call(ctx, "3", keyed[0], keyed[1:], CHECK[0], CHECK[1:])
    assert "cc/orders/due_by" in open_one.played
    assert "cc/orders/due_by" not in late.played and "cc/order_state/registered" in late.played
    assert "cc/orders/due_by" not in done.played and "cc/order_state/handled" in done.played


async def test_outage_notices_are_read(tmp_path: Path) -> None:
    async with world(_settings(tmp_path)) as ctx, running(ctx):
        none = await _call(ctx, "4")
        await add_notice(ctx, "chengdong")
        await asyncio.sleep(FRESH_SECONDS)  # until then an answer read for another caller may be given
        one = await _call(ctx, "4")
    assert "cc/outage/none" in none.played
    assert {"cc/area/chengdong", "cc/outage/reason/maintenance", "cc/outage/from"} <= set(one.played)


async def test_database_away_leads_to_a_person(tmp_path: Path) -> None:
    async with world(_settings(tmp_path)) as ctx, running(ctx):
        await ctx.store.close()  # type: ignore[attr-defined]
        Path(ctx.settings.state_dir, "ccengine.sqlite").write_bytes(b"no database" * 1000)
        pbx = await _call(ctx, "2", ACCOUNT[0], ACCOUNT[1:], CHECK[0], CHECK[1:])
    assert "cc/lookup/unavailable" in pbx.played
    assert (pbx.variables["CC_TO"], pbx.variables["CC_DONE"]) == ("queue", "1")


async def test_english_caller_is_told_in_english(tmp_path: Path) -> None:
    async with world(_settings(tmp_path)) as ctx, running(ctx):
        pbx = await _call(ctx, "9", "2", ACCOUNT[0], ACCOUNT[1:], CHECK[0], CHECK[1:])
    assert pbx.variables["CHANNEL(language)"] == "en"
    said = spoken("en").money(3850)
    assert pbx.played[pbx.played.index("cc/bill/balance_is") + 1 :][: len(said)] == said
    assert f"CC_LANG,id={CALL_ID}&lang=en" in pbx.events


@pytest.mark.parametrize(
    "script",
    [
        "inbound/evil",
        "inbound/",
        "",
        "outbound/" + CALL_ID,
        "inbound/../../x",
        "campaign/" + CALL_ID,
        "campaign/hotline/" + CALL_ID,
        "campaign/arrears/x/" + CALL_ID,
    ],
)
async def test_unknown_script_is_refused(script: str, tmp_path: Path) -> None:
    with pytest.raises(OutOfStep):
        script_of(script)
    async with world(_settings(tmp_path)) as ctx, running(ctx):
        pbx = Pbx(ctx.settings.agi.port)
        await asyncio.wait_for(pbx.call(HEADER.replace(b"inbound/" + CALL_ID.encode(), script.encode())), 5)
    assert pbx.commands == []


async def test_taken_port_is_an_error_at_the_start(tmp_path: Path) -> None:
    async with world(_settings(tmp_path)) as ctx, running(ctx):
        with pytest.raises(OSError, match=str(ctx.settings.agi.port)):
            await AgiTask(ctx).run()


async def test_wrong_menu_file_stops_the_start(tmp_path: Path) -> None:
    menu = tmp_path / "menu.toml"
    menu.write_text('start = "main"\nlanguage = "fr"\n')
    async with world(_settings(tmp_path, menu_file=str(menu))) as ctx:
        with pytest.raises(MenuError, match=r"menu\.toml:"):
            AgiTask(ctx)


async def test_menu_file_that_is_not_utf8_is_refused_with_its_line(tmp_path: Path) -> None:
    menu = tmp_path / "menu.toml"
    menu.write_bytes('start = "main"\n# 菜单\n'.encode("gb18030"))
    async with world(_settings(tmp_path, menu_file=str(menu))) as ctx:
        with pytest.raises(MenuError, match=r"menu\.toml:2: .*UTF-8"):
            AgiTask(ctx)


async def test_menu_file_changed_while_running_is_used_and_a_wrong_change_is_not(tmp_path: Path) -> None:
    menu = tmp_path / "menu.toml"
    text = (PROMPTS / "menu.toml").read_text(encoding="utf-8")
    menu.write_text(text, encoding="utf-8")
    async with world(_settings(tmp_path, menu_file=str(menu))) as ctx, running(ctx):
        menu.write_text(text.replace('key = "1"', 'key = "8"'), encoding="utf-8")
        moved = await _call(ctx, "8")
        menu.write_text("start = ", encoding="utf-8")
        kept = await _call(ctx, "8")
    assert moved.variables["CC_ITEM"] == kept.variables["CC_ITEM"] == "repair"
