"""The working calendar as an administrator edits it: days, office hours; and whether a year is missing.

What does not live here: what a calendar does to time limits (hotline/running_time.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from ccengine.hotline.work_calendar import DayKind, missing_years, office_text, parse_office
from ccengine.rows import DayRow, SlaSettings
from ccengine.services.audit import note
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Invalid
from ccengine.services.guard import guarded, one_of, required_text
from ccengine.services.rights import require

YEARS = (2020, 2060)
MOST_RETENTION_FEN = 10**13
#: Deadlines are computed anew by the clock when this job is there (engine/sla_clock.py).
FOLLOW_JOB = "sla_follow"


@dataclass(frozen=True, slots=True, kw_only=True)
class YearView:
    """A year's days that differ from their weekday, and which years' calendars ought to be there and are not."""

    year: int
    days: tuple[DayRow, ...]
    known: bool
    missing: tuple[int, ...]
    settings: SlaSettings


@guarded
async def year(ctx: Context, actor: Actor, wanted: int | None = None) -> YearView:
    """Return one year of the calendar (None: this one). Errors: NotAllowed(orders.view), Invalid(year), Unavailable."""
    require(actor, "orders.view")
    async with ctx.store.reading() as uow:
        calendar = await uow.sla.calendar()
        today = calendar.local(ctx.clock.now()).date()
        number = today.year if wanted is None else wanted
        if not YEARS[0] <= number <= YEARS[1]:
            raise Invalid("year", "年份不在范围内", f"year must be between {YEARS[0]} and {YEARS[1]}")
        return YearView(
            year=number,
            days=await uow.sla.days(number),
            known=calendar.knows(number),
            missing=missing_years(calendar, today),
            settings=await uow.sla.settings(),
        )


@guarded
async def missing(ctx: Context) -> tuple[int, ...]:
    """Return the years whose calendar ought to be there and is not. Errors: Unavailable."""
    async with ctx.store.reading() as uow:
        calendar = await uow.sla.calendar()
        return missing_years(calendar, calendar.local(ctx.clock.now()).date())


@guarded
async def set_days(ctx: Context, actor: Actor, first: date, last: date, kind: str | None, name: str = "") -> int:
    """Make days workdays or holidays; None: as their weekday. Deadlines that run follow. Returns how many days.

    Errors: NotAllowed(rules.edit), Invalid(field), Unavailable.
    """
    require(actor, "rules.edit")
    wanted = DayKind(one_of("kind", kind, tuple(one.value for one in DayKind))) if kind is not None else None
    name = required_text("name", name, 64, may_be_empty=True)
    if not (YEARS[0] <= first.year <= YEARS[1] and first <= last):
        raise Invalid("day", "请检查日期：先填开始，后填结束", "Check the dates: first the beginning, then the end")
    days = [date.fromordinal(number) for number in range(first.toordinal(), last.toordinal() + 1)]
    if len(days) > 31:
        raise Invalid("until", "一次最多 31 天", "At most 31 days at once")
    async with ctx.store() as uow:
        for day in days:
            await uow.rules.set_day(day, wanted, name)
        detail = {"kind": kind or "", "until": last.isoformat()}
        await note(ctx, uow, actor, "calendar.set_day", f"day:{first.isoformat()}", detail)
        now = ctx.clock.now()
        await uow.jobs.add(FOLLOW_JOB, now.isoformat(), {}, now)
        await uow.commit()
    return len(days)


@guarded
async def save_settings(ctx: Context, actor: Actor, settings: SlaSettings) -> SlaSettings:
    """Replace office hours, retention money and the satisfied grade.

    Errors: NotAllowed(rules.edit), Invalid(field), Unavailable.
    """
    require(actor, "rules.edit")
    try:
        office = parse_office(settings.office_hours)
    except ValueError as error:
        raise Invalid("office_hours", "办公时间的写法如 8:30-12:00 13:30-17:30", str(error)) from error
    if not 0 <= settings.retention_fen <= MOST_RETENTION_FEN:
        raise Invalid("retention_fen", "质保金应为不小于 0 的金额", "retention_fen must not be negative")
    if not 1 <= settings.satisfied_from <= 5:
        raise Invalid("satisfied_from", "满意线应在 1 到 5 分之间", "satisfied_from must be between 1 and 5")
    settings = replace(settings, office_hours=office_text(office))
    async with ctx.store() as uow:
        before = await uow.sla.settings()
        await uow.sla.save_settings(settings)
        changed = {
            field: [str(getattr(before, field)), str(getattr(settings, field))]
            for field in SlaSettings.__slots__
            if getattr(before, field) != getattr(settings, field)
        }
        await note(ctx, uow, actor, "sla.save_settings", "sla:settings", changed)
        if "office_hours" in changed:
            await uow.jobs.add(FOLLOW_JOB, ctx.clock.now().isoformat(), {}, ctx.clock.now())
        await uow.commit()
    return settings
