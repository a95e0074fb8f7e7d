"""`ccengine tls init`: a certificate authority of the site's own and a server certificate signed by it.

For sites without a certificate: people import `ca.crt` once into their browsers. What does not live here: serving.
"""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import click
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ccengine.clock import SystemClock
from ccengine.config import Settings

_CA_DAYS = 3650
_SERVER_DAYS = 397  # the longest that browsers accept of a server certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """Where the four files stand."""

    ca_certificate: Path
    ca_key: Path
    certificate: Path
    key: Path


def init_tls(folder: Path, names: tuple[str, ...], now: datetime) -> TlsFiles:
    """Make the authority (once) and a fresh server certificate for `names` (host names or addresses).

    Raises:
        ValueError: no names, or one that is no host name.
        OSError: the folder cannot be written.
    """
    if not names:
        raise ValueError("name at least one host name or address under which people open the pages")
    folder.mkdir(parents=True, exist_ok=True)
    files = TlsFiles(
        ca_certificate=folder / "ca.crt",
        ca_key=folder / "ca.key",
        certificate=folder / "server.crt",
        key=folder / "server.key",
    )
    if not files.ca_key.exists():
        _make_authority(files, now)
    authority = x509.load_pem_x509_certificate(files.ca_certificate.read_bytes())
    authority_key = serialization.load_pem_private_key(files.ca_key.read_bytes(), password=None)
    if not isinstance(authority_key, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{files.ca_key} is not a key made by this command")
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _server_certificate(key, names, authority, authority_key, now)
    _write_key(files.key, key)
    chain = certificate.public_bytes(serialization.Encoding.PEM) + authority.public_bytes(serialization.Encoding.PEM)
    files.certificate.write_bytes(chain)
    return files


def _make_authority(files: TlsFiles, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ccengine site CA")])
    certificate = (
        _builder(name, name, key.public_key(), now, _CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(authority=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write_key(files.ca_key, key)
    files.ca_certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _server_certificate(
    key: ec.EllipticCurvePrivateKey,
    names: tuple[str, ...],
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    now: datetime,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    return (
        _builder(subject, authority.subject, key.public_key(), now, _SERVER_DAYS)
        .add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()),
            critical=False,
        )
        .sign(authority_key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=days))
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        if not name.isascii() or not all(part and part.replace("-", "").isalnum() for part in name.split(".")):
            raise ValueError(f"{name!r} is neither a host name nor an address") from None
        return x509.DNSName(name)


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)


@click.group("tls")
def tls() -> None:
    """Certificates for the back office."""


@tls.command("init")
@click.option("--name", "names", multiple=True, help="Host name or address of the pages; may be repeated.")
@click.pass_obj
def tls_init(settings: Settings, names: tuple[str, ...]) -> None:
    """Make a certificate authority of the site's own and a server certificate, and say what to do with them."""
    try:
        files = init_tls(settings.state_dir / "tls", names or ("localhost", "127.0.0.1"), SystemClock().now())
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Authority for people's browsers: {files.ca_certificate}")
    click.echo("In ccengine.toml:")
    click.echo(f'[web]\ntls_certificate = "{files.certificate}"\ntls_key = "{files.key}"')
