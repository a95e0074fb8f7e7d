"""Where the back office may listen: plain HTTP on the loopback only, anything else needs a certificate."""

from __future__ import annotations

import ipaddress
import ssl

from ccengine.config import Settings


class UnsafeBinding(ValueError):
    """The settings would send passwords over a network in the clear; the text says what to do."""


def check_bind(settings: Settings) -> ssl.SSLContext | None:
    """Return the TLS context for the site's certificate, or None for plain HTTP on the loopback.

    Raises:
        UnsafeBinding: plain HTTP elsewhere, or only one of certificate and key is named.
    """
    web = settings.web
    if bool(web.tls_certificate) != bool(web.tls_key):
        raise UnsafeBinding("web.tls_certificate and web.tls_key belong together: set both, or neither")
    if web.tls_certificate:
        return tls_context(web.tls_certificate, web.tls_key)
    if not is_loopback(web.host):
        raise UnsafeBinding(
            f"web.host {web.host} is not the loopback and there is no certificate, so passwords would cross the "
            "network in the clear. Set web.tls_certificate and web.tls_key (`ccengine tls init` makes both), or "
            "web.host to 127.0.0.1"
        )
    return None


def tls_context(certificate: str, key: str) -> ssl.SSLContext:
    """Return a server context: TLS 1.2 or later. Raises UnsafeBinding when the files cannot be used."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise UnsafeBinding(f"the certificate {certificate} or its key {key} cannot be used: {error}") from error
    return context


def is_loopback(host: str) -> bool:
    """Tell whether an address is of this machine only; a name other than localhost is not trusted to be."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
