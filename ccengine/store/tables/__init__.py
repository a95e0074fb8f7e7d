"""All tables, by area. Importing this package fills `metadata`."""

from ccengine.store.tables import calls, customers, field, people, search, waiting, work_orders
from ccengine.store.tables.base import metadata

__all__ = ["calls", "customers", "field", "metadata", "people", "search", "waiting", "work_orders"]
