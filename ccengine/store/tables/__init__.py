"""All tables, by area. Importing this package fills `metadata`."""

from ccengine.store.tables import calls, customers, people, search, waiting, work_orders
from ccengine.store.tables.base import metadata

__all__ = ["calls", "customers", "metadata", "people", "search", "waiting", "work_orders"]
