"""What `doctor` asks the running engine: its links, the journal, its own call, silence; or who is the engine instead.

What does not live here: everything that can be seen without it (checks).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from ccengine import bootstrap
from ccengine.asterisk.doctor import Finding
from ccengine.backoffice.engine_door import EngineDoor
from ccengine.config import Settings
from ccengine.engine.holder import is_dead
from ccengine.engine.role import role_name
from ccengine.ports import EngineUnavailable
from ccengine.services import roles
from ccengine.services.errors import Unavailable

ENGINE_AWAY = "引擎未运行 · the engine does not answer"
_PROBE_REMEDIES = {
    "no_calls": "检查拨号方案和通道 · asterisk -rx 'dialplan show cc-inbound'; reload it, or restart the PBX",
    "no_sip": "检查 SIP 监听地址 · asterisk -rx 'pjsip show transports'; set pbx.sip_host and pbx.sip_port right",
    "no_queue": "重新生成配置 · ccengine pbx configure (--host); asterisk -rx 'module reload app_queue.so'",
}


async def look(settings: Settings) -> list[Finding]:
    """Return the findings; the first is about the engine itself."""
    try:
        async with EngineDoor(settings) as door:
            facts = await door.health()
    except EngineUnavailable:
        away = Finding(ok=False, what=ENGINE_AWAY, remedy="ccengine up（或 · or ccengine run）")
        return [away, *await _other_engine(settings)]
    return [_links(facts), _probe(facts["probe"]), _silence(facts["silence"])]


async def _other_engine(settings: Settings) -> list[Finding]:
    """Say who is at work instead, where this one would only be its standby."""
    file = make_url(settings.database_url).database
    if settings.database_url.startswith("sqlite") and not Path(file or "").exists():
        return []  # looking makes no file
    async with bootstrap.context(settings) as ctx:
        try:
            row = await roles.look(ctx, role_name(settings))
        except Unavailable:
            return []
    if row is None or not row.holder or is_dead(row.holder):
        return []
    host, _, rest = row.holder.partition(" pid ")
    what = f"另一个引擎在工作 · another engine is at work: {host}, pid {rest.partition(' ')[0]}, number {row.fence}"
    return [Finding(ok=True, what=what, remedy="此处的引擎只作备用 · one started here stands by; ask there (door.url)")]


def _links(facts: Mapping[str, Any]) -> Finding:
    what = f"引擎 · engine: AMI events {facts['events']}, actions {facts['actions']}"
    if not facts["links_ok"]:
        return Finding(ok=False, what=what, remedy="ccengine pbx start；查看引擎日志 · see the engine's log")
    journal = facts["journal"]
    if not journal["ok"]:
        what = f"日志无法读取或存储 · the journal cannot be followed: {journal['error']}"
        return Finding(
            ok=False,
            what=what,
            remedy="按提示修复，通话记录随后补齐 · mend what it names; calls go on, records follow",
        )
    well = bool(facts["ok"]) or bool(facts["probe"]["problem"])  # the engine's own call has a finding of its own
    return Finding(ok=well, what=what, remedy="" if well else "查看引擎日志 · see the engine's log")


def _probe(facts: Mapping[str, Any]) -> Finding:
    """Whether the call that the engine places by itself gets through."""
    problem = facts["problem"]
    if not problem:
        return Finding(ok=True, what=f"自检电话 · the engine's own call got through: {facts['well_at'] or '–'}")
    what = f"自检电话不通 · the engine's own call does not get through: {problem} {facts['detail']}"
    return Finding(ok=False, what=what, remedy=_PROBE_REMEDIES[problem])


def _silence(facts: Mapping[str, Any]) -> Finding:
    if not facts["alarm"]:
        return Finding(ok=True, what=f"最近来电 · last inbound call: {facts['since'] or '–'}")
    weeks = ", ".join(str(many) for many in facts["past_weeks"])
    what = f"没有来电 · no call for {facts['minutes']:g} minutes; in the same time of past weeks: {weeks}"
    return Finding(ok=False, what=what, remedy="自己拨打热线，询问运营商 · call the hotline yourself; ask the carrier")
