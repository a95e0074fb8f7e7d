"""Closed lists that live elsewhere, as field types; and the cursor of a list."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from ccengine.backoffice.api.fields import (
    one_of,
)
from ccengine.hotline.outage import DISTRICTS
from ccengine.services.agents import PAUSE_REASONS, STATES

DistrictCode: Any = one_of(DISTRICTS)
DistrictOrNone: Any = one_of(("", *DISTRICTS))
AgentState: Any = one_of(STATES)
PauseReason: Any = one_of(PAUSE_REASONS)
Next = Annotated[str | None, Field(description="Cursor of the next page; null at the end")]
