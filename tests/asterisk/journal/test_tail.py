"""The journal reader against real files: everything a disk and a rotation can do to them."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest

from ccengine.asterisk.journal.cel import CelCutter
from ccengine.asterisk.journal.journal_file import FilePosition
from ccengine.asterisk.journal.queue_log import QueueLogCutter
from ccengine.asterisk.journal.reading import BadStretch
from ccengine.asterisk.journal.tail import CHUNK_BYTES, FIRST_CHUNK_BYTES, Tail
from ccengine.records.journal_lines import JournalLine


def record(number: int, name: str = "") -> bytes:
    """A CEL record; `number` is its second and its channel."""
    fields = ["CHAN_START", f"{1795000000 + number}.000001", "", name, "1380", "s", "c", f"PJSIP/1-{number:08x}"]
    fields += ["", "", f"1795000000.{number}", f"1795000000.{number}", "", "", "", ""]
    return (",".join('"' + field.replace('"', '""') + '"' for field in fields) + "\n").encode()


class Follower:
    """Reads a tail to its end and keeps what it gave."""

    def __init__(self, tail: Tail[JournalLine]) -> None:
        self.tail = tail
        self.numbers: list[int] = []
        self.replayed: list[int] = []
        self.bad: list[BadStretch] = []
        self.notes: list[str] = []
        self.names: list[str] = []

    def go(self) -> Follower:
        """Read until nothing more is there."""
        for _ in range(2000):
            reading = self.tail.read()
            for item in reading.items:
                number = int(item.value.unique_id.split(".")[1])
                (self.replayed if item.replayed else self.numbers).append(number)
                self.names.append(item.value.caller_name)
            self.bad += reading.bad
            self.notes += reading.notes
            if reading.caught_up:
                return self
        raise AssertionError("the tail never caught up")

    @property
    def position(self) -> FilePosition | None:
        """Where it stands."""
        return self.tail.position_of(self.tail.mark)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cel.csv"


def append(path: Path, *parts: bytes) -> None:
    """Write at the end of a file."""
    with path.open("ab") as file:
        file.write(b"".join(parts))


def follow(path: Path, position: FilePosition | None = None, **more: object) -> Follower:
    """A reader that begins at a position."""
    return Follower(Tail(path, CelCutter(), position, **more))  # type: ignore[arg-type]


def test_tail_missing_file_waits(path: Path) -> None:
    reader = follow(path).go()
    assert reader.numbers == []
    assert not reader.tail.changed()
    append(path.with_name(f"{path.name}.gz"), b"an older one, compressed")
    assert not reader.tail.changed()
    append(path, record(1))
    assert reader.tail.changed()
    assert reader.go().numbers == [1]
    assert not reader.tail.changed()


def test_tail_half_a_record_waits_for_the_rest(path: Path) -> None:
    whole = record(2)
    append(path, record(1), whole[:50])
    reader = follow(path).go()
    assert reader.numbers == [1]
    append(path, whole[50:])
    assert reader.go().numbers == [1, 2]
    assert reader.bad == []


def test_tail_any_cut_of_the_bytes_gives_the_same(path: Path) -> None:
    text = record(1, 'a "quoted"\nname, 张三') + record(2)
    for cut in range(len(text)):
        path.write_bytes(text[:cut])
        reader = follow(path).go()
        append(path, text[cut:])
        assert reader.go().numbers == [1, 2], cut
        assert reader.names[0] == 'a "quoted"\nname, 张三'
        assert reader.bad == []


def test_tail_rotation_drains_the_old_file_first(path: Path) -> None:
    append(path, record(1))
    reader = follow(path).go()
    append(path, record(2))
    path.rename(path.with_name("cel.csv.20261121"))
    append(path.with_name("cel.csv.20261121"), record(3))
    append(path, record(4))
    assert reader.go().numbers == [1, 2, 3, 4]


def test_tail_restart_after_two_rotations_reads_all_files_in_order(path: Path) -> None:
    append(path, record(1), record(2))
    position = follow(path).go().position
    append(path, record(3))
    path.rename(path.with_name("cel.csv.b"))
    append(path, record(4))
    path.rename(path.with_name("cel.csv.a"))  # the name says nothing, the first record's time does
    append(path, record(5))
    assert follow(path, position).go().numbers == [3, 4, 5]


def test_tail_rotated_file_with_a_torn_end_is_quarantined(path: Path) -> None:
    append(path, record(1), record(2)[:70])
    reader = follow(path).go()
    path.rename(path.with_name("cel.csv.1"))
    append(path, record(3))
    assert reader.go().numbers == [1, 3]
    assert [bad.reason for bad in reader.bad] == ["torn: the file ends inside"]


def test_tail_torn_record_glued_to_the_next_loses_only_the_torn_one(path: Path) -> None:
    for cut in range(1, len(record(1)) - 1):
        path.write_bytes(record(0) + record(1, "O'Brien, x")[:cut] + record(2) + record(3))
        reader = follow(path).go()
        assert reader.numbers == [0, 2, 3], cut
        assert sum(bad.length for bad in reader.bad) == cut


def test_tail_shorter_file_with_the_same_first_line_is_a_lost_tail(path: Path) -> None:
    append(path, record(1), record(2), record(3))
    reader = follow(path).go()
    os.truncate(path, len(record(1)))
    reader.go()
    append(path, record(9))
    assert reader.go().numbers == [1, 2, 3, 9]
    assert reader.notes[0].startswith("lost_tail")


def test_tail_lost_tail_found_at_the_start_skips_nothing_written_since(path: Path) -> None:
    append(path, record(1), record(2), record(3))
    first = follow(path).go()
    path.write_bytes(record(1) + record(8))
    reader = follow(path, first.position, last_at=first.tail.last_at).go()
    assert reader.numbers == [8]
    assert reader.notes[0].startswith("lost_tail")


def test_tail_reused_inode_is_another_file(path: Path) -> None:
    append(path, record(1), record(2))
    first = follow(path).go()
    assert first.position is not None
    path.write_bytes(record(5) + record(6) + record(7))  # same inode, other content, longer
    reader = follow(path, first.position, last_at=first.tail.last_at).go()
    assert reader.numbers == [5, 6, 7]
    assert reader.notes[0].startswith("lost_file")


def test_tail_begins_with_a_small_chunk_and_grows(path: Path) -> None:
    append(path, *(record(number) for number in range(20_000)))
    tail = Tail(path, CelCutter())
    counts = [len(tail.read().items) for _ in range(8)]
    assert counts[0] * len(record(1)) < FIRST_CHUNK_BYTES
    assert all(1.8 < after / before < 2.2 for before, after in pairwise(counts[:5]))
    assert counts[5] * len(record(1)) <= CHUNK_BYTES + len(record(1))


@pytest.mark.parametrize("written", [(), (5,), (5, 6, 7, 8)])
def test_tail_inode_reused_while_nobody_read_ends_the_old_file_first(path: Path, written: tuple[int, ...]) -> None:
    append(path, record(1), record(2))
    first = follow(path).go()
    append(path, record(3), record(4))
    path.with_name("cel.csv.1").write_bytes(path.read_bytes())
    path.write_bytes(b"".join(record(number) for number in written))  # same inode: what a new file gets at once
    reader = follow(path, first.position, last_at=first.tail.last_at).go()
    append(path, record(9))
    assert reader.go().numbers == [3, 4, *written, 9]
    assert reader.notes == []


@pytest.mark.parametrize("unread", [(), (3,), (3, 4)])
def test_tail_emptied_after_a_copy_reads_the_rest_from_the_copy(path: Path, unread: tuple[int, ...]) -> None:
    append(path, record(1), record(2))
    reader = Follower(Tail(path, CelCutter())).go()
    append(path, *(record(number) for number in unread))
    path.with_name("cel.csv.1").write_bytes(path.read_bytes())
    os.truncate(path, 0)
    reader.go()
    append(path, record(5))
    assert reader.go().go().numbers == [1, 2, *unread, 5]
    again = Follower(Tail(path, CelCutter(), read=reader.position)).go()
    append(path, record(6))
    assert again.go().numbers == [6]


@pytest.mark.parametrize("unread", [(), (3,), (3, 4)])
def test_tail_emptied_after_a_copy_and_grown_longer_before_the_next_look_reads_all(
    path: Path, unread: tuple[int, ...]
) -> None:
    append(path, record(1), record(2))
    reader = Follower(Tail(path, CelCutter())).go()
    append(path, *(record(number) for number in unread))
    path.with_name("cel.csv.1").write_bytes(path.read_bytes())
    os.truncate(path, 0)
    append(path, *(record(number) for number in range(5, 12)))
    assert reader.go().go().numbers == [1, 2, *unread, *range(5, 12)]


def test_tail_file_written_anew_in_place_begins_at_its_first_line(path: Path) -> None:
    append(path, record(1), record(2), record(3))
    reader = follow(path).go()
    path.write_bytes(record(7))
    assert reader.go().numbers == [1, 2, 3, 7]
    assert reader.notes[0].startswith("written_anew")


def test_tail_deleted_file_goes_on_with_the_new_one(path: Path) -> None:
    append(path, record(1))
    reader = follow(path).go()
    path.unlink()
    assert reader.go().numbers == [1]
    append(path, record(2))
    assert reader.go().numbers == [1, 2]


def test_tail_two_renames_before_the_next_record_are_both_read(path: Path) -> None:
    append(path, record(1))
    reader = follow(path).go()
    append(path, record(2))
    path.rename(path.with_name("cel.csv.1"))
    append(path, record(3))
    path.rename(path.with_name("cel.csv.2"))
    assert reader.go().numbers == [1, 2, 3]
    append(path, record(4))
    assert reader.go().numbers == [1, 2, 3, 4]


def test_tail_deleted_file_does_not_lead_back_to_an_older_one(path: Path) -> None:
    append(path, record(1))
    path.rename(path.with_name("cel.csv.1"))
    append(path, record(2))
    reader = follow(path).go()
    path.unlink()
    assert reader.go().numbers == [1, 2]
    append(path, record(3))
    assert reader.go().numbers == [1, 2, 3]


def test_tail_poison_lines_are_quarantined_and_the_next_record_is_read(path: Path) -> None:
    append(path, record(1), b"\0\0\0\0rubbish \xff\xfe\n", record(2), record(3).replace(b"PJSIP", b"PJ\0IP"), record(4))
    append(path, b'"CHAN_START","1795000009.000001","too","few"\n', record(5))
    reader = follow(path).go()
    assert reader.numbers == [1, 2, 4, 5]
    assert len(reader.bad) == 3


def test_tail_damaged_utf8_in_a_name_keeps_the_call(path: Path) -> None:
    append(path, record(1, "张三").replace("三".encode(), "三".encode()[:2]), record(2))
    reader = follow(path).go()
    assert reader.numbers == [1, 2]
    assert reader.names[0].startswith("张")


def test_tail_ten_megabyte_field_is_told_once_and_held_in_bounded_memory(path: Path) -> None:
    append(path, record(1), record(2, "A" * 10_000_000), record(3))
    reader = follow(path)
    longest = 0
    for _ in range(200):
        reading = reader.tail.read()
        longest = max(longest, len(reader.tail._buffer))
        reader.numbers += [int(item.value.unique_id.split(".")[1]) for item in reading.items]
        reader.bad += reading.bad
        if reading.caught_up:
            break
    assert reader.numbers == [1, 3]
    assert len(reader.bad) == 1
    assert len(reader.bad[0].sample) <= 1024
    assert longest < 1_000_000


def test_tail_replay_marks_what_was_stored_before(path: Path) -> None:
    append(path, record(1), record(2), record(3))
    first = follow(path).go()
    assert first.position is not None
    begin = first.position.at(len(record(1)))
    append(path, record(4))
    reader = follow(path, first.position, replay=begin).go()
    assert (reader.replayed, reader.numbers) == ([2, 3], [4])
    assert not reader.tail.replaying


def test_tail_replay_begins_in_a_renamed_file(path: Path) -> None:
    append(path, record(1), record(2))
    first = follow(path).go()
    assert first.position is not None
    begin = first.position.at(len(record(1)))
    path.rename(path.with_name("cel.csv.1"))
    append(path, record(3))
    second = first.go()
    append(path, record(4))
    reader = follow(path, second.position, replay=begin).go()
    assert (reader.replayed, reader.numbers) == ([2, 3], [4])


def test_tail_same_content_on_another_disk_is_found_by_its_first_line(tmp_path: Path, path: Path) -> None:
    append(path, record(1), record(2))
    position = follow(path).go().position
    copy = tmp_path / "restored" / "cel.csv"
    copy.parent.mkdir()
    copy.write_bytes(path.read_bytes() + record(3))
    assert follow(copy, position).go().numbers == [3]


def test_queue_log_glued_line_loses_only_the_torn_one(tmp_path: Path) -> None:
    path = tmp_path / "queue_log"
    line = b"1795296333|1795296330.3|hotline|8001|CONNECT|3|1795296331.4|2\n"
    for cut in range(1, len(line) - 1):
        path.write_bytes(line + line[:cut] + line + b"1795296340|NONE|NONE|NONE|CONFIGRELOAD|\n")
        tail = Tail(path, QueueLogCutter())
        reading = tail.read()
        assert [item.value.event for item in reading.items] == ["CONNECT", "CONNECT", "CONFIGRELOAD"], cut
        assert all(item.value.data[1] == "1795296331.4" for item in reading.items[:2])
        tail.close()


def test_tail_files_begun_at_the_same_moment_are_read_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "queue_log"
    for number in range(12):
        older = path.with_name(f"queue_log.{number}")
        older.write_bytes(f"1795296333|{number}|hotline|8001|UNPAUSE|\n".encode())
        os.utime(older, ns=(10**18, 10**18))
    path.write_bytes(b"1795296333|12|hotline|8001|UNPAUSE|\n")
    tail, seen = Tail(path, QueueLogCutter()), []
    while not (reading := tail.read()).caught_up or reading.items:
        seen += [item.value.unique_id for item in reading.items]
    tail.close()
    assert seen == [str(number) for number in range(13)]
