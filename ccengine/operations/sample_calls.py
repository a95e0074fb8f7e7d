"""The demo's sample calls: four callers and one agent, real SIP and real speech, so that the pages fill by themselves.

The demo's agent has a phone of its own and signs out afterwards: the newcomer's own phones are left alone.
What does not live here: the phones (softphone), the customers (store/seed).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ccengine import assets
from ccengine.operations.softphone import Desk, Softphones
from ccengine.services.context import Context

LINES = assets.PROMPTS / "demo"
#: The keys go in when the menu has begun to speak; it may be interrupted.
MENU_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleCustomer:
    """A customer of the sample file whose account the balance inquiry asks for."""

    account: str
    phone: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoDesk:
    """The demo agent's phone."""

    extension: str
    password: str


async def pick_customers(ctx: Context) -> tuple[SampleCustomer, ...]:
    """Return four customers of the sample file with mobile phones, the first one with arrears."""
    async with ctx.store.reading() as uow:
        rows = (await uow.customers.find("", None, 200)).items
    mobile = [row for row in rows if len(row.phone) == 11 and row.phone.startswith("1")]
    in_arrears = [row for row in mobile if row.arrears_fen > 0]
    chosen = [*in_arrears[:1], *[row for row in mobile if row.arrears_fen <= 0][:3]]
    return tuple(SampleCustomer(account=row.account, phone=row.phone, name=row.name) for row in chosen)


def line(name: str) -> Path:
    """Return the audio of one spoken line."""
    return LINES / f"{name}.alaw"


async def place(
    phones: Softphones, desk: DemoDesk, customers: tuple[SampleCustomer, ...], hotline: str, say: Callable[[str], None]
) -> None:
    """Place the four sample calls, one after the other.

    Args:
        phones: the runtime of all softphones.
        desk: the demo agent's phone.
        customers: at least four customers; the first one has arrears.
        hotline: number to dial.
        say: told what happens, for the person at the terminal.
    """
    phone = await phones.phone(desk.extension, desk.password)
    await phone.feature("*11")
    await phone.feature("*131")  # on a break: somebody is there, so callers wait
    try:
        await _four_calls(phones, phone, customers, hotline, say)
    finally:
        await phone.feature("*12")


async def _four_calls(
    phones: Softphones, phone: Desk, customers: tuple[SampleCustomer, ...], hotline: str, say: Callable[[str], None]
) -> None:
    say("客户丙：排队时挂断 · a caller hangs up while waiting")
    await _hangs_up_waiting(phones, customers[2], hotline)
    say("客户乙：语音留言 · a voice message")
    await _leaves_message(phones, customers[1], hotline)
    say("客户甲：查询水费 · a balance inquiry")
    await _asks_balance(phones, customers[0], hotline)
    say("客户丁：报修，坐席接听 · a repair caller, answered by an agent")
    await phone.feature("*13")  # back
    await _reports_repair(phones, phone, customers[3], hotline)


async def _reports_repair(phones: Softphones, phone: Desk, customer: SampleCustomer, hotline: str) -> None:
    call = await phones.call(customer.phone, customer.name, hotline)
    await call.press("1", pause_seconds=MENU_SECONDS)
    answered = await phone.answer(40)
    for caller_line, agent_line in ((None, "1"), ("1", None), ("2", "2"), ("3", "3")):
        if caller_line:
            await call.say(line(f"repair-caller-{caller_line}"))
        if agent_line:
            await answered.say(line(f"repair-agent-{agent_line}"))
    await call.hang_up()
    await answered.hang_up()


async def _hangs_up_waiting(phones: Softphones, customer: SampleCustomer, hotline: str) -> None:
    call = await phones.call(customer.phone, customer.name, hotline)
    await call.press("0", pause_seconds=MENU_SECONDS)
    await asyncio.sleep(9)
    await call.say(line("waiting-caller"))
    await call.hang_up()


async def _leaves_message(phones: Softphones, customer: SampleCustomer, hotline: str) -> None:
    call = await phones.call(customer.phone, customer.name, hotline)
    await call.press("1", pause_seconds=MENU_SECONDS)
    await call.press("1", pause_seconds=10)  # 1 while waiting: leave a message
    await asyncio.sleep(8)
    await call.say(line("message-caller"))
    await call.press("#")
    await call.wait_over(15)
    await call.hang_up()


async def _asks_balance(phones: Softphones, customer: SampleCustomer, hotline: str) -> None:
    call = await phones.call(customer.phone, customer.name, hotline)
    await call.press("2", pause_seconds=MENU_SECONDS)
    await call.press(customer.account + "#", pause_seconds=4)
    await call.press(customer.phone[-4:], pause_seconds=4)
    await call.wait_over(25)
    await call.hang_up()
