"""`ccengine units`: the systemd units of engine and back office, filled in for this site; printed, or written.

What does not live here: their text (asterisk-conf/systemd), the watchdog they rely on (engine/watchdog).
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path

import click
import jinja2

from ccengine import assets
from ccengine.config import Settings

UNITS = ("ccengine-engine.service", "ccengine-backoffice.service")
#: A unit of ours begins so; any other file of that name is the administrator's and is left alone.
_MARK = "# Written by `ccengine units`."
_USER = re.compile(r"[a-z_][a-z0-9_-]{0,30}")
#: No quote, backslash, percent or line end: they mean something to systemd.
_PATH = re.compile(r"[\w ./:@+=,\-]+")


class UnitRefused(ValueError):
    """A value cannot stand in a unit; the text names it and says what to do."""


def render_units(settings: Settings, user: str) -> dict[str, str]:
    """Return the units' texts by file name. Raises UnitRefused."""
    if not _USER.fullmatch(user):
        raise UnitRefused(f"--user: {user!r} 不是系统用户名。 {user!r} is no name of a system user")
    config = Path(os.environ.get("CCENGINE_CONFIG", "ccengine.toml")).absolute()
    values = {
        "user": user,
        "program": _program(),
        "state_dir": _safe("state_dir", settings.state_dir),
        "config": _safe("CCENGINE_CONFIG", config) if config.is_file() else "",
        "writable": [_safe("ReadWritePaths", folder) for folder in _writable(settings)],
        "private_tmp": not settings.door_socket.is_relative_to("/tmp"),  # there the two of them meet
    }
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(assets.ASTERISK_CONF / "systemd"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return {name: environment.get_template(name).render(values) for name in UNITS}


def write_units(settings: Settings, user: str, folder: Path) -> list[Path]:
    """Write the units and return their names. Raises UnitRefused (also for a file that is not ours), OSError."""
    texts = render_units(settings, user)
    for name in texts:
        path = folder / name
        if path.exists() and not path.read_text(encoding="utf-8", errors="replace").startswith(_MARK):
            raise UnitRefused(f"{path} 不是 ccengine 写的，未改动。 {path} was not written by us: move it away first")
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]


def _program() -> str:
    """Return the command of this very installation."""
    script = Path(sys.executable).parent / "ccengine"
    if script.is_file():
        return shlex.quote(_safe("program", script))
    return f"{shlex.quote(_safe('program', Path(sys.executable)))} -m ccengine"


def _writable(settings: Settings) -> list[Path]:
    """Return the folders that engine or back office write: state, journal (rotation), recordings, the door's socket."""
    wanted = [settings.cel_file.parent, settings.cdr_file.parent, settings.recordings_dir, settings.door_socket.parent]
    if settings.ami.record_file:
        wanted.append(Path(settings.ami.record_file).absolute().parent)
    outside = [one for one in wanted if not one.is_relative_to(settings.state_dir) and not one.is_relative_to("/tmp")]
    return [settings.state_dir, *dict.fromkeys(outside)]


def _safe(name: str, path: Path) -> str:
    if not _PATH.fullmatch(str(path)):
        raise UnitRefused(
            f"{name}：路径 {path} 含有 systemd 单元不允许的字符，请改用其他文件夹。 {name}: {path} holds a character "
            f"that cannot stand in a unit (quotes, backslash, percent): choose another folder"
        )
    return str(path)


@click.command()
@click.option(
    "--user", default="asterisk", show_default=True, help="运行用户：PBX 的用户，须能读写其日志和录音。 The PBX's."
)
@click.option("--write", type=click.Path(path_type=Path, file_okay=False, exists=True), help="e.g. /etc/systemd/system")
@click.pass_obj
def units(settings: Settings, user: str, write: Path | None) -> None:
    """打印或写入 systemd 单元。 Print the systemd units of this site, or write them."""
    try:
        if write is None:
            click.echo("\n".join(f"# --- {name}\n{text}" for name, text in render_units(settings, user).items()))
            return
        for path in write_units(settings, user, write):
            click.echo(str(path))
    except (UnitRefused, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo("systemctl daemon-reload && systemctl enable --now ccengine-engine ccengine-backoffice")
