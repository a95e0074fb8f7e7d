"""What was learnt: the network's weights, the phrases in its phones, the weights of the evidence; as bytes and back.

What does not live here: how it is learnt (early_media_lab/train.py), where it is kept (assets.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ccengine.early_media.phones import Network
from ccengine.early_media.phrases import Net, net_of
from ccengine.early_media.sound import Floats

_NOTHING = np.zeros(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """`texts`: (kind, words) of each phrase; `numbers`: the same in the network's phones; `bar`: below it a kind is not
    told."""

    network: Network
    texts: tuple[tuple[str, str], ...]
    numbers: tuple[tuple[int, ...], ...]
    kinds: tuple[str, ...]
    mean: NDArray[np.float64] = field(default_factory=lambda: _NOTHING)
    spread: NDArray[np.float64] = field(default_factory=lambda: _NOTHING)
    weight: NDArray[np.float64] = field(default_factory=lambda: _NOTHING)
    bar: float = 1.0

    @property
    def net(self) -> Net:
        """The phrases' net."""
        return net_of(self.numbers)

    def with_kinds(
        self,
        kinds: tuple[str, ...],
        mean: NDArray[np.float64],
        spread: NDArray[np.float64],
        weight: NDArray[np.float64],
    ) -> Model:
        """Return the model with the evidence's weights."""
        return replace(self, kinds=kinds, mean=mean, spread=spread, weight=weight)

    def with_bar(self, bar: float) -> Model:
        """Return the model with another bar."""
        return replace(self, bar=bar)

    def kind_of(self, row: Floats) -> tuple[str, float]:
        """Return the likeliest kind of a row of evidence, and how likely it is."""
        out = np.append((row - self.mean) / self.spread, 1.0) @ self.weight
        likely = np.exp(out - out.max())
        likely /= likely.sum()
        at = int(likely.argmax())
        return self.kinds[at], float(likely[at])

    def data(self) -> bytes:
        """Return it as `model_of` takes it, the network in half precision."""
        arrays: dict[str, Any] = {f"w{at}": one.astype(np.float16) for at, one in enumerate(self.network.weights)}
        arrays |= {f"b{at}": one.astype(np.float16) for at, one in enumerate(self.network.biases)}
        written = BytesIO()
        np.savez_compressed(
            written,
            phones=np.array(self.network.phones),
            texts=np.array(self.texts),
            numbers=np.array([" ".join(map(str, one)) for one in self.numbers]),
            kinds=np.array(self.kinds),
            mean=self.mean,
            spread=self.spread,
            weight=self.weight,
            bar=np.array(self.bar),
            **arrays,
        )
        return written.getvalue()


def model_of(data: bytes) -> Model:
    """Return what `Model.data` wrote. Raises KeyError, ValueError."""
    with np.load(BytesIO(data), allow_pickle=False) as arrays:
        layers = range(sum(name.startswith("w") and name[1:].isdigit() for name in arrays.files))
        network = Network(
            phones=tuple(map(str, arrays["phones"])),
            weights=tuple(arrays[f"w{at}"].astype(np.float32) for at in layers),
            biases=tuple(arrays[f"b{at}"].astype(np.float32) for at in layers),
        )
        return Model(
            network=network,
            texts=tuple((str(kind), str(words)) for kind, words in arrays["texts"]),
            numbers=tuple(tuple(map(int, str(one).split())) for one in arrays["numbers"]),
            kinds=tuple(map(str, arrays["kinds"])),
            mean=arrays["mean"],
            spread=arrays["spread"],
            weight=arrays["weight"],
            bar=float(arrays["bar"]),
        )
