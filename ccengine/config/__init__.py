"""The site's settings: one TOML file, overridden by CCENGINE_* variables. Each wait has its deadline here, by name.

A file per area: site, pbx, engine, campaigns, orders, web; `settings` puts them together.
What does not live here: what an administrator edits at run time (menus, rules, calendars are rows or data files).
"""

from ccengine.config.campaigns import Dial, EarlyMedia
from ccengine.config.engine import Door, Engine, Truth
from ccengine.config.orders import Orders
from ccengine.config.pbx import Agi, Ami, Disk, Journal, Pbx
from ccengine.config.settings import Settings, load
from ccengine.config.site import Database, Site
from ccengine.config.web import BrowserPhone, Evidence, Web

__all__ = [
    "Agi",
    "Ami",
    "BrowserPhone",
    "Database",
    "Dial",
    "Disk",
    "Door",
    "EarlyMedia",
    "Engine",
    "Evidence",
    "Journal",
    "Orders",
    "Pbx",
    "Settings",
    "Site",
    "Truth",
    "Web",
    "load",
]
