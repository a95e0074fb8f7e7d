"""All settings of a site together, where its files stand, and how both are read.

What does not live here: the single settings (a file per area beside this one).
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from pydantic import field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from ccengine.config.campaigns import Dial, EarlyMedia
from ccengine.config.engine import Door, Engine, Truth
from ccengine.config.orders import Orders
from ccengine.config.pbx import Agi, Ami, Disk, Journal, Pbx
from ccengine.config.site import Database, Site
from ccengine.config.web import BrowserPhone, Evidence, Passwords, Web

#: A Unix socket's path holds 107 bytes; the engine binds a name that is up to 12 longer first.
LONGEST_SOCKET_PATH = 92


class Settings(BaseSettings):
    """Everything a site sets."""

    model_config = SettingsConfigDict(env_prefix="CCENGINE_", env_nested_delimiter="__", extra="forbid", frozen=True)

    state_dir: Path = Path(".run")
    site: Site = Site()
    pbx: Pbx = Pbx()
    ami: Ami = Ami()
    agi: Agi = Agi()
    engine: Engine = Engine()
    dial: Dial = Dial()
    early_media: EarlyMedia = EarlyMedia()
    journal: Journal = Journal()
    disk: Disk = Disk()
    truth: Truth = Truth()
    database: Database = Database()
    web: Web = Web()
    passwords: Passwords = Passwords()
    browser_phone: BrowserPhone = BrowserPhone()
    evidence: Evidence = Evidence()
    orders: Orders = Orders()
    door: Door = Door()

    @field_validator("state_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @property
    def pbx_dir(self) -> Path:
        """Folder of the private PBX instance: etc/ var/ spool/ log/ run/."""
        return self.state_dir / "pbx"

    @property
    def pbx_root(self) -> Path:
        """The unpacked Asterisk, shared by instances where `pbx.root` names one folder for all."""
        return Path(self.pbx.root).expanduser().absolute() if self.pbx.root else self.state_dir / "asterisk-root"

    @property
    def cel_file(self) -> Path:
        """The journal of calls."""
        own = self.journal.cel_file
        return Path(own) if own else self.pbx_dir / "log" / "cel-custom" / "cel.csv"

    @property
    def queue_log_file(self) -> Path:
        """The journal of agents."""
        own = self.journal.queue_log_file
        return Path(own) if own else self.pbx_dir / "log" / "queue_log"

    @property
    def cdr_file(self) -> Path:
        """The PBX's own call detail records, a witness; there may be none."""
        own = self.journal.cdr_file
        return Path(own) if own else self.pbx_dir / "log" / "cdr-custom" / "ccengine.csv"

    @property
    def recordings_dir(self) -> Path:
        """Where the PBX writes recordings and voice messages (subfolders YYYY/MM/DD)."""
        own = self.pbx.recordings_dir
        return Path(own) if own else self.pbx_dir / "spool" / "monitor"

    @property
    def early_media_dir(self) -> Path:
        """Where the dialplan writes what is heard before an answer, until it is classified."""
        return self.recordings_dir / "early"

    @property
    def evidence_dir(self) -> Path:
        """Where photos, films and signatures from the field stand."""
        own = self.evidence.folder
        return Path(own).expanduser().absolute() if own else self.state_dir / "evidence"

    @property
    def secrets_file(self) -> Path:
        """Generated secrets: AMI users, SIP passwords. Mode 600."""
        return self.state_dir / "secrets.json"

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL with an async driver."""
        if not self.database.url:
            return f"sqlite+aiosqlite:///{self.state_dir / 'ccengine.sqlite'}"
        return self.database.url.replace("postgresql://", "postgresql+psycopg://", 1)

    @property
    def door_socket(self) -> Path:
        """The engine's Unix socket; where the state folder's path is too long for one (107 bytes), below /tmp."""
        if self.door.socket:
            return Path(self.door.socket)
        wanted = self.state_dir / "engine.sock"
        if len(os.fsencode(wanted)) <= LONGEST_SOCKET_PATH:
            return wanted
        return Path("/tmp") / f"ccengine-door-{hashlib.sha256(os.fsencode(wanted)).hexdigest()[:16]}" / "engine.sock"

    @property
    def anchor_folder(self) -> Path:
        """Where the anchors of the orders' histories are written."""
        return Path(self.orders.anchor_folder) if self.orders.anchor_folder else self.state_dir / "anchors"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then CCENGINE_*, then the TOML file named by CCENGINE_CONFIG."""
        toml = TomlConfigSettingsSource(settings_cls, toml_file=os.environ.get("CCENGINE_CONFIG", "ccengine.toml"))
        return init_settings, env_settings, toml


def load(toml_file: Path | None = None) -> Settings:
    """Return the settings.

    Args:
        toml_file: the file to read; it is told to child processes by CCENGINE_CONFIG. None: that variable decides,
            else `ccengine.toml` in the current folder, if there is one.

    Raises:
        pydantic.ValidationError: naming each wrong field.
    """
    if toml_file is not None:
        os.environ["CCENGINE_CONFIG"] = str(toml_file.absolute())
    return Settings()
