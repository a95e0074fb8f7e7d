"""What evidence a type demands."""

from __future__ import annotations

import pytest

from ccengine.hotline.evidence import HEAD_BYTES, Phase, media_type, missing_photos


@pytest.mark.parametrize(
    ("before", "after", "there", "missing"),
    [
        (False, False, [], ()),
        (True, True, [], (Phase.BEFORE, Phase.AFTER)),
        (True, True, ["during", "during"], (Phase.BEFORE, Phase.AFTER)),
        (True, True, ["before", "before"], (Phase.AFTER,)),
        (True, False, ["after"], (Phase.BEFORE,)),
        (True, True, ["after", "before"], ()),
    ],
)
def test_missing_photos_are_named(before: bool, after: bool, there: list[str], missing: tuple[Phase, ...]) -> None:
    assert missing_photos(there, before=before, after=after) == missing


_OTHERS = (
    b"",
    b"<!doctype html>",
    b"<svg xmlns='http://www.w3.org/2000/svg'>",
    b"%PDF-1.7",
    b"GIF89a",
    b"BM",
    b"PK\3\4",
)
_ALIKE = (b"\0\0\0\x18ftypheic" + bytes(20), b"\x1a\x45\xdf\xa3" + bytes(20) + b"matroska", b"RIFF\0\0\0\0WAVEfmt ")


@pytest.mark.parametrize("head", [*_OTHERS, *_ALIKE])
def test_what_is_no_picture_or_film_of_ours_has_no_type(head: bytes) -> None:
    assert media_type(head[:HEAD_BYTES]) is None
