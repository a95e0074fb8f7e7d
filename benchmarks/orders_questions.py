"""What people ask of the order pages all day, with another detail each time; the same questions of every size.

What does not live here: asking and timing (orders_figures.py).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from urllib.parse import quote

from ccengine.rows import CustomerRow
from ccengine.services.order_lists import TABS
from ccengine.store.sample_customers import FIRST_ACCOUNT, sample_customers

Path = Callable[[random.Random, int], str]
_ROADS = ("解放路", "东湖路", "文一西路", "江南大道", "庆春路")
#: Text of orders: in every tenth, in some, in next to none.
_COMMON = ("漏水", "水压低", "门前水管漏水", "请尽快安排人员处理", "用户反映", "爆管抢修")
_RARE = ("古塔文保", "水上乐园", "消火栓被车撞歪 幼儿园", "东湖路 古塔", "地铁施工围挡内 爆管")


@dataclass(frozen=True, kw_only=True)
class Question:
    """One thing that people ask. `group`: list, filter, search, detail are the issue's words; "" is asked besides."""

    name: str
    group: str
    path: Path


@cache
def known() -> Sequence[CustomerRow]:
    """Return customers that every size of the sample has."""
    return tuple(sample_customers(2000, date(2026, 1, 1)))


def _list(query: str) -> str:
    return f"/work-orders?{query}"


def _where(text: str) -> str:
    return _list(f"where={quote(text, safe='.,;|')}")


def _tab(name: str) -> Path:
    return lambda dice, many: _list(f"tab={name}")


def _filtered(dice: random.Random, _: int) -> str:
    district = dice.choice(("chengdong", "laocheng", "gaoxin"))
    kind = dice.choice(("repair", "billing", "complaint"))
    return _list(f"tab=all&type={kind}&district={district}&priority={dice.choice(('urgent', 'normal'))}")


def _conditions(dice: random.Random, _: int) -> str:
    account = dice.choice(known()).account
    return _where(
        dice.choice(
            (
                "created.days.30;type.is.repair;priority.is.urgent,high",
                "status.is.closed;district.is.laocheng",
                "category.is.odour;form.is.wechat;unit.is.crew_south",
                "handled.none;created.days.7|overdue.is.yes",
                "visited.days.30;source.is.12345;type.not.repair",
                f"customer_account.is.{account}",
                "suspended.is.yes",
                "reopened.is.yes;type.is.complaint",
                "assigned_to.is.worker;open.is.yes",
                "due.until.2026-10-01;open.is.yes",
            )
        )
    )


def _conditions_on_words(dice: random.Random, _: int) -> str:
    one = dice.choice(known())
    return _where(
        dice.choice(
            (
                f"address.has.{dice.choice(_ROADS)}",
                f"contact_name.has.{one.name};type.is.repair",
                f"contact_number.tail.{one.phone[-4:]}",
                f"title.has.{dice.choice(_COMMON[:3])};district.is.gaoxin",
                f"text.has.{dice.choice(_RARE)}",
                f"text.has.{dice.choice(_COMMON)};status.is.closed",
            )
        )
    )


def _customer(dice: random.Random, _: int) -> str:
    one = dice.choice(known())
    return dice.choice((one.name, one.name_pinyin, one.address[2:10], one.address_pinyin[2:8]))


def _digits(dice: random.Random, _: int) -> str:
    phone = dice.choice(known()).phone
    return dice.choice((phone[-4:], phone[-6:], phone[:7], phone, dice.choice(known()).account))


def _initials(dice: random.Random, _: int) -> str:
    return dice.choice(("jfl", "dhl", "wyxl", "wj", "lxm", "zgh"))


#: Kind of text: what is typed.
TEXTS: dict[str, Path] = {
    "common words": lambda dice, _: dice.choice(_COMMON),
    "rare words": lambda dice, _: dice.choice(_RARE),
    "a customer": _customer,
    "initials": _initials,
    "digits": _digits,
    "a road": lambda dice, _: f"{dice.choice(_ROADS)}{dice.randrange(1, 400)}号",
}


def _typed(before: str, text: Path) -> Path:
    return lambda dice, many: before + quote(text(dice, many))


def _order(suffix: str = "") -> Path:
    return lambda dice, many: f"/work-orders/{dice.randrange(1, many)}{suffix}"


def _account(dice: random.Random, many: int) -> str:
    return f"/customers/{FIRST_ACCOUNT + dice.randrange(min(many, 10_000))}"


def _calls(dice: random.Random, _: int) -> str:
    return f"/calls?outcome={dice.choice(('', 'answered', 'abandoned'))}"


QUESTIONS: tuple[Question, ...] = (
    *(Question(name=f"list {tab}", group="list", path=_tab(tab)) for tab in TABS),
    Question(name="filter", group="filter", path=_filtered),
    Question(name="filter by conditions", group="filter", path=_conditions),
    Question(name="filter by conditions on words", group="filter", path=_conditions_on_words),
    *(
        Question(name=f"search orders, {kind}", group="search", path=_typed("/work-orders?tab=all&q=", text))
        for kind, text in TEXTS.items()
    ),
    *(
        Question(name=f"search box, {kind}", group="search", path=_typed("/search/box?q=", text))
        for kind, text in TEXTS.items()
    ),
    Question(name="detail", group="detail", path=_order()),
    Question(name="detail, time limits", group="detail", path=_order("/deadlines")),
    Question(name="dispatch board", group="", path=lambda _, __: "/dispatch"),
    Question(name="customers", group="", path=lambda _, __: "/customers"),
    Question(name="customers by words", group="", path=_typed("/customers?q=", _customer)),
    Question(name="one customer", group="", path=_account),
    Question(name="calls", group="", path=_calls),
    Question(name="calls of a number", group="", path=_typed("/calls?number=", _digits)),
    Question(name="API list", group="list", path=lambda _, __: "/api/v1/work-orders?limit=50"),
    Question(name="API search", group="search", path=_typed("/api/v1/search?text=", TEXTS["common words"])),
)
