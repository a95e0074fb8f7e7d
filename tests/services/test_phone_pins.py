"""PINs: who may have one, what is no PIN, guessing shut out and written down; a good one after the lock is over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from call_helpers import ADMIN, AGENT

from ccengine.clock import ManualClock
from ccengine.rows import AgentRow
from ccengine.services import audit, phone_pins
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Invalid, NotAllowed, NotFound

PIN = "739182"
WEAK = ("12345", "123456", "98765432", "777777", "121212", "810042", "abcdef", "１２３４５８", "739182465")
BOSS = Actor(kind="user", name="boss", roles=frozenset({"supervisor"}), agent_number="8100")
CALL = {"call_id": "n1-1764000000-123456789012345678", "caller": "13900002222"}


async def staff(ctx: Context) -> None:
    async with ctx.store() as uow:
        for name, number, role in (("boss", "8100", "supervisor"), ("ann", "8101", "agent"), ("eve", "", "supervisor")):
            if number:
                await uow.agents.save(AgentRow(number=number, name=name, extension=""))
            await uow.users.insert(name, "x", name, frozenset({role}), number or None, ctx.clock.now())
        await uow.commit()


async def known(ctx: Context, number: str, pin: str) -> str | None:
    found = await phone_pins.speaker_by_pin(ctx, number, pin, **CALL)
    return found.name if found is not None else None


async def test_number_and_its_pin_are_known_nothing_else_is(ctx: Context) -> None:
    await staff(ctx)
    assert await known(ctx, "8100", "") is None
    await phone_pins.set_pin(ctx, BOSS, "boss", PIN)
    assert await known(ctx, "8100", PIN) == "boss"
    for number, pin in (("8101", PIN), ("8100", PIN + "1"), ("*81", PIN), ("", ""), ("9" * 30, "#" * 200)):
        assert await known(ctx, number, pin) is None
    await phone_pins.set_pin(ctx, BOSS, "boss", "")
    assert await known(ctx, "8100", PIN) is None


async def test_guessing_shuts_the_number_for_a_while_and_is_written_down(ctx: Context, clock: ManualClock) -> None:
    await staff(ctx)
    await phone_pins.set_pin(ctx, ADMIN, "boss", PIN)
    for _ in range(phone_pins.FAILURES_PER_NUMBER):
        assert await known(ctx, "8100", "111222") is None
    assert await known(ctx, "8100", PIN) is None
    clock.moment += phone_pins.WINDOW + timedelta(seconds=1)
    assert await known(ctx, "8100", PIN) == "boss"
    entries = (await audit.find_entries(ctx, ADMIN)).items
    told = [entry.action for entry in entries if entry.action.startswith("phone_pin")]
    assert told == ["phone_pin.known", "phone_pin.locked", *["phone_pin.refused"] * phone_pins.FAILURES_PER_NUMBER]
    assert "111222" not in repr(entries)


async def test_guessing_many_numbers_shuts_them_all(ctx: Context) -> None:
    await staff(ctx)
    await phone_pins.set_pin(ctx, BOSS, "boss", PIN)
    for number in range(phone_pins.FAILURES_OF_ALL):
        await known(ctx, f"{7000 + number}", PIN)
    assert await known(ctx, "8100", PIN) is None


@pytest.mark.parametrize("pin", WEAK)
async def test_weak_or_strange_pin_is_refused(ctx: Context, pin: str) -> None:
    await staff(ctx)
    with pytest.raises(Invalid, match="PIN"):
        await phone_pins.set_pin(ctx, BOSS, "boss", pin)


async def test_pin_is_for_those_who_may_announce_and_set_by_themselves_or_an_administrator(ctx: Context) -> None:
    await staff(ctx)
    ann = Actor(kind="user", name="ann", roles=frozenset({"agent"}), agent_number="8101")
    for actor, name, error in (
        (ann, "ann", NotAllowed),
        (AGENT, "boss", NotAllowed),
        (ADMIN, "eve", Invalid),
        (ADMIN, "x", NotFound),
    ):
        with pytest.raises(error):
            await phone_pins.set_pin(ctx, actor, name, PIN)
