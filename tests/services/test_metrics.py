"""The text format, and what the database tells."""

from __future__ import annotations

from pathlib import Path

import pytest
from call_helpers import answered, batch, with_parts
from metrics_text import read
from store_fixtures import START

from ccengine.clock import ManualClock
from ccengine.config import Database, Settings
from ccengine.rows import AnomalyRow
from ccengine.services import call_records
from ccengine.services.context import Context
from ccengine.services.metrics import by_label, counter, exposition, gauge, of_store
from ccengine.store.unit_of_work import SqlStore


def test_text_is_what_prometheus_reads() -> None:
    text = exposition([gauge("a_b", "Words.", 1), counter("c_total", "More.", 0.25)])
    first = "# HELP a_b Words.\n# TYPE a_b gauge\na_b 1\n"
    assert text == first + "# HELP c_total More.\n# TYPE c_total counter\nc_total 0.250000\n"


def test_stranger_text_is_no_label() -> None:
    metric = by_label("a", "gauge", "Words.", "kind", {'x"} 1\nforged 1': 2, "本": 1, "lost_tail": 4})
    assert read(exposition([metric])) == {'a{kind="other"}': 3, 'a{kind="lost_tail"}': 4}


def test_name_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="not a metric's name"):
        exposition([gauge("a b", "Words.", 1)])


async def test_store_tells_jobs_and_anomalies(ctx: Context) -> None:
    await call_records.store_records(ctx, batch(with_parts(answered("repair"))))
    async with ctx.store() as uow:
        rows = [AnomalyRow(at=START, kind="lost_tail", call_id=None, detail={"n": n}) for n in range(3)]
        await uow.journal.add_anomalies(rows)
        await uow.commit()
    found = read(exposition(await of_store(ctx)))
    assert found["ccengine_database_up"] == 1
    assert found["ccengine_jobs_pending"] == 1
    assert found['ccengine_anomalies_today{kind="lost_tail"}'] == 3


async def test_absent_database_is_a_figure(tmp_path: Path) -> None:
    settings = Settings(
        state_dir=tmp_path, database=Database(url="postgresql://nobody@127.0.0.1:1/none", connect_seconds=1)
    )
    store = SqlStore(settings)
    try:
        found = await of_store(Context(store=store, clock=ManualClock(START), settings=settings))
    finally:
        await store.close()
    assert read(exposition(found)) == {"ccengine_database_up": 0}
