"""The six paper forms of SVC 1.2, each a sheet filled from an order.

What does not live here: drawing (sheet.py), an order's words (facts.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ccengine.backoffice.paper.facts import Words
from ccengine.backoffice.paper.sheet import Cell, Sheet, tick
from ccengine.hotline.order_catalogue import CodeKind

_GRADES = (5, 4, 3, 2, 1)


def _row(sheet: Sheet, w: Words, *, at_least_mm: float = 9.0, label_mm: float = 26.0, **texts: str) -> None:
    """Draw a ruled row: a label of the forms' words for each text."""
    cells = [Cell(label=w.say(name), text=text, label_mm=label_mm) for name, text in texts.items()]
    sheet.row(cells, at_least_mm)


def _who(sheet: Sheet, w: Words) -> None:
    order = w.order
    _row(sheet, w, contact_name=order.contact_name, number=w.facts.number)
    _row(sheet, w, account=order.customer_account or "", district=w.district)
    _row(sheet, w, address=order.address)


def _registration(sheet: Sheet, w: Words) -> None:
    order = w.order
    _row(sheet, w, registered_at=w.moment(order.created_at), due=w.moment(order.due_at))
    _row(sheet, w, form=w.code(CodeKind.FORM, order.form), source=w.code(CodeKind.SOURCE, order.source))
    _who(sheet, w)
    _row(sheet, w, kind=w.kind, priority=w.translate(f"priority.{order.priority}"))
    _row(sheet, w, matter=w.matter, at_least_mm=46)
    _row(sheet, w, opinion_of_desk=w.note_of("accepted") or w.note_of("dispatched"), at_least_mm=34)
    _row(sheet, w, unit=w.unit, assigned_to=w.person(order.assigned_to))
    _row(sheet, w, result=w.note_of("handled"), at_least_mm=34)
    sheet.signatures([w.say("sign_registrar", name=w.person(order.created_by)), w.say("sign_leader"), w.say("date")])


def _follow_up(sheet: Sheet, w: Words) -> None:
    order = w.order
    _who(sheet, w)
    _row(sheet, w, kind=w.kind, registered_at=w.moment(order.created_at))
    _row(sheet, w, problem=w.matter, at_least_mm=28)
    _row(sheet, w, unit_responsible=w.unit, due=w.moment(order.due_at))
    head = [w.say("time"), w.say("step"), w.say("person"), w.say("what_was_done")]
    rows = [[w.moment(one.at), w.step(one), w.person(one.actor), one.note] for one in w.notes]
    sheet.grid(head, rows, (3, 2, 2, 6))
    _row(sheet, w, outcome=w.note_of("handled"), at_least_mm=26)
    _row(sheet, w, handled_at=w.stamp("handled"), closed_at=w.stamp("closed"))
    sheet.signatures([w.say("sign_worker"), w.say("sign_responsible"), w.say("date")])


def _receipt(sheet: Sheet, w: Words) -> None:
    order = w.order
    sheet.ln(4)
    sheet.paragraph(w.say("dear", name=order.contact_name or w.say("customer")), indent=False)
    form = w.code(CodeKind.FORM, order.form)
    sheet.paragraph(
        w.say("we_received", at=w.moment(order.created_at), form=form, number=order.number, matter=order.title)
    )
    if order.stamps.get("handled"):
        sheet.paragraph(w.say("we_handled", at=w.stamp("handled"), result=w.note_of("handled") or w.say("done")))
    elif order.resolution:
        sheet.paragraph(w.say("no_work", result=w.note_of("archived") or w.note_of("closed") or w.say("answered")))
    else:
        sheet.paragraph(w.say("we_work", unit=w.unit or w.site_name, due=w.moment(order.due_at)))
    sheet.paragraph(w.say("call_us", hotline=w.hotline, number=order.number))
    sheet.paragraph(w.say("thanks"))
    sheet.ln(8)
    sheet.paragraph(w.site_name, indent=False, align="R")
    sheet.paragraph(w.moment(w.printed_at)[:10], indent=False, align="R")
    sheet.cut(w.say("cut"))
    _row(sheet, w, order_number=order.number, contact_name=order.contact_name)
    _row(sheet, w, address=order.address)
    _row(sheet, w, customer_says=_satisfied(w), at_least_mm=14)
    sheet.signatures([w.say("sign_customer"), w.say("date")])


def _satisfied(w: Words) -> str:
    return "\u3000".join(tick(w.grade == grade, w.translate(f"paper.grade_{grade}")) for grade in _GRADES)


def _task(sheet: Sheet, w: Words) -> None:
    order = w.order
    _row(sheet, w, unit=w.unit, assigned_to=w.person(order.assigned_to))
    _row(sheet, w, dispatched_at=w.stamp("dispatched"), due=w.moment(order.due_at))
    _who(sheet, w)
    _row(sheet, w, kind=w.kind, priority=w.translate(f"priority.{order.priority}"))
    _row(sheet, w, task=w.matter, at_least_mm=30)
    _row(sheet, w, demand=w.note_of("dispatched"), at_least_mm=16)
    _row(sheet, w, arrived_at=w.stamp("in_progress"), handled_at=w.stamp("handled"))
    _row(sheet, w, before="", at_least_mm=18)
    _row(sheet, w, during=w.note_of("handled"), at_least_mm=22)
    used = [[one.name, one.quantity, one.unit, w.person(one.used_by)] for one in w.facts.materials]
    empty = [["", "", "", ""]] * max(0, 3 - len(used))
    sheet.grid([w.say("material"), w.say("quantity"), w.say("measure"), w.say("person")], used + empty, (6, 2, 2, 3))
    sheet.signatures([w.say("sign_crew"), w.say("sign_customer"), w.say("date")], 6)


def _opinion(sheet: Sheet, w: Words) -> None:
    order = w.order
    _who(sheet, w)
    _row(sheet, w, kind=w.kind, handled_at=w.stamp("handled"))
    _row(sheet, w, service=order.title, at_least_mm=14)
    _row(sheet, w, unit=w.unit, assigned_to=w.person(order.assigned_to))
    blank = "\u3000".join(tick(False, w.translate(f"paper.grade_{grade}")) for grade in _GRADES)
    for asked in ("manner", "in_time", "quality"):
        _row(sheet, w, at_least_mm=11, label_mm=34, **{asked: blank})
    _row(sheet, w, overall=_satisfied(w), at_least_mm=11, label_mm=34)
    fixed = tick(w.fixed is True, w.say("yes")) + "\u3000\u3000" + tick(w.fixed is False, w.say("no"))
    _row(sheet, w, is_fixed=fixed, at_least_mm=11, label_mm=34)
    _row(sheet, w, remarks=w.remark, at_least_mm=52, label_mm=34)
    sheet.signatures([w.say("sign_customer"), w.say("sign_visitor"), w.say("date")])
    sheet.small(w.say("opinion_hint", hotline=w.hotline))


def _acceptance(sheet: Sheet, w: Words) -> None:
    order = w.order
    _row(sheet, w, unit=w.unit, assigned_to=w.person(order.assigned_to))
    _who(sheet, w)
    _row(sheet, w, kind=w.kind, handled_at=w.stamp("handled"))
    _row(sheet, w, task=w.matter, at_least_mm=20)
    _row(sheet, w, during=w.note_of("handled"), at_least_mm=20)
    boxes = f"{tick(False, w.say('passed'))}\u3000{tick(False, w.say('failed'))}"
    checks = [[str(at), w.say(f"check_{at}"), boxes, ""] for at in range(1, 7)]
    sheet.grid([w.say("no_"), w.say("check"), w.say("verdict"), w.say("remark")], checks, (1.3, 6, 4, 3))
    done = bool(order.stamps.get("inspected"))
    verdict = f"{tick(done, w.say('passed'))}\u3000\u3000{tick(False, w.say('redo'))}"
    _row(sheet, w, conclusion=f"{verdict}\n{w.note_of('inspected')}".strip(), at_least_mm=22)
    _row(sheet, w, inspected_at=w.stamp("inspected"), inspected_by=_inspector(w))
    sheet.signatures([w.say("sign_leader"), w.say("sign_crew"), w.say("date")])


def _inspector(w: Words) -> str:
    made = [event.actor for event in w.facts.detail.events if event.to_status == "inspected"]
    return w.person(made[-1]) if made else ""


_DRAW: Mapping[str, Callable[[Sheet, Words], None]] = {
    "registration": _registration,
    "follow_up": _follow_up,
    "receipt": _receipt,
    "task": _task,
    "opinion": _opinion,
    "acceptance": _acceptance,
}


def make_pdf(form: str, w: Words) -> bytes:
    """Return the form as a PDF; it takes a part of a second, so not in the event loop."""
    sheet = Sheet(f"{w.site_name}  {w.say('hotline', hotline=w.hotline)}", w.say("printed", at=w.moment(w.printed_at)))
    sheet.set_creation_date(w.printed_at)  # the same facts give the same file
    sheet.set_title(f"{w.say(f'title_{form}')} {w.order.number}")
    sheet.heading(w.say(f"title_{form}"), w.say("order_number_is", number=w.order.number))
    _DRAW[form](sheet, w)
    return bytes(sheet.output())
