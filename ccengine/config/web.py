"""The back office, and the files it takes from the field.

What does not live here: what people do there (rights and lists are rows).
"""

from __future__ import annotations

from pydantic import Field, IPvAnyNetwork

from ccengine.config.section import Port, Seconds, Section


class Web(Section):
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
    tell_who_is_listened_to: bool = False  # an agent sees that a supervisor listens to the own talk
    database_seconds: Seconds = 0.8  # a database that says nothing for so long is away: the page says so
    #: Of one API token, or of one address without a token that is known; beyond it: 429.
    api_requests_per_second: float = Field(default=100, gt=0, le=100_000)
    api_burst: int = Field(default=500, ge=1, le=1_000_000)  # so many at once after a pause


class Passwords(Section):
    """What people's passwords must be like. 90 days: what Chinese assessors (GB/T 22239, "changed regularly") ask for.

    `kinds`: how many of small letters, capitals, digits, signs. `history`: so many last ones are not taken again.
    `max_age_days`: older ones are changed at sign-in, 0 for never; `warn_days` before that the pages say so.
    """

    min_length: int = Field(default=10, ge=8, le=64)
    kinds: int = Field(default=2, ge=1, le=4)
    history: int = Field(default=5, ge=0, le=24)
    max_age_days: int = Field(default=90, ge=0, le=3650)
    warn_days: int = Field(default=14, ge=0, le=90)


class BrowserPhone(Section):
    """The agents' phones in the browser: what passes between such a page and the PBX. Sound goes past us."""

    connect_seconds: Seconds = 3  # until the PBX's socket has answered
    check_seconds: Seconds = 15  # so often: still signed in, the phone still theirs?
    message_max_bytes: int = Field(default=16_384, ge=4096, le=65_536)
    messages_per_second: float = Field(default=25, gt=0, le=1000)
    messages_burst: int = Field(default=100, ge=10, le=10_000)


class Evidence(Section):
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
