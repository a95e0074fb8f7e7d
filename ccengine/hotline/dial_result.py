"""How an attempt to call somebody came out: a closed list, decided from what the PBX and the person said.

DialStatus and cause disagree in real life (BUSY with 19 or 21, NOANSWER with 0 or 16), so neither decides alone; the
raw values are kept beside the result. Source: chan_pjsip's table of SIP codes and causes.
What does not live here: when to try again (retry.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ccengine.values import Heard


class Result(StrEnum):
    """How an attempt came out. Reports know no other."""

    PROMISED = "promised"  # 承诺缴费
    DISPUTED = "disputed"  # 有异议
    OPTED_OUT = "opted_out"  # 不再接听
    TRANSFERRED = "transferred"  # 已转人工
    GRADED = "graded"  # 已评价
    TOLD = "told"  # 已告知: heard the message after saying who they are
    NOT_DUNNED = "not_dunned"  # 未催缴: the balance had changed before it was spoken
    WRONG_PERSON = "wrong_person"  # 非本人
    ANSWERED = "answered"  # 已接听: by a person, no key pressed
    TALKED = "talked"  # 已通话: an agent talked with the person
    ABANDONED = "abandoned"  # 接通后无坐席
    MACHINE = "machine"  # 语音信箱
    FAX = "fax"  # 传真
    BUSY = "busy"  # 占线
    NO_ANSWER = "no_answer"  # 无人接听
    REJECTED = "rejected"  # 拒接
    SWITCHED_OFF = "switched_off"  # 关机
    UNREACHABLE = "unreachable"  # 无法接通, 不在服务区
    OUT_OF_SERVICE = "out_of_service"  # 停机
    VACANT = "vacant"  # 空号
    CHANGED = "changed"  # 改号
    CONGESTION = "congestion"  # 网络拥塞
    FAILED = "failed"  # 呼叫失败
    INTERRUPTED = "interrupted"  # 交换机中断
    NOT_PLACED = "not_placed"  # 未拨出: the PBX never dialled


#: A person (or at least somebody) took the call.
REACHED = frozenset(
    {
        Result.PROMISED,
        Result.DISPUTED,
        Result.OPTED_OUT,
        Result.TRANSFERRED,
        Result.GRADED,
        Result.TOLD,
        Result.NOT_DUNNED,
        Result.WRONG_PERSON,
        Result.ANSWERED,
        Result.TALKED,
        Result.ABANDONED,
    }
)
#: What the person said by key, strongest first: the first one found is the result.
SAID = (
    Result.OPTED_OUT,
    Result.DISPUTED,
    Result.PROMISED,
    Result.GRADED,
    Result.TRANSFERRED,
    Result.NOT_DUNNED,
    Result.WRONG_PERSON,
    Result.TOLD,
)
#: Q.850 causes that name one result whatever the dial status says.
_BY_CAUSE: dict[int, Result] = {
    1: Result.VACANT,
    2: Result.CONGESTION,
    3: Result.CONGESTION,
    17: Result.BUSY,
    20: Result.SWITCHED_OFF,  # subscriber absent
    21: Result.REJECTED,
    22: Result.CHANGED,
    27: Result.OUT_OF_SERVICE,
    28: Result.VACANT,  # incomplete number
    34: Result.CONGESTION,
    38: Result.CONGESTION,
    41: Result.CONGESTION,
    42: Result.CONGESTION,
    44: Result.CONGESTION,
    47: Result.CONGESTION,
    102: Result.CONGESTION,
}
#: SIP codes that a carrier uses more exactly than the cause made of them.
_BY_SIP: dict[int, Result] = {
    404: Result.VACANT,
    410: Result.CHANGED,
    480: Result.NO_ANSWER,
    484: Result.VACANT,
    486: Result.BUSY,
    600: Result.BUSY,
    603: Result.REJECTED,
    604: Result.VACANT,
    607: Result.REJECTED,
    608: Result.REJECTED,
}
_BY_STATUS: dict[str, Result] = {
    "BUSY": Result.BUSY,
    "NOANSWER": Result.NO_ANSWER,
    "CANCEL": Result.NO_ANSWER,
    "CONGESTION": Result.CONGESTION,
    "CHANUNAVAIL": Result.FAILED,
    "INVALIDARGS": Result.FAILED,
}
#: What an announcement or a tone before the answer says; what is not here (unknown, nothing) decides nothing.
_BY_HEARD: dict[Heard, Result] = {
    Heard.VACANT: Result.VACANT,
    Heard.SWITCHED_OFF: Result.SWITCHED_OFF,
    Heard.OUT_OF_SERVICE: Result.OUT_OF_SERVICE,
    Heard.UNREACHABLE: Result.UNREACHABLE,
    Heard.CHANGED: Result.CHANGED,
    Heard.BUSY: Result.BUSY,
    Heard.NO_ANSWER: Result.NO_ANSWER,
    Heard.CONGESTION: Result.CONGESTION,
    Heard.FAX: Result.FAX,
}
#: These only tell that a phone rang or that the line was taken: the carrier's own code is more exact where it has one.
_BY_TONE: dict[Heard, Result] = {
    Heard.BUSY_TONE: Result.BUSY,
    Heard.CONGESTION_TONE: Result.CONGESTION,
    Heard.RINGING: Result.NO_ANSWER,
    Heard.MUSIC: Result.NO_ANSWER,
}
#: Codes with which a person's phone itself refused: networks play "is busy" over them.
_REFUSED = frozenset({603, 607, 608})
_HEARD = frozenset(one.value for one in Heard)
_MACHINES: dict[str, Result] = {"MACHINE": Result.MACHINE, "FAX": Result.FAX}
#: 480 and cause 19 after so short a ring mean that the phone could not be reached, not that nobody came.
_RANG_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known of a finished attempt. `said`: what the person told by keys; `sip_code`: the carrier's; `heard`:
    before the answer; `machine`: what the PBX thought of who answered (MACHINE, FAX, HUMAN, NOTSURE)."""

    dialled: bool = True
    answered: bool = False
    talked: bool = False
    queued: bool = False
    interrupted: bool = False
    status: str = ""
    cause: int | None = None
    sip_code: int | None = None
    ring_seconds: float | None = None
    said: Iterable[str] = ()
    heard: str = ""
    machine: str = ""


def result_of(evidence: Evidence) -> Result:
    """Return how a finished attempt came out."""
    if not evidence.dialled:
        return Result.NOT_PLACED
    said = set(evidence.said)
    found = next((one for one in SAID if one.value in said), None)
    if found is Result.TRANSFERRED and evidence.queued and not evidence.talked:
        found = Result.ABANDONED
    if found is not None:
        return found
    if evidence.talked:
        return Result.TALKED
    if evidence.interrupted:
        return Result.INTERRUPTED
    if evidence.answered and evidence.machine in _MACHINES:
        return _MACHINES[evidence.machine]
    if evidence.answered:
        return Result.ABANDONED if evidence.queued else Result.ANSWERED
    return _unanswered(evidence)


def _unanswered(evidence: Evidence) -> Result:
    """An announcement decides before codes: carriers send 480, 404 or 503 after any of them."""
    heard = Heard(evidence.heard) if evidence.heard in _HEARD else Heard.UNKNOWN
    by_heard = _BY_HEARD.get(heard)
    by_sip = _BY_SIP.get(evidence.sip_code or 0)
    if by_heard is Result.BUSY and evidence.sip_code in _REFUSED:
        return Result.REJECTED
    if by_heard is not None:
        return by_heard
    if by_sip is not None:
        return by_sip
    by_cause = _BY_CAUSE.get(evidence.cause or 0)
    rang = evidence.ring_seconds is not None and evidence.ring_seconds >= _RANG_SECONDS
    if by_cause is Result.SWITCHED_OFF and rang:
        return Result.NO_ANSWER  # a phone that rang is on
    if by_cause is not None:
        return by_cause
    if heard in _BY_TONE:
        return _BY_TONE[heard]
    return _BY_STATUS.get(evidence.status.upper(), Result.NO_ANSWER if rang else Result.FAILED)


def sip_code_of(text: str) -> int | None:
    """Return the code in what the PBX keeps of the carrier's answer ("SIP 486 Busy Here"), None where there is none."""
    words = text.split()
    code = words[1] if len(words) > 1 and words[0].upper() == "SIP" else ""
    return int(code) if len(code) == 3 and code.isascii() and code.isdigit() else None
