"""From the field's rows to the API's models; the customer's number is masked here.

What does not live here: reading rows (services), field lists (models/field.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from ccengine.backoffice.api import models as m
from ccengine.hotline.order_catalogue import Catalogue, CodeKind
from ccengine.rows import EvidenceRow, MaterialRow
from ccengine.services.field_materials import CrewPart
from ccengine.services.field_work import FieldTask

NO_TIME = timedelta()
Offset = Annotated[int, Field(ge=0, le=2**31 - 1)]
_SAME = "id number version suspended type category priority title description address contact_name assigned_to "
_SAME += "latitude longitude"


def task(found: FieldTask, names: Catalogue) -> m.FieldTask:
    """Return a task as a phone gets it."""
    order = found.order
    kind, category = names.get(CodeKind.TYPE, order.type), names.get(CodeKind.CATEGORY, order.category)
    return m.FieldTask(
        **{name: getattr(order, name) for name in _SAME.split()},
        status=order.status,
        type_zh=kind.name_zh if kind else order.type,
        type_en=kind.name_en if kind else order.type,
        category_zh=category.name_zh if category else order.category,
        category_en=category.name_en if category else order.category,
        contact_number=order.contact_number_masked,
        due_at=order.due_at,
        created_at=order.created_at,
        reopened=order.reopened,
        last_reason=found.last_reason,
        photo_before=found.policy.photo_before,
        photo_after=found.policy.photo_after,
        evidence=[evidence(one) for one in found.evidence],
        materials=materials(found.materials),
    )


def evidence(row: EvidenceRow) -> m.Evidence:
    """Return a piece of evidence; where its files stand is nobody's business."""
    return m.Evidence.model_validate({name: getattr(row, name) for name in m.Evidence.model_fields})


def materials(rows: Iterable[MaterialRow]) -> list[m.Material]:
    """Return materials used."""
    return [m.Material(**{name: getattr(row, name) for name in m.Material.model_fields}) for row in rows]


def crew_part(found: CrewPart) -> m.CrewPart:
    """Return a part in a store of the asker's crew."""
    own = {name: getattr(found.part, name) for name in ("code", "name", "spec", "unit")}
    return m.CrewPart(**own, store=found.store, store_name=found.store_name, quantity=found.quantity)
