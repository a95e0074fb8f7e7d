"""Users, sessions, sign-in attempts and API tokens in the database.

What does not live here: passwords and limits (services/sign_in.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update

from ccengine.rows import SessionRow, TokenRow, UserRow
from ccengine.store.database import Db, clean, fit
from ccengine.store.tables.people import api_tokens, login_attempts, old_passwords, users, web_sessions

_ATTEMPTS_KEPT = timedelta(days=7)


class Users:
    """Implements store_port.UserRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def get(self, user_id: int) -> UserRow | None:
        """Return one user."""
        return await self._one(users.c.id == user_id)

    async def by_name(self, user_name: str) -> UserRow | None:
        """Return the user with that name, spelt exactly so."""
        return await self._one(users.c.user_name == clean(user_name))

    async def _one(self, condition: Any) -> UserRow | None:
        row = (await self._db.execute(select(users).where(condition))).mappings().one_or_none()
        return _user(row) if row is not None else None

    async def list(self) -> tuple[UserRow, ...]:
        """Return all users by name."""
        query = select(users).order_by(users.c.user_name)
        return tuple(_user(row) for row in (await self._db.execute(query)).mappings())

    async def insert(
        self,
        user_name: str,
        password_hash: str,
        display_name: str,
        roles: frozenset[str],
        agent_number: str | None,
        now: datetime,
        must_change: bool = False,
    ) -> int:
        """Add a user, who changes the password at the first sign-in (`must_change`); return the id. Raises
        AlreadyExists."""
        values = {
            "user_name": user_name,
            "password_hash": password_hash,
            "display_name": display_name,
            "roles": sorted(roles),
            "agent_number": agent_number,
            "active": True,
            "created_at": now,
            "password_set_at": now,
            "password_must_change": must_change,
        }
        result = await self._db.execute(insert(users).values(**fit(users, values)).returning(users.c.id))
        user_id: int = result.scalar_one()
        return user_id

    async def change(self, user_id: int, display_name: str, roles: frozenset[str], agent_number: str | None) -> None:
        """Say anew what a user is called, may do, and which agent it is."""
        values = {"display_name": display_name, "roles": sorted(roles), "agent_number": agent_number}
        await self._db.execute(update(users).where(users.c.id == user_id).values(**fit(users, values)))

    async def set_password(self, user_id: int, password_hash: str, now: datetime, must_change: bool = False) -> None:
        """Replace a user's password; `must_change`: at the next sign-in it is changed again."""
        values = {"password_hash": password_hash, "password_set_at": now, "password_must_change": must_change}
        await self._db.execute(update(users).where(users.c.id == user_id).values(**values))

    async def keep_password(self, user_id: int, password_hash: str, now: datetime, most: int) -> None:
        """Remember a password that is left behind, and forget all but the last `most` of the user's."""
        values = {"user_id": user_id, "password_hash": password_hash, "until": now}
        await self._db.execute(insert(old_passwords).values(**values))
        own = old_passwords.c.user_id == user_id
        kept = select(old_passwords.c.id).where(own).order_by(old_passwords.c.id.desc()).limit(most)
        await self._db.execute(delete(old_passwords).where(own, old_passwords.c.id.not_in(kept)))

    async def old_passwords(self, user_id: int, limit: int) -> tuple[str, ...]:
        """Return the hashes of the passwords a user left behind, newest first."""
        query = select(old_passwords.c.password_hash).where(old_passwords.c.user_id == user_id)
        query = query.order_by(old_passwords.c.id.desc()).limit(limit)
        return tuple((await self._db.execute(query)).scalars())

    async def set_phone_pin(self, user_id: int, pin_hash: str) -> None:
        """Replace a user's PIN; "" takes it away."""
        await self._db.execute(update(users).where(users.c.id == user_id).values(phone_pin_hash=pin_hash))

    async def set_active(self, user_id: int, active: bool) -> None:
        """Bar or re-admit a user."""
        await self._db.execute(update(users).where(users.c.id == user_id).values(active=active))

    async def set_language(self, user_id: int, language: str) -> None:
        """Say in which language a user reads the pages."""
        await self._db.execute(update(users).where(users.c.id == user_id).values(language=language))

    async def add_attempt(self, at: datetime, user_name: str, ip: str, ok: bool) -> int:
        """Keep an attempt to sign in and return its id."""
        values = fit(login_attempts, {"at": at, "user_name": user_name, "ip": ip, "ok": ok})
        result = await self._db.execute(insert(login_attempts).values(**values).returning(login_attempts.c.id))
        attempt_id: int = result.scalar_one()
        return attempt_id

    async def attempt_succeeded(self, attempt_id: int) -> None:
        """Say that an attempt was a good one after all."""
        await self._db.execute(update(login_attempts).where(login_attempts.c.id == attempt_id).values(ok=True))

    async def failures(self, *, since: datetime, user_name: str | None, ip: str | None) -> tuple[datetime, ...]:
        """Return the moments of failed attempts since then, after the last success of the same kind."""
        table = login_attempts.c
        same = [table.at > since]
        if user_name is not None:
            same.append(table.user_name == clean(user_name))
        if ip is not None:
            same.append(table.ip == clean(ip))
        query = select(table.at, table.ok).where(*same).order_by(table.at.desc(), table.id.desc()).limit(200)
        moments: list[datetime] = []
        for row in await self._db.execute(query):
            if row.ok and user_name is not None:
                break
            if not row.ok:
                moments.append(row.at)
        return tuple(moments)

    async def insert_session(self, row: SessionRow) -> None:
        """Add a session."""
        values = {name: getattr(row, name) for name in SessionRow.__slots__}
        await self._db.execute(insert(web_sessions).values(**fit(web_sessions, values)))

    async def session(self, token_hash: str) -> SessionRow | None:
        """Return the session with that token hash."""
        query = select(web_sessions).where(web_sessions.c.token_hash == token_hash)
        row = (await self._db.execute(query)).mappings().one_or_none()
        return SessionRow(**row) if row is not None else None

    async def touch_session(self, token_hash: str, now: datetime) -> None:
        """Say that a session was used."""
        same = web_sessions.c.token_hash == token_hash
        await self._db.execute(update(web_sessions).where(same).values(last_seen_at=now))

    async def delete_session(self, token_hash: str) -> None:
        """End a session."""
        await self._db.execute(delete(web_sessions).where(web_sessions.c.token_hash == token_hash))

    async def delete_sessions_of(self, user_id: int) -> None:
        """End all sessions of a user."""
        await self._db.execute(delete(web_sessions).where(web_sessions.c.user_id == user_id))

    async def delete_expired(self, now: datetime) -> None:
        """Drop sessions and attempts that count no more."""
        await self._db.execute(delete(web_sessions).where(web_sessions.c.expires_at <= now))
        await self._db.execute(delete(login_attempts).where(login_attempts.c.at < now - _ATTEMPTS_KEPT))

    async def insert_token(
        self, name: str, token_hash: str, roles: frozenset[str], now: datetime, expires_at: datetime | None
    ) -> int:
        """Add an API token by its hash and return the id."""
        values = {
            "name": name,
            "token_hash": token_hash,
            "roles": sorted(roles),
            "created_at": now,
            "expires_at": expires_at,
        }
        result = await self._db.execute(insert(api_tokens).values(**fit(api_tokens, values)).returning(api_tokens.c.id))
        token_id: int = result.scalar_one()
        return token_id

    async def token(self, token_hash: str) -> TokenRow | None:
        """Return the token with that hash."""
        query = select(api_tokens).where(api_tokens.c.token_hash == token_hash)
        row = (await self._db.execute(query)).mappings().one_or_none()
        return _token(row) if row is not None else None

    async def tokens(self) -> tuple[TokenRow, ...]:
        """Return all tokens."""
        query = select(api_tokens).order_by(api_tokens.c.id)
        return tuple(_token(row) for row in (await self._db.execute(query)).mappings())

    async def revoke_token(self, token_id: int, now: datetime) -> bool:
        """Revoke a token; False when there is none with that id or it was revoked before."""
        same = (api_tokens.c.id == token_id) & api_tokens.c.revoked_at.is_(None)
        return (await self._db.execute(update(api_tokens).where(same).values(revoked_at=now))).rowcount == 1

    async def touch_token(self, token_id: int, now: datetime) -> None:
        """Say that a token was used."""
        await self._db.execute(update(api_tokens).where(api_tokens.c.id == token_id).values(last_used_at=now))


def _user(row: Mapping[Any, Any]) -> UserRow:
    values = {name: row[name] for name in UserRow.__slots__}
    return UserRow(**values | {"roles": frozenset(row["roles"])})


def _token(row: Mapping[Any, Any]) -> TokenRow:
    values = {name: row[name] for name in TokenRow.__slots__}
    return TokenRow(**values | {"roles": frozenset(row["roles"])})
