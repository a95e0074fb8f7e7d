"""The form by which talks are marked: what holds now, its versions, and making a new one.

What does not live here: marking (talk_reviews.py), what marks add up to (hotline/talk_review.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ccengine.hotline.talk_review import DEFAULT, MOST_ITEMS, MOST_POINTS, ReviewForm, ReviewItem
from ccengine.rows import ReviewFormRow
from ccengine.services.audit import note
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, Invalid, NotFound
from ccengine.services.guard import guarded, required_text
from ccengine.services.rights import require

_CODE = re.compile(r"[a-z0-9_]{1,32}\Z")


@guarded
async def form(ctx: Context, actor: Actor, version: int | None = None) -> ReviewForm:
    """Return a version of the form, the newest where none is named; agents see by what they are marked.

    Errors: NotAllowed(reviews.view), NotFound, Unavailable.
    """
    require(actor, "reviews.view")
    async with ctx.store.reading() as uow:
        row = await uow.talk_reviews.form(version)
    if row is not None:
        return row.form
    if version is not None:
        raise NotFound("review form", version)
    return replace(DEFAULT, version=0)


@guarded
async def versions(ctx: Context, actor: Actor) -> tuple[ReviewFormRow, ...]:
    """Return all versions, newest first. Errors: NotAllowed(rules.edit), Unavailable."""
    require(actor, "rules.edit")
    async with ctx.store.reading() as uow:
        return await uow.talk_reviews.forms()


@guarded
async def save(
    ctx: Context, actor: Actor, items: Sequence[ReviewItem], pass_percent: int, expected_version: int
) -> ReviewFormRow:
    """Add a version of the form; reviews that are there keep theirs.

    Errors: NotAllowed(rules.edit), Invalid(items, pass_percent), Conflict (somebody else made a version), Unavailable.
    """
    require(actor, "rules.edit")
    checked = _checked(items)
    if not 0 <= pass_percent <= 100:
        raise Invalid("pass_percent", "合格线应在 0 到 100 之间", "pass_percent must be between 0 and 100")
    async with ctx.store() as uow:
        newest = await uow.talk_reviews.form()
        if (newest.form.version if newest else 0) != expected_version:
            raise Conflict(
                "评分表刚被其他人修改，请刷新后再试", "Somebody else changed the form just now; reload and try again"
            )
        made = ReviewForm(version=expected_version + 1, items=checked, pass_percent=pass_percent)
        row = ReviewFormRow(form=made, created_at=ctx.clock.now(), created_by=f"{actor.kind}:{actor.name}")
        await uow.talk_reviews.add_form(row)
        await note(ctx, uow, actor, "reviews.save_form", f"review_form:{made.version}", {"items": len(checked)})
        await uow.commit()
    return row


def _checked(items: Sequence[ReviewItem]) -> tuple[ReviewItem, ...]:
    if not 1 <= len(items) <= MOST_ITEMS:
        raise Invalid("items", f"评分表要有 1 到 {MOST_ITEMS} 项", f"A form has 1 to {MOST_ITEMS} items")
    if len({item.code for item in items}) != len(items):
        raise Invalid("items", "两项的代码相同，请改其中一个", "Two items have the same code; change one")
    return tuple(_checked_item(place, item) for place, item in enumerate(items))


def _checked_item(place: int, item: ReviewItem) -> ReviewItem:
    if not _CODE.match(item.code):
        raise Invalid(
            f"code_{place}", "代码只能用小写字母、数字和下划线", "Use small letters, digits and underscores only"
        )
    if not 1 <= item.points <= MOST_POINTS:
        raise Invalid(f"points_{place}", f"分值应在 1 到 {MOST_POINTS} 之间", f"Points are 1 to {MOST_POINTS}")
    return replace(
        item,
        name_zh=required_text(f"name_zh_{place}", item.name_zh, 64),
        name_en=required_text(f"name_en_{place}", item.name_en, 64),
        hint_zh=required_text(f"hint_zh_{place}", item.hint_zh, 200, may_be_empty=True),
        hint_en=required_text(f"hint_en_{place}", item.hint_en, 200, may_be_empty=True),
    )
