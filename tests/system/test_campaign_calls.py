"""Campaigns on the real PBX: results, keys, opt-out, payment between import and dial, the switch, caps."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from campaign_world import add_customer, attempts_of, ended, engine_on, running_campaign, until
from carrier import Carrier, carrier_on
from pbx_instance import FULL_LOG, OTHER_NUMBER, PbxInstance
from phones import Phone, Phones
from running_site import fresh
from sounds import RATE, alaw
from sqlalchemy import text

from ccengine.backoffice.engine_door import EngineDoor
from ccengine.rows import AgentRow, CampaignRow, DeviceRow, NewTarget
from ccengine.services import campaigns, preview
from ccengine.services.context import ENGINE, Actor, Context
from ccengine.services.errors import Conflict

pytestmark = pytest.mark.pbx

#: The carrier's code at the number's end -> the result, and what the PBX says of it.
RESULTS = {
    "486": ("busy", "BUSY", 17),
    "603": ("rejected", None, 21),
    "480": ("no_answer", None, None),
    "404": ("vacant", None, 1),
    "410": ("changed", None, 22),
    "502": ("out_of_service", None, 27),
    "503": ("congestion", "CONGESTION", 34),
    "000": ("no_answer", "NOANSWER", None),
    "183": ("no_answer", "NOANSWER", None),
}


def _tones(on_seconds: float, off_seconds: float, count: int, hertz: float = 450) -> bytes:
    """A tone in this cadence, as A-law."""
    tone = 8000 * np.sin(2 * np.pi * hertz * np.arange(int(on_seconds * RATE)) / RATE)
    return alaw(np.tile(np.concatenate([tone, np.zeros(int(off_seconds * RATE))]), count).astype(np.int16))


def _clip(name: str) -> bytes:
    """An announcement of the classifier's test set."""
    return (Path(__file__).parent.parent / "early_media" / "clips" / f"{name}.alaw").read_bytes()


#: What the carrier lets the caller hear before its code at the number's end -> what is recognised, and the result.
SAID = {
    "13800002486": ("busy_tone", "busy", _tones(0.35, 0.35, 4)),
    "13800002480": ("ringing", "no_answer", _tones(1.0, 2.5, 1)),
    "13800003480": ("switched_off", "switched_off", _clip("switched_off-2-zf_xiaoyi-amr_4_75")),
    "13800003503": ("vacant", "vacant", _clip("vacant-0-zf_xiaoyi-opus_8")),
    "13800003404": ("out_of_service", "out_of_service", _clip("out_of_service-4-zf_xiaoni-amr_4_75")),
    "13800004480": ("busy", "busy", _clip("busy-9-zm_yunyang-amr_12_2")),
}
#: Who answers: the result, what the PBX thinks of them, their sound. "Hello?", a greeting without an end, a fax.
ANSWERED = {
    "13800005001": ("answered", "HUMAN", _tones(0.5, 2.0, 1)),
    "13800005002": ("machine", "MACHINE", _tones(4.0, 0.5, 1)),
    "13800005003": ("fax", "FAX", _tones(3.0, 0.5, 1, 2100)),
}


async def test_results_pace_and_switch_as_the_carrier_sees_them(pbx: PbxInstance, tmp_path: Path) -> None:
    numbers = {f"13800001{code}": expected for code, expected in RESULTS.items()}
    settings = fresh(pbx.settings, tmp_path, dial={"calls_per_second": 10, "channels": 200})
    async with carrier_on(pbx.trunk_port) as carrier, engine_on(settings) as ctx:
        targets = [NewTarget(number=one) for one in numbers]
        # 15 s is the least a person's phone must ring; the two that nobody answers take so long.
        campaign = await running_campaign(ctx, targets, "survey", attempts_in_all=1)
        carrier.says = {number: sound for number, (_, _, sound) in SAID.items()}
        carrier.answers = {number: sound for number, (_, _, sound) in ANSWERED.items()}
        people = [NewTarget(number=one) for one in ANSWERED]
        checked = await running_campaign(ctx, people, "survey", attempts_in_all=1, machine_detection=True)
        announced = [NewTarget(number=one) for one in SAID]
        heard = await running_campaign(ctx, announced, "survey", early_media=True, caller_id=OTHER_NUMBER)
        await until(partial(_called, carrier, len(numbers) + len(SAID) + len(ANSWERED)), "the first campaigns' calls")
        closed = (ctx.clock.now() + timedelta(hours=12)).astimezone(ZoneInfo(settings.site.timezone)).hour % 23
        hours = f"all {closed}:00-{closed}:30"  # half a day from now
        late = await running_campaign(ctx, [NewTarget(number="13800003486")], "survey", hours=hours)
        many = [NewTarget(number=f"1390{index:04}486") for index in range(200)]
        await running_campaign(ctx, many, "survey", channels=200)
        await until(partial(_called, carrier, 40), "forty calls")
        await campaigns.stop_all(ctx, ENGINE)
        stopped_at = await _all_quiet(carrier)  # what was on its way when the switch was thrown still arrives
        assert stopped_at < 150
        found = {one.number: one for one in await ended(ctx, campaign, len(numbers), 30)}
        assert len(carrier.invites) == stopped_at
        # The PBX tells of a call, then sends it: on a busy machine that is not quite the same moment.
        for seconds in (1, 2, 3):
            assert carrier.most_in_a_second(seconds - 0.5) <= 10 * seconds
        assert all(count == 1 for count in carrier.numbers().values())
        ((waiting, tried),) = await attempts_of(ctx, late)
        assert not tried and waiting.next_at > ctx.clock.now(), "nobody is called outside the hours"
        shown = {invite.number: invite.shown for invite in carrier.invites.values()}
        assert {shown[number] for number in SAID} == {OTHER_NUMBER} and {shown[one] for one in numbers} == {"96390"}
        for number, (result, status, cause) in numbers.items():
            attempt = found[number]
            assert attempt.result == result, attempt
            assert status in (None, attempt.status), attempt
            assert cause in (None, attempt.cause), attempt
            assert attempt.ring_seconds is not None and attempt.sip_text.startswith("SIP "), attempt
        for attempt in await ended(ctx, checked, len(ANSWERED), 30):
            result, status, _ = ANSWERED[attempt.number]
            assert (attempt.result, attempt.listened["machine"]["status"]) == (result, status), attempt
        await until(partial(_all_heard, ctx, heard), "what was heard", 30)
        said = {row.number: (row, calls[-1]) for row, calls in await attempts_of(ctx, heard)}
        for number, (kind, result, _) in SAID.items():
            row, attempt = said[number]
            assert (attempt.heard, attempt.result, row.result) == (kind, result, result), attempt
            assert attempt.sip_text.startswith(f"SIP {number[-3:]}"), "the raw value stays"
        again = said["13800003480"]  # switched off: four hours later; a vacant number: never
        assert (again[0].next_at - again[1].slot_at).total_seconds() >= 4 * 3600
        assert said["13800003503"][0].state == "done"
        assert list(settings.early_media_dir.glob("*")) == [], "nothing of it is kept"
        async with ctx.store.reading() as uow:
            calls = [await uow.calls.get(one.call_id) for one in found.values()]
        assert [call.record.dialed_number if call and call.record.final else call for call in calls] == list(found)


async def _all_heard(ctx: Context, campaign: CampaignRow) -> bool:
    found = [calls for _, calls in await attempts_of(ctx, campaign)]
    return all(calls and calls[-1].heard not in ("", "pending") for calls in found)


async def _all_quiet(carrier: Carrier) -> int:
    """Wait until no call has come for a while; return how many have."""
    count = -1
    while len(carrier.invites) != count:
        count = len(carrier.invites)
        await asyncio.sleep(1.5)
    return count


async def _called(carrier: Carrier, count: int) -> bool:
    return len(carrier.invites) >= count


async def _pay(ctx: Context, account: str) -> None:
    async with ctx.store() as uow:
        assert uow._db is not None  # type: ignore[attr-defined]
        await uow._db.execute(text(f"UPDATE customers SET arrears_fen = 0 WHERE account = '{account}'"))  # type: ignore[attr-defined]
        await uow.commit()


async def _speak_with(agent: Phone, person: Phone) -> None:
    talk = await agent.answer_next(60)
    await talk.wait_heard(person.tone, 20)
    await talk.hangup()


def _told(pbx: PbxInstance, number: str, what: str) -> bool:
    calls = {one["id"] for one in pbx.facts("CC_CALL") if one["did"] == number}
    return any(one["what"] == what and one["id"] in calls for one in pbx.facts("CC_SAID"))


async def test_reminder_by_keys(pbx: PbxInstance, phones: Phones, tmp_path: Path) -> None:
    """Five people: one promises, one disputes, one wants no more calls, one has paid by the time the amount is due, one
    wants a person and gets an agent."""
    people = {number: await phones.caller(f"1380000000{number}") for number in "123456"}
    agent = await phones.agent("1001")
    pbx.sign_in("1001")
    async with engine_on(fresh(pbx.settings, tmp_path)) as ctx:
        for number, person in people.items():
            await add_customer(ctx, f"1000000{number}", person.number)
        await _pay(ctx, "10000005")  # between the list and the call
        targets = [NewTarget(number=one.number, account=f"1000000{number}") for number, one in people.items()]
        campaign = await running_campaign(ctx, targets)

        async def talk(number: str, *steps: tuple[str, str]) -> None:
            """Press each key until the journal has what it says: a key between two sentences may be lost."""
            call = await people[number].answer_next(45)
            await call.wait_heard_anything(30)
            if number == "4":
                await _pay(ctx, "10000004")
            for key, what in steps:
                deadline = asyncio.get_running_loop().time() + 45
                while not _told(pbx, people[number].number, what):
                    assert asyncio.get_running_loop().time() < deadline, (number, key, pbx.facts("CC_SAID"))
                    if not call.closed:
                        await call.send_dtmf(key)
                    await asyncio.sleep(1.0)
            await call.wait_closed(30)

        promise, dispute = ("2", "promised"), ("3", "disputed")
        talks = [talk("1", ("1", "told"), promise), talk("2", ("1", "told"), dispute)]
        talks += [talk("3", ("9", "opted_out")), talk("4", ("1", "not_dunned"))]
        person = asyncio.create_task(talk("6", ("1", "told"), ("0", "transferred")))
        spoken = asyncio.create_task(_speak_with(agent, people["6"]))
        await asyncio.gather(*talks, person, spoken)
        attempts = {one.number[-1]: one for one in await ended(ctx, campaign, 5, 45)}
        results = {number: one.result for number, one in attempts.items()}
        assert results == {"1": "promised", "2": "disputed", "3": "opted_out", "4": "not_dunned", "6": "transferred"}
        assert attempts["6"].agent_number == "8001"
        promised = attempts["1"]
        assert promised.amount_fen == 12850 and promised.promised_on is not None
        assert (promised.promised_on - promised.slot_at.date()).days in (7, 8)
        rows = {row.number[-1]: (row.state.value, row.reason) for row, _ in await attempts_of(ctx, campaign)}
        assert rows["5"] == ("dropped", "paid") and rows["3"] == ("dropped", "opted_out")
        assert rows["4"] == ("done", "paid")
        async with ctx.store.reading() as uow:
            (order,) = await uow.work_orders.for_call(attempts["2"].call_id)
            call = await uow.calls.get(attempts["1"].call_id)
        assert (order.type, order.category) == ("billing", "bill_dispute")
        assert call is not None and call.record.outcome == "self_service"


async def test_agents_get_one_call_each_and_nobody_is_dialled_without_one(
    pbx: PbxInstance, phones: Phones, tmp_path: Path
) -> None:
    agent = await phones.agent("1001")
    people = [await phones.caller(f"1370000000{number}") for number in (1, 2)]
    async with engine_on(fresh(pbx.settings, tmp_path, pbx={"wrapup_seconds": 1})) as ctx:
        targets = [NewTarget(number=one.number) for one in people]
        campaign = await running_campaign(ctx, targets, "progressive", recording_notice=True, agent_seconds=4)
        await asyncio.sleep(2.5)
        assert not pbx.facts("CC_CALL"), "no agent, no call"
        pbx.sign_in("1001")
        first = await people[0].answer_next()
        talk = await agent.answer_next()
        await talk.wait_heard(people[0].tone)
        assert people[1].ringing.empty(), "one call for one agent"
        await _listened_to(ctx)
        log = (pbx.settings.pbx_dir / "log" / FULL_LOG).read_text(encoding="utf-8", errors="replace")
        assert log.rindex("cc/recording/notice") < log.rindex("Begin MixMonitor Recording PJSIP/cc-trunk")
        await talk.hangup()
        await first.wait_closed()
        second = await people[1].answer_next()  # the agent does not answer this one: after four seconds it is let go
        await second.wait_closed()
        results = {one.number: one for one in await ended(ctx, campaign, 2)}
        talked, abandoned = (results[one.number] for one in people)
        assert (talked.result, talked.agent_number) == ("talked", "8001")
        assert abandoned.result == "abandoned"
        rows = {row.number: row for row, _ in await attempts_of(ctx, campaign)}
        hours = (rows[people[1].number].next_at - abandoned.slot_at).total_seconds() / 3600
        assert hours >= 72
        await _preview(ctx, phones, agent, people[0])


async def _listened_to(ctx: Context) -> None:
    """A supervisor may listen to this talk as to any other (the phone asked for is not there)."""
    async with EngineDoor(ctx.settings) as door:
        async for board in door.board_stream():
            talks = [one["call_id"] for one in board["agents"] if (one["number"], one["state"]) == ("8001", "talking")]
            if talks:
                return await door.listen("8003", "1003", "8001", talks[0], "listen")


async def _preview(ctx: Context, phones: Phones, agent: Phone, person: Phone) -> None:
    """The agent sees the person, calls: the own phone rings first, then the person's; both hear each other."""
    campaign = await running_campaign(ctx, [NewTarget(number=person.number, name="张三")], "preview")
    async with ctx.store() as uow:
        await uow.agents.save(AgentRow(number="8001", name="王敏", extension="1001", active=True))
        await uow.agents.save_device(DeviceRow(extension="1001", sip_user="1001", label="1", default_agent="8001"))
        await uow.commit()
    actor = Actor(kind="user", name="8001", roles=frozenset({"agent"}), agent_number="8001")
    shown = (await preview.following(ctx, actor, campaign.id)).target
    assert shown is not None and shown.name == "张三"
    async with EngineDoor(ctx.settings) as door:
        await preview.call(ctx, actor, door, campaign.id, shown.id)
        with pytest.raises(Conflict):  # pressed twice
            await preview.call(ctx, actor, door, campaign.id, shown.id)
    while (own := await agent.wait_ringing()).closed:  # the call before, which nobody answered
        pass
    await own.answer()
    called = await person.answer_next()
    await own.wait_heard(person.tone)
    await called.hangup()
    await own.wait_closed()
    (attempt,) = await ended(ctx, campaign, 1)
    assert (attempt.result, attempt.agent_number, attempt.status) == ("talked", "8001", "ANSWER")
    async with ctx.store.reading() as uow:
        call = await uow.calls.get(attempt.call_id)
    assert call is not None and call.record.agent_number == "8001" and call.record.dialed_number == person.number
    await _stopped_while_the_own_phone_rings(ctx, agent, person, actor)


async def _stopped_while_the_own_phone_rings(ctx: Context, agent: Phone, person: Phone, actor: Actor) -> None:
    campaign = await running_campaign(ctx, [NewTarget(number=person.number)], "preview")
    shown = (await preview.following(ctx, actor, campaign.id)).target
    assert shown is not None
    async with EngineDoor(ctx.settings) as door:
        await preview.call(ctx, actor, door, campaign.id, shown.id)
    own = await agent.wait_ringing()
    await campaigns.stop_all(ctx, ENGINE)
    await own.answer()
    await own.wait_closed()
    assert person.ringing.empty(), "the agent has picked up, the person is not called any more"
