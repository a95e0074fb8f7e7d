"""Mandarin numbers, money, dates and digits as prompts.

PURE. A lone syllable sounds garbled when it is recorded by itself, so pieces are two to four syllables, the last one
fused with its unit (二十三元), and digits go in pairs (三八) with 幺 for one. The few lone syllables that are left (the
last digit of an odd count) are cut out of a carrier sentence by the builder.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache

from ccengine.ivr.spoken_groups import checked_digits, order_groups, with_pauses

ONES = "零一二三四五六七八九"
DIGITS = "零幺二三四五六七八九"
LIMIT = 99_999_999
#: From here on a bare number is two pieces: nobody but a test says one (minutes end at 59, money has its own).
SPLIT = 60
FIRST_YEAR, LAST_YEAR = 2026, 2032


def below_hundred(value: int, *, inside: bool = False) -> str:
    """Return the reading of 0..99; `inside` a higher group ten is said with its one (一百一十二)."""
    tens, ones = divmod(value, 10)
    if not tens:
        return ONES[ones]
    head = "十" if tens == 1 and not inside else ONES[tens] + "十"
    return head + (ONES[ones] if ones else "")


def _two(value: int) -> str:
    return "两" if value == 2 else below_hundred(value)


def _number_pieces() -> dict[str, str]:
    found = {f"cc/n/{r}": below_hundred(r) for r in range(100) if r < SPLIT or r % 10 == 0}
    found |= {f"cc/n/x{r}": below_hundred(r, inside=True) for r in range(10, 20)}
    for d in range(1, 10):
        hundred, thousand = ONES[d] + "百", _two(d) + "千"
        found |= {f"cc/n/h{d}": hundred, f"cc/n/h{d}z": hundred + "零"}
        found |= {f"cc/n/t{d}": thousand, f"cc/n/t{d}z": thousand + "零"}
        found |= {f"cc/n/hw{d}": hundred + "万", f"cc/n/tw{d}": thousand + "万"}
        found |= {f"cc/n/w{d}": ONES[d] + "万", f"cc/n/w{d}0": below_hundred(d * 10) + "万"}
        found |= {f"cc/n/w1{d}": below_hundred(10 + d) + "万"}
    return found | {"cc/n/w2a": "两万", "cc/n/wx10": "一十万"}


def _money_pieces() -> dict[str, str]:
    found = {f"cc/yuan/{r}": _two(r) + "元" for r in range(100)}
    found |= {f"cc/yuan/x{r}": below_hundred(r, inside=True) + "元" for r in range(10, 20)}
    for d in range(1, 10):
        found |= {f"cc/yuan/h{d}": ONES[d] + "百元", f"cc/yuan/t{d}": _two(d) + "千元"}
        found |= {f"cc/jiao/{d}": _two(d) + "角", f"cc/fen/{d}": ONES[d] + "分", f"cc/fen/z{d}": f"零{ONES[d]}分"}
    return found | {"cc/yuan/2b": "二元", "cc/yuan/whole": "元整", "cc/yuan/only": "元"}


def _time_pieces() -> dict[str, str]:
    found = {f"cc/date/y{y}": "".join(ONES[int(c)] for c in str(y)) + "年" for y in range(FIRST_YEAR, LAST_YEAR + 1)}
    found |= {f"cc/date/m{m}": below_hundred(m) + "月" for m in range(1, 13)}
    found |= {f"cc/date/d{d}": below_hundred(d) + "日" for d in range(1, 32)}
    found |= {f"cc/time/h{h}": _part_of_day(h) + _two(h - 12 if h > 12 else h) + "点" for h in range(24)}
    found |= {f"cc/time/z{m}": "零" + ONES[m] for m in range(1, 10)} | {"cc/time/m10": "十分"}
    found |= {f"cc/minutes/{m}": _two(m) + "分钟" for m in range(1, 13)} | {"cc/minutes/unit": "分钟"}
    found |= {f"cc/hours/{h}": _two(h) + "小时" for h in range(1, 7)} | {"cc/hours/unit": "小时"}
    return found | {"cc/date/year": "年"}


def _part_of_day(hour: int) -> str:
    for end, name in ((6, "凌晨"), (12, "上午"), (13, "中午"), (18, "下午")):
        if hour < end:
            return name
    return "晚上"


@cache
def _pieces() -> Mapping[str, str]:
    found = _number_pieces() | _money_pieces() | _time_pieces()
    found |= {f"cc/d/{d}": DIGITS[d] for d in range(10)}
    found |= {f"cc/d/{pair:02d}": DIGITS[pair // 10] + DIGITS[pair % 10] for pair in range(100)}
    return found | {f"cc/orders/{n}": _two(n) + "张" for n in range(1, 11)} | {"cc/orders/unit": "张"}


def _group(value: int) -> tuple[list[str], int]:
    """Return the pieces for thousands and hundreds of a group below 10,000, and the remainder below 100 still to say.

    The zero of a gap is fused with the piece before it (一千零).
    """
    thousands, rest = divmod(value, 1000)
    hundreds, rest = divmod(rest, 100)
    found = []
    if thousands:
        found.append(f"cc/n/t{thousands}" + ("z" if not hundreds and rest else ""))
    if hundreds:
        found.append(f"cc/n/h{hundreds}" + ("z" if 0 < rest < 10 else ""))
    return found, rest


def _ten_thousands(value: int) -> list[str]:
    """Return the pieces of `value` times ten thousand, for 1..9999."""
    if not value:
        return []
    if value == 2:
        return ["cc/n/w2a"]
    found, rest = _group(value)
    if not rest:
        return [*found[:-1], found[-1].replace("/h", "/hw").replace("/t", "/tw")]
    if rest == 10 and found:
        return [*found, "cc/n/wx10"]
    if rest % 10 == 0 or (rest < 20 and not found) or rest < 10:
        return [*found, f"cc/n/w{rest}"]
    return [*found, "cc/n/x10" if rest < 20 else f"cc/n/{rest // 10 * 10}", f"cc/n/w{rest % 10}"]


def _whole(value: int, unit: str) -> list[str]:
    """Return the pieces of a whole number, the last one fused with its unit ("n": none, "yuan")."""
    if not 0 <= value <= LIMIT:
        raise ValueError(f"{value} cannot be said: give 0 to {LIMIT}")
    if value < 100:
        return _last(value, unit, inside=False)
    high, low = divmod(value, 10_000)
    found = _ten_thousands(high)
    gap = ["cc/n/0"] if high and 0 < low < 1000 else []
    group, rest = _group(low)
    if rest:
        return [*found, *gap, *group, *_last(rest, unit, inside=True)]
    if group:
        return [*found, *gap, *group[:-1], group[-1].replace("/n/", f"/{unit}/")]
    return [*found, "cc/yuan/whole"] if unit == "yuan" else found


def _last(rest: int, unit: str, *, inside: bool) -> list[str]:
    """Return the end of a number, 0..99, with its unit; `inside` something stands before it."""
    if unit == "yuan" and rest == 2 and inside:
        return ["cc/yuan/2b"]
    if unit == "n" and rest > SPLIT and rest % 10:
        return [f"cc/n/{rest // 10 * 10}", f"cc/n/{rest % 10}"]
    return [f"cc/{unit}/x{rest}" if inside and 10 <= rest < 20 else f"cc/{unit}/{rest}"]


class Mandarin:
    """Mandarin, as `spoken.Speech` asks."""

    def pieces(self) -> Mapping[str, str]:
        """Every piece: prompt id to text."""
        return _pieces()

    def number(self, value: int) -> list[str]:
        """A whole number, 0 to 99,999,999."""
        return _whole(value, "n")

    def money(self, amount_fen: int) -> list[str]:
        """八十六元四角, 十元零五分, 五角. Raises ValueError for a negative amount or one above the limit."""
        if amount_fen < 0:
            raise ValueError(f"amount_fen {amount_fen} is negative: say balance or arrears, and give the amount itself")
        yuan, rest = divmod(amount_fen, 100)
        jiao, fen = divmod(rest, 10)
        found = _whole(yuan, "yuan") if yuan or not rest else []
        if rest and found[-1:] == ["cc/yuan/whole"]:
            found[-1] = "cc/yuan/only"
        if jiao:
            found.append(f"cc/jiao/{jiao}")
        if fen:
            found.append(f"cc/fen/{fen}" if jiao or not yuan else f"cc/fen/z{fen}")
        return found

    def digits(self, text: str) -> list[str]:
        """Digits in pairs, 幺 for one; the last digit of an odd count by itself."""
        return [f"cc/d/{text[at : at + 2]}" for at in range(0, len(checked_digits(text)), 2)]

    def order_number(self, number: str) -> list[str]:
        """Year, month and day, running number, with pauses between."""
        return with_pauses([self.digits(group) for group in order_groups(number)])

    def date(self, day: date, *, year: bool = False) -> list[str]:
        """十一月二十一日, with the year if asked. A year without a recording is said digit by digit."""
        found = [f"cc/date/m{day.month}", f"cc/date/d{day.day}"]
        if not year:
            return found
        name = f"cc/date/y{day.year}"
        return [name, *found] if name in _pieces() else [*self.digits(f"{day.year:04d}"), "cc/date/year", *found]

    def time(self, moment: datetime) -> list[str]:
        """下午三点, 下午三点零五, 下午三点十分, 下午三点二十五."""
        minute = moment.minute
        found = [f"cc/time/h{moment.hour}"]
        if not minute:
            return found
        return [*found, f"cc/time/z{minute}" if minute < 10 else "cc/time/m10" if minute == 10 else f"cc/n/{minute}"]

    def minutes(self, minutes: int) -> list[str]:
        """两分钟, 三十五分钟, 一小时零五分钟 is said 一小时五分钟."""
        hours, rest = divmod(minutes, 60)
        found = _with_unit(hours, "hours", 6, self) if hours else []
        return found + (_with_unit(rest, "minutes", 12, self) if rest or not hours else [])

    def orders(self, count: int) -> list[str]:
        """两张, 十二张."""
        return _with_unit(count, "orders", 10, self)


def _with_unit(value: int, unit: str, recorded: int, speech: Mandarin) -> list[str]:
    if 1 <= value <= recorded:
        return [f"cc/{unit}/{value}"]
    return [*speech.number(value), f"cc/{unit}/unit"]
