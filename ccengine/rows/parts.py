"""Spare parts, where they lie, and every movement of them.

What does not live here: tables (store/tables/parts.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A kind of spare part 备件. `low_at`: fewer than so many in one store are too few."""

    code: str
    name: str
    spec: str
    unit: str
    low_at: int
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PartStore:
    """A place where parts lie 库房."""

    code: str
    name: str
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """How many of a part lie in a store, and when somebody last counted them."""

    store: str
    part: str
    quantity: int
    counted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMovement:
    """What moves; quantity is signed.

    kind: receipt 入库, use 领用, give_back 退回, transfer_out, transfer_in 调拨, count 盘点.
    """

    store: str
    part: str
    kind: str
    quantity: int
    order_id: int | None = None
    note: str = ""
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement(NewMovement):
    """A movement that happened; append-only. `balance`: how many were there afterwards."""

    id: int
    at: datetime
    actor: str
    balance: int
