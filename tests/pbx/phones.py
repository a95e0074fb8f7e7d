"""Real softphones in the test's own process (baresip): each party speaks its own tone and knows what it hears.

One baresip runtime per process, so one `Phones` at a time; it may be closed and started again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from baresip.call import Call, CallState
from baresip.config import Account, Config
from baresip.errors import AudioNotActive, AudioRestarted, BaresipError, StaleHandleError
from baresip.events import StackEvent
from baresip.runtime import Runtime
from baresip.ua import UserAgent
from pbx_instance import FULL_LOG, WAIT_SECONDS, free_ports
from sounds import RATE, tone_share

from ccengine.asterisk.secrets import load_or_create
from ccengine.config import Settings

CALLER_TONE = 700
#: How often a key is pressed, and how often it is looked whether the menu took it before it is pressed again.
_TRIES, _LOOKS = 4, 80
#: Agents' tones by the last digit of the extension, all far apart and none a harmonic of another.
AGENT_TONES = {"1": 440, "2": 1010, "3": 1330, "4": 1710}


class NamedAccount(Account):
    """An account with a display name, which baresip's own class has no field for."""

    display = ""

    def aor(self) -> str:
        """Return the address line with the name in front."""
        return f'"{self.display}" {super().aor()}' if self.display else super().aor()


class PhoneCall:
    """One call of a phone. It speaks the phone's tone from the start and keeps what it hears."""

    def __init__(self, call: Call, phone: Phone) -> None:
        self.call = call
        self.phone = phone
        self.heard_sound = np.zeros(0, dtype=np.int16)
        self._sample = 0
        self._pump = asyncio.create_task(self._move_sound())

    @property
    def established(self) -> bool:
        """Answered, and not ended yet."""
        return self.call.state is CallState.ESTABLISHED

    @property
    def closed(self) -> bool:
        """Ended."""
        return self.call.state is CallState.CLOSED

    async def wait_established(self, seconds: float = WAIT_SECONDS) -> None:
        """Wait until the other side answered; raises baresip's CallFailed where it does not."""
        await self.call.wait_established(timeout=seconds)

    async def wait_closed(self, seconds: float = WAIT_SECONDS) -> None:
        """Wait until the call ended."""
        await _until(lambda: self.closed, f"{self.phone.number}'s call to end", seconds)

    async def answer(self) -> None:
        """Answer an incoming call and wait until it stands."""
        await self.call.answer()
        await _until(lambda: self.established, "the answer to be confirmed", WAIT_SECONDS)

    async def reject(self) -> None:
        """486 Busy Here."""
        await self.call.reject()

    async def hangup(self) -> None:
        """Hang up; a call that is gone already is no error."""
        with contextlib.suppress(StaleHandleError):
            await self.call.hangup()
        await self.wait_closed()

    async def send_dtmf(self, digits: str) -> None:
        """Press keys (RFC 4733)."""
        await self.call.send_dtmf(digits)

    async def choose(self, digits: str) -> None:
        """Press a key of the main menu once something is heard, as a person does, until the menu has taken it.

        A key before the menu begins goes nowhere, nor does one that ends between two of its sentences.
        """
        await self.wait_heard_anything()
        if not self.phone.log.exists():  # another kind of PBX than the tests'
            return await self.send_dtmf(digits)
        taken = self._keys_taken()
        await self.press(digits, lambda: self._keys_taken() > taken)

    async def press(self, digits: str, taken: Callable[[], object]) -> None:
        """Press a key until `taken` says that it was: between two sentences it goes nowhere."""
        for _ in range(_TRIES):
            await self.send_dtmf(digits)
            for _ in range(_LOOKS):  # counted, not timed: when the machine stands still the menu does too
                if self.closed or taken():
                    return
                await asyncio.sleep(0.05)
        raise AssertionError(f"nobody took {digits}")

    def _keys_taken(self) -> int:
        return self.phone.log.read_bytes().count(b"(CC_MENU,")

    async def hold(self) -> None:
        """Put the other side on hold."""
        await self.call.hold()

    async def resume(self) -> None:
        """Take it back."""
        await self.call.resume()

    async def transfer(self, target: str) -> None:
        """Blind transfer; returns when the target answered."""
        await self.call.transfer(self.phone.uri(target))

    async def attended_transfer(self, consultation: PhoneCall) -> None:
        """Join the other side with the consultation's; both our legs end."""
        await self.call.attended_transfer(consultation.call)

    def heard(self, hertz: float, seconds: float = 0.5) -> float:
        """Return the share of `hertz` in the last `seconds` of what was heard: 0 … 1."""
        return tone_share(self.heard_sound[-int(seconds * RATE) :], hertz)

    async def wait_heard(self, hertz: float, seconds: float = WAIT_SECONDS) -> None:
        """Wait until mostly that tone is heard for half a second."""
        await _until(lambda: self.heard(hertz) > 0.7, f"{self.phone.number} to hear {hertz} Hz", seconds)

    async def wait_heard_anything(self, seconds: float = WAIT_SECONDS) -> None:
        """Wait until something loud enough is heard (a prompt, music)."""
        await _until(
            lambda: len(self.heard_sound) > 800 and int(np.abs(self.heard_sound[-800:]).max()) > 300,
            "any sound",
            seconds,
        )

    async def speak(self, seconds: float) -> None:
        """Go on talking until so much was said."""
        said, loop = self._sample, asyncio.get_running_loop()
        begun, deadline = loop.time(), loop.time() + seconds + WAIT_SECONDS
        while not self.closed and (self._sample - said < seconds * RATE or loop.time() - begun < seconds):
            assert loop.time() < deadline, f"{self.phone.number} had no chance to speak"
            await asyncio.sleep(0.02)

    async def _move_sound(self) -> None:
        while not self.closed:
            with contextlib.suppress(AudioNotActive, AudioRestarted):
                self._speak()
                self._listen()
            await asyncio.sleep(0.02)

    def _speak(self) -> None:
        audio = self.call.audio
        info = audio.info()
        if not info.tx_ready:
            return
        samples = (info.tx_sample_rate // 5) - info.tx_buffered // 2  # 200 ms ahead
        if samples <= 0:
            return
        when = np.arange(self._sample, self._sample + samples) / info.tx_sample_rate
        sound = (8000 * np.sin(2 * np.pi * self.phone.tone * when)).astype(np.int16)
        self._sample += audio.write(sound.tobytes()) // 2

    def _listen(self) -> None:
        sound = np.frombuffer(self.call.audio.read(32768), dtype=np.int16)
        self.heard_sound = np.concatenate((self.heard_sound, sound))[-60 * RATE :]

    async def close(self) -> None:
        """Hang up and stop speaking."""
        with contextlib.suppress(BaresipError):
            await self.call.hangup()
        self._pump.cancel()


@dataclass(eq=False)
class Phone:
    """A phone: an agent's (registered) or a caller's (unknown to the PBX, comes over the trunk)."""

    runtime: Runtime
    agent: UserAgent
    number: str
    tone: float
    host: str
    calls: list[PhoneCall]
    ringing: asyncio.Queue[PhoneCall]
    log: Path
    auto_answer: bool = False

    def uri(self, target: str) -> str:
        """Return the address of `target` at the PBX."""
        return f"sip:{target}@{self.host}"

    async def dial(self, target: str, headers: dict[str, str] | None = None) -> PhoneCall:
        """Call `target`; returns while it rings: await `wait_established()`."""
        early: list[StackEvent] = []
        self.runtime.subscribe(early.append)
        try:
            call = await self.agent.dial(self.uri(target), headers)
        finally:
            self.runtime.unsubscribe(early.append)
        for event in early:  # this PBX answers within a millisecond, before baresip's Call listens
            call._on_stack_event(event)
        return self._keep(call)

    async def call(self, target: str) -> PhoneCall:
        """Call `target` and wait for the answer."""
        made = await self.dial(target)
        await made.wait_established()
        return made

    async def wait_ringing(self, seconds: float = WAIT_SECONDS) -> PhoneCall:
        """Wait for the next incoming call; it rings on until answered."""
        return await asyncio.wait_for(self.ringing.get(), seconds)

    async def answer_next(self, seconds: float = WAIT_SECONDS) -> PhoneCall:
        """Wait for the next incoming call and answer it."""
        made = await self.wait_ringing(seconds)
        await made.answer()
        return made

    def incoming(self, call: Call) -> None:
        """Take an incoming call (baresip's callback)."""
        made = self._keep(call)
        self.ringing.put_nowait(made)
        if self.auto_answer:
            made.answering = asyncio.create_task(made.answer())  # type: ignore[attr-defined]

    def _keep(self, call: Call) -> PhoneCall:
        made = PhoneCall(call, self)
        self.calls.append(made)
        return made


class Phones:
    """All softphones of one test."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.made: list[Phone] = []
        self._runtime = Runtime()

    async def __aenter__(self) -> Self:
        sip = int(self.settings.pbx.trunk_uri.rsplit(":", 1)[1]) if self.settings.pbx.trunk_uri else free_ports(1)[0]
        rtp = 29000 + sip % 20 * 150
        extra = f"sip_listen 127.0.0.1:{sip}\nrtp_ports {rtp}-{rtp + 149}\naudio_jitter_buffer_type off\n"
        await self._runtime.start(Config(net_interface="127.0.0.1", max_concurrent_calls=None, extra_config_text=extra))
        return self

    async def __aexit__(self, *error: Any) -> None:
        for phone in self.made:
            for call in phone.calls:
                await call.close()
        for phone in self.made:
            with contextlib.suppress(BaresipError):
                await phone.agent.unregister(timeout=2)
        await self._runtime.close()

    async def agent(self, extension: str, *, auto_answer: bool = False, register: bool = True) -> Phone:
        """Return the registered phone with that extension; its tone follows its last digit."""
        password = load_or_create(self.settings).sip[extension]
        account = Account(extension, self._host, password, audio_codecs=("pcma", "pcmu"))
        phone = await self._make(account, extension, AGENT_TONES.get(extension[-1], 2100), auto_answer)
        if register:
            await phone.agent.register(timeout=WAIT_SECONDS)
        return phone

    async def caller(self, number: str = "13812345678", name: str = "", tone: float = CALLER_TONE) -> Phone:
        """Return a phone outside: it calls the hotline over the trunk, and agents reach it by 9 + number."""
        account = NamedAccount(number, self._host, "", reg_interval=0, audio_codecs=("pcma", "pcmu"))
        account.display = name
        return await self._make(account, number, tone, auto_answer=False)

    async def _make(self, account: Account, number: str, tone: float, auto_answer: bool) -> Phone:
        made = Phone(
            self._runtime,
            await UserAgent.create(self._runtime, account),
            number,
            tone,
            self._host,
            [],
            asyncio.Queue(),
            self.settings.pbx_dir / "log" / FULL_LOG,
            auto_answer,
        )
        made.agent.on_incoming(made.incoming)
        self.made.append(made)
        return made

    @property
    def _host(self) -> str:
        return f"{self.settings.pbx.sip_host}:{self.settings.pbx.sip_port}"


async def _until(condition: Any, what: str, seconds: float) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, f"waited {seconds} s in vain for {what}"
        await asyncio.sleep(0.02)
