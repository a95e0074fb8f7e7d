"""All tables, by area. Importing this package fills `metadata`."""

from ccengine.store.tables import (
    calls,
    campaigns,
    customers,
    desk,
    field,
    incidents,
    knowledge,
    messages,
    order_catalogue,
    parts,
    people,
    rounds,
    search,
    sla,
    waiting,
    work_order_parts,
    work_orders,
)
from ccengine.store.tables.base import metadata

__all__ = [
    "calls",
    "campaigns",
    "customers",
    "desk",
    "field",
    "incidents",
    "knowledge",
    "messages",
    "metadata",
    "order_catalogue",
    "parts",
    "people",
    "rounds",
    "search",
    "sla",
    "waiting",
    "work_order_parts",
    "work_orders",
]
