"""Hears when sound begins: a socket for each call, each packet with the kernel's own time. No SIP in here."""

from __future__ import annotations

import select
import socket
import struct
import threading

SO_TIMESTAMPNS = 35  # include/uapi/asm-generic/socket.h; Python has no name for it
#: Sound after so much silence is a new beginning.
GAP_SECONDS = 0.1


class Ears:
    """Listens on `count` ports of 127.0.0.1 from `first` on, until `close`."""

    def __init__(self, first: int, count: int) -> None:
        self.begins: dict[int, list[float]] = {port: [] for port in range(first, first + 2 * count, 2)}
        self._last: dict[int, float] = dict.fromkeys(self.begins, 0.0)
        self._poll = select.epoll()
        self._sockets: dict[int, tuple[int, socket.socket]] = {}
        for port in self.begins:
            one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            one.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            one.bind(("127.0.0.1", port))
            one.setblocking(False)
            self._sockets[one.fileno()] = (port, one)
            self._poll.register(one.fileno(), select.EPOLLIN)
        self._open = True
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._open = False
        self._thread.join()
        for _, one in self._sockets.values():
            one.close()

    def _listen(self) -> None:
        while self._open:
            for number, _ in self._poll.poll(0.2):
                port, one = self._sockets[number]
                _, ancillary, _, _ = one.recvmsg(2048, 64)
                seconds, nanoseconds = struct.unpack("qq", ancillary[0][2])
                at = seconds + nanoseconds / 1e9
                if at - self._last[port] > GAP_SECONDS:
                    self.begins[port].append(at)
                self._last[port] = at
