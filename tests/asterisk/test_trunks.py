"""The ways out of the PBX: one for each number that may be shown; nothing comes in by the further ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from ccengine import assets
from ccengine.asterisk.pbx_configure import folders, template_values, trunks
from ccengine.asterisk.pbx_program import Program
from ccengine.asterisk.render import render
from ccengine.config import Pbx, Settings

OTHER = "057185100000"


def _sections(settings: Settings) -> dict[str, list[str]]:
    nowhere = Program(command=(), modules_dir=Path("/x"), share_dir=Path("/x"), version="22", private=True)
    values = template_values(settings, nowhere, folders(settings))
    text = render(assets.ASTERISK_CONF / "site" / "pjsip.conf", values)
    sections: dict[str, list[str]] = {}
    for part in re.split(r"^\[", text, flags=re.MULTILINE)[1:]:
        sections.setdefault(part.split("]")[0], []).extend(part.splitlines()[1:])
    return sections


def test_each_number_has_a_way_out_of_its_own_and_none_in(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path, pbx=Pbx(trunk_uri="sip:192.0.2.1", caller_ids=(OTHER, "96390", OTHER)))
    assert [one["name"] for one in trunks(settings)] == ["cc-trunk", f"cc-trunk-{OTHER}"]
    found = _sections(settings)
    further = found[f"cc-trunk-{OTHER}"]
    assert {"type=endpoint", f"from_user={OTHER}", "aors=cc-trunk", "identify_by=ip", "callerid=unknown <0000>"} <= {
        *further
    }
    assert not [name for name, lines in found.items() if name != "cc-trunk" and "type=identify" in lines]
    assert not [name for name, lines in found.items() if f"endpoint=cc-trunk-{OTHER}" in lines]


def test_site_without_further_numbers_has_the_hotlines_way_only(tmp_path: Path) -> None:
    found = _sections(Settings(state_dir=tmp_path))
    assert [name for name in found if name.startswith("cc-trunk")] == ["cc-trunk"]


@pytest.mark.parametrize("wrong", ["96390]\n[admin", "+8657185100000", "12", "", "9" * 16, "９６３９０"])
def test_number_that_is_none_is_refused_at_the_start(wrong: str) -> None:
    with pytest.raises(ValidationError):
        Pbx(caller_ids=(wrong,))
