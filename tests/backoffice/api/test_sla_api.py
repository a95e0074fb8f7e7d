"""Time limits, the calendar, notices, penalties and the indicator report over the API."""

from __future__ import annotations

from datetime import timedelta

from api_peer import Api

from ccengine.clock import ManualClock
from ccengine.engine.sla_clock import SlaClock
from ccengine.rows import NewOrder
from ccengine.services import work_orders
from ccengine.services.context import Actor

ADMIN = Actor(kind="user", name="admin", roles=frozenset({"administrator"}))
POLICY = {
    "expected_version": 0,
    "name_zh": "紧急变更",
    "name_en": "Urgent change",
    "position": 1,
    "types": ["change"],
    "limits": {"respond": "1h", "handle": "1wd"},
    "escalations": [{"after_minutes": 0, "level": 1, "roles": ["supervisor"]}],
    "penalty": "urgent",
}


async def test_policy_made_over_the_api_rings_fines_and_is_waived(api: Api) -> None:
    status, made, _ = await api.ask("PUT", "/sla/policies/contract", "administrator", json=POLICY)
    assert (status, made["version"], made["limits"]) == (200, 1, POLICY["limits"])
    assert (await api.ask("PUT", "/sla/policies/contract", "administrator", json=POLICY))[0] == 409
    _, listed, _ = await api.ask("GET", "/sla/policies", "administrator")
    assert "contract" in [one["code"] for one in listed["items"]]
    order = await work_orders.register(api.ctx, ADMIN, NewOrder(type="change", title="改报表"))
    assert isinstance(api.ctx.clock, ManualClock)
    api.ctx.clock.moment += timedelta(minutes=61)
    await SlaClock(api.ctx).step()
    _, deadlines, _ = await api.ask("GET", f"/work-orders/{order.id}/deadlines", "administrator")
    respond = next(one for one in deadlines["items"] if one["step"] == "respond")
    assert (respond["policy_code"], respond["level"], respond["breached_at"] is None) == ("contract", 1, False)
    _, told, _ = await api.ask("GET", "/notices", "supervisor")
    assert (told["unseen"], told["items"][0]["kind"]) == (1, "escalation")
    _, seen, _ = await api.ask("POST", "/notices/seen", "supervisor", json={"id": told["items"][0]["id"]})
    assert seen["unseen"] == 0
    _, fined, _ = await api.ask("GET", "/penalties", "supervisor")
    penalty = fined["items"][0]
    assert (penalty["order_id"], penalty["amount_fen"]) == (order.id, 50_000)
    path = f"/penalties/{penalty['id']}/waive"
    assert (await api.ask("POST", path, "supervisor", json={"reason": "台风"}))[0] == 403
    status, waived, _ = await api.ask("POST", path, "administrator", json={"reason": "台风"})
    assert (status, waived["waived_reason"]) == (200, "台风")


async def test_policy_with_a_mistake_names_the_field(api: Api) -> None:
    for field, value in (("limits", {"handle": "soon"}), ("limits", {}), ("warn_percent", 0), ("penalty", "huge")):
        status, body, _ = await api.ask("PUT", "/sla/policies/x", "administrator", json={**POLICY, field: value})
        assert status == 422 and body["errors"][0]["field"].startswith(field), (field, body)


async def test_calendar_is_shown_and_changed(api: Api) -> None:
    days = {"day": "2027-01-01", "until": "2027-01-03", "kind": "holiday", "name": "元旦"}
    assert (await api.ask("PUT", "/calendar", "supervisor", json=days))[0] == 403
    status, shown, _ = await api.ask("PUT", "/calendar", "administrator", json=days)
    assert (status, shown["known"], len(shown["days"])) == (200, True, 3)
    _, shown, _ = await api.ask("GET", "/calendar?year=2028", "supervisor")
    assert (shown["year"], shown["known"], shown["days"]) == (2028, False, [])


async def test_indicators_come_with_their_formulas(api: Api) -> None:
    await work_orders.register(api.ctx, ADMIN, NewOrder(type="repair", title="漏水"))
    period = "since=2026-11-01T00:00:00%2B08:00&until=2027-01-01T00:00:00%2B08:00"
    status, report, _ = await api.ask("GET", f"/reports/indicators?{period}&group_by=type", "supervisor")
    assert status == 200
    assert report["parts"]["repair"]["registered"] >= 1
    assert [one["number"] for one in report["indicators"]][:20] == list(range(1, 21))
    assert all(one["formula_zh"] for one in report["indicators"])
    assert (await api.ask("GET", f"/reports/indicators?{period}", "agent"))[0] == 403
