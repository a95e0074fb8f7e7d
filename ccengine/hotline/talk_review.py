"""A reviewer's marks for an agent's talk 质检评分: the form, what marks add up to, and the draw of a sample 抽检.

What does not live here: storing them, who may mark (services/talk_reviews.py), the customer's grade (evaluation.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

MOST_ITEMS = 30
MOST_POINTS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewItem:
    """One row of the form. `fatal` 一票否决: no point here and the whole talk has none."""

    code: str
    name_zh: str
    name_en: str
    points: int
    fatal: bool = False
    hint_zh: str = ""
    hint_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewForm:
    """A version of the form; a review keeps the version it was marked by. `pass_percent`: less is a failed talk."""

    version: int
    items: tuple[ReviewItem, ...]
    pass_percent: int = 80

    @property
    def most(self) -> int:
        """What a faultless talk has."""
        return sum(item.points for item in self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What a reviewer's points come to. `points` counts nothing where an item was fatal."""

    points: int
    most: int
    fatal: tuple[str, ...]

    @property
    def percent(self) -> float:
        """Points per hundred of the most that the form gives, to a tenth."""
        return round(100 * self.points / self.most, 1)


class WrongMarks(ValueError):
    """Points that do not fit the form; `code` names the item, "" the form as a whole."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def mark(form: ReviewForm, given: Mapping[str, int]) -> Marks:
    """Return what the points given for each item come to.

    Raises:
        WrongMarks: an item has no points, or more than the form allows, or is not of the form.
    """
    for item in form.items:
        if not 0 <= given.get(item.code, -1) <= item.points:
            raise WrongMarks(item.code)
    if len(given) != len(form.items):
        raise WrongMarks("")
    fatal = tuple(item.code for item in form.items if item.fatal and given[item.code] == 0)
    return Marks(points=0 if fatal else sum(given.values()), most=form.most, fatal=fatal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A talk that may be drawn."""

    call_id: str
    agent_number: str


def rank(seed: str, call_id: str) -> str:
    """Return where a talk stands in a draw: SHA-256 of "seed:call id". Anybody can compute it again."""
    return hashlib.sha256(f"{seed}:{call_id}".encode()).hexdigest()


def draw(candidates: Iterable[Candidate], seed: str, each: int) -> tuple[Candidate, ...]:
    """Return `each` talks of each agent, those of the lowest rank; all where an agent has fewer.

    The order in which the candidates come does not matter: whoever knows seed and candidates gets the same sample.
    """
    by_agent: dict[str, list[Candidate]] = {}
    for one in candidates:
        by_agent.setdefault(one.agent_number, []).append(one)
    drawn: list[Candidate] = []
    for agent in sorted(by_agent):
        drawn += sorted(by_agent[agent], key=lambda one: rank(seed, one.call_id))[:each]
    return tuple(drawn)


def fingerprint(candidates: Sequence[Candidate]) -> str:
    """Return SHA-256 over the candidates' call ids in order, a line each: shows later which talks could be drawn."""
    return hashlib.sha256("\n".join(sorted(one.call_id for one in candidates)).encode()).hexdigest()


#: What a fresh database is filled with. A site edits rows, not this.
DEFAULT = ReviewForm(
    version=1,
    items=(
        ReviewItem(
            code="greeting", name_zh="问候规范", name_en="Greeting", points=10,
            hint_zh="三声内应答，报单位、工号，主动问候", hint_en="Answers promptly, names utility and number, greets",
        ),
        ReviewItem(
            code="courtesy", name_zh="语言文明", name_en="Courtesy", points=20, fatal=True,
            hint_zh="用语文明、语气平和、不打断；辱骂、顶撞为 0 分", hint_en="Polite and calm; for abuse no point",
        ),
        ReviewItem(
            code="verifying", name_zh="核实信息", name_en="Verifying customer data", points=15,
            hint_zh="核对户号、地址、联系电话", hint_en="Checks account, address and telephone",
        ),
        ReviewItem(
            code="answer", name_zh="业务正确", name_en="Correct answer", points=30,
            hint_zh="政策、流程、时限答复准确", hint_en="Rules, steps and time limits told rightly",
        ),
        ReviewItem(
            code="order", name_zh="工单填写", name_en="Order completeness", points=15,
            hint_zh="分类、地址、诉求完整，与通话一致", hint_en="Category, address and request whole and as told",
        ),
        ReviewItem(
            code="closing", name_zh="结束语", name_en="Closing", points=10,
            hint_zh="确认无其他需求，致谢，请客户评价", hint_en="Asks what else, thanks, asks for the grade",
        ),
    ),
)  # fmt: skip
