"""Campaigns: set up, copied, started, paused, stopped, archived; the switch that stops all; who must not be called.

What does not live here: loading targets (campaign_targets.py), calling them (dialling.py), reading (campaign_views.py).
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from ccengine.hotline.account import normal_number
from ccengine.hotline.campaign import (
    FLOWS_OF,
    MOVES,
    BadRule,
    CampaignKind,
    CampaignMove,
    CampaignState,
    DropReason,
    Rules,
    legal_moves,
    rules_of,
)
from ccengine.hotline.work_calendar import parse_hours
from ccengine.rows import CampaignRow, DialLimits, NewCampaign, OptOutRow
from ccengine.services.audit import note
from ccengine.services.context import Actor, Context
from ccengine.services.dialling import limits_of
from ccengine.services.errors import Conflict, Invalid, NotFound
from ccengine.services.guard import guarded, one_of, required_text
from ccengine.services.rights import require
from ccengine.store_port import UnitOfWork

_WORDS = {
    CampaignMove.START: ("开始", "started"),
    CampaignMove.PAUSE: ("暂停", "paused"),
    CampaignMove.STOP: ("停止", "stopped"),
    CampaignMove.ARCHIVE: ("归档", "archived"),
}


@guarded
async def create(ctx: Context, actor: Actor, new: NewCampaign) -> CampaignRow:
    """Set up a campaign as a draft. Errors: NotAllowed(campaigns.edit), Invalid(field), Unavailable."""
    require(actor, "campaigns.edit")
    values = _checked(ctx, new)
    async with ctx.store() as uow:
        row = await _insert(ctx, uow, actor, values)
        await note(ctx, uow, actor, "campaigns.create", f"campaign:{row.id}", {"name": row.name})
        await uow.commit()
    return row


async def _insert(ctx: Context, uow: UnitOfWork, actor: Actor, values: dict[str, Any]) -> CampaignRow:
    now = ctx.clock.now()
    return await uow.campaigns.insert(
        values
        | {
            "state": CampaignState.DRAFT.value,
            "version": 1,
            "created_by": f"{actor.kind}:{actor.name}",
            "created_at": now,
        }
    )


def _checked(ctx: Context, new: NewCampaign) -> dict[str, Any]:
    one_of("kind", new.kind, tuple(one.value for one in CampaignKind))
    flows = tuple(one.value for one in FLOWS_OF.get(CampaignKind(new.kind), ()))
    flow = new.flow or (flows[0] if flows else "")
    if flows:
        one_of("flow", flow, flows)
    elif flow:
        raise Invalid("flow", "此类任务由坐席通话，不播放语音流程", "Agents talk in this kind; leave flow empty")
    queue = new.queue or ctx.settings.pbx.queue
    one_of("queue", queue, (ctx.settings.pbx.queue,))
    if not 1 <= new.weight <= 100:
        raise Invalid("weight", "权重应在 1 到 100 之间", "weight must be between 1 and 100")
    return {
        "name": required_text("name", new.name, 100),
        "kind": new.kind,
        "flow": flow,
        "queue": queue,
        "weight": new.weight,
        "rules": _own_number(ctx, checked_rules(new.rules)).as_data(),
        "note": required_text("note", new.note, 2000, may_be_empty=True),
    }


def checked_rules(data: Any) -> Rules:
    """Return rules as a person wrote them. Raises Invalid naming the rule and what is allowed."""
    try:
        rules = rules_of(data)
    except (BadRule, TypeError) as error:
        name = error.name if isinstance(error, BadRule) else "rules"
        raise Invalid(f"rules.{name}", f"允许的取值：{error}", f"{name} may be: {error}") from None
    try:
        parse_hours(rules.hours)
    except (ValueError, AttributeError):
        raise Invalid(
            "rules.hours",
            "呼叫时段请写成“工作日 9:00-18:00”或“每天 9:00-20:00”（接口中写 workdays、all）",
            'Write calling hours as "workdays 9:00-18:00" or "all 9:00-20:00"',
        ) from None
    return rules


def caller_ids(ctx: Context) -> tuple[str, ...]:
    """Return the numbers a campaign may show, the hotline first."""
    return tuple(dict.fromkeys((ctx.settings.site.hotline, *ctx.settings.pbx.caller_ids)))


def _own_number(ctx: Context, rules: Rules) -> Rules:
    """Return the rules if they show a number of the site's; the hotline, however written, is the empty text."""
    allowed = caller_ids(ctx)
    if rules.caller_id and rules.caller_id not in allowed:
        listed = ", ".join(allowed)
        raise Invalid(
            "rules.caller_id",
            f"主叫号码只能是：{listed}（管理员可在配置 pbx.caller_ids 中增加）",
            f"caller_id must be one of: {listed} (the setting pbx.caller_ids allows more)",
        )
    return replace(rules, caller_id="") if rules.caller_id == ctx.settings.site.hotline else rules


@guarded
async def change(
    ctx: Context, actor: Actor, campaign_id: int, new: NewCampaign, expected_version: int | None = None
) -> CampaignRow:
    """Change a campaign that is no longer or not yet running; attempts keep the rules they were made by.

    Errors: NotAllowed(campaigns.edit), NotFound, Invalid(field), Conflict (running, changed meanwhile), Unavailable.
    """
    require(actor, "campaigns.edit")
    values = _checked(ctx, new)
    async with ctx.store() as uow:
        row = await campaign_of(uow, campaign_id)
        if row.state not in (CampaignState.DRAFT, CampaignState.PAUSED):
            raise Conflict("请先暂停任务再修改", "Pause the campaign before changing it", _legal(row.state))
        if row.kind.value != values["kind"] and row.state is not CampaignState.DRAFT:
            raise Invalid("kind", "开始后不能改变任务类型", "The kind cannot change once a campaign was started")
        _same_version(row, expected_version)
        await uow.campaigns.update(row.id, row.version, values)
        await note(ctx, uow, actor, "campaigns.change", f"campaign:{row.id}", {"rules": values["rules"]})
        await uow.commit()
    async with ctx.store.reading() as uow:
        return await campaign_of(uow, campaign_id)


@guarded
async def copy(ctx: Context, actor: Actor, campaign_id: int) -> CampaignRow:
    """Set up a draft with the same settings, without targets. Errors: NotAllowed(campaigns.edit), NotFound."""
    require(actor, "campaigns.edit")
    async with ctx.store() as uow:
        row = await campaign_of(uow, campaign_id)
        names = ("name", "kind", "flow", "queue", "weight", "note")
        values = {name: getattr(row, name) for name in names}
        values |= {"name": f"{row.name[:90]} (2)", "kind": row.kind.value, "rules": row.rules.as_data()}
        made = await _insert(ctx, uow, actor, values)
        await note(ctx, uow, actor, "campaigns.copy", f"campaign:{made.id}", {"of": row.id})
        await uow.commit()
    return made


@guarded
async def move(
    ctx: Context, actor: Actor, campaign_id: int, what: str, expected_version: int | None = None
) -> CampaignRow:
    """Start, pause, stop or archive. A pause or stop is felt by the dialler within a second; calls under way go on.

    Errors: NotAllowed(campaigns.run), NotFound, Invalid(move; rules.caller_id no longer is the site's), Conflict (with
    the legal moves), Unavailable.
    """
    require(actor, "campaigns.run")
    one_of("move", what, tuple(one.value for one in CampaignMove))
    now = ctx.clock.now()
    async with ctx.store() as uow:
        row = await campaign_of(uow, campaign_id)
        _same_version(row, expected_version)
        target = MOVES.get((row.state, CampaignMove(what)))
        if target is None:
            zh, en = _WORDS[CampaignMove(what)]
            raise Conflict(f"当前状态不能{zh}", f"This campaign cannot be {en} in its present state", _legal(row.state))
        if target is CampaignState.RUNNING:
            _own_number(ctx, row.rules)
        values: dict[str, Any] = {"state": target.value}
        if target is CampaignState.RUNNING and row.started_at is None:
            values["started_at"] = now
        if target is CampaignState.STOPPED:
            values["stopped_at"] = now
        await uow.campaigns.update(row.id, row.version, values)
        await note(ctx, uow, actor, f"campaigns.{what}", f"campaign:{row.id}")
        await uow.commit()
    return replace(row, **values | {"state": target, "version": row.version + 1})


def _legal(state: CampaignState) -> tuple[str, ...]:
    return tuple(one.value for one in legal_moves(state))


def _same_version(row: CampaignRow, expected: int | None) -> None:
    if expected is not None and expected != row.version:
        raise Conflict(
            "任务刚被其他人修改，请刷新后再试", "Somebody else changed this campaign just now; reload and try again"
        )


async def campaign_of(uow: UnitOfWork, campaign_id: int) -> CampaignRow:
    """Return a campaign. Raises NotFound."""
    row = await uow.campaigns.get(campaign_id)
    if row is None:
        raise NotFound("campaign", campaign_id)
    return row


# --- the trunk


@guarded
async def limits(ctx: Context, actor: Actor) -> DialLimits:
    """Return the trunk's caps and the state of the switch. Errors: NotAllowed(campaigns.view), Unavailable."""
    require(actor, "campaigns.view")
    async with ctx.store() as uow:
        found = await limits_of(ctx, uow)
        await uow.commit()
    return found


@guarded
async def set_limits(ctx: Context, actor: Actor, calls_per_second: float, channels: int) -> DialLimits:
    """Set the trunk's caps for all campaigns together. Errors: NotAllowed(campaigns.run), Invalid, Unavailable."""
    require(actor, "campaigns.run")
    if not 0.01 <= calls_per_second <= 50:
        raise Invalid("calls_per_second", "应在 0.01 到 50 之间", "calls_per_second must be between 0.01 and 50")
    if not 1 <= channels <= 1000:
        raise Invalid("channels", "应在 1 到 1000 之间", "channels must be between 1 and 1000")
    return await _set(ctx, actor, "campaigns.limits", calls_per_second=calls_per_second, channels=channels)


@guarded
async def stop_all(ctx: Context, actor: Actor) -> DialLimits:
    """Begin no more calls of any campaign on this node, from within a second on. Errors: NotAllowed(campaigns.run)."""
    require(actor, "campaigns.run")
    who = f"{actor.kind}:{actor.name}"
    return await _set(ctx, actor, "campaigns.stop_all", stopped_at=ctx.clock.now(), stopped_by=who)


@guarded
async def resume_all(ctx: Context, actor: Actor) -> DialLimits:
    """Let running campaigns go on. Errors: NotAllowed(campaigns.run), Unavailable."""
    require(actor, "campaigns.run")
    return await _set(ctx, actor, "campaigns.resume_all", stopped_at=None, stopped_by="")


async def _set(ctx: Context, actor: Actor, action: str, **values: Any) -> DialLimits:
    async with ctx.store() as uow:
        changed = replace(await limits_of(ctx, uow), **values)
        await uow.attempts.save_limits(changed)
        shown = {name: str(value) for name, value in asdict(changed).items()}
        await note(ctx, uow, actor, action, f"node:{changed.node}", shown)
        await uow.commit()
    return changed


# --- numbers that must not be called


@guarded
async def add_opt_out(ctx: Context, actor: Actor, number: str, kind: str = "opt_out", remark: str = "") -> OptOutRow:
    """Put a number on the list; its waiting targets are dropped at once.

    Errors: NotAllowed(campaigns.edit), Invalid(number, kind, note), Conflict (it is there already), Unavailable.
    """
    require(actor, "campaigns.edit")
    one_of("kind", kind, ("opt_out", "legal_hold"))
    plain = normal_number(number, ctx.settings.site.area_code)
    if not 3 <= len(plain) <= 20:
        raise Invalid("number", "请填写电话号码", "Write a phone number")
    row = OptOutRow(
        number=plain,
        kind=kind,
        at=ctx.clock.now(),
        source="page" if actor.kind == "user" else actor.kind,
        call_id=None,
        added_by=f"{actor.kind}:{actor.name}",
        note=required_text("note", remark, 500, may_be_empty=True),
    )
    async with ctx.store() as uow:
        if not await uow.attempts.opt_out(row):
            raise Conflict("该号码已在名单中", "This number is on the list already")
        reason = DropReason.OPTED_OUT if kind == "opt_out" else DropReason.LEGAL_HOLD
        await uow.targets.drop_number(plain, reason.value, row.at)
        await note(ctx, uow, actor, "campaigns.opt_out", f"number:{plain}", {"kind": kind})
        await uow.commit()
    return row


@guarded
async def lift_legal_hold(ctx: Context, actor: Actor, number: str) -> None:
    """Take a number's legal hold away; what a person asked for by opting out stays for ever.

    Errors: NotAllowed(campaigns.edit), NotFound, Unavailable.
    """
    require(actor, "campaigns.edit")
    plain = normal_number(number, ctx.settings.site.area_code)
    async with ctx.store() as uow:
        if not await uow.attempts.lift(plain, "legal_hold"):
            raise NotFound("legal hold", number)
        await note(ctx, uow, actor, "campaigns.lift_legal_hold", f"number:{plain}")
        await uow.commit()
