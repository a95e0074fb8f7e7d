"""Where a campaign's targets come from: saved queries for customers and files, loaded behind the request.

What does not live here: campaigns and their targets (campaigns.py).
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from aiohttp import hdrs

from ccengine.backoffice.api.ask import Ask
from ccengine.backoffice.api.campaigns import endpoint, import_fields
from ccengine.backoffice.api.models import campaign_lists as m
from ccengine.backoffice.api.models.campaigns import Refusal, TargetImport
from ccengine.backoffice.api.problems import Refused
from ccengine.backoffice.campaigns.files import save_list
from ccengine.backoffice.campaigns.loads import LOADS, Loads
from ccengine.rows import CustomerQuery, ImportRow, SavedCustomerQuery
from ccengine.services import campaign_targets, campaign_views, customer_queries, visit_calls


def _fields(row: SavedCustomerQuery) -> dict[str, Any]:
    names = ("id", "name", "version", "created_by", "created_at", "changed_by", "changed_at")
    one = row.query
    return {
        **{name: getattr(row, name) for name in names},
        "arrears_from_fen": one.arrears_from_fen,
        "overdue_days": one.overdue_days,
        "district": one.district or None,
        "silent_days": one.silent_days,
    }


def _wanted(given: m.SavedCustomerQueryBody | m.CustomerCountQuery) -> CustomerQuery:
    return CustomerQuery(
        arrears_from_fen=given.arrears_from_fen,
        overdue_days=given.overdue_days,
        district=given.district or "",
        silent_days=given.silent_days,
    )


def _loads(ask: Ask) -> Loads:
    found: Loads = ask.request.config_dict[LOADS]
    return found


async def list_customer_queries(ask: Ask) -> m.SavedCustomerQueryList:
    """List the saved queries for customers to call, by name."""
    found = await customer_queries.all_queries(ask.ctx, ask.actor)
    return m.SavedCustomerQueryList(items=[m.SavedCustomerQuery(**_fields(row)) for row in found])


async def save_customer_query(ask: Ask) -> m.SavedCustomerQuery:
    """Keep a query for customers under a new name."""
    body: m.SavedCustomerQueryBody = ask.body
    return m.SavedCustomerQuery(**_fields(await customer_queries.save(ask.ctx, ask.actor, body.name, _wanted(body))))


async def get_customer_query(ask: Ask) -> m.SavedCustomerQueryDetail:
    """Get one saved query and how many customers fit now."""
    row = await customer_queries.get(ask.ctx, ask.actor, ask.path["id"])
    many = await customer_queries.count(ask.ctx, ask.actor, row.query)
    return m.SavedCustomerQueryDetail(**_fields(row), count=many)


async def change_customer_query(ask: Ask) -> m.SavedCustomerQuery:
    """Change a saved query; lists that it filled stay as they are."""
    body: m.SavedCustomerQueryBody = ask.body
    row = await customer_queries.change(
        ask.ctx, ask.actor, ask.path["id"], body.name, _wanted(body), body.expected_version
    )
    return m.SavedCustomerQuery(**_fields(row))


async def delete_customer_query(ask: Ask) -> m.SavedCustomerQueryList:
    """Forget a saved query; get those that are left."""
    await customer_queries.delete(ask.ctx, ask.actor, ask.path["id"])
    return await list_customer_queries(ask)


async def count_customers(ask: Ask) -> m.CustomerCount:
    """Count the customers who fit conditions now."""
    return m.CustomerCount(count=await customer_queries.count(ask.ctx, ask.actor, _wanted(ask.query)))


async def load_customer_query(ask: Ask) -> TargetImport:
    """Begin to load a saved query into a campaign; ask the import how far it is."""
    loads = _loads(ask)
    loads.refuse_more()
    started, wanted = await customer_queries.begin_load(ask.ctx, ask.actor, ask.path["id"], ask.path["query"])
    loads.begin(ask.ctx, started.id, campaign_targets.load_query(ask.ctx, started, wanted))
    return TargetImport(**import_fields(started))


async def load_due_visits(ask: Ask) -> TargetImport:
    """Begin to load the orders that are due for a visit by phone into a campaign of kind order call-back."""
    loads = _loads(ask)
    loads.refuse_more()
    started = await visit_calls.begin_load(ask.ctx, ask.actor, ask.path["id"])
    loads.begin(ask.ctx, started.id, visit_calls.load_due(ask.ctx, started))
    return TargetImport(**import_fields(started))


#: What a list may be sent as; what it is its content says.
_LIST_TYPES = (
    "application/octet-stream",
    "text/csv",
    "application/vnd.ms-excel",  # what Windows calls a .csv
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)


async def send_list(ask: Ask) -> TargetImport:
    """Send an .xlsx or .csv file as the body (100 MB, a million rows); ask the import how far it is."""
    request, campaign_id, loads = ask.request, ask.path["id"], _loads(ask)
    if request.content_type not in _LIST_TYPES or request.headers.get(hdrs.CONTENT_ENCODING, "identity") != "identity":
        raise Refused(
            415,
            "content_type",
            "请把 .xlsx 或 .csv 文件原样作为请求内容发送，Content-Type: application/octet-stream",
            "Send the .xlsx or .csv file itself as the body, with Content-Type: application/octet-stream",
        )
    await campaign_targets.check_open(ask.ctx, ask.actor, campaign_id)  # before a stranger's bytes are read
    loads.refuse_more()
    folder = tempfile.TemporaryDirectory(prefix="ccengine-list-")
    try:
        await save_list(request, Path(folder.name) / "list")
        loads.refuse_more()
        name = ask.query.name
        started = await campaign_targets.begin_import(ask.ctx, ask.actor, campaign_id, "file", name)
    except BaseException:
        folder.cleanup()
        raise
    loads.begin(ask.ctx, started.id, _load_file(ask, started, folder))
    return TargetImport(**import_fields(started))


async def _load_file(ask: Ask, started: ImportRow, folder: tempfile.TemporaryDirectory[str]) -> None:
    with folder as name:
        await campaign_targets.load_file(ask.ctx, started, Path(name) / "list")


async def get_import(ask: Ask) -> TargetImport:
    """Say how far a list's loading is."""
    row = await campaign_views.load(ask.ctx, ask.actor, ask.path["id"], ask.path["import"])
    return TargetImport(**import_fields(row))


async def list_refusals(ask: Ask) -> m.RefusalList:
    """List the rows of a list that became no target, each with its reason."""
    query: m.RefusalQuery = ask.query
    path = ask.path
    rows = await campaign_views.refusals(ask.ctx, ask.actor, path["id"], path["import"], query.after, query.limit)
    return m.RefusalList(items=[Refusal(row=one.row, text=one.text, reason=one.reason) for one in rows])


_BODY = m.SavedCustomerQueryBody
ENDPOINTS = (
    endpoint("GET", "/customer-queries", list_customer_queries, "view", m.SavedCustomerQueryList),
    endpoint(
        "POST",
        "/customer-queries",
        save_customer_query,
        "edit",
        m.SavedCustomerQuery,
        body=_BODY,
        status=201,
        problems=(409,),
    ),
    endpoint("GET", "/customer-queries/{id}", get_customer_query, "view", m.SavedCustomerQueryDetail),
    endpoint(
        "POST",
        "/customer-queries/{id}",
        change_customer_query,
        "edit",
        m.SavedCustomerQuery,
        body=_BODY,
        problems=(409,),
    ),
    endpoint("DELETE", "/customer-queries/{id}", delete_customer_query, "edit", m.SavedCustomerQueryList),
    endpoint("GET", "/customer-count", count_customers, "view", m.CustomerCount, query=m.CustomerCountQuery),
    endpoint(
        "POST",
        "/campaigns/{id}/customer-queries/{query}",
        load_customer_query,
        "edit",
        TargetImport,
        status=202,
        problems=(409,),
    ),
    endpoint("POST", "/campaigns/{id}/visits", load_due_visits, "edit", TargetImport, status=202, problems=(409,)),
    endpoint(
        "POST",
        "/campaigns/{id}/lists",
        send_list,
        "edit",
        TargetImport,
        query=m.ListQuery,
        status=202,
        raw_body=True,
        problems=(409, 415),
    ),
    endpoint("GET", "/campaigns/{id}/imports/{import}", get_import, "view", TargetImport),
    endpoint(
        "GET",
        "/campaigns/{id}/imports/{import}/refusals",
        list_refusals,
        "view",
        m.RefusalList,
        query=m.RefusalQuery,
    ),
)
