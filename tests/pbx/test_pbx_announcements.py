"""What a waiting caller hears, in which order: app_queue's own sentences, in the caller's language."""

from __future__ import annotations

import re

import pytest
from pbx_engines import deciding, engine
from pbx_instance import PbxInstance
from phones import Phones

pytestmark = pytest.mark.pbx


class Playing:
    """The names of the sounds that the PBX plays, in order, from now on."""

    def __init__(self, pbx: PbxInstance) -> None:
        self._pbx = pbx
        self._path = pbx.settings.pbx_dir / "log" / "playing.log"
        self._pbx.cli("logger add channel playing.log verbose(3),warning")
        self._mark = self._path.stat().st_size

    @property
    def text(self) -> str:
        """The PBX's own words."""
        with self._path.open("rb") as file:
            file.seek(self._mark)
            return file.read().decode(errors="replace")

    def names(self, language: str) -> list[str]:
        """Sounds played in that language."""
        return re.findall(rf"Playing '([^'.]+)\.\w+' \(language '{language}'\)", self.text)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_second_in_line_is_told_his_place_and_asked_for_patience_once(
    pbx: PbxInstance, phones: Phones, language: str
) -> None:
    await phones.agent("1001")
    pbx.sign_in("1001", paused="break")
    variables = {"CHANNEL(language)": language, "CC_TO": "queue", "CC_QUEUE": pbx.settings.pbx.queue}
    async with engine(pbx.settings, deciding(**variables)):
        await (await phones.caller("13812345678")).call("96390")
        await pbx.wait_for(lambda: len(pbx.facts("CC_QUEUE")) == 1, "the first caller in the queue")
        playing = Playing(pbx)
        await (await phones.caller("13900001111")).call("96390")
        # zh: 您当前的排队位置是第 | 二 | 位，请您耐心等候。 en: You are caller number | two | in line. Please wait.
        said = ["cc/recording/notice", "queue-thereare", "digits/2", "queue-callswaiting"]
        await pbx.wait_for(lambda: playing.names(language)[-1:] == said[-1:], "the place in the queue")
        await pbx.wait_for(lambda: "Started music on hold" in playing.text.rpartition(said[-1])[2], "music")
    pbx.cli("logger remove channel playing.log")
    assert playing.names(language)[-4:] == said
    assert "does not exist" not in playing.text
