"""`ccengine replay FILE`: what the engine concludes from a recorded log, without any PBX."""

from __future__ import annotations

from pathlib import Path

import click

from ccengine.asterisk.ami.recorded import replay_text as replay_ami
from ccengine.records.replay import replay_text as replay_cel


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def replay(file: Path) -> None:
    """由 AMI 记录或 CEL 文件重放结论。 Print the conclusions from an AMI log (.amilog) or a CEL file."""
    text = file.read_text(encoding="utf-8", errors="replace")
    lines = text.splitlines(keepends=True)
    tell = replay_cel if text.startswith('"') else replay_ami
    click.echo(tell(lines))
