"""What a flow's look-ups mean: each kind bound to the service that answers it, in the flow's own words.

What does not live here: deadlines (the player), what is said (ivr/), the answers themselves (services/).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from ccengine.engine import agi_announce
from ccengine.engine.guess_limit import GuessLimit
from ccengine.engine.last_known import LastKnown
from ccengine.engine.on_air import OnAirSounds
from ccengine.hotline.outage import OutageKind
from ccengine.hotline.work_order import OrderStatus
from ccengine.ivr.steps import (
    Arrears,
    Balance,
    Callee,
    Day,
    Found,
    Lookup,
    LookupKind,
    NotAvailable,
    Notice,
    OnAir,
    OrderProgress,
    Visit,
)
from ccengine.rows import OutageRow
from ccengine.services import announcements, campaign_answers, customers, outages, progress, self_service, visits
from ccengine.services.context import Context
from ccengine.services.errors import ServiceError, Throttled

Args = Mapping[str, str]

_log = structlog.get_logger(__name__)

#: Words in a notice's free text -> the reason that can be spoken. First match wins; no match: no reason is spoken.
REASON_WORDS = (
    (("爆管", "爆裂", "burst"), "burst"),
    (("水厂", "plant"), "plant"),
    (("二次供水", "水箱", "水池", "清洗", "tank"), "tank_cleaning"),
    (("停电", "电力", "电源", "power"), "power"),
    (("维修", "检修", "抢修", "更换", "改造", "maintenance", "repair"), "maintenance"),
)

#: So old may be what the menu knows of hours and outages when the database goes away.
REFRESH_SECONDS = 30.0
#: So old may it be at any time: of many callers at once only one asks the database.
FRESH_SECONDS = 0.3

#: No time to finish is promised from here on.
WORK_DONE = frozenset(
    (OrderStatus.HANDLED, OrderStatus.INSPECTED, OrderStatus.VISITED, OrderStatus.CLOSED, OrderStatus.ARCHIVED)
)


class ServiceLookups:
    """Answers look-ups out of the services; whatever fails becomes NotAvailable, so that the caller gets a person."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._guesses = GuessLimit()
        patience = ctx.settings.agi.cached_lookup_seconds
        self._calendar = LastKnown(lambda: self_service.calendar(ctx), patience, FRESH_SECONDS)
        self._notices = LastKnown(lambda: outages.current(ctx), patience, FRESH_SECONDS)
        self._sounds = OnAirSounds(ctx)
        self._on_air = LastKnown(self._sounds.current, patience, FRESH_SECONDS)
        self._zone = ZoneInfo(ctx.settings.site.timezone)
        self._table: dict[LookupKind, Callable[[Args], Awaitable[Any]]] = {
            LookupKind.DAY: self._day,
            LookupKind.IDENTITY: self._identity,
            LookupKind.BALANCE: self._balance,
            LookupKind.ORDER: self._order,
            LookupKind.ORDERS: self._orders,
            LookupKind.OUTAGES: self._outages,
            LookupKind.ON_AIR: self._before_the_menu,
            LookupKind.CALLEE: self._callee,
            LookupKind.ARREARS: self._arrears,
            LookupKind.VISIT: self._visit,
            LookupKind.SAY: self._say,
            LookupKind.SPEAKER: partial(agi_announce.speaker, ctx),
            LookupKind.SPEAKER_HERE: partial(agi_announce.speaker_here, ctx),
            LookupKind.ANNOUNCE: partial(agi_announce.announce, ctx),
        }

    async def __call__(self, lookup: Lookup) -> Found | NotAvailable:
        """Return the answer. Raises nothing but cancellation."""
        try:
            return Found(await self._table[lookup.kind](lookup.args))
        except ServiceError as error:
            _log.warning("look-up refused", kind=lookup.kind, code=error.code)
            return NotAvailable(error.code)
        except Exception:  # noqa: BLE001 - the edge of a request: a bug must lead to a person, not to silence
            _log.exception("look-up failed", kind=lookup.kind)
            return NotAvailable("error")

    async def keep_known(self) -> None:
        """Read again and again what callers are told also while the database is away; ends only by cancellation."""
        try:
            while True:
                await asyncio.gather(self._calendar.keep(), self._notices.keep(), self._on_air.keep())
                await asyncio.sleep(REFRESH_SECONDS)
        finally:
            self._calendar.close()
            self._notices.close()
            self._on_air.close()

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(self._zone)

    async def _day(self, _args: Args) -> Day:
        calendar = await self._calendar.get()
        local = self._local(self._ctx.clock.now())
        return Day(local=local, is_workday=calendar.is_workday(local.date()))

    async def _identity(self, args: Args) -> bool:
        account, now = args["account"], self._ctx.clock.now()
        if self._guesses.exceeded(account, now):
            _log.warning("too many wrong checks of an account, not checked any more for now", account=account[-4:])
            return False
        known = (await customers.check_identity(self._ctx, account, args["check"])).ok
        if not known:
            self._guesses.failed(account, now)
        return known

    async def _balance(self, args: Args) -> Balance:
        row = await self_service.balance(self._ctx, args["account"])
        today = self._local(self._ctx.clock.now()).date()
        return Balance(
            balance_fen=row.balance_fen,
            arrears_fen=row.arrears_fen,
            due_on=row.due_on,
            overdue=row.due_on is not None and row.due_on < today,
        )

    async def _callee(self, args: Args) -> Callee:
        return Callee(account_tail=await campaign_answers.account_tail(self._ctx, args["call_id"]))

    async def _arrears(self, args: Args) -> Arrears:
        owed = await campaign_answers.arrears_now(self._ctx, args["call_id"])
        return Arrears(due=owed.ban is None, amount_fen=owed.amount_fen, months=owed.months, due_on=owed.due_on)

    async def _visit(self, args: Args) -> Visit | None:
        asked = await visits.about(self._ctx, args["call_id"])
        if asked is None:
            return None
        digits = "".join(sign for sign in asked.number if sign.isdigit())
        return Visit(number=digits, registered_on=self._local(asked.registered_at).date())

    async def _say(self, args: Args) -> bool:
        await campaign_answers.say(self._ctx, args["call_id"], args["what"], args.get("value", ""))
        return True

    async def _order(self, args: Args) -> tuple[OrderProgress, ...]:
        """An order with its check: the receipt's code, or the last digits of the phone it was registered with."""
        try:
            found = await progress.look_up(self._ctx, args["number"], args["check"], client=progress.PHONE)
        except Throttled:
            return ()  # in the same words as a wrong code: a guesser learns nothing
        return self._spoken_orders((found,) if found is not None else ())

    async def _orders(self, args: Args) -> tuple[OrderProgress, ...]:
        return self._spoken_orders(await self_service.orders_progress(self._ctx, account=args["account"]))

    def _spoken_orders(self, orders: tuple[self_service.OrderProgress, ...]) -> tuple[OrderProgress, ...]:
        return tuple(
            OrderProgress(
                number="".join(sign for sign in order.number if sign.isdigit()),
                state=order.status.value,
                registered_at=self._local(order.created_at),
                due_at=self._promise(order),
            )
            for order in orders
        )

    def _promise(self, order: self_service.OrderProgress) -> datetime | None:
        """Return by when the work is expected to be done; None where it is done, or where that time has gone by."""
        if order.status in WORK_DONE or order.due_at <= self._ctx.clock.now():
            return None
        return self._local(order.due_at)

    async def _outages(self, _args: Args) -> tuple[Notice, ...]:
        now = self._ctx.clock.now()
        return tuple(self._notice(row, now) for row in await self._notices.get() if row.ends_at > now)

    async def _before_the_menu(self, args: Args) -> OnAir:
        """What is on air for this caller: for everybody, and for the district where the caller is known to live."""
        now = self._ctx.clock.now()
        self._notices.begin()  # both are waited for once when the database is slow
        rows = [row for row in await self._on_air.get() if row.starts_at <= now < row.ends_at]
        bursts = [
            row
            for row in await self._notices.get()
            if row.kind == OutageKind.BURST and row.starts_at <= now < row.ends_at and row.withdrawn_at is None
        ]
        if not bursts and not any(row.district for row in rows):
            district = ""
        else:
            district = await self._district(args.get("caller", ""))
        return OnAir(
            sounds=tuple(
                (f"announcement_{row.id}", str(self._sounds.path(row)))
                for row in rows
                if row.district in ("", district)
            ),
            notices=tuple(self._notice(row, now) for row in bursts if district and row.district == district),
        )

    async def _district(self, number: str) -> str:
        try:
            async with asyncio.timeout(self._ctx.settings.agi.cached_lookup_seconds):
                return await announcements.district_of_caller(self._ctx, number)
        except (ServiceError, TimeoutError):
            return ""  # who cannot be found hears what is for everybody

    def _notice(self, row: OutageRow, now: datetime) -> Notice:
        return Notice(
            kind=row.kind,
            district=row.district,
            reason=spoken_reason(row.reason),
            starts_at=self._local(row.starts_at),
            ends_at=self._local(row.ends_at),
            started=row.starts_at <= now,
        )


def spoken_reason(text: str) -> str:
    """Return the code of the recorded reason that fits a free text, or ""."""
    return next((code for words, code in REASON_WORDS if any(word in text.lower() for word in words)), "")
