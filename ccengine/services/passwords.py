"""Passwords: their hashes (argon2id, made in a thread), the site's rules for new ones, and when one must be changed.

What does not live here: signing in, sessions, who may set whose (sign_in.py).
"""

from __future__ import annotations

import asyncio
import math
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ccengine.config.web import Passwords
from ccengine.rows import UserRow
from ccengine.services.errors import Invalid

#: argon2id with OWASP's figures: 19 MiB, two passes, one lane; about 30 ms, so that a shift change is no traffic jam.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
#: Checked when there is no such user, so that the answer takes as long.
NOBODY = _HASHER.hash(secrets.token_urlsafe(16))
LONGEST = 1024
_PLAIN = "abcdefghjkmnpqrstuvwxyz23456789"
#: Kinds that a password of _PLAIN and dashes can have.
MADE_UP_KINDS = 3
#: A user name shorter than this may stand inside of a password by chance.
_NAME_FROM = 4
#: Why a password must be changed before anything else.
FIRST, EXPIRED = "first", "expired"


async def hash_password(password: str) -> str:
    """Return the argon2id hash, made in a thread (about 30 ms)."""
    return await asyncio.to_thread(_HASHER.hash, password)


async def verify(stored: str, password: str) -> bool:
    """Say whether a password belongs to a hash, looked at in a thread."""
    return await asyncio.to_thread(_verify, stored, password)


def _verify(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def kinds_of(password: str) -> int:
    """Return how many of the four kinds it has: small letters, capitals, digits, anything else."""
    kinds = {
        "small" if sign.isascii() and sign.islower() else
        "capital" if sign.isascii() and sign.isupper() else
        "digit" if sign.isascii() and sign.isdigit() else "other"
        for sign in password
    }  # fmt: skip
    return len(kinds)


def check_new(rules: Passwords, password: str, user_name: str) -> None:
    """Raise Invalid("password") unless a new password is as the site wants it."""
    if len(password) > LONGEST:
        raise Invalid(
            "password", f"密码最多 {LONGEST} 位", f"A password has at most {LONGEST} characters; choose a shorter one"
        )
    if len(password) < rules.min_length:
        raise Invalid(
            "password",
            f"密码至少 {rules.min_length} 位",
            f"A password has at least {rules.min_length} characters",
        )
    if kinds_of(password) < rules.kinds:
        raise Invalid(
            "password",
            f"密码要包含小写字母、大写字母、数字、符号中的至少 {rules.kinds} 种",
            f"Use at least {rules.kinds} of these kinds: small letters, capitals, digits, signs",
        )
    name, text = user_name.lower(), password.lower()
    if name == text or (len(name) >= _NAME_FROM and name in text):
        raise Invalid("password", "密码不能包含用户名", "A password must not contain the user name")


async def check_unused(rules: Passwords, password: str, hashes: Iterable[str]) -> None:
    """Raise Invalid("password") when it is one of the last that the user had (hashes, newest first)."""
    for stored in list(hashes)[: rules.history]:
        if await verify(stored, password):
            raise Invalid(
                "password",
                f"不能与最近用过的 {rules.history} 个密码相同",
                f"It is one of the last {rules.history} passwords; choose another",
            )


def made_up(rules: Passwords) -> str:
    """Return a password nobody chose, as the rules want it, to be told once and changed at the first sign-in.

    People can read it to one another: no letters that look alike, in groups of four.
    """
    letters = _PLAIN + (_PLAIN.upper() if rules.kinds > MADE_UP_KINDS else "")
    groups = max(4, math.ceil((rules.min_length + 1) / 5))
    while True:
        password = "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(groups))
        if kinds_of(password) >= rules.kinds:
            return password


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a person's password stands: why it must be changed ("" where not), how many days it is good for, told once
    these are few."""

    must_change: str = ""
    days_left: int | None = None


def standing(rules: Passwords, user: UserRow, signed_in_at: datetime, now: datetime) -> Standing:
    """Return how a password stands. Its age counts at sign-in: nobody is thrown out of a shift in the middle of it."""
    if user.password_must_change:
        return Standing(must_change=FIRST)
    if not rules.max_age_days:
        return Standing()
    if user.password_set_at is None:  # a row that somebody else's hand wrote
        return Standing(must_change=EXPIRED)
    ends_at = user.password_set_at + timedelta(days=rules.max_age_days)
    if signed_in_at >= ends_at:
        return Standing(must_change=EXPIRED)
    left = max(0, math.ceil((ends_at - now) / timedelta(days=1)))
    return Standing(days_left=left if left <= rules.warn_days else None)
