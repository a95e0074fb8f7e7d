"""What a person called says by keys, and what it does: a promise, a dispute, no more calls. Each once, at once.

The flow writes each key into the PBX's journal before it asks for it here: what cannot be done now, because the
database is away, is done when the call's record is stored. What does not live here: the conversation (ivr/).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from ccengine.hotline.campaign import DropReason, TargetState
from ccengine.hotline.dial_result import SAID, Result
from ccengine.hotline.opening_rule import OrderIntent
from ccengine.rows import AttemptRow, OptOutRow
from ccengine.services import visits
from ccengine.services.audit import note
from ccengine.services.context import Actor, Context
from ccengine.services.dial_checks import dunning_ban
from ccengine.services.errors import NotFound
from ccengine.services.guard import guarded
from ccengine.services.opening import CallFacts, ensure_order
from ccengine.store_port import UnitOfWork

#: Who acts when a person called presses a key.
CALLEE = Actor(kind="caller", name="callee")
_DISPUTE = OrderIntent(
    rule="campaign_dispute",
    type="billing",
    category="bill_dispute",
    title_zh="催缴电话中提出费用异议",
    title_en="Disputed the amount in a reminder call",
)
#: What may be said: results, and whether the matter is fixed, which is no result of a call.
_WORDS = frozenset({*(one.value for one in SAID), visits.FIXED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrears:
    """What a reminder may say now; `ban`: why nothing may be said."""

    amount_fen: int = 0
    months: int = 0
    due_on: date | None = None
    ban: DropReason | None = None


@guarded
async def arrears_now(ctx: Context, call_id: str) -> Arrears:
    """Return what is owed at this moment by the account an attempt is about. Errors: NotFound, Unavailable."""
    async with ctx.store() as uow:
        attempt = await _attempt(uow, call_id)
        campaign = await uow.campaigns.get(attempt.campaign_id)
        from_fen = campaign.rules.arrears_from_fen if campaign is not None else 1
        ban = await dunning_ban(uow, attempt.account, attempt.number, from_fen)
        if ban is not None:
            await uow.targets.update(attempt.target_id, {"reason": ban.value})
            await uow.commit()
            return Arrears(ban=ban)
        customer = await uow.customers.get(attempt.account or "")
        assert customer is not None, "an account without a ban is in the customer file"
        await uow.attempts.update(attempt.id, {"amount_fen": customer.arrears_fen})
        await uow.commit()
    return Arrears(amount_fen=customer.arrears_fen, months=customer.arrears_months, due_on=customer.due_on)


@guarded
async def account_tail(ctx: Context, call_id: str) -> str:
    """Return the last four digits of the account an attempt is about, "" for none. Errors: NotFound, Unavailable."""
    async with ctx.store.reading() as uow:
        return ((await _attempt(uow, call_id)).account or "")[-4:]


@guarded
async def say(ctx: Context, call_id: str, what: str, value: str = "") -> None:
    """Do what a key asks for, now; pressing it again changes nothing. Errors: NotFound, Unavailable."""
    async with ctx.store() as uow:
        await apply_said(ctx, uow, await _attempt(uow, call_id), what, value, ctx.clock.now())
        await uow.commit()


async def _attempt(uow: UnitOfWork, call_id: str) -> AttemptRow:
    attempt = await uow.attempts.of_call(call_id)
    if attempt is None:
        raise NotFound("attempt", call_id)
    return attempt


async def apply_said(
    ctx: Context, uow: UnitOfWork, attempt: AttemptRow, what: str, value: str, at: datetime
) -> AttemptRow:
    """Keep what was said and do what follows, in the caller's transaction; what was done before is not done again."""
    if what not in _WORDS or what in attempt.said:
        return attempt
    await visits.heard(ctx, uow, attempt, what, value)
    said = (*attempt.said, what)
    changes: dict[str, object] = {"said": said}
    if what == Result.PROMISED and (day := _day(value)) is not None:
        changes["promised_on"] = day
    if what == Result.GRADED and value in ("1", "2", "3", "4", "5"):
        changes["grade"] = int(value)
    await uow.attempts.update(attempt.id, changes)
    if what == Result.OPTED_OUT:
        await _opt_out(ctx, uow, attempt, at)
    if what == Result.DISPUTED:
        facts = CallFacts(call_id=attempt.call_id, number=attempt.number, account=attempt.account, at=at)
        await ensure_order(ctx, uow, CALLEE, facts, _DISPUTE, chosen=True)
    return replace(attempt, said=said)


async def _opt_out(ctx: Context, uow: UnitOfWork, attempt: AttemptRow, at: datetime) -> None:
    """No more calls to this number, by no campaign."""
    row = OptOutRow(
        number=attempt.number,
        kind="opt_out",
        at=at,
        source="key",
        call_id=attempt.call_id,
        added_by=f"{CALLEE.kind}:{CALLEE.name}",
    )
    added = await uow.attempts.opt_out(row)
    now = ctx.clock.now()
    await uow.targets.drop_number(attempt.number, DropReason.OPTED_OUT.value, now)
    gone = {"state": TargetState.DROPPED.value, "reason": DropReason.OPTED_OUT.value, "changed_at": now}
    await uow.targets.update(attempt.target_id, gone)
    if added:
        await note(ctx, uow, CALLEE, "campaigns.opt_out", f"number:{attempt.number}", {"call_id": attempt.call_id})


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
