"""What sample callers say: what is wrong, since when, where, what they wish; common things often, strange ones rarely.

What does not live here: orders made of it (sample_orders.py).
"""

from __future__ import annotations

import random
from dataclasses import dataclass

#: Type, category, title, what is wrong, how often among the others.
_WHAT = (
    ("repair", "leak", "门前水管漏水", "门前水管漏水，水流到路面", 14),
    ("repair", "leak", "室内立管渗水", "楼道立管渗水，墙面潮湿起皮", 6),
    ("repair", "no_water", "家中无水", "整个单元从早上起没有水，邻居家也一样", 12),
    ("repair", "low_pressure", "水压低", "高层水压低，热水器打不着火", 11),
    ("repair", "burst_pipe", "爆管抢修", "路面大量涌水，疑似主管爆管，需要围挡", 4),
    ("repair", "turbid", "水质发黄", "放水五分钟仍发黄，担心水质", 7),
    ("repair", "odour", "自来水有异味", "水中有漂白粉气味，老人不敢饮用", 3),
    ("repair", "meter_fault", "水表不走字", "水表长期不走字", 8),
    ("repair", "meter_fault", "水表表盘模糊", "表盘起雾，看不清读数", 3),
    ("repair", "facility", "井盖破损", "人行道上井盖破损，夜间行人有危险", 5),
    ("repair", "facility", "消火栓漏水", "路边消火栓被车撞歪，一直漏水", 2),
    ("billing", "bill_dispute", "水费异常偏高", "本期水量比上期多一倍，用户有异议", 10),
    ("billing", "meter_reading", "要求核对抄表", "连续两期估抄，要求上门抄表", 4),
    ("consultation", "general", "咨询报装流程", "咨询新装一户一表的流程和费用", 9),
    ("consultation", "general", "咨询停水时间", "询问计划停水何时恢复供水", 6),
    ("complaint", "service_time", "投诉处理太慢", "此前报修两天没有人联系", 5),
)
_SINCE = ("今天早上发现", "昨晚开始", "已持续三天", "上周起断断续续", "反复出现多次", "刚刚发现", "节后一直如此")
_WHERE = (
    ("位于小区东门旁", 20), ("在地下车库入口", 15), ("在厨房水槽下方", 15), ("靠近公交车站", 12), ("在学校围墙外", 8),
    ("在菜市场门口", 8), ("在楼顶水箱间", 5), ("在医院急诊楼旁", 3), ("在幼儿园操场边", 1.5), ("在地铁施工围挡内", 0.8),
    ("在古塔文保范围内", 0.05), ("在水上乐园售票处", 0.01),
)  # fmt: skip
_WISH = (
    "请尽快安排人员处理", "请先电话联系后上门", "要求今日内回复", "希望晚上六点以后上门", "要求派人现场查看并拍照",
    "物业已关阀，等待维修", "用户情绪激动，请优先处理", "请告知处理结果",
)  # fmt: skip
_WHERE_NAMES, _WHERE_WEIGHTS = zip(*_WHERE, strict=True)
_WHAT_WEIGHTS = tuple(row[4] for row in _WHAT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What one order is about."""

    type: str
    category: str
    title: str
    description: str


def sample_matter(chance: random.Random) -> Matter:
    """Return what a caller tells; equal ones come again and again."""
    type_, category, title, text, _ = chance.choices(_WHAT, _WHAT_WEIGHTS)[0]
    where = chance.choices(_WHERE_NAMES, _WHERE_WEIGHTS)[0]
    description = f"用户反映{text}，{chance.choice(_SINCE)}，{where}。{chance.choice(_WISH)}。"
    return Matter(type=type_, category=category, title=title, description=description)
