"""The demo's softphones: real SIP peers (baresip) that speak a recorded line instead of a microphone.

One baresip runtime per process. What does not live here: who calls whom (sample_calls).
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from baresip.call import Call, CallState
from baresip.config import Account, Config
from baresip.errors import AudioNotActive, AudioRestarted, BaresipError, StaleHandleError
from baresip.events import StackEvent
from baresip.runtime import Runtime
from baresip.ua import UserAgent

PUMP_SECONDS = 0.02
AHEAD_SECONDS = 0.2


class _NamedAccount(Account):
    """An account with a display name, for which baresip's own class has no field."""

    display = ""

    def aor(self) -> str:
        """Return the address line with the name in front."""
        return f'"{self.display}" {super().aor()}' if self.display else super().aor()


def _alaw_table() -> np.ndarray:
    """Return the 256 samples that A-law bytes stand for (ITU-T G.711, table 1a)."""
    code = np.arange(256, dtype=np.int32) ^ 0x55
    exponent, mantissa = (code >> 4) & 7, code & 15
    size = np.where(exponent == 0, (mantissa << 4) + 8, ((mantissa << 4) + 0x108) << np.maximum(exponent - 1, 0))
    return np.where(code & 0x80, size, -size).astype(np.int16)


class SpokenCall:
    """One call: silent until told to speak; what is heard is thrown away."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._line = b""
        self._spoken = asyncio.Event()
        self._over = asyncio.Event()
        self._pump = asyncio.create_task(self._move_sound(), name="softphone sound")

    @property
    def over(self) -> bool:
        """Whether the call has ended."""
        return self._over.is_set()

    async def answered(self, seconds: float = 15) -> None:
        """Wait until the other side has answered."""
        await self._call.wait_established(timeout=seconds)

    async def say(self, line: Path) -> None:
        """Speak a recorded line (raw A-law, 8 kHz) and return when it has been spoken or the call is over."""
        self._spoken.clear()
        self._line = _alaw_table()[np.frombuffer(line.read_bytes(), dtype=np.uint8)].tobytes()
        await self._spoken.wait()
        await asyncio.sleep(AHEAD_SECONDS)

    async def press(self, keys: str, *, pause_seconds: float = 0.0) -> None:
        """Press keys after a pause."""
        await asyncio.sleep(pause_seconds)
        if not self.over:
            await self._call.send_dtmf(keys)

    async def hang_up(self) -> None:
        """Hang up; a call that is over is no error."""
        with contextlib.suppress(StaleHandleError, BaresipError):
            await self._call.hangup()
        await self.wait_over(5)
        self._pump.cancel()

    async def wait_over(self, seconds: float) -> None:
        """Wait until the call is over, at most so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()

    async def _move_sound(self) -> None:
        while self._call.state is not CallState.CLOSED:
            with contextlib.suppress(AudioNotActive, AudioRestarted, StaleHandleError):
                self._speak()
                self._call.audio.read(32768)
            await asyncio.sleep(PUMP_SECONDS)
        self._over.set()
        self._spoken.set()

    def _speak(self) -> None:
        """Keep 200 ms of sound ahead of the network: the line, then silence."""
        info = self._call.audio.info()
        if not info.tx_ready:
            return
        wanted = int(info.tx_sample_rate * AHEAD_SECONDS) - info.tx_buffered // 2
        if wanted <= 0:
            return
        chunk, self._line = self._line[: wanted * 2], self._line[wanted * 2 :]
        if not self._line:
            self._spoken.set()
        self._call.audio.write(chunk.ljust(wanted * 2, b"\0"))


async def _dial(runtime: Runtime, agent: UserAgent, uri: str) -> Call:
    """Dial; an answer within a millisecond, which baresip-python 0.5.2a3 misses by itself, is handed to the call."""
    early: list[StackEvent] = []
    runtime.subscribe(early.append)
    try:
        call = await agent.dial(uri)
    finally:
        runtime.unsubscribe(early.append)
    for event in early:
        call._on_stack_event(event)
    return call


class Softphones:
    """All phones of the demo, in one runtime."""

    def __init__(self, registrar: str, *, sip_port: int, rtp_start: int) -> None:
        self._registrar = registrar
        self._sip_port = sip_port
        self._rtp_start = rtp_start
        self._runtime = Runtime()
        self._agents: list[UserAgent] = []

    async def __aenter__(self) -> Self:
        extra = (
            f"sip_listen 127.0.0.1:{self._sip_port}\nrtp_ports {self._rtp_start}-{self._rtp_start + 199}\n"
            "audio_jitter_buffer_type off\n"  # the default one goes deaf when timestamps jump back after a transfer
        )
        config = Config(
            net_interface="127.0.0.1", max_concurrent_calls=None, native_log_level="error", extra_config_text=extra
        )
        await self._runtime.start(config)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for agent in self._agents:
            with contextlib.suppress(BaresipError):
                await agent.unregister(timeout=2)
        await self._runtime.close()

    async def call(self, number: str, name: str, target: str) -> SpokenCall:
        """Call `target` over the trunk as a stranger with that number and name; returns when it is answered."""
        account = _NamedAccount(number, self._registrar, "", reg_interval=0, audio_codecs=("pcma", "pcmu"))
        account.display = name
        agent = await self._agent(account)
        call = SpokenCall(await _dial(self._runtime, agent, f"sip:{target}@{self._registrar}"))
        await call.answered()
        return call

    async def phone(self, extension: str, password: str) -> Desk:
        """Register an agent's phone."""
        agent = await self._agent(Account(extension, self._registrar, password, audio_codecs=("pcma", "pcmu")))
        await agent.register(timeout=5)
        return Desk(self._runtime, agent, self._registrar)

    async def _agent(self, account: Account) -> UserAgent:
        agent = await UserAgent.create(self._runtime, account)
        self._agents.append(agent)
        return agent


class Desk:
    """An agent's registered phone."""

    def __init__(self, runtime: Runtime, agent: UserAgent, registrar: str) -> None:
        self._runtime = runtime
        self._agent = agent
        self._registrar = registrar
        self._ringing: asyncio.Queue[Call] = asyncio.Queue()
        agent.on_incoming(self._ringing.put_nowait)

    async def feature(self, code: str) -> None:
        """Dial a feature code (*11, *12, *13) and listen to its confirmation."""
        call = SpokenCall(await _dial(self._runtime, self._agent, f"sip:{code}@{self._registrar}"))
        await call.wait_over(10)
        await call.hang_up()

    async def answer(self, seconds: float, *, after_seconds: float = 1.5) -> SpokenCall:
        """Wait for a call, let it ring a moment, answer it."""
        async with asyncio.timeout(seconds):
            ringing = await self._ringing.get()
        await asyncio.sleep(after_seconds)
        await ringing.answer()
        return SpokenCall(ringing)
