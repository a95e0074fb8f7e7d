"""Behind a reverse proxy: the visitor is the nearest address that is no proxy of ours, whatever the visitor writes."""

from __future__ import annotations

import ipaddress

import pytest
from pages_site import Site

from ccengine.backoffice.middlewares.proxy import visitor
from ccengine.services import progress

TRUSTED = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("127.0.0.1/32"))


@pytest.mark.parametrize(
    ("hops", "found"),
    [
        ("", "10.0.0.1"),
        ("198.51.100.7", "198.51.100.7"),
        ("203.0.113.9, 198.51.100.7", "198.51.100.7"),
        ("198.51.100.7, 10.2.3.4", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("2001:db8::1", "2001:db8::1"),
        ("198.51.100.7, <script>", "10.0.0.1"),
        ("x\r\ny, 10.9.9.9", "10.9.9.9"),
        (",".join(["10.1.1.1"] * 5000), "10.1.1.1"),
    ],
)
def test_visitor_is_read_from_the_right(hops: str, found: str) -> None:
    assert visitor("10.0.0.1", hops, TRUSTED) == found


async def test_throttle_of_the_progress_page_counts_visitors_not_the_proxy(site: Site) -> None:
    """The site's settings trust this machine as its proxy (pages_site)."""
    for number in range(progress.FAILURES_PER_CLIENT):
        await _try(site, f"WO20260101-{number:05d}", "198.51.100.7")
    assert await _try(site, "WO20260102-00001", "198.51.100.7") == 429
    assert await _try(site, "WO20260102-00001", "198.51.100.8") == 404


async def _try(site: Site, number: str, visitor_address: str) -> int:
    url = f"{site.base}/api/v1/progress"
    headers = {"X-Forwarded-For": f"203.0.113.1, {visitor_address}"}
    async with site.stranger().session.post(url, json={"number": number, "code": "000000"}, headers=headers) as answer:
        return answer.status
