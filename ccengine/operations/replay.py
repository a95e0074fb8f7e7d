"""`ccengine replay FILE`: what the engine concludes from a recorded log, without any PBX."""

from __future__ import annotations

from pathlib import Path

import click

from ccengine.asterisk.ami.recorded import replay_text as replay_ami
from ccengine.records.replay import looks_like_journal
from ccengine.records.replay import replay_text as replay_cel

#: A journal may begin with torn lines.
_FIRST_LINES = 50


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def replay(file: Path) -> None:
    """由 AMI 记录或 CEL 文件重放结论。 Print the conclusions from an AMI log (.amilog) or a CEL file."""
    text = file.read_text(encoding="utf-8", errors="replace")
    lines = text.splitlines(keepends=True)
    if any(looks_like_journal(line) for line in lines[:_FIRST_LINES]):
        click.echo(replay_cel(lines))
    elif any(line.startswith(("Event: ", "Response: ")) for line in lines):
        click.echo(replay_ami(lines))
    else:
        raise click.ClickException(
            f"{file} 不是 AMI 记录、CEL 或 queue_log 文件 · is neither an AMI log nor a CEL file nor a queue_log"
        )
