"""/metrics of the back office: who may read it, what it holds while the engine is there and while it is away."""

from __future__ import annotations

from api_peer import Api
from metrics_text import read


async def _get(api: Api, **headers: str) -> tuple[int, str]:
    async with api.http.get("/metrics", headers=headers) as answer:
        return answer.status, await answer.text()


async def test_program_on_this_machine_needs_no_token(api: Api) -> None:
    api.engine.figures = lambda: "# HELP ccengine_x X.\n# TYPE ccengine_x gauge\nccengine_x 1\n"
    status, text = await _get(api)
    assert status == 200
    found = read(text)
    assert found["ccengine_database_up"] == 1
    assert found["ccengine_engine_up"] == 1
    assert found["ccengine_x"] == 1


async def test_engine_away_is_a_figure(api: Api) -> None:
    await api.engine.close()
    status, text = await _get(api)
    assert status == 200
    assert read(text)["ccengine_engine_up"] == 0


async def test_request_through_a_proxy_needs_a_token(api: Api) -> None:
    proxied = {"X-Forwarded-For": "203.0.113.9"}
    status, text = await _get(api, **proxied)
    assert status == 401
    assert "token" in text or "令牌" in text
    assert (await _get(api, **proxied, Authorization=f"Bearer {api.tokens['supervisor']}"))[0] == 200


async def test_wrong_token_is_refused_even_here(api: Api) -> None:
    assert (await _get(api, Authorization="Bearer cct_wrong"))[0] == 401
    assert (await _get(api, Authorization=f"Basic {api.tokens['supervisor']}"))[0] == 401


async def test_token_without_the_board_is_refused(api: Api) -> None:
    assert (await _get(api, Authorization=f"Bearer {api.tokens['field_worker']}"))[0] == 403
