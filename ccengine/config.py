"""The site's settings: one TOML file, overridden by CCENGINE_* variables. Each wait has its deadline here, by name.

What does not live here: what an administrator edits at run time (menus, rules, calendars are rows or data files).
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

#: A Unix socket's path holds 107 bytes; the engine binds a name that is up to 12 longer first.
LONGEST_SOCKET_PATH = 92
Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0, le=86400)]


class _Section(BaseModel):
    """A part of the settings: unknown names are errors, so a typing mistake is found at the start."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Site(_Section):
    """Who runs the hotline."""

    name_zh: str = "清源供排水"
    name_en: str = "Clearwater Water Services"
    hotline: str = Field(default="96390", pattern=r"^[0-9]{3,12}$")
    timezone: str = "Asia/Shanghai"
    area_code: str = Field(default="0571", pattern=r"^0[0-9]{2,3}$")
    node: str = Field(default="n1", pattern=r"^[a-z0-9]{1,16}$")


class Pbx(_Section):
    """The Asterisk that carries the calls.

    `root`: folder of the unpacked Debian package where the host has no Asterisk; empty: `asterisk-root` in the state
    folder. `recordings_dir`: empty: the private instance's own. `trunk_uri`: where outbound calls go, as sip:host:port;
    empty: none. `caller_ids`: numbers that the carrier has given us and a campaign may show instead of the hotline; the
    PBX knows them after `ccengine pbx configure`. `devices`: extension -> agent number.
    """

    root: str = ""
    recordings_dir: str = ""
    trunk_uri: str = Field(default="", pattern=r"^(sip:[A-Za-z0-9.\-]{1,100}(:[0-9]{1,5})?)?$")
    caller_ids: tuple[Annotated[str, Field(pattern=r"^[0-9]{3,15}$")], ...] = ()
    devices: dict[Annotated[str, Field(pattern=r"^[0-9]{3,6}$")], Annotated[str, Field(pattern=r"^[0-9]{3,8}$")]] = {
        "1001": "8001",
        "1002": "8002",
        "1003": "8003",
        "1004": "8004",
    }
    sip_host: str = "127.0.0.1"
    sip_port: Port = 5060
    rtp_start: Port = 20000
    rtp_end: Port = 20999
    trunk_match: str = "127.0.0.1"
    queue: str = Field(default="hotline", pattern=r"^[a-z0-9_]{1,32}$")
    queue_timeout_seconds: int = Field(default=180, ge=5, le=3600)
    ring_seconds: int = Field(default=15, ge=3, le=120)
    missed_limit: int = Field(default=3, ge=1, le=20)  # so many missed calls in a row pause an agent ("no_answer")
    #: A phone that sends no sound for so long in a talk is gone: the call ends. Phones need silence suppression off.
    phone_silence_seconds: int = Field(default=4, ge=2, le=300)
    wrapup_seconds: int = Field(default=30, ge=0, le=3600)
    wrapup_gap_seconds: int = Field(default=3, ge=0, le=30)  # the PBX's own, until the engine's wrap-up pause stands
    menu_limit_seconds: int = Field(default=8, ge=2, le=60)  # silence of the engine before the dialplan takes over
    voice_message_max_seconds: int = Field(default=120, ge=5, le=600)
    debian_suite: str = "sid"
    debian_mirror: str = Field(default="", pattern=r"^(https?://\S+)?$")  # empty: the one apt uses


class Ami(_Section):
    """The manager interface."""

    host: str = "127.0.0.1"
    port: Port = 5038
    connect_seconds: Seconds = 3
    action_seconds: Seconds = 5
    ping_interval_seconds: Seconds = 5
    ping_reply_seconds: Seconds = 5
    reconnect_min_seconds: Seconds = 0.2
    reconnect_max_seconds: Seconds = 2
    record_file: str = ""  # for diagnosis: everything the PBX says is appended here, for `ccengine replay`


class Agi(_Section):
    """Our FastAGI server: loopback only, it has no authentication."""

    host: str = "127.0.0.1"
    port: Port = 4573
    max_sessions: int = Field(default=200, ge=1)
    header_seconds: Seconds = 2
    step_grace_seconds: Seconds = 5
    lookup_seconds: Seconds = 2
    cached_lookup_seconds: Seconds = 0.15  # hours and outages: then the last known answer is good enough
    announcement_hours: int = Field(default=2, ge=1, le=72)  # of an announcement whose end nobody gave
    menu_file: str = ""  # empty: ivr_prompts/menu.toml
    grade_after_talk: bool = True  # the agent hung up first: ask the caller for a grade


class Engine(_Section):
    """How engines on one PBX and one database keep out of each other's way (docs/truth.md)."""

    lease_seconds: Seconds = 5  # a silent engine's role goes to the next after this
    renew_seconds: Seconds = 1.5  # how often the role is renewed
    look_seconds: Seconds = 0.5  # how often a waiting engine looks
    standby: bool = True  # a second engine waits for the role; false: it refuses to start


class Dial(_Section):
    """Outbound calls by the engine. The caps are those a site begins with; later they are rows, changed on the page."""

    calls_per_second: float = Field(default=5, ge=0.01, le=50)
    channels: int = Field(default=30, ge=1, le=1000)
    late_seconds: Seconds = 0.5  # a call that cannot be sent this soon after its time is not sent
    doubt_seconds: Seconds = 3  # after an attempt's validity has run out: until the PBX is asked what became of it


class EarlyMedia(_Section):
    """What is heard before a campaign's call is answered, where the campaign wants it classified."""

    seconds: float = Field(default=40, ge=2, le=120)  # so much of it is looked at, the last part
    settle_seconds: Seconds = 5  # so long after a call's end its file may still be on its way to the disk
    keep_percent: float = Field(default=0, ge=0, le=100)  # of the files are kept as a sample, to judge the classifier
    keep_days: int = Field(default=30, ge=1, le=3650)


class Journal(_Section):
    """How the PBX's own files are followed."""

    poll_seconds: Seconds = 0.05
    gather_seconds: Seconds = 1.0  # what is no call's end is read and stored together, at least this often
    spacing_seconds: float = Field(default=0.1, ge=0, le=5)  # two batches are never closer
    live_fallback_seconds: Seconds = 5
    keep_days: int = Field(default=60, ge=1)
    cel_file: str = ""  # empty: the private PBX's own; on a host's Asterisk /var/log/asterisk/cel-custom/cel.csv
    cdr_file: str = ""  # empty: the private PBX's own; on a host /var/log/asterisk/cdr-custom/ccengine.csv
    queue_log_file: str = ""  # empty: the private PBX's own; on a host's Asterisk /var/log/asterisk/queue_log


class Disk(_Section):
    """Room on the PBX's disks. `when_full`: at `full_percent` recordings stop, or go on until the disk is full."""

    check_seconds: Seconds = 2
    warn_percent: int = Field(default=85, ge=50, le=99)
    full_percent: int = Field(default=95, ge=51, le=100)
    when_full: Literal["stop_recording", "record_on"] = "stop_recording"
    reserve_mb: float = Field(default=64, ge=0)  # kept beside the journal, given up when its disk is full


class Truth(_Section):
    """How the product looks after its own truth: comparisons, a call placed by itself, an alarm when none comes."""

    every_seconds: Seconds = 60  # between comparisons of the last minutes
    minutes: float = Field(default=5, gt=1, le=60)  # how far each looks back
    probe_seconds: float = Field(default=60, ge=0, le=86400)  # between calls that the engine places by itself; 0: none
    probe_deadline_seconds: Seconds = 8
    silence_minutes: float = Field(default=20, ge=0)  # without a call, where past weeks had some; 0: no alarm


class Database(_Section):
    """Empty url: SQLite in the state folder."""

    url: str = ""
    connect_seconds: Seconds = 5
    statement_seconds: Seconds = 10
    idle_transaction_seconds: Seconds = 5  # PostgreSQL ends what a frozen or vanished process has begun to write
    #: Of each process, so many to read and as many again to write; engine and back office together stay below the
    #: server's max_connections.
    postgres_connections: int = Field(default=10, ge=2, le=500)
    sqlite_readers: int = Field(default=4, ge=1, le=64)  # beside the one connection that writes


class Web(_Section):
    """The back office."""

    host: str = "127.0.0.1"
    port: Port = 8080
    tls_certificate: str = ""
    tls_key: str = ""
    idle_minutes: int = Field(default=480, ge=5)
    session_hours: int = Field(default=24, ge=1)
    request_seconds: Seconds = 10
    upload_seconds: Seconds = 600  # a list of people to call must have arrived after this
    #: Reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed: addresses or networks.
    trusted_proxies: tuple[IPvAnyNetwork, ...] = ()
    map_tiles_url: str = ""  # the dispatch map's tiles, like https://tiles.example/{z}/{x}/{y}.png; empty: a plain plan
    map_link: str = "geo:0,0?q={address}"  # where field workers' "navigate" leads; {address} is the order's
    #: The same where the order's place is known (WGS-84), or e.g.
    #: https://uri.amap.com/marker?position={longitude},{latitude}&name={address}&coordinate=wgs84
    map_place_link: str = "geo:{latitude},{longitude}?q={latitude},{longitude}({address})"
    database_seconds: Seconds = 0.8  # a database that says nothing for so long is away: the page says so
    #: Of one API token, or of one address without a token that is known; beyond it: 429.
    api_requests_per_second: float = Field(default=100, gt=0, le=100_000)
    api_burst: int = Field(default=500, ge=1, le=1_000_000)  # so many at once after a pause


class Evidence(_Section):
    """Photos, films and signatures from the field. They stand in a folder of their own, outside of what is served.

    `folder`: empty: `evidence` in the state folder; several back offices need one that they share. `keep_originals`:
    the file as the phone sent it is kept beside the re-encoded picture. `min_free_bytes`: below this much room on the
    disk nothing more is taken, so that photos never fill the disk of the calls.
    """

    folder: str = ""
    keep_originals: bool = True
    photo_max_bytes: int = Field(default=20 * 2**20, ge=2**16)
    photo_max_pixels: int = Field(default=60_000_000, ge=10_000)
    video_max_bytes: int = Field(default=100 * 2**20, ge=2**16)
    longest_side: int = Field(default=2048, ge=320, le=8192)
    thumbnail_side: int = Field(default=320, ge=64, le=1024)
    max_per_order: int = Field(default=60, ge=2, le=1000)
    min_free_bytes: int = Field(default=2**30, ge=0)
    place_accuracy_m: int = Field(default=60, ge=1, le=10_000)  # a photo's place as sure as this is the order's
    chunk_seconds: Seconds = 60
    unfinished_hours: int = Field(default=168, ge=1)


class Orders(_Section):
    """Work orders after the work: when the customer is asked, and how long waits are."""

    visit_delay_minutes: int = Field(default=30, ge=0, le=10_080)  # after the work (or its inspection)
    visit_retry_minutes: int = Field(default=240, ge=1, le=10_080)  # after a try in vain
    visit_lease_minutes: int = Field(default=15, ge=1, le=240)  # a call-back nobody came back from is made again
    reopen_grade: int = Field(default=2, ge=0, le=4)  # this grade or a worse one reopens
    close_after_grade: bool = True
    burst_window_hours: int = Field(default=6, ge=1, le=168)  # orders that are further apart are no incident
    burst_on_road: int = Field(default=3, ge=2, le=1000)  # so many open orders on one road are offered as one
    burst_in_district: int = Field(default=6, ge=2, le=1000)  # and so many of one district
    incident_visit: Literal["phone", "message", "agent"] = "phone"  # how the customers of a closed incident are asked
    message_text: str = Field(
        default="【{site}】您反映的问题（工单 {number}）已处理完毕。如仍未解决请拨打 {hotline}；"
        "网上查询和评价的查询码：{code}。",
        min_length=1,
        max_length=500,
    )
    message_tries: int = Field(default=3, ge=1, le=20)  # surely not sent so often: the customer is called instead
    message_retry_minutes: int = Field(default=10, ge=1, le=1440)
    message_late_minutes: int = Field(default=60, ge=1, le=10_080)  # not taken for so long: the page says so
    anchor_folder: str = ""  # where the daily anchors of all histories go; empty: `anchors` in the state folder

    @field_validator("message_text")
    @classmethod
    def _only_these_names(cls, value: str) -> str:
        try:
            value.format(site="", number="", hotline="", code="")
        except (KeyError, IndexError, ValueError, AttributeError) as error:
            raise ValueError("may name {site}, {number}, {hotline} and {code} only") from error
        return value


class Door(_Section):
    """The engine's one internal door: a Unix socket, or TLS with a token from `token_file`."""

    socket: str = ""  # empty: engine.sock in the state folder
    url: str = ""  # https://host:port for a back office on another machine
    token_file: str = ""
    listen: str = ""  # host:port on which the engine also listens, with TLS, for such a back office
    tls_certificate: str = ""  # of the engine's listener
    tls_key: str = ""
    tls_ca: str = ""  # what the back office trusts; empty: the system's authorities
    connect_seconds: Seconds = 2
    command_seconds: Seconds = 5
    heartbeat_seconds: Seconds = 5


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
