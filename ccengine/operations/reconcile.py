"""`ccengine reconcile`: compares one day's rows with journal, queue log and recordings, and prints what differs.

What does not live here: comparing (services/reconcile).
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import click

from ccengine import bootstrap
from ccengine.clock import SystemClock
from ccengine.config import Settings
from ccengine.engine.nightly import DiskReader
from ccengine.services.errors import Unavailable
from ccengine.services.reconcile import DayReport, reconcile_day
from ccengine.store_port import StoreUnavailable

#: kind -> what it means and what to do.
WORDS = {
    "call_without_row": "日志中有此电话，数据库中没有 · the journal has this call, the database has not: is the engine "
    "behind (ccengine status)? Look at quarantined lines",
    "row_differs": "通话记录与日志不一致 · the row and the journal disagree: ccengine report --call ID",
    "row_not_final": "日志已结束，通话记录未结束 · ended in the journal, open in the row: restart the engine",
    "row_without_journal": "日志中没有此电话 · the row has no call in the journal: were journal files deleted?",
    "row_from_live_view": "通话记录来自实时事件 · told by the live view, the journal was silent: was its disk full?",
    "queue_log_without_row": "坐席日志中有应答，无对应通话记录 · queue_log tells an answer that no row knows",
    "answered_without_queue_log": "通话记录已应答，坐席日志中没有 · answered by the row, not by queue_log",
    "row_without_cdr": "PBX 自身记录中没有 · the PBX's own records (CDR) do not have it",
    "cdr_without_row": "PBX 自身记录中有，数据库中没有 · the PBX's own records (CDR) have a call that no row knows",
    "cdr_differs": "与 PBX 自身记录不一致 · the PBX's own records (CDR) say something else: ccengine report --call ID",
    "live_call_without_row": "实时有此电话，通话记录中没有 · going on, but no row knows it: is the journal written?",
    "live_call_is_over": "已结束的电话仍显示为进行中 · shown as going on, though it is over",
    "open_row_without_call": "通话记录未结束，实时没有此电话 · open in the rows, but not going on",
    "orphan_recording": "录音没有对应记录 · a recording without a row",
    "recording_without_file": "录音文件缺失 · the file of a recording is gone",
    "recording_not_built": "双声道录音未生成 · the file for listening was not built",
}


@click.command()
@click.option(
    "--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="当地日期，默认昨天。 Local day; default yesterday."
)
@click.option("--json", "as_json", is_flag=True, help="机器可读。 One JSON object.")
@click.pass_obj
def reconcile(settings: Settings, day: datetime | None, as_json: bool) -> None:
    """核对一天的通话记录、日志和录音；有差异时退出码为 1。 Compare one day; exit code 1 when something differs."""
    today = SystemClock().now().astimezone(ZoneInfo(settings.site.timezone)).date()
    wanted = day.date() if day is not None else today - timedelta(days=1)
    try:
        report = asyncio.run(_compare(settings, wanted))
    except (Unavailable, StoreUnavailable) as error:
        raise click.ClickException(f"数据库不可用 · the database does not answer: {error}") from error
    except OSError as error:
        raise click.ClickException(f"无法读取日志 · the journal cannot be read: {error}") from error
    click.echo(_as_json(report) if as_json else _as_text(report))
    if report.differences:
        sys.exit(1)


async def _compare(settings: Settings, day: date) -> DayReport:
    async with bootstrap.context(settings) as ctx:
        return await reconcile_day(ctx, day, DiskReader(settings))


def _count(number: int | None) -> str:
    return "–" if number is None else str(number)


def _as_text(report: DayReport) -> str:
    lines = [
        f"{report.day}: 通话记录 rows {report.rows}, 日志 journal {report.journal}, PBX 记录 CDR {_count(report.cdr)}, "
        f"录音 recordings {report.files}, 差异 differences {len(report.differences)}, "
        f"已修复 mended {sum(bool(one.mended) for one in report.differences)}"
    ]
    if not report.journal_whole:
        lines.append(
            "日志不完整，未检查没有日志的通话记录 · the journal does not reach back so far: rows without it not judged"
        )
    for one in report.differences:
        detail = json.dumps(dict(one.detail), ensure_ascii=False) if one.detail else ""
        mended = f" [{one.mended}]" if one.mended else ""
        lines.append(f"✗ {one.kind} {one.call_id or '-'} {detail}{mended}\n    {WORDS[one.kind]}")
    return "\n".join(lines)


def _as_json(report: DayReport) -> str:
    differences = [
        {
            "kind": one.kind,
            "call_id": one.call_id,
            "at": one.at.isoformat(),
            "detail": dict(one.detail),
            "mended": one.mended,
        }
        for one in report.differences
    ]
    head = {
        "day": str(report.day),
        "rows": report.rows,
        "journal": report.journal,
        "cdr": report.cdr,
        "files": report.files,
    }
    return json.dumps({**head, "whole": report.journal_whole, "differences": differences}, ensure_ascii=False)
