"""What keeps phones in the browser from working: the PBX's web server and WebSocket, and pages without encryption.

What does not live here: SIP phones, ports and the configuration's freshness (doctor, operations/place_checks).
"""

from __future__ import annotations

import base64
import ipaddress
import os
import socket

from ccengine.asterisk.doctor import Finding
from ccengine.config import Settings
from ccengine.config.pbx import PBX_HTTP_HOST

_PATIENCE_SECONDS = 2.0
_NO_SOCKET = (
    "加载模块 res_http_websocket、res_pjsip_transport_websocket · load these modules; "
    "http.conf [general] enabled=yes, bindaddr=127.0.0.1, bindport={port}; then restart the PBX when no call is on"
)
_NOT_SECURE = (
    "浏览器只在 https 或本机网页上允许话筒 · browsers allow the microphone on https pages only: ccengine tls init, "
    "or a reverse proxy with a certificate named in web.trusted_proxies"
)


def check_browser_phones(settings: Settings) -> list[Finding]:
    """Look at both ends of such a phone's line; nothing where there is none."""
    phones = settings.pbx.phones_in_browser
    if not phones:
        return []
    port = settings.pbx.http_port
    said = websocket_of(PBX_HTTP_HOST, port)
    what = f"浏览器电话 · browser phones {', '.join(phones)}: PBX WebSocket {PBX_HTTP_HOST}:{port}/ws"
    remedy = _NO_SOCKET.format(port=port) if said else ""
    line = Finding(ok=not said, what=f"{what}: {said}" if said else what, remedy=remedy)
    web = settings.web
    secure = bool(web.tls_certificate or web.trusted_proxies) or _is_loopback(web.host)
    pages = Finding(
        ok=secure, what=f"浏览器电话的页面 · pages of browser phones: {web.host}", remedy="" if secure else _NOT_SECURE
    )
    return [line, pages]


def websocket_of(host: str, port: int) -> str:
    """Ask for a WebSocket that speaks SIP; return "" where there is one, else what came instead."""
    key = base64.b64encode(os.urandom(16)).decode()
    asked = (
        f"GET /ws HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: sip\r\n\r\n"
    )
    try:
        with socket.create_connection((host, port), timeout=_PATIENCE_SECONDS) as link:
            link.sendall(asked.encode("ascii"))
            answer = link.recv(200).decode("latin-1").split("\r\n")[0]
    except OSError as error:
        return error.strerror or str(error)
    return "" if " 101 " in f"{answer} " else answer[:80] or "no answer"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
