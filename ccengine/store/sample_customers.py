"""A sample customer file: plausible, generated, the same every time; no real person, address or number.

What does not live here: writing it to the database (seed.py).
"""

from __future__ import annotations

import functools
import random
from collections.abc import Iterator
from datetime import date, timedelta

from ccengine.hotline.outage import DISTRICTS
from ccengine.rows import CustomerRow
from ccengine.store import search_text

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
_GIVEN_FIRST = "建国志文明晓春秀丽桂玉海俊永金美佳嘉子宇浩雨思欣梓一诗静雅小红国光德立云天立新振庆"
_GIVEN_LAST = "伟芳娜敏静强磊军洋勇艳杰娟涛超明霞平刚辉玲英华玉萍红鹏飞兰梅鑫波斌莉清林涵轩怡彤博琪宁"
_ROADS: dict[str, tuple[str, ...]] = {
    "chengdong": ("东湖路", "朝晖路", "凤起东路", "机场路", "华家池路"),
    "chengxi": ("文一西路", "古墩路", "丰潭路", "益乐路", "紫荆花路"),
    "chengnan": ("南山路", "复兴路", "婺江路", "望江路", "江城路"),
    "chengbei": ("莫干山路", "石祥路", "沈半路", "香积寺路", "湖州街"),
    "gaoxin": ("江南大道", "滨盛路", "网商路", "长河路", "聚工路"),
    "binjiang": ("闻涛路", "时代大道", "江汉路", "火炬大道", "月明路"),
    "laocheng": ("解放路", "中山中路", "庆春路", "延安路", "河坊街"),
    "kaifaqu": ("下沙路", "金沙大道", "学源街", "海达路", "文津路"),
}
_COMMUNITIES = (
    "阳光花园",
    "翠苑小区",
    "景芳新村",
    "和平公寓",
    "金色家园",
    "绿洲花苑",
    "春江花月",
    "桂花城",
    "碧水苑",
    "锦绣嘉园",
    "明月江南",
    "滨河新城",
)
_SHOPS = ("超市", "饭店", "理发店", "药店", "宾馆", "洗衣店", "幼儿园", "诊所")
#: Number blocks of mobile operators in Hangzhou, where the sample utility stands.
_PREFIXES = (
    "1306573",
    "1308395",
    "1316494",
    "1318420",
    "1322140",
    "1322180",
    "1337240",
    "1348400",
    "1360654",
    "1377759",
    "1380058",
    "1380651",
    "1398949",
    "1510581",
    "1575702",
    "1586902",
    "1595800",
    "1770651",
    "1806978",
    "1815868",
    "1830571",
    "1845843",
    "1850681",
    "1860671",
    "1875759",
    "1886850",
)
#: Beyond so many numbers, those blocks are nearly full.
_NUMBERS_OF_BLOCKS = 200_000
_TAGS = ("elderly", "hospital", "school", "key_account")
FIRST_ACCOUNT = 10_000_001
#: 元 per cubic metre × 100: an ordinary household's first step.
_FEN_PER_TON = 290


@functools.lru_cache(maxsize=4096)
def _initial(sign: str) -> str:
    pinyin = search_text.load()
    return str(pinyin.lazy_pinyin(sign, style=pinyin.Style.FIRST_LETTER)[0])


def initials(text: str) -> str:
    """Return the pinyin initials of a text, digits and Latin letters as they are: 解放路12号 -> jfl12h."""
    return "".join(_initial(sign) for sign in text if sign.isalnum()).lower()


def sample_customers(count: int, today: date) -> Iterator[CustomerRow]:
    """Yield `count` customers; the same ones for the same count and day."""
    chance = random.Random(96390)
    districts = tuple(DISTRICTS)
    phones: set[str] = set()
    for index in range(count):
        district = districts[chance.randrange(len(districts))]
        name, tags = _name(chance)
        address = _address(chance, district)
        arrears_fen, months = _arrears(chance)
        yield CustomerRow(
            account=str(FIRST_ACCOUNT + index),
            name=name,
            name_pinyin=initials(name),
            phone=_phone(chance, phones),
            phone2=_landline(chance),
            address=address,
            address_pinyin=initials(address),
            district=district,
            meter_number=f"LXS{chance.randrange(15, 26)}{index:07d}",
            tags=tags,
            balance_fen=0 if arrears_fen else chance.randrange(0, 30_000, 10),
            arrears_fen=arrears_fen,
            arrears_months=months,
            due_on=(today.replace(day=1) - timedelta(days=1)).replace(day=25) if arrears_fen else None,
        )


def _name(chance: random.Random) -> tuple[str, tuple[str, ...]]:
    surname = chance.choice(_SURNAMES)
    if chance.random() < 0.03:
        return f"{surname}记{chance.choice(_SHOPS)}", ("key_account",) if chance.random() < 0.2 else ()
    first = chance.choice(_GIVEN_FIRST) if chance.random() < 0.75 else ""
    tags = (chance.choice(_TAGS[:1]),) if chance.random() < 0.06 else ()
    return surname + first + chance.choice(_GIVEN_LAST), tags


def _address(chance: random.Random, district: str) -> str:
    road, community = chance.choice(_ROADS[district]), chance.choice(_COMMUNITIES)
    floor = chance.randrange(1, 19)
    home = f"{chance.randrange(1, 30)}幢{chance.randrange(1, 5)}单元{floor}{chance.randrange(1, 5):02d}室"
    return f"{DISTRICTS[district][0]}{road}{chance.randrange(1, 400)}号{community}{home}"


def _phone(chance: random.Random, taken: set[str]) -> str:
    while True:
        phone = f"{chance.choice(_PREFIXES)}{chance.randrange(10**4):04d}"
        if len(taken) > _NUMBERS_OF_BLOCKS:
            phone = f"1{chance.choice('35789')}{chance.randrange(10**9):09d}"
        if phone not in taken:
            taken.add(phone)
            return phone


def _landline(chance: random.Random) -> str:
    return f"0571{chance.randrange(85_000_000, 89_000_000)}" if chance.random() < 0.15 else ""


def _arrears(chance: random.Random) -> tuple[int, int]:
    if chance.random() >= 0.12:
        return 0, 0
    months = chance.choice((1, 1, 1, 2, 2, 3, 6))
    return sum(chance.randrange(5, 40) * _FEN_PER_TON for _ in range(months)), months
