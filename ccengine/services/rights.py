"""Who may do what: rights are named area.verb and belong to roles; every use case asks here first.

What does not live here: who somebody is (sign_in.py, tokens.py).
"""

from __future__ import annotations

from collections.abc import Collection

from ccengine.services.context import Actor
from ccengine.services.errors import Invalid, NotAllowed
from ccengine.services.guard import one_of
from ccengine.values import mask_number

ROLES = ("agent", "supervisor", "reviewer", "dispatcher", "field_worker", "connector", "administrator")

#: At a desk of the hotline, whether one answers calls or sends orders out.
_DESK = {
    "knowledge.view",
    "knowledge.edit",
    "parts.view",
    "board.view",
    "calls.view",
    "customers.view",
    "customers.reveal",
    "orders.view",
    "orders.create",
    "orders.move",
    "orders.note",
    "orders.urge",
    "orders.close",
    "messages.view",
    "orders.any_crew",
    "orders.dispatch",
    "outages.view",
    "rounds.view",
    "rounds.do",
}
_AGENT = _DESK | {
    "agents.control_self",
    "campaigns.call",
    "reviews.view",
}
_DISPATCHER = _DESK | {
    "parts.use",
    "parts.count",
    "messages.send",
    "orders.inspect",
    "orders.export",
    "outages.edit",
    "reports.view",
    "campaigns.view",
}
_SUPERVISOR = (
    _AGENT
    | _DISPATCHER
    | {
        "knowledge.review",
        "parts.edit",
        "calls.listen",
        "calls.listen_in",
        "agents.control_any",
        "audit.view",
        "orders.supervise",
        "announcements.edit",
        "penalties.view",
        "rounds.edit",
        "inventory.view",
        "campaigns.edit",
        "campaigns.run",
        "reviews.edit",
    }
)
#: Listens to talks and marks them 质检; does not work on the hotline.
_REVIEWER = {
    "knowledge.view",
    "board.view",
    "calls.view",
    "calls.listen",
    "customers.view",
    "orders.view",
    "reviews.view",
    "reviews.edit",
}
_FIELD = {
    "knowledge.view",
    "parts.view",
    "parts.use",
    "orders.view",
    "orders.move",
    "orders.note",
    "outages.view",
    "field.work",
    "rounds.view",
    "rounds.do",
}
#: A program that sends messages to customers: an API token of its own.
_CONNECTOR = {"messages.view", "messages.send"}
_ADMINISTRATOR = _SUPERVISOR | {"users.edit", "tokens.edit", "rules.edit", "penalties.waive", "inventory.edit"}

RIGHTS: dict[str, frozenset[str]] = {
    "agent": frozenset(_AGENT),
    "supervisor": frozenset(_SUPERVISOR),
    "reviewer": frozenset(_REVIEWER),
    "dispatcher": frozenset(_DISPATCHER),
    "field_worker": frozenset(_FIELD),
    "connector": frozenset(_CONNECTOR),
    "administrator": frozenset(_ADMINISTRATOR),
}


def rights_of(roles: frozenset[str]) -> frozenset[str]:
    """Return every right that the roles give; an unknown role gives none."""
    return frozenset().union(*(RIGHTS.get(role, frozenset()) for role in roles))


def may(actor: Actor, right: str) -> bool:
    """Say whether the actor has a right. The engine itself may do everything; a caller on the phone nothing here."""
    if actor.kind == "engine":
        return True
    return right in rights_of(actor.roles)


def check_roles(field: str, roles: Collection[str]) -> None:
    """Raise Invalid(field) unless there are roles, each one that exists."""
    if not roles:
        raise Invalid(field, "至少选择一个角色", "Give at least one role")
    for role in roles:
        one_of(field, role, ROLES)


def require(actor: Actor, right: str) -> None:
    """Raise NotAllowed when the actor lacks `right`."""
    if not may(actor, right):
        raise NotAllowed(right)


def shown_number(actor: Actor, number: str) -> str:
    """Return a phone number as this actor sees it in lists.

    People see it masked and reveal one at a time, audited; a program with the right to reveal gets it whole.
    """
    whole = actor.kind == "engine" or (actor.kind == "api" and may(actor, "customers.reveal"))
    return number if whole else mask_number(number)
