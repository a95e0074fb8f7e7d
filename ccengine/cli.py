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
    "pbx": (
        "ccengine.asterisk.cli",
        "pbx",
        "私有 PBX：安装、配置、启动、停止 · the private PBX: install configure start stop cli lint",
    ),
    "prompts": ("ccengine.prompts.cli", "prompts", "制作和检查语音 · build and check what callers hear"),
    "early-media": (
        "ccengine.early_media_lab.cli",
        "early_media",
        "辨认接通前的提示音 · classify what is heard before an answer",
    ),
    "tls": ("ccengine.backoffice.tls", "tls", "制作后台证书 · make a certificate for the back office"),
    "database": ("ccengine.operations.database", "database", "更新数据库 · bring the database up to date"),
    "demo": (
        "ccengine.operations.commands",
        "demo",
        "前台运行并拨打示例电话 · set everything up, run it, place sample calls",
    ),
    "up": ("ccengine.operations.commands", "up", "后台运行 · the same in the background, without sample calls"),
    "down": ("ccengine.operations.commands", "down", "停止 · stop what `up` started"),
    "run": ("ccengine.operations.commands", "run", "引擎和后台同一进程 · engine and back office in this process"),
    "engine": ("ccengine.operations.commands", "engine", "只运行引擎 · the engine alone"),
    "backoffice": ("ccengine.operations.commands", "backoffice", "只运行后台 · the back office alone"),
    "status": ("ccengine.operations.commands", "status", "哪些在运行、是否正常 · what runs, what is healthy"),
    "doctor": ("ccengine.operations.commands", "doctor", "检查问题并说明怎么办 · what is wrong and what to do"),
    "reconcile": (
        "ccengine.operations.reconcile",
        "reconcile",
        "核对一天的通话记录与日志、录音 · compare a day's rows with journal and recordings",
    ),
    "audit": (
        "ccengine.operations.audit",
        "audit",
        "检查工单历史未被改动 · check that no work order's history was changed",
    ),
    "backup": (
        "ccengine.operations.backup",
        "backup",
        "备份、核对、恢复 · make, verify, restore a backup of database, evidence and anchors",
    ),
    "report": (
        "ccengine.operations.report",
        "report",
        "打包诊断信息 · pack versions, settings, findings and logs for whoever helps",
    ),
    "replay": (
        "ccengine.operations.replay",
        "replay",
        "由记录的日志重放结论 · what the engine concludes from a recorded log",
    ),
    "units": ("ccengine.operations.units", "units", "systemd 单元 · systemd units for this site"),
    "sample": ("ccengine.operations.sample", "sample", "fill a fresh database with as many sample orders as wanted"),
    "token": ("ccengine.operations.accounts", "token", "签发接口令牌 · issue an API token"),
    "user": ("ccengine.operations.accounts", "user", "新建后台用户 · create a back-office user"),
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
        with formatter.section("命令 · Commands"):
            formatter.write_dl([(name, line) for name, (_module, _attribute, line) in LAZY.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    help="设置文件，默认为当前目录的 ccengine.toml。 TOML file (default: ccengine.toml here)",
)
@click.version_option(package_name="ccengine")
@click.pass_context
def cli(ctx: click.Context, config_file: Path | None) -> None:
    """ccengine：接入真实 Asterisk 的开放呼叫中心引擎。 The open contact-center engine on a real Asterisk PBX."""
    if config_file is not None and not config_file.is_file():
        raise click.UsageError(f"没有这个设置文件 · no such settings file: {config_file}")
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
