"""The command line: `ccengine …`. Each command imports what it needs when it runs, so that `--help` is quick.

What does not live here: what the commands do (operations/, bootstrap, and the groups of the rooms).
"""

from __future__ import annotations

import os
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import click
from pydantic import ValidationError
from sqlalchemy.exc import ArgumentError

from ccengine import config

#: group or command name -> (module, attribute, one line of help)
LAZY = {
    "pbx": ("ccengine.asterisk.cli", "pbx", "the private PBX: install configure start stop cli lint"),
    "prompts": ("ccengine.prompts.cli", "prompts", "build and check what callers hear"),
    "tls": ("ccengine.backoffice.tls", "tls", "make a certificate for the back office"),
    "database": ("ccengine.operations.database", "database", "bring the database up to date, look at it"),
    "demo": ("ccengine.operations.commands", "demo", "set everything up, run it, place sample calls"),
    "up": ("ccengine.operations.commands", "up", "the same in the background, without sample calls"),
    "down": ("ccengine.operations.commands", "down", "stop what `up` started"),
    "run": ("ccengine.operations.commands", "run", "engine and back office in this process"),
    "engine": ("ccengine.operations.commands", "engine", "the engine alone"),
    "backoffice": ("ccengine.operations.commands", "backoffice", "the back office alone"),
    "status": ("ccengine.operations.commands", "status", "what runs, what is healthy"),
    "doctor": ("ccengine.operations.commands", "doctor", "what is wrong and what to do"),
    "reconcile": ("ccengine.operations.reconcile", "reconcile", "compare a day's rows with journal and recordings"),
    "audit": ("ccengine.operations.audit", "audit", "check that no work order's history was changed"),
    "report": ("ccengine.operations.report", "report", "pack versions, settings, findings and logs for whoever helps"),
    "replay": ("ccengine.operations.replay", "replay", "what the engine concludes from a recorded log"),
    "units": ("ccengine.operations.units", "units", "systemd units for this site"),
    "token": ("ccengine.operations.accounts", "token", "issue an API token"),
    "user": ("ccengine.operations.accounts", "user", "create a back-office user"),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(LAZY)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in LAZY:
            return None
        module, attribute, _help = LAZY[cmd_name]
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_module, _attribute, line) in LAZY.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config", "config_file", type=click.Path(path_type=Path), help="TOML file (default: ccengine.toml here)"
)
@click.version_option(package_name="ccengine")
@click.pass_context
def cli(ctx: click.Context, config_file: Path | None) -> None:
    """ccengine: the open contact-center engine on a real Asterisk PBX."""
    if config_file is not None and not config_file.is_file():
        raise click.UsageError(f"no such settings file: {config_file}")
    ctx.obj = config.load(config_file)


def main() -> None:
    """Run the command line; a wrong setting is told by name, without a traceback."""
    try:
        cli(prog_name="ccengine")
    except tomllib.TOMLDecodeError as error:
        name = os.environ.get("CCENGINE_CONFIG", "ccengine.toml")
        click.echo(f"设置文件 {name} 有语法错误 · the settings file {name} is not TOML: {error}", err=True)
        sys.exit(2)
    except ArgumentError as error:
        click.echo(f"settings: database.url: {error} (postgresql://user@host/name)", err=True)
        sys.exit(2)
    except ValidationError as error:
        for problem in error.errors():
            field = ".".join(str(part) for part in problem["loc"])
            click.echo(f"settings: {field}: {problem['msg']} (given: {problem.get('input')!r})", err=True)
        sys.exit(2)
