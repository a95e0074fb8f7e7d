"""The private PBX with Asterisk's own call detail records switched on: the oracle's second witness.

The product configures its PBX without them; this instance's files are changed after `configure`, nowhere else.
"""

from __future__ import annotations

import csv
import os
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

from pbx_instance import PbxInstance, shorten_prompts

from ccengine.asterisk import pbx as process

_FIELDS = ("linkedid", "src", "channel", "dstchannel", "start", "answer", "end", "disposition", "lastapp")
_CDR = """[general]
enable=yes
unanswered=yes
congestion=yes
batch=no
"""


@dataclass(frozen=True, kw_only=True)
class Cdr:
    """One of Asterisk's own call detail records."""

    linkedid: str
    src: str
    channel: str
    dstchannel: str
    start: str
    answer: str
    end: str
    disposition: str
    lastapp: str


class FaultPbx(PbxInstance):
    """A PbxInstance that keeps CDRs and can be killed and started again."""

    def start(self) -> None:
        """Configure, switch CDR on, start."""
        process.install(self.settings)
        process.configure(self.settings)
        self._keep_cdr()
        shorten_prompts(self.settings)
        process.start(self.settings)

    def _keep_cdr(self) -> None:
        etc = self.settings.pbx_dir / "etc"
        modules = etc / "modules.conf"
        owner = modules.stat()
        text = modules.read_text(encoding="utf-8").replace("noload=cdr_custom.so\n", "")
        columns = ",".join(f"${{CSV_QUOTE(${{CDR({name})}})}}" for name in _FIELDS)
        files = {"modules.conf": text, "cdr.conf": _CDR, "cdr_custom.conf": f"[mappings]\nMaster.csv => {columns}\n"}
        for name, content in files.items():
            (etc / name).write_text(content, encoding="utf-8")
            os.chown(etc / name, owner.st_uid, owner.st_gid)
            (etc / name).chmod(0o640)
        self.cdr_file.parent.mkdir(exist_ok=True)
        os.chown(self.cdr_file.parent, owner.st_uid, owner.st_gid)

    @property
    def cdr_file(self) -> Path:
        """Where Asterisk writes them."""
        return self.settings.pbx_dir / "log" / "cdr-custom" / "Master.csv"

    def cdrs(self) -> list[Cdr]:
        """All CDRs so far."""
        return read_cdrs(self.cdr_file)

    def kill(self) -> None:
        """SIGKILL, without a word before, and wait until it is gone."""
        pid = process.pid_of(self.settings)
        assert pid is not None, "the PBX ended by itself"
        os.kill(pid, signal.SIGKILL)
        assert process.gone(pid, 20), "the PBX does not die"
        process.stop(self.settings)

    def start_again(self) -> None:
        """Start it as it was configured."""
        process.start(self.settings)

    def copy_journals(self, folder: Path) -> None:
        """Keep the journals beside the oracle's logs: `ccengine replay` reads them."""
        for path in (self.settings.cel_file, self.settings.queue_log_file, self.cdr_file):
            if path.exists():
                shutil.copy(path, folder / path.name)


def read_cdrs(path: Path) -> list[Cdr]:
    """Return the rows of such a file."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8", errors="replace") as file:
        return [Cdr(**dict(zip(_FIELDS, row, strict=True))) for row in csv.reader(file) if len(row) == len(_FIELDS)]
