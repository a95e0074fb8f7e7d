"""The Asterisk: how it is set up, spoken to (AMI, FastAGI) and read (its own files, its disks).

What does not live here: outbound campaigns (campaigns), menus and prompts (data in ivr_prompts/).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ccengine.config.section import Port, Seconds, Section

#: The PBX's web server never listens anywhere else: the back office stands between it and people.
PBX_HTTP_HOST = "127.0.0.1"


class Pbx(Section):
    """The Asterisk that carries the calls.

    `root`: folder of the unpacked Debian package where the host has no Asterisk; empty: `asterisk-root` in the state
    folder. `recordings_dir`: empty: the private instance's own. `trunk_uri`: where outbound calls go, as sip:host:port;
    empty: none. `caller_ids`: numbers that the carrier has given us and a campaign may show instead of the hotline; the
    PBX knows them after `ccengine pbx configure`. `devices`: extension -> agent number. `browser_phones`: those of the
    devices that are a page of the back office, not a SIP phone. `http_port`: the PBX's own web server, on 127.0.0.1
    only; it serves these phones through the back office and is off where there are none.
    """

    root: str = ""
    recordings_dir: str = ""
    trunk_uri: str = Field(default="", pattern=r"^(sip:[A-Za-z0-9.\-]{1,100}(:[0-9]{1,5})?)?$")
    caller_ids: tuple[Annotated[str, Field(pattern=r"^[0-9]{3,15}$")], ...] = ()
    devices: dict[Annotated[str, Field(pattern=r"^[0-9]{3,6}$")], Annotated[str, Field(pattern=r"^[0-9]{3,8}$")]] = (
        Field(
            default={
                **{"1001": "8001", "1002": "8002", "1003": "8003", "1004": "8004"},
                **{"2001": "8001", "2002": "8002", "2003": "8003", "2004": "8004"},
            }
        )
    )
    browser_phones: tuple[Annotated[str, Field(pattern=r"^[0-9]{3,6}$")], ...] = ("2001", "2002", "2003", "2004")
    http_port: Port = 18088
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

    @property
    def phones_in_browser(self) -> tuple[str, ...]:
        """The devices that are a page; what `browser_phones` names and is no device is none."""
        return tuple(phone for phone in self.devices if phone in self.browser_phones)

    @property
    def sip_phones(self) -> tuple[str, ...]:
        """The devices that register by SIP themselves."""
        return tuple(phone for phone in self.devices if phone not in self.browser_phones)


class Ami(Section):
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


class Agi(Section):
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


class Journal(Section):
    """How the PBX's own files are followed."""

    poll_seconds: Seconds = 0.05
    gather_seconds: Seconds = 1.0  # what is no call's end is read and stored together, at least this often
    spacing_seconds: float = Field(default=0.1, ge=0, le=5)  # two batches are never closer
    live_fallback_seconds: Seconds = 5
    keep_days: int = Field(default=60, ge=1)
    cel_file: str = ""  # empty: the private PBX's own; on a host's Asterisk /var/log/asterisk/cel-custom/cel.csv
    cdr_file: str = ""  # empty: the private PBX's own; on a host /var/log/asterisk/cdr-custom/ccengine.csv
    queue_log_file: str = ""  # empty: the private PBX's own; on a host's Asterisk /var/log/asterisk/queue_log


class Disk(Section):
    """Room on the PBX's disks. `when_full`: at `full_percent` recordings stop, or go on until the disk is full."""

    check_seconds: Seconds = 2
    warn_percent: int = Field(default=85, ge=50, le=99)
    full_percent: int = Field(default=95, ge=51, le=100)
    when_full: Literal["stop_recording", "record_on"] = "stop_recording"
    reserve_mb: float = Field(default=64, ge=0)  # kept beside the journal, given up when its disk is full
