"""HTTPS of the site's own making, and refusing to send passwords in the clear."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from click.testing import CliRunner
from cryptography import x509
from pages_site import PASSWORD, Site

from ccengine.backoffice.app import make_app
from ccengine.backoffice.binding import UnsafeBinding, check_bind, tls_context
from ccengine.backoffice.engine_door import EngineDoor
from ccengine.backoffice.tls import init_tls, tls
from ccengine.config import Settings

NOW = datetime.now(UTC)


def test_plain_http_is_allowed_on_the_loopback_only() -> None:
    for host in ("127.0.0.1", "::1", "localhost", "127.8.9.1"):
        assert check_bind(Settings(web={"host": host})) is None  # type: ignore[arg-type]
    for host in ("0.0.0.0", "::", "192.0.2.7", "hotline.example"):
        with pytest.raises(UnsafeBinding, match="tls init"):
            check_bind(Settings(web={"host": host}))  # type: ignore[arg-type]


def test_certificate_and_key_belong_together() -> None:
    with pytest.raises(UnsafeBinding, match="both"):
        check_bind(Settings(web={"tls_certificate": "a.crt"}))  # type: ignore[arg-type]


def test_a_missing_certificate_is_named() -> None:
    with pytest.raises(UnsafeBinding, match="no-such"):
        check_bind(Settings(web={"tls_certificate": "no-such.crt", "tls_key": "no-such.key"}))  # type: ignore[arg-type]


async def test_a_page_is_served_with_the_made_certificate_and_trusted_by_its_authority(tmp_path: Path) -> None:
    files = init_tls(tmp_path / "tls", ("localhost", "127.0.0.1"), NOW)
    web_settings = {"host": "0.0.0.0", "tls_certificate": str(files.certificate), "tls_key": str(files.key)}
    context = check_bind(Settings(web=web_settings))  # type: ignore[arg-type]
    assert context is not None
    app = web.Application()
    app.router.add_get("/", _answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        port = runner.addresses[0][1]
        trusted = ssl.create_default_context(cafile=str(files.ca_certificate))
        async with aiohttp.ClientSession() as session:
            async with session.get(f"https://localhost:{port}/", ssl=trusted) as response:
                assert await response.text() == "ok"
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await session.get(f"https://localhost:{port}/", ssl=ssl.create_default_context())
    finally:
        await runner.cleanup()


async def _answer(_request: web.Request) -> web.Response:
    return web.Response(text="ok")


def test_keys_are_readable_by_their_owner_only_and_the_authority_stays(tmp_path: Path) -> None:
    first = init_tls(tmp_path, ("localhost",), NOW)
    authority = first.ca_certificate.read_bytes()
    again = init_tls(tmp_path, ("hotline.example", "192.0.2.7"), NOW)
    assert again.ca_certificate.read_bytes() == authority
    assert {path.stat().st_mode & 0o777 for path in (again.key, again.ca_key)} == {0o600}
    certificate = x509.load_pem_x509_certificate(again.certificate.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["hotline.example"]
    tls_context(str(again.certificate), str(again.key))


@pytest.mark.parametrize("name", ["", "two words", "热线", "a..b", "-"])
def test_a_name_that_is_no_host_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError):
        init_tls(tmp_path, (name,), NOW)


def test_the_command_makes_the_files_and_says_what_to_set(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path)
    result = CliRunner().invoke(tls, ["init", "--name", "hotline.example"], obj=settings)
    assert result.exit_code == 0, result.output
    assert "tls_certificate" in result.output and (tmp_path / "tls" / "server.crt").exists()
    refused = CliRunner().invoke(tls, ["init", "--name", "two words"], obj=settings)
    assert refused.exit_code != 0 and "two words" in refused.output


async def test_over_tls_the_cookie_is_secure_and_of_this_host_only(site: Site, tmp_path: Path) -> None:
    files = init_tls(tmp_path / "tls", ("localhost",), NOW)
    door = EngineDoor(site.ctx.settings)
    runner = web.AppRunner(make_app(site.ctx, door))
    await runner.setup()
    try:
        context = tls_context(str(files.certificate), str(files.key))
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        trusted = ssl.create_default_context(cafile=str(files.ca_certificate))
        base = f"https://localhost:{runner.addresses[0][1]}"
        fields = {"user": "admin", "password": PASSWORD}
        async with aiohttp.ClientSession() as session:
            sent = session.post(
                f"{base}/sign-in", data=fields, headers={"Origin": base}, ssl=trusted, allow_redirects=False
            )
            async with sent as response:
                assert response.status == 303
                cookie = response.headers["Set-Cookie"]
                assert cookie.startswith("__Host-cc_session=") and "Secure" in cookie and "Path=/" in cookie
                assert "max-age" in response.headers["Strict-Transport-Security"]
            async with session.get(f"{base}/board", ssl=trusted) as response:
                assert response.status == 200 and str(response.url).endswith("/board")
    finally:
        await runner.cleanup()
        await door.close()
