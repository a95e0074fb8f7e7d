"""What every part of the settings is made of.

What does not live here: the parts themselves.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0, le=86400)]


class Section(BaseModel):
    """A part of the settings: unknown names are errors, so a typing mistake is found at the start."""

    model_config = ConfigDict(extra="forbid", frozen=True)
