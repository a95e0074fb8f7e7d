"""Writes CEL and queue_log lines as the PBX does, for tests: a call is a few calls of one object."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from ccengine.records.journal_lines import JournalLine, QueueLogLine, parse_cel, parse_queue_log

START = datetime(2026, 11, 21, 1, 0, 0, tzinfo=UTC)


def quoted(*fields: str) -> str:
    """One record as cel_custom writes it."""
    return ",".join('"' + field.replace('"', '""') + '"' for field in fields)


def stamp(seconds: float) -> str:
    """`epoch.microseconds` of START plus seconds."""
    moment = START + timedelta(seconds=seconds)
    return f"{int(moment.timestamp())}.{moment.microsecond:06d}"


class Script:
    """A scripted PBX: collects the text of both journals."""

    def __init__(self, number: int = 0, call_id: str | None = None) -> None:
        self.number = number
        self.base = f"{int(START.timestamp())}.{number * 10}"
        self.call_id = f"n1-{int(START.timestamp())}-{number:018d}" if call_id is None else call_id
        self.trunk = f"PJSIP/cc-trunk-{number:08x}"
        self.cel: list[str] = []
        self.queue_log: list[str] = []

    def uid(self, leg: int) -> str:
        """The unique id of the call's n-th leg."""
        return f"{int(START.timestamp())}.{self.number * 10 + leg}"

    def channel(self, leg: int, extension: str = "1001") -> str:
        """The channel name of a leg; leg 0 is the trunk's."""
        return self.trunk if leg == 0 else f"PJSIP/{extension}-{self.number * 10 + leg:08x}"

    def line(
        self,
        event: str,
        at: float,
        leg: int,
        extra: dict[str, object] | None = None,
        *,
        extension: str = "1001",
        linked: str | None = None,
        channel: str | None = None,
        app: str = "",
        data: str = "",
        account: str | None = None,
    ) -> None:
        """Write one CEL line."""
        self.cel.append(
            quoted(
                event,
                stamp(at),
                "",
                "张三" if leg == 0 else "",
                "13800000001" if leg == 0 else extension,
                "96390" if leg == 0 else "s",
                "cc-inbound",
                channel or self.channel(leg, extension),
                app,
                data,
                self.uid(leg),
                linked or self.base,
                "",
                json.dumps(extra, ensure_ascii=False) if extra else "",
                self.call_id if account is None else account,
                "",
            )
        )

    def own(self, event: str, at: float, leg: int = 0, /, *, extension: str = "1001", **words: str) -> None:
        """Write one of our own events."""
        text = "&".join(f"{name}={value}" for name, value in {"id": self.call_id, **words}.items())
        self.line(event, at, leg, {"extra": text}, extension=extension)

    def queue(self, event: str, at: float, *data: str, agent: str = "NONE", leg: int = 0) -> None:
        """Write one queue_log line."""
        second = stamp(at).split(".")[0]
        self.queue_log.append("|".join([second, self.uid(leg), "hotline", agent, event, *data]))

    def arrive(self, at: float = 0.0) -> None:
        """The trunk leg starts and is answered."""
        self.line("CHAN_START", at, 0, account="")
        self.own("CC_CALL", at + 0.01, dir="in", did="96390", num="13800000001", node="n1")
        self.line("ANSWER", at + 0.02, 0)

    def enter_queue(self, at: float) -> None:
        """The caller joins the queue."""
        self.own("CC_QUEUE", at, queue="hotline")
        self.line("APP_START", at + 0.001, 0, app="Queue", data="hotline,t,,,180")
        self.queue("ENTERQUEUE", at, "", "13800000001", "1")

    def ring(self, at: float, leg: int, extension: str = "1001", agent: str = "8001") -> None:
        """An agent's phone rings."""
        self.line("CHAN_START", at, leg, extension=extension, account="")
        file = f"2026/11/21/{self.call_id}-leg-{self.uid(leg)}-r.wav"
        self.own("CC_REC", at + 0.01, leg, extension=extension, party="agent", leg=self.uid(leg), file=file)

    def answer(self, at: float, leg: int, extension: str = "1001", agent: str = "8001") -> None:
        """The agent answers the queue's call."""
        self.line("ANSWER", at, leg, extension=extension)
        self.queue("CONNECT", at, "3", self.uid(leg), "2", agent=agent)
        self.enter(at + 0.05, leg, "b1", extension)
        self.enter(at + 0.06, 0, "b1")

    def enter(self, at: float, leg: int, bridge: str, extension: str = "1001") -> None:
        """A leg enters a bridge."""
        self.line("BRIDGE_ENTER", at, leg, {"bridge_id": bridge}, extension=extension)

    def exit(self, at: float, leg: int, bridge: str, extension: str = "1001") -> None:
        """A leg leaves a bridge."""
        self.line("BRIDGE_EXIT", at, leg, {"bridge_id": bridge}, extension=extension)

    def end(self, at: float, leg: int, cause: int = 16, source: str = "", extension: str = "1001") -> None:
        """A leg hangs up and ends."""
        extra = {"hangupcause": cause, "hangupsource": source, "dialstatus": ""}
        self.line("HANGUP", at, leg, extra, extension=extension)
        self.line("CHAN_END", at + 0.0001, leg, extension=extension)

    def finish(self, at: float) -> None:
        """The PBX says that nothing is left."""
        self.line("LINKEDID_END", at, 0)

    @property
    def cel_lines(self) -> list[JournalLine]:
        """The CEL lines as values."""
        return [parse_cel(text) for text in self.cel]

    @property
    def queue_lines(self) -> list[QueueLogLine]:
        """The queue_log lines as values."""
        return [parse_queue_log(text) for text in self.queue_log]


def answered_call(number: int = 0, ended_by_agent: bool = False) -> Script:
    """Menu, queue, an agent talks for ten seconds."""
    call = Script(number)
    call.arrive(0.0)
    call.own("CC_LANG", 0.03, lang="zh")
    call.own("CC_MENU", 2.0, item="repair", key="1")
    call.own("CC_REC", 2.5, party="caller", leg=call.uid(0), file=f"2026/11/21/{call.call_id}-caller-r.wav")
    call.enter_queue(3.0)
    call.ring(3.2, 1)
    call.answer(6.0, 1)
    source = call.channel(1) if ended_by_agent else call.channel(0)
    call.exit(16.06, 1, "b1")
    call.exit(16.061, 0, "b1")
    call.end(16.07, 1, source=source)
    call.end(16.08, 0, source=source)
    call.queue("COMPLETEAGENT" if ended_by_agent else "COMPLETECALLER", 16.07, "3", "10", "1", agent="8001")
    call.finish(16.09)
    return call
