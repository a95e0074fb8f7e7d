"""The words that decide, and how well a sound fits each of them: the best path through a phrase's phones. Pure.

What does not live here: the phones' likelihoods (phones.py), what the fits add up to (classify.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ccengine.early_media.sound import Floats

#: kind -> what is looked for; Mandarin is written in Chinese signs. "carrier" words only say who speaks.
PHRASES: dict[str, tuple[str, ...]] = {
    "vacant": ("是空号", "号码不存在", "does not exist"),
    "switched_off": ("已关机", "is power off", "is powered off"),
    "out_of_service": ("已停机", "暂停服务", "is out of service"),
    "unreachable": ("无法接通", "不在服务区", "can not be connected", "not in the service area"),
    "busy": ("正在通话中", "用户正忙", "is busy now"),
    "no_answer": ("无人接听", "no answer at the moment"),
    "changed": ("已改号", "号码已更改", "has been changed"),
    "congestion": ("网络忙", "线路忙", "the network is busy"),
    "carrier": ("您拨打的", "您拨叫的", "请稍后再拨", "you dialed", "please redial later"),
}
#: A phone lasts at least so many steps of 20 ms.
_LEAST_STEPS = 2
#: One phone that fits badly (a lost packet) does not spoil a phrase.
_WORST = -6.0
NO_FIT = -9.0


@dataclass(frozen=True, slots=True)
class Net:
    """All phrases beside one another: `states` phones in a row, phrase after phrase."""

    states: NDArray[np.intp]
    first: NDArray[np.bool_]
    last: NDArray[np.intp]


def net_of(phrases: Sequence[Sequence[int]]) -> Net:
    """Return the net of phrases, each a row of phone numbers."""
    states, first, last = [], [], []
    for phones in phrases:
        for place, phone in enumerate(phones):
            for step in range(_LEAST_STEPS):
                states.append(phone)
                first.append(place == 0 and step == 0)
        last.append(len(states) - 1)
    return Net(np.array(states), np.array(first), np.array(last))


def best_fits(net: Net, log_likely: Floats) -> tuple[Floats, Floats]:
    """Return for each phrase how well its best place fits (0: nothing fits better, NO_FIT: it is not there), and the
    step at which that place ends."""
    count = len(net.last)
    best, ends = np.full(count, NO_FIT, np.float32), np.full(count, -1, np.float32)
    if not len(log_likely):
        return best, ends
    against = np.maximum(log_likely - log_likely.max(axis=1, keepdims=True), _WORST)
    fits = against[:, net.states]
    score = np.full(len(net.states), -1e9, np.float32)
    length = np.ones(len(net.states), np.float32)
    # The last step of a phone may be held; the steps before it may not, so that each phone has its least length.
    held = np.arange(len(net.states)) % _LEAST_STEPS == _LEAST_STEPS - 1
    for step in range(len(fits)):
        came, came_length = np.roll(score, 1), np.roll(length, 1)
        came[net.first], came_length[net.first] = 0.0, 0.0
        stays = held & (score >= came)
        score = np.where(stays, score, came) + fits[step]
        length = np.where(stays, length, came_length) + 1
        ended = score[net.last] / length[net.last]
        better = ended > best
        best[better], ends[better] = ended[better], step
    return best, ends
