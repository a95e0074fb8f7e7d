"""Generated secrets: passwords of the two AMI users and of the phones. Made once, kept in one file of mode 600.

What does not live here: passwords of people (services/sign_in), API tokens (services/tokens).
"""

from __future__ import annotations

import json
import os
import secrets as random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ccengine.config import Settings

AMI_USERS = ("cc_events", "cc_actions")


class SecretsError(Exception):
    """The file of secrets cannot be read; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What only the PBX, the engine and the phones know."""

    ami: dict[str, str]  # AMI user -> secret
    sip: dict[str, str]  # extension (= SIP user) -> password

    def __repr__(self) -> str:
        return f"Secrets(ami={sorted(self.ami)}, sip={sorted(self.sip)})"


def load_or_create(settings: Settings) -> Secrets:
    """Return the site's secrets; what is missing is generated and stored.

    Raises SecretsError when the file exists but is not ours to read or is not what we wrote.
    """
    path = settings.secrets_file
    stored, known = _read(path), load(settings)
    ami = {user: known.ami.get(user) or _password() for user in AMI_USERS}
    sip = known.sip | {phone: known.sip.get(phone) or _password() for phone in settings.pbx.devices}
    made = Secrets(ami=ami, sip=sip)
    if made != known:
        _write(path, stored | {"ami": ami, "sip": sip})
    return made


def load(settings: Settings) -> Secrets:
    """Return the secrets that are there, none where no file is. Raises SecretsError as above; makes nothing."""
    stored = _read(settings.secrets_file)
    return Secrets(ami=dict(stored.get("ami", {})), sip=dict(stored.get("sip", {})))


def _password() -> str:
    return random.token_hex(16)  # hex: nothing that a configuration file or a SIP header would misread


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except PermissionError as error:
        raise SecretsError(_not_ours(path)) from error
    except (OSError, ValueError) as error:
        raise SecretsError(_what_to_do(path, str(error))) from error
    if not isinstance(content, dict) or not all(_is_table(content.get(name, {})) for name in ("ami", "sip")):
        raise SecretsError(_what_to_do(path, "ami, sip: {name: password}"))
    return content


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(secret, str) for secret in value.values())


def _what_to_do(path: Path, what: str) -> str:
    return (
        f"密码文件 {path} 无法读取，请删除它，系统会生成新密码。 "
        f"The file of secrets cannot be used ({what}): remove {path} to have new secrets made"
    )


def _not_ours(path: Path) -> str:
    return f"密码文件 {path} 属于其他用户，请以该用户运行。 {path} is another user's: run as that user"


def _write(path: Path, content: dict[str, Any]) -> None:
    """Replace the file at once, readable by its owner only from its first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
    fresh.replace(path)
