"""Emergency announcements: a plain WAV becomes what the PBX plays; on air by area until its end; refusals by field."""

from __future__ import annotations

import io
import math
import wave
from array import array
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from call_helpers import ADMIN, AGENT, SUPERVISOR
from store_fixtures import START

from ccengine.clock import ManualClock
from ccengine.engine.agi_lookups import ServiceLookups
from ccengine.ivr.steps import Found, Lookup, LookupKind, OnAir
from ccengine.rows import AgentRow, NewOutage
from ccengine.services import announcements, audit, outages
from ccengine.services.context import Context
from ccengine.services.errors import Conflict, Invalid, NotAllowed, NotFound
from ccengine.services.sound import BadSound, seconds_of, to_alaw, to_wav


def tone(hertz: float = 440, seconds: float = 1.0, rate: int = 8000, channels: int = 1) -> bytes:
    """Return a WAV file of one tone."""
    count = round(seconds * rate)
    samples = [round(12000 * math.sin(2 * math.pi * hertz * index / rate)) for index in range(count)]
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(array("h", [one for one in samples for _ in range(channels)]).tobytes())
    return out.getvalue()


def _loudness(alaw: bytes, hertz: float) -> float:
    """Return how much of the sound is that tone (a Goertzel filter), 0 … 1."""
    with wave.open(io.BytesIO(to_wav(alaw))) as file:
        samples = array("h", file.readframes(file.getnframes()))
    real = sum(value * math.cos(2 * math.pi * hertz * index / 8000) for index, value in enumerate(samples))
    imaginary = sum(value * math.sin(2 * math.pi * hertz * index / 8000) for index, value in enumerate(samples))
    power = sum(value * value for value in samples)
    return 2 * (real * real + imaginary * imaginary) / (len(samples) * power)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 44100, 48000])
@pytest.mark.parametrize("channels", [1, 2])
def test_sound_of_any_rate_becomes_eight_kilohertz_with_its_tone(rate: int, channels: int) -> None:
    alaw = to_alaw(tone(440, 0.5, rate, channels))
    assert seconds_of(alaw) == pytest.approx(0.5, abs=0.001)
    assert _loudness(alaw, 440) > 0.98


def test_alaw_agrees_with_its_standard_to_within_a_step() -> None:
    samples = list(range(-32768, 32768, 7))
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(array("h", samples).tobytes())
    with wave.open(io.BytesIO(to_wav(to_alaw(out.getvalue())))) as file:
        heard = array("h", file.readframes(file.getnframes()))
    assert all(abs(was - now) <= max(16, abs(was) // 16) for was, now in zip(samples, heard, strict=True))
    assert to_alaw(out.getvalue())[:1] == b"\x2a"  # G.711: the loudest negative sample


@pytest.mark.parametrize("bad", [b"", b"RIFF", tone()[:30], b"\x00" * 500, tone(seconds=0)])
def test_what_is_no_sound_is_refused(bad: bytes) -> None:
    with pytest.raises(BadSound):
        to_alaw(bad)


async def _heard(ctx: Context, caller: str) -> OnAir:
    agi = ctx.settings.agi.model_copy(update={"cached_lookup_seconds": 60})  # what that limit does has tests of its own
    patient = replace(ctx, settings=ctx.settings.model_copy(update={"agi": agi}))
    found = await ServiceLookups(patient)(Lookup(kind=LookupKind.ON_AIR, args={"caller": caller}))
    assert isinstance(found, Found)
    assert isinstance(found.value, OnAir)
    return found.value


async def test_announcement_is_heard_by_its_district_until_its_end(ctx: Context, clock: ManualClock) -> None:
    async with ctx.store.reading() as uow:
        customer = await uow.customers.get("10000007")
    assert customer is not None
    for_all = await announcements.announce(ctx, SUPERVISOR, tone(440), title="全市停水")
    end = clock.moment + timedelta(hours=5)
    local = await announcements.announce(
        ctx, SUPERVISOR, tone(660), title="片区停水", district=customer.district, ends_at=end
    )
    names = [name for name, _ in (await _heard(ctx, customer.phone)).sounds]
    assert names == [f"announcement_{for_all.id}", f"announcement_{local.id}"]
    stranger = await _heard(ctx, "13999999999")
    ((name, path),) = stranger.sounds
    assert name == f"announcement_{for_all.id}" and path.startswith(str(ctx.settings.recordings_dir.absolute()))
    assert _loudness(Path(f"{path}.alaw").read_bytes(), 440) > 0.98
    clock.moment += timedelta(hours=3)
    assert [name for name, _ in (await _heard(ctx, customer.phone)).sounds] == [f"announcement_{local.id}"]
    await announcements.withdraw(ctx, SUPERVISOR, local.id)
    assert await _heard(ctx, customer.phone) == OnAir()
    actions = [entry.action for entry in (await audit.find_entries(ctx, ADMIN)).items]
    assert actions == ["announcements.withdraw", "announcements.add", "announcements.add"]


async def test_burst_is_told_to_callers_of_its_district_only(ctx: Context) -> None:
    async with ctx.store.reading() as uow:
        customer = await uow.customers.get("10000007")
    assert customer is not None
    notice = NewOutage(
        kind="burst",
        district=customer.district,
        area_text="解放路",
        reason="爆管",
        starts_at=START,
        ends_at=START + timedelta(hours=6),
    )
    await outages.publish(ctx, SUPERVISOR, notice)
    (told,) = (await _heard(ctx, customer.phone)).notices
    assert (told.kind, told.district, told.started) == ("burst", customer.district, True)
    for caller in ("13999999999", "", "0000"):
        assert (await _heard(ctx, caller)).notices == ()


async def test_area_and_end_are_changed_while_it_is_on_air(ctx: Context, clock: ManualClock) -> None:
    row = await announcements.announce(ctx, SUPERVISOR, tone(), title="停水")
    end = clock.moment + timedelta(hours=9)
    await announcements.change(ctx, SUPERVISOR, row.id, "gaoxin", end)
    ((changed),) = await announcements.newest(ctx, SUPERVISOR)
    assert (changed.district, changed.ends_at) == ("gaoxin", end)
    for district, until, field in (("paris", end, "district"), ("", clock.moment, "ends_at")):
        with pytest.raises(Invalid) as refused:
            await announcements.change(ctx, SUPERVISOR, row.id, district, until)
        assert refused.value.field == field
    await announcements.withdraw(ctx, SUPERVISOR, row.id)
    with pytest.raises(Conflict):
        await announcements.change(ctx, SUPERVISOR, row.id, "", end)
    with pytest.raises(NotFound):
        await announcements.withdraw(ctx, SUPERVISOR, 999)


@pytest.mark.parametrize(
    ("wav", "more", "field"),
    [
        (b"no sound", {}, "sound"),
        (tone(seconds=0.1), {}, "sound"),
        (tone(seconds=61), {}, "sound"),
        (tone(), {"title": " "}, "title"),
        (tone(), {"district": "paris"}, "district"),
        (tone(), {"ends_at": START}, "ends_at"),
        (tone(), {"ends_at": START + timedelta(days=4)}, "ends_at"),
    ],
)
async def test_wrong_announcement_is_refused_by_its_field(
    ctx: Context, wav: bytes, more: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await announcements.announce(ctx, SUPERVISOR, wav, **{"title": "停水", **more})  # type: ignore[arg-type]
    assert refused.value.field == field
    assert await announcements.newest(ctx, SUPERVISOR) == ()


async def test_only_who_may_announce_does_so_by_page_or_phone(ctx: Context) -> None:
    with pytest.raises(NotAllowed):
        await announcements.announce(ctx, AGENT, tone(), title="停水")
    async with ctx.store() as uow:
        for number, role in (("8001", "agent"), ("8009", "supervisor")):
            await uow.agents.save(AgentRow(number=number, name=number, extension=""))
            await uow.users.insert(f"u{number}", "x", number, frozenset({role}), number, ctx.clock.now())
        await uow.commit()
    speaker = await announcements.speaker(ctx, "8009")
    assert (speaker.name, speaker.channel) == ("u8009", "phone")
    for number in ("8001", "8888", ""):
        with pytest.raises(NotAllowed):
            await announcements.speaker(ctx, number)
