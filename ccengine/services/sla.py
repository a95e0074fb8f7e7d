"""Time limits of orders: following an order's deadlines whenever it changes, and the policies an administrator edits.

`follow` is called by whatever changes an order, inside the same transaction. What does not live here: ringing
(sla_alarms.py), the calendar's page (work_calendar.py), arithmetic (hotline/).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ccengine.hotline import sla_defaults
from ccengine.hotline.order_moves import SUSPEND_REASONS
from ccengine.hotline.penalty import PenaltyKind
from ccengine.hotline.running_time import Pause
from ccengine.hotline.sla import SUPPORT_LEVELS, Course, SlaPolicy, Step, choose, first_due, follow
from ccengine.hotline.work_order import Priority
from ccengine.rows import DeadlineRow, OrderRow, PolicyRow
from ccengine.services.audit import note
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, Invalid, NotFound
from ccengine.services.guard import guarded, one_of, required_text
from ccengine.services.rights import check_roles, require
from ccengine.store_port import UnitOfWork

#: What everything falls under where an administrator has left no policy that matches.
_LAST_RESORT = sla_defaults.DEFAULTS[-1]
LONGEST_ESCALATION = timedelta(days=90)
_AT_ONCE = 200


async def policy_of(uow: UnitOfWork, order_type: str, category: str, priority: str, born_at: datetime) -> SlaPolicy:
    """Return the policy of an order: chosen among the versions that stood when it was born."""
    return choose(policies_as_of(await uow.sla.policies(), born_at), order_type, category, priority) or _LAST_RESORT


def policies_as_of(rows: Iterable[PolicyRow], moment: datetime | None = None) -> tuple[SlaPolicy, ...]:
    """Return the version of each policy that stood at a moment (None: the newest); where none did, the first."""
    found: dict[str, SlaPolicy] = {}
    for row in sorted(rows, key=lambda one: one.policy.version):
        if row.policy.code not in found or moment is None or row.created_at <= moment:
            found[row.policy.code] = row.policy
    return tuple(sorted(found.values(), key=lambda one: (one.position, one.code)))


async def first_due_of(uow: UnitOfWork, order_type: str, category: str, priority: str, born_at: datetime) -> datetime:
    """Return when a new order must be handled."""
    policy = await policy_of(uow, order_type, category, priority, born_at)
    return first_due(policy, born_at, await uow.sla.calendar())


async def follow_order(ctx: Context, uow: UnitOfWork, order: OrderRow, before: OrderRow | None = None) -> OrderRow:
    """Bring an order's deadlines up to what it says now, in the caller's transaction; return it with its due time.

    Args:
        ctx: the clock.
        uow: the transaction in which the order was changed.
        order: the order as it is now.
        before: as it was, so that stamps which were taken back are kept for reports; None for a new one.
    """
    now = ctx.clock.now()
    if before is not None:
        lost = {name: at for name, at in before.stamps.items() if order.stamps.get(name) != at}
        await uow.sla.add_lost_stamps(order.id, lost, now)
    policy = await policy_of(uow, order.type, order.category, order.priority, order.created_at)
    pauses = await _pauses(uow, order.id) if before is not None else ()
    course = Course(stamps=order.stamps, pauses=pauses, calendar=await uow.sla.calendar())
    known = await uow.sla.deadlines(order.id) if before is not None else ()
    standing = [row.deadline for row in known]
    changed, present = follow(policy, course, standing, now)
    if changed:
        await uow.sla.save_deadlines(order.id, policy, changed, standing)
    handling = present.get(Step.HANDLE)
    if handling is None:
        due_at: datetime | None = first_due(policy, order.created_at, course.calendar)
    else:
        due_at = handling.due_at
    if due_at is None or due_at == order.due_at:  # while a pause holds the clock, the last promise stands
        return order
    await uow.sla.set_due(order.id, due_at)
    return replace(order, due_at=due_at)


async def _pauses(uow: UnitOfWork, order_id: int) -> tuple[Pause, ...]:
    rows = await uow.order_parts.pauses(order_id)
    return tuple(Pause(since=row.since, until=row.until) for row in rows if SUSPEND_REASONS.get(row.reason))


@guarded
async def deadlines_of(ctx: Context, actor: Actor, order_id: int) -> tuple[DeadlineRow, ...]:
    """Return an order's deadlines. Errors: NotAllowed(orders.view), NotFound, Unavailable."""
    require(actor, "orders.view")
    async with ctx.store.reading() as uow:
        if await uow.work_orders.get(order_id) is None:
            raise NotFound("work order", order_id)
        return await uow.sla.deadlines(order_id)


@guarded
async def follow_some(ctx: Context, after_id: int) -> int | None:
    """Compute the deadlines of some open orders anew (the calendar was changed); return the last one's id, None when
    there are no more. Errors: Unavailable."""
    async with ctx.store() as uow:
        ids = await uow.sla.open_orders(after_id, _AT_ONCE)
        for order_id in ids:
            order = await uow.work_orders.get(order_id)
            if order is not None:
                await follow_order(ctx, uow, order, before=order)
        await uow.commit()
    return ids[-1] if ids else None


# ---- policies


@guarded
async def find_policies(ctx: Context, actor: Actor) -> tuple[PolicyRow, ...]:
    """Return the newest version of each policy, by position. Errors: NotAllowed(rules.edit), Unavailable."""
    require(actor, "rules.edit")
    async with ctx.store.reading() as uow:
        rows = await uow.sla.policies()
    newest = {row.policy.code: row for row in sorted(rows, key=lambda one: one.policy.version)}
    return tuple(sorted(newest.values(), key=lambda row: (row.policy.position, row.policy.code)))


@guarded
async def policy_names(ctx: Context, actor: Actor, code: str, version: int) -> tuple[str, str]:
    """Return a policy's Chinese and English name; the code where that version is gone. Errors: NotAllowed(orders.view),
    Unavailable."""
    require(actor, "orders.view")
    async with ctx.store.reading() as uow:
        rows = await uow.sla.policies()
    found = [row.policy for row in rows if (row.policy.code, row.policy.version) == (code, version)]
    return (found[0].name_zh, found[0].name_en) if found else (code, code)


@guarded
async def versions_of(ctx: Context, actor: Actor, code: str) -> tuple[PolicyRow, ...]:
    """Return all versions of a policy, newest first. Errors: NotAllowed(rules.edit), NotFound, Unavailable."""
    require(actor, "rules.edit")
    async with ctx.store.reading() as uow:
        rows = [row for row in await uow.sla.policies() if row.policy.code == code]
    if not rows:
        raise NotFound("SLA policy", code)
    return tuple(sorted(rows, key=lambda row: -row.policy.version))


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChange:
    """A policy as somebody wants it. `expected_version`: the one that was edited; 0 for a new policy."""

    policy: SlaPolicy
    expected_version: int


@guarded
async def save_policy(ctx: Context, actor: Actor, change: PolicyChange) -> PolicyRow:
    """Add a new version of a policy; orders that are there keep theirs.

    Errors: NotAllowed(rules.edit), Invalid(field), Conflict (somebody else made a version meanwhile, or the code is
    taken), Unavailable.
    """
    require(actor, "rules.edit")
    policy = _checked(change.policy)
    async with ctx.store() as uow:
        versions = [row.policy.version for row in await uow.sla.policies() if row.policy.code == policy.code]
        if max(versions, default=0) != change.expected_version:
            raise Conflict(
                "这条时限刚被其他人修改，或代码已被使用，请刷新后再试",
                "Somebody else changed this policy just now, or its code is taken; reload and try again",
            )
        version = change.expected_version + 1
        who = f"{actor.kind}:{actor.name}"
        row = PolicyRow(policy=replace(policy, version=version), created_at=ctx.clock.now(), created_by=who)
        await uow.sla.add_policy(row)
        await note(ctx, uow, actor, "sla.save_policy", f"sla:{policy.code}", {"version": version})
        await uow.commit()
    return row


def _checked(policy: SlaPolicy) -> SlaPolicy:
    if not policy.code.isascii() or not policy.code.replace("_", "").isalnum() or policy.code != policy.code.lower():
        raise Invalid("code", "代码只能用小写字母、数字和下划线", "Use small letters, digits and underscores only")
    if not policy.limits:
        raise Invalid("limits", "至少填写一个时限", "Give at least one limit")
    if not 1 <= policy.warn_percent <= 99:
        raise Invalid("warn_percent", "预警比例应在 1 到 99 之间", "warn_percent must be between 1 and 99")
    if not 0 <= policy.position <= 9999:
        raise Invalid("position", "次序应在 0 到 9999 之间", "position must be between 0 and 9999")
    one_of("penalty", policy.penalty, tuple(kind.value for kind in PenaltyKind))
    for priority in policy.priorities:
        one_of("priorities", priority, tuple(one.value for one in Priority))
    check_roles("warn_roles", policy.warn_roles)
    for escalation in policy.escalations:
        one_of("escalations", str(escalation.level), tuple(str(level) for level in SUPPORT_LEVELS))
        check_roles("escalations", escalation.roles)
        if not 0 <= escalation.after_minutes <= LONGEST_ESCALATION.total_seconds() / 60:
            raise Invalid("escalations", "升级时间应在 0 到 90 天之间", "An escalation comes within 90 days")
    levels = [one.level for one in policy.escalations]
    if len(set(levels)) != len(levels):
        raise Invalid("escalations", "每个支持级别只能有一条升级", "Each support level can have one escalation only")
    return replace(
        policy,
        code=required_text("code", policy.code, 32),
        name_zh=required_text("name_zh", policy.name_zh, 64),
        name_en=required_text("name_en", policy.name_en, 64),
        source=required_text("source", policy.source, 64, may_be_empty=True),
    )
