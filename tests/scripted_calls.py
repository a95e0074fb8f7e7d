"""Whole scripted calls, one per way a call can go; tests/replays/ holds the same from a real PBX."""

from __future__ import annotations

from cel_lines import Script, answered_call


def abandoned_waiting(number: int = 0) -> Script:
    """The caller hangs up after 12 s in the queue, while a phone rings."""
    call = Script(number)
    call.arrive()
    call.own("CC_MENU", 2.0, item="person", key="0")
    call.enter_queue(3.0)
    call.ring(3.2, 1)
    call.end(15.0, 1, cause=0)
    call.end(15.01, 0, source=call.channel(0))
    call.queue("ABANDON", 15.0, "1", "1", "12")
    call.finish(15.02)
    return call


def hangs_up_in_menu(number: int = 0) -> Script:
    """The caller hangs up before choosing."""
    call = Script(number)
    call.arrive()
    call.end(4.0, 0, source=call.channel(0))
    call.finish(4.01)
    return call


def self_service(number: int = 0) -> Script:
    """The menu tells the balance and hangs up."""
    call = Script(number)
    call.arrive()
    call.own("CC_MENU", 2.0, item="balance", key="2")
    call.own("CC_ACCOUNT", 9.0, account="10000123")
    call.own("CC_SERVED", 10.0, item="balance")
    call.own("CC_END", 20.0, by="system", why="menu_end")
    call.end(20.1, 0, source="dialplan/builtin")
    call.finish(20.11)
    return call


def voice_message(number: int = 0, message_seconds: float = 10.0) -> Script:
    """Nobody answers; the caller leaves a message."""
    call = Script(number)
    call.arrive()
    call.own("CC_MENU", 2.0, item="repair", key="1")
    call.enter_queue(3.0)
    call.queue("EXITWITHTIMEOUT", 183.0, "1", "1", "180")
    call.own("CC_QUEUE_END", 183.0, queue="hotline", status="TIMEOUT")
    call.own("CC_MESSAGE", 190.0, file=f"2026/11/21/{call.call_id}-message.wav", item="repair")
    call.end(190.0 + message_seconds, 0, source=call.channel(0))
    call.finish(200.1)
    return call


def blind_transfer(number: int = 0) -> Script:
    """Agent 8001 sends the caller to 1002, where 8002 usually sits."""
    call = Script(number)
    call.arrive()
    call.enter_queue(3.0)
    call.ring(3.2, 1)
    call.answer(6.0, 1)
    transferee = {"extension": "1002", "context": "cc-agents", "transferee_channel_uniqueid": call.uid(0)}
    call.line("BLINDTRANSFER", 12.0, 1, transferee)
    call.exit(12.01, 1, "b1")
    call.exit(12.02, 0, "b1")
    call.queue("BLINDTRANSFER", 12.0, "1002", "cc-agents", "3", "6", "1", agent="8001")
    call.end(12.03, 1, source=call.channel(1))
    call.ring(12.1, 2, "1002")
    call.line("ANSWER", 14.0, 2, extension="1002")
    call.enter(14.01, 2, "b2", "1002")
    call.enter(14.02, 0, "b2")
    call.exit(24.02, 0, "b2")
    call.exit(24.03, 2, "b2", "1002")
    call.end(24.04, 0, source=call.channel(0))
    call.end(24.05, 2, source=call.channel(0), extension="1002")
    call.finish(24.06)
    return call


def attended_transfer(number: int = 0) -> Script:
    """Agent 8001 asks 1002 on a second call of his phone, then joins caller and 1002."""
    call = Script(number)
    call.arrive()
    call.enter_queue(3.0)
    call.ring(3.2, 1)
    call.answer(6.0, 1)
    consult = call.uid(2)
    call.line("CHAN_START", 10.0, 2, linked=consult, account="")
    call.line("ANSWER", 10.1, 2, linked=consult, account="")
    call.line("CHAN_START", 10.2, 3, linked=consult, extension="1002", account="")
    call.line("ANSWER", 11.0, 3, linked=consult, extension="1002", account="")
    call.line("BRIDGE_ENTER", 11.01, 3, {"bridge_id": "b2"}, linked=consult, extension="1002", account="")
    call.line("BRIDGE_ENTER", 11.02, 2, {"bridge_id": "b2"}, linked=consult, account="")
    extra = {
        "bridge1_id": "b1",
        "bridge2_id": "b2",
        "channel2_uniqueid": consult,
        "transferee_channel_uniqueid": call.uid(0),
        "transfer_target_channel_uniqueid": call.uid(3),
    }
    call.line("ATTENDEDTRANSFER", 15.0, 1, extra)
    call.queue("ATTENDEDTRANSFER", 15.0, "BRIDGE", "b1", "3", "9", "1", agent="8001")
    call.exit(15.01, 1, "b1")
    call.line("BRIDGE_EXIT", 15.011, 2, {"bridge_id": "b2"}, linked=consult, account="")
    call.exit(15.02, 0, "b1")
    call.enter(15.03, 0, "b2")
    call.end(15.04, 1)
    extra_end = {"hangupcause": 16, "hangupsource": "", "dialstatus": ""}
    call.line("HANGUP", 15.05, 2, extra_end, linked=consult, account="")
    call.line("CHAN_END", 15.06, 2, linked=consult, account="")
    call.line("LINKEDID_END", 15.07, 2, linked=consult, account="")
    call.exit(25.03, 0, "b2")
    call.exit(25.04, 3, "b2", "1002")
    call.end(25.05, 0, source=call.channel(0))
    call.end(25.06, 3, extension="1002")
    call.finish(25.07)
    return call


def outbound_call(number: int = 0, cause: int = 16, answered: bool = True) -> Script:
    """Agent 8001 on 1001 dials 9-13900000002."""
    call = Script(number)
    call.line("CHAN_START", 0.0, 1, account="", linked=call.uid(1))
    base = {"linked": call.uid(1)}
    text = f"id={call.call_id}&dir=out&did=13900000002&num=1001&agent=8001&node=n1"
    call.line("CC_CALL", 0.01, 1, {"extra": text}, **base)
    call.line("CHAN_START", 0.1, 0, account="", **base)
    if answered:
        call.line("ANSWER", 5.0, 0, **base)
        call.line("ANSWER", 5.01, 1, **base)
        call.line("BRIDGE_ENTER", 5.02, 0, {"bridge_id": "b1"}, **base)
        call.line("BRIDGE_ENTER", 5.03, 1, {"bridge_id": "b1"}, **base)
        call.line("BRIDGE_EXIT", 35.03, 1, {"bridge_id": "b1"}, **base)
        call.line("BRIDGE_EXIT", 35.04, 0, {"bridge_id": "b1"}, **base)
    at = 35.05 if answered else 8.0
    source = call.channel(1) if answered else call.channel(0)
    for leg in (0, 1):
        extra = {"hangupcause": cause, "hangupsource": source, "dialstatus": ""}
        call.line("HANGUP", at + leg * 0.01, leg, extra, **base)
        call.line("CHAN_END", at + leg * 0.01 + 0.001, leg, **base)
    call.line("LINKEDID_END", at + 0.02, 1, **base)
    return call


def all_calls() -> list[Script]:
    """One of each, with a number of its own."""
    makers = [
        answered_call,
        abandoned_waiting,
        hangs_up_in_menu,
        self_service,
        voice_message,
        blind_transfer,
        attended_transfer,
        outbound_call,
    ]
    return [make(number) for number, make in enumerate(makers)]
