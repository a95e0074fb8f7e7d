"""A host with an Asterisk of its own: Debian's stock configuration, the lines that `configure --host` prints, a call.

The stock files are copied and their folders moved below ours; the administrator's part is done as docs/install.md says.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pbx_instance import PbxInstance, keep_full_log, shorten_prompts, wait_until
from phones import CALLER_TONE, Phones
from running_site import RunningSite, fresh, started

from ccengine import assets
from ccengine.asterisk import pbx, pbx_user
from ccengine.asterisk.doctor import check_pbx
from ccengine.asterisk.pbx_configure import configure_host
from ccengine.asterisk.pbx_program import Program, find_program
from ccengine.config import Settings

pytestmark = pytest.mark.pbx


class Host:
    """Asterisk on `base`/etc, as its administrator set it up."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.base = settings.pbx_dir
        self.etc = self.base / "etc"
        self.program = find_program(settings)
        self._command = [*self.program.command, "-C", str(self.etc / "asterisk.conf")]

    def lay(self) -> None:
        """Copy Debian's stock configuration, add the printed lines, and what else docs/install.md asks for."""
        shutil.copytree(_root(self.program) / "etc" / "asterisk", self.etc)
        for folder in ("log/cel-custom", "data/sounds", "var", "spool/monitor", "run"):
            (self.base / folder).mkdir(parents=True)
        (self.base / "data" / "documentation").symlink_to(self.program.share_dir / "documentation")
        for language in ("zh", "en"):
            (self.base / "data" / "sounds" / language).symlink_to(assets.PROMPTS / language)
        shorten_prompts(self.settings)
        for path, line in configure_host(self.settings, self.etc, self.program):
            with path.open("a") as file:
                file.write(f"\n{line}\n")
        self._administrators_part()
        keep_full_log(self.etc)
        pbx_user.own(self.base)

    def _administrators_part(self) -> None:
        folders = {"astetcdir": "etc", "astvarlibdir": "var", "astdbdir": "var", "astdatadir": "data"}
        folders |= {"astspooldir": "spool", "astrundir": "run", "astlogdir": "log"}
        lines = [f"{name} => {self.base / folder}" for name, folder in folders.items()]
        text = "\n".join(["[directories]", f"astmoddir => {self.program.modules_dir}", *lines])
        (self.etc / "asterisk.conf").write_text(text)
        manager = self.etc / "manager.conf"
        text = re.sub(r"^enabled *=.*", "enabled=yes", manager.read_text(), flags=re.MULTILINE)
        manager.write_text(re.sub(r"^port *=.*", f"port={self.settings.ami.port}", text, flags=re.MULTILINE))
        with (self.etc / "pjsip.conf").open("a") as file:
            address = f"{self.settings.pbx.sip_host}:{self.settings.pbx.sip_port}"
            file.write(f"\n[their-udp]\ntype=transport\nprotocol=udp\nbind={address}\n")
            file.write("[global]\ntype=global\nendpoint_identifier_order=auth_username,username,ip\n")

    def start(self) -> subprocess.Popen[bytes]:
        """Start it and wait until it has booted."""
        command = [*pbx_user.prefix([self.base]), *self._command, "-f"]
        with (self.base / "out").open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output)
        wait_until(lambda: "fully booted" in self.ask("core waitfullybooted"), "the start", 60)
        return process

    def ask(self, question: str) -> str:
        """Run one command on its command line."""
        return subprocess.run([*self._command, "-rx", question], capture_output=True, text=True).stdout


def _root(program: Program) -> Path:
    return program.share_dir.parents[2]


@pytest.fixture
def host() -> Iterator[Host]:
    """A running Asterisk that is not ours, with our drop-ins."""
    with tempfile.TemporaryDirectory(prefix="ccengine-test-") as name:
        Path(name).chmod(0o755)
        settings = PbxInstance.create(Path(name)).settings
        pbx.install(settings)
        made = Host(settings)
        made.lay()
        process = made.start()
        try:
            yield made
        finally:
            process.kill()
            process.wait()


@pytest.fixture
def host_site(host: Host, tmp_path: Path) -> Iterator[RunningSite]:
    """Our programs beside it, with an empty database of their own."""
    with started(fresh(host.settings, tmp_path)) as running:
        yield running


async def test_call_on_a_hosts_own_asterisk_is_answered_recorded_and_opens_its_order(
    host: Host, host_site: RunningSite
) -> None:
    assert "Goto(cc-call,s,1)" in host.ask("dialplan show cc-inbound")
    assert f"CC_AGI=127.0.0.1:{host.settings.agi.port}" in host.ask("dialplan show globals")
    assert host.ask("queue show").startswith("hotline has 0 calls")
    assert "cc_actions" in host.ask("manager show users")
    assert "USER_DEFINED" in host.ask("cel show status")
    # This unpacked Asterisk plays from a folder of the test's; everything else is as doctor wants it.
    wrong = [found.what for found in check_pbx(host.settings, host.etc) if not found.ok]
    assert [what for what in wrong if "prompts" not in what] == []
    async with Phones(host.settings) as phones:
        agent = await phones.agent("1001", auto_answer=True)
        code = await agent.call("*11")
        await code.wait_closed()
        call = await (await phones.caller("13900000901", "张三")).call("96390")
        await call.choose("1")
        await call.wait_heard(agent.tone)
        await agent.calls[-1].wait_heard(CALLER_TONE)
        await call.hangup()
        record = await host_site.record_of("13900000901")
    assert (record["outcome"], record["agent_number"], record["source"]) == ("answered", "8001", "journal")
    assert (record["caller_name"], record["ivr_path"]) == ("张三", ["repair"])
    assert [order["type"] for order in await host_site.orders_of(record)] == ["repair"]

    async def recorded() -> bool:
        found = (await host_site.get(f"/calls/{record['id']}"))["recordings"]
        return any(one["kind"] == "stereo" and one["built_at"] and one["silent_sides"] == [] for one in found)

    await host_site.wait(recorded, "the recording with both sides")
