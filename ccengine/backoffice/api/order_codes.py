"""The lists for orders that an administrator edits: types, categories, forms, sources, units."""

from __future__ import annotations

from dataclasses import asdict

from ccengine.backoffice.api import models as m
from ccengine.backoffice.api.ask import Ask, Endpoint
from ccengine.backoffice.api.models.orders import Code as CodeText
from ccengine.hotline.disposition import Disposition
from ccengine.hotline.opening_rule import OpeningRule
from ccengine.hotline.order_catalogue import Catalogue, Code, CodeKind
from ccengine.services import catalogue, dispositions, rules


async def list_codes(ask: Ask) -> m.OrderCodeList:
    """List the entries, in order."""
    query: m.OrderCodeQuery = ask.query
    lists = await catalogue.read(ask.ctx)
    kinds = [query.kind] if query.kind is not None else list(CodeKind)
    found = [one for kind in kinds for one in lists.of(kind, active_only=query.active_only)]
    return m.OrderCodeList(items=[_shape(one, lists) for one in found])


async def save_code(ask: Ask) -> m.OrderCode:
    """Add an entry, or change one. Entries are never deleted: make them inactive."""
    body: m.OrderCodeBody = ask.body
    given = body.model_dump(exclude={"members", "expected_version"})
    code = Code(kind=CodeKind(ask.path["kind"]), code=ask.path["code"], **given)
    saved = await catalogue.save(ask.ctx, ask.actor, code, body.expected_version, body.members)
    return _shape(saved, await catalogue.read(ask.ctx))


def _shape(code: Code, lists: Catalogue) -> m.OrderCode:
    values = {name: getattr(code, name) for name in Code.__slots__}
    members = list(lists.members.get(code.code, ())) if code.kind is CodeKind.UNIT else []
    return m.OrderCode.model_validate(values | {"data": dict(code.data), "members": members})


async def list_rules(ask: Ask) -> m.OpeningRuleList:
    """List the rules that say which order a finished call opens, in the order in which they are asked."""
    found = await rules.opening_rules(ask.ctx, ask.actor)
    return m.OpeningRuleList(items=[_rule(one) for one in found])


async def save_rule(ask: Ask) -> m.OpeningRule:
    """Add or replace an opening rule."""
    given = ask.body.model_dump()
    seen = given.pop("seen")
    rule = OpeningRule(code=ask.path["code"], **given)
    await rules.save_rule(ask.ctx, ask.actor, rule, seen)
    return _rule(rule)


def _rule(rule: OpeningRule) -> m.OpeningRule:
    opened = dict(rule.open) if rule.open is not None else None
    return m.OpeningRule(
        code=rule.code,
        position=rule.position,
        when=dict(rule.when),
        open=opened,
        active=rule.active,
        fingerprint=rules.fingerprint(rule),
    )


async def save_disposition(ask: Ask) -> m.SavedDisposition:
    """Add or replace what an agent may choose for a call. Entries are never deleted: make them inactive."""
    given = ask.body.model_dump()
    seen = given.pop("seen")
    saved = await dispositions.save(ask.ctx, ask.actor, Disposition(code=ask.path["code"], **given), seen)
    return m.SavedDisposition(**asdict(saved), fingerprint=dispositions.fingerprint(saved))


async def all_dispositions(ask: Ask) -> m.SavedDispositionList:
    """List the dispositions as they are edited, those put aside too; GET /dispositions lists what is offered."""
    found = await dispositions.listed(ask.ctx, ask.actor)
    items = [m.SavedDisposition(**asdict(one), fingerprint=dispositions.fingerprint(one)) for one in found]
    return m.SavedDispositionList(items=items)


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/all-dispositions",  # not below /dispositions: "all" could be a code
        handler=all_dispositions,
        tag="order codes",
        right="rules.edit",
        answer=m.SavedDispositionList,
    ),
    Endpoint(
        method="PUT",
        path="/dispositions/{code}",
        handler=save_disposition,
        tag="order codes",
        right="rules.edit",
        parameters={"code": CodeText},
        body=m.DispositionBody,
        answer=m.SavedDisposition,
        problems=(404, 409),
    ),
    Endpoint(
        method="GET",
        path="/opening-rules",
        handler=list_rules,
        tag="order codes",
        right="rules.edit",
        answer=m.OpeningRuleList,
    ),
    Endpoint(
        method="PUT",
        path="/opening-rules/{code}",
        handler=save_rule,
        tag="order codes",
        right="rules.edit",
        parameters={"code": CodeText},
        body=m.OpeningRuleBody,
        answer=m.OpeningRule,
        problems=(404, 409),
    ),
    Endpoint(
        method="GET",
        path="/order-codes",
        handler=list_codes,
        tag="order codes",
        right="orders.view",
        query=m.OrderCodeQuery,
        answer=m.OrderCodeList,
    ),
    Endpoint(
        method="PUT",
        path="/order-codes/{kind}/{code}",
        handler=save_code,
        tag="order codes",
        right="rules.edit",
        parameters={"kind": CodeKind, "code": CodeText},
        body=m.OrderCodeBody,
        answer=m.OrderCode,
        problems=(404, 409),
    ),
)
