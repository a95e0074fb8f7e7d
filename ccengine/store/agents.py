"""Agents and devices in the database.

What does not live here: their state now (calls/board).
"""

from __future__ import annotations

from sqlalchemy import select, update

from ccengine.rows import AgentRow, DeviceRow
from ccengine.store.database import Db, clean, fit
from ccengine.store.tables.people import agents, devices
from ccengine.store.upsert import upsert


class Agents:
    """Implements store_port.AgentRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def get(self, number: str) -> AgentRow | None:
        """Return one agent."""
        query = select(agents).where(agents.c.number == clean(number))
        row = (await self._db.execute(query)).mappings().one_or_none()
        return AgentRow(**row) if row is not None else None

    async def list(self) -> tuple[AgentRow, ...]:
        """Return all agents by number."""
        query = select(agents).order_by(agents.c.number)
        return tuple(AgentRow(**row) for row in (await self._db.execute(query)).mappings())

    async def devices(self) -> tuple[DeviceRow, ...]:
        """Return all phones by extension."""
        query = select(devices).order_by(devices.c.extension)
        return tuple(DeviceRow(**row) for row in (await self._db.execute(query)).mappings())

    async def save(self, agent: AgentRow) -> None:
        """Add or change an agent."""
        values = {name: getattr(agent, name) for name in AgentRow.__slots__}
        await upsert(self._db, agents, fit(agents, values), ("number",))

    async def save_device(self, device: DeviceRow) -> None:
        """Add or change a phone."""
        values = {name: getattr(device, name) for name in DeviceRow.__slots__}
        await upsert(self._db, devices, fit(devices, values), ("extension",))

    async def set_extension(self, number: str, extension: str) -> None:
        """Remember the phone that an agent signed in on last."""
        await self._db.execute(update(agents).where(agents.c.number == number).values(extension=extension))
