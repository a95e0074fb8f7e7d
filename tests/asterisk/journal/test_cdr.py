"""The PBX's own detail records as a witness: pairs joined by call, strangers and torn lines passed over."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from ccengine.asterisk.journal.cdr import first_time, read_cdr

CALL, OTHER = "n1-1795318318-724692350987291217", "n1-1795318323-427557498497538396"
EPOCH = datetime.fromtimestamp(0, UTC)


def _pair(call: str, other: str, start: float, end: float, disposition: str = "ANSWERED") -> str:
    words = (
        "1.3",
        "1.3",
        call,
        "PJSIP/cc-trunk-00000002",
        other,
        f"{start:.6f}",
        "",
        f"{end:.6f}",
        disposition,
        "Queue",
    )
    return ",".join(f'"{word}"' for word in words) + "\n"


def _file(folder: Path, *lines: str) -> Path:
    path = folder / "ccengine.csv"
    path.write_bytes("".join(lines).encode())
    return path


def test_pairs_of_one_call_are_joined(tmp_path: Path) -> None:
    path = _file(
        tmp_path,
        _pair(CALL, "PJSIP/1001-00000003", 1795318318.5, 1795318322.25, "NO ANSWER"),
        _pair(CALL, "PJSIP/1002-00000004", 1795318322.25, 1795318323.5),
        _pair(OTHER, "", 1795318323.3, 1795318324.8),
    )
    told = read_cdr(path, EPOCH)
    assert told is not None and told.reaches_back_to == datetime.fromtimestamp(1795318318.5, UTC)
    assert told.calls[CALL].connected and told.calls[CALL].ended_at.timestamp() == 1795318323.5
    assert not told.calls[OTHER].connected  # answered by the PBX, by nobody else


def test_way_out_that_shows_another_number_counts_as_the_line(tmp_path: Path) -> None:
    told = read_cdr(
        _file(tmp_path, _pair(CALL, "PJSIP/cc-trunk-057185100000-0000000b", 1795318318.5, 1795318322)), EPOCH
    )
    assert told is not None and told.calls[CALL].connected


def test_strangers_and_torn_lines_are_passed_over(tmp_path: Path) -> None:
    good = _pair(CALL, "PJSIP/1001-00000003", 1795318318.5, 1795318322.25)
    path = _file(
        tmp_path,
        good,
        _pair("", "PJSIP/1001-00000003", 1795318318.5, 1795318322.25),
        _pair("cc-probe", "", 1795318318.5, 1795318322.25),
        '"1.3","1.3"\n',
        good.replace("1795318322.25", "later"),
        "\0" * 100 + "\n",
        good[:40],
    )
    told = read_cdr(path, EPOCH)
    assert told is not None and list(told.calls) == [CALL]


def test_no_file_is_no_witness_and_only_the_end_is_read_when_asked(tmp_path: Path) -> None:
    assert read_cdr(tmp_path / "ccengine.csv", EPOCH) is None
    lines = [_pair(f"n1-{1795318318 + n}-724692350987291217", "", 1795318318 + n, 1795318319 + n) for n in range(50)]
    told = read_cdr(_file(tmp_path, *lines), EPOCH, tail_bytes=len(lines[0]) * 5 + 10)
    assert told is not None and len(told.calls) == 5
    assert first_time(lines[7].encode()) == datetime.fromtimestamp(1795318325, UTC)
