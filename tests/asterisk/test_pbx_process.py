"""Finding, fetching and running the private PBX: what goes wrong is said in one line."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest
from pbx_fixtures import MakePbx
from pbx_instance import PbxInstance, free_ports, wait_until
from phones import Phones

from ccengine.asterisk import pbx
from ccengine.asterisk.doctor import check_pbx
from ccengine.asterisk.pbx_fallback import python_for_others
from ccengine.asterisk.pbx_install import _mirror_in
from ccengine.asterisk.pbx_program import PbxError, Program, find_program, unpacked_program
from ccengine.asterisk.pbx_user import open_to_others, owner, prefix
from ccengine.config import Settings

pytestmark = pytest.mark.pbx


def test_no_asterisk_says_how_to_get_one(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path)
    assert unpacked_program(settings.pbx_root) is None
    with pytest.raises(PbxError, match="ccengine pbx install"):
        find_program(settings)
    assert not check_pbx(settings, tmp_path)[0].ok


@pytest.mark.parametrize(
    ("version", "major"), [("22.10.1", 22), ("18.24.2", 18), ("certified/20.7-cert2", 20), ("GIT-master-1a2b", 0)]
)
def test_version_tells_its_major_number(version: str, major: int) -> None:
    program = Program(command=(), modules_dir=Path(), share_dir=Path(), version=version, private=True)
    assert program.major == major


@pytest.mark.parametrize(
    ("text", "mirror"),
    [
        ("Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm\n", "http://mirror.example/debian"),
        ("deb [signed-by=/x] https://mirror.example/debian/ bookworm main\n", "https://mirror.example/debian"),
        ("# deb http://old.example/debian bookworm main\n", None),
        ("deb http://mirror.example/debian-security bookworm-security main\n", None),
        ("deb http://archive.example/ubuntu noble main\n", None),
    ],
)
def test_mirror_is_the_one_apt_uses(text: str, mirror: str | None) -> None:
    assert _mirror_in(text) == mirror


def test_taken_port_is_named(pbx: PbxInstance, open_folder: Path) -> None:
    taken = PbxInstance.create(open_folder, pbx={"sip_port": pbx.settings.pbx.sip_port})
    with pytest.raises(PbxError, match=rf"udp port {pbx.settings.pbx.sip_port} .*pbx.sip_port"):
        taken.start()
    with socket.socket() as other:
        port = free_ports(1)[0]
        other.bind(("127.0.0.1", port))
        other.listen()
        with pytest.raises(PbxError, match=rf"tcp port {port} .*CCENGINE_AMI__PORT"):
            PbxInstance.create(open_folder, ami={"port": port}).start()


def test_start_twice_is_one_pbx_and_a_dead_one_is_started_anew(make_pbx: MakePbx) -> None:
    instance = make_pbx()
    first = pbx.pid_of(instance.settings)
    assert pbx.start(instance.settings) == first
    assert first is not None
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: not pbx.is_running(instance.settings), "the end")
    assert pbx.start(instance.settings) != first
    pbx.stop(instance.settings)
    assert not pbx.is_running(instance.settings)
    assert pbx.pid_of(instance.settings) is None
    pbx.stop(instance.settings)


async def test_new_phone_works_without_ending_calls(make_pbx: MakePbx) -> None:
    instance = make_pbx(pbx={"devices": {"1001": "8001"}})
    more = instance.settings.pbx.model_copy(update={"devices": {"1001": "8001", "1002": "8002"}})
    settings = instance.settings.model_copy(update={"pbx": more})
    async with Phones(settings) as phones:
        agent = await phones.agent("1001", auto_answer=True)
        instance.sign_in("1001")
        call = await (await phones.caller()).call("96390")
        await call.wait_heard(agent.tone)
        pbx.configure(settings)
        pbx.start(settings)
        await instance.wait_for(lambda: "1002/1002" in instance.cli("pjsip show endpoints"), "the new phone")
        await phones.agent("1002")
        assert call.established
        assert instance.members() == ["1001"]


def test_frozen_pbx_is_mended_by_start(make_pbx: MakePbx) -> None:
    instance = make_pbx()
    frozen = pbx.pid_of(instance.settings)
    assert frozen is not None
    os.kill(frozen, signal.SIGSTOP)
    said: list[str] = []
    assert pbx.start(instance.settings, said.append) != frozen
    assert said
    assert pbx.is_running(instance.settings)


async def test_after_a_crash_who_is_signed_in_is_called_at_once(make_pbx: MakePbx) -> None:
    instance = make_pbx()
    async with Phones(instance.settings) as phones:
        agent = await phones.agent("1001", auto_answer=True)
        instance.sign_in("1001")
        instance.sign_in("1002", paused="meal")
        await instance.wait_for(lambda: "meal" in _kept(instance.settings), "the PBX to keep who is signed in")
        pid = pbx.pid_of(instance.settings)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await instance.wait_for(lambda: not pbx.is_running(instance.settings), "the end")
        pbx.start(instance.settings)
        call = await (await phones.caller()).call("96390")
        await call.wait_heard(agent.tone)
    assert instance.members() == ["1001", "1002"]
    assert "paused:meal" in instance.cli("queue show hotline")


def _kept(settings: Settings) -> str:
    """Who is signed in, in the PBX's own database on the disk, which it writes once a second.

    Read as bytes: SQLite's lock for reading would make the PBX's own commit fail, and it tries that only once. While
    there is a journal beside the file, a commit is not over.
    """
    (path,) = settings.pbx_dir.rglob("astdb.sqlite3")
    told = path.read_bytes().decode("utf-8", errors="replace")
    return "" if path.with_name(f"{path.name}-journal").exists() else told


def test_pid_of_somebody_else_is_not_believed(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path)
    settings.pbx_dir.mkdir()
    pbx.pid_file(settings).write_text(f"{os.getpid()}\n")
    assert pbx.pid_of(settings) is None
    pbx.pid_file(settings).write_text("rubbish")
    assert pbx.pid_of(settings) is None


def test_pbx_does_not_run_as_root(pbx_instance: PbxInstance) -> None:
    pid = pbx.pid_of(pbx_instance.settings)
    status = Path(f"/proc/{pid}/status").read_text()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert fields["Uid"].split()[0] != "0"
    assert int(fields["CapEff"], 16) == 0


def test_closed_folder_costs_one_right_and_no_more(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    assert not open_to_others(closed / "pbx")
    words = prefix([closed / "pbx"])
    if owner() is None:
        assert words == ()
    else:
        assert words == () or "--ambient-caps=-all,+dac_read_search" in words


def test_python_of_the_fallback_can_be_run_by_the_pbx() -> None:
    python = python_for_others()
    assert python.exists()
    assert owner() is None or open_to_others(python.resolve())


def test_doctor_finds_a_running_pbx_sound(pbx: PbxInstance, tmp_path: Path) -> None:
    assert [finding for finding in check_pbx(pbx.settings, tmp_path) if not finding.ok] == []


def test_restart_from_its_own_command_line_brings_the_same_process_back(make_pbx: MakePbx) -> None:
    instance = make_pbx()
    pid = pbx.pid_of(instance.settings)
    instance.cli("dialplan set global CC_OLD_LIFE 1")
    instance.cli("core restart now")

    def lives_anew() -> bool:
        answer = pbx.run_cli(instance.settings, "dialplan show globals")
        return answer.returncode == 0 and "CC_NODE" in answer.stdout and "CC_OLD_LIFE" not in answer.stdout

    wait_until(lives_anew, "the PBX to be back", 30)
    assert pbx.pid_of(instance.settings) == pid
