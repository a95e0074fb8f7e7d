"""One's own password: the site's rules, how it stands, changing it."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from ccengine.backoffice.api.fields import In, Out
from ccengine.services.passwords import LONGEST


class PasswordStanding(Out):
    """The site's rules for passwords, and how one's own stands."""

    min_length: int
    kinds: int = Field(description="How many of: small letters, capitals, digits, signs")
    history: int = Field(description="So many last ones are not taken again")
    max_age_days: int = Field(description="0: it never ends")
    must_change: str = Field(description="first: set by an administrator; expired: too old; empty: it need not")
    days_left: int | None = Field(description="Told once these are few")


class PasswordBody(In):
    """The current password, and the new one."""

    current: str = Field(max_length=LONGEST)
    password: str = Field(max_length=LONGEST)


class PasswordChanged(Out):
    """The password was changed. All sessions ended; the answer's cookie is a new one."""

    user_name: str
    expires_at: datetime = Field(description="When the new session ends")
