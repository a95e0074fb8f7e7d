"""`ccengine pbx install | configure | start | stop | status | cli`: the words around pbx*.py, nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps

import click

from ccengine.asterisk import pbx as process
from ccengine.asterisk.pbx_configure import configure as configure_private
from ccengine.asterisk.pbx_configure import configure_host, prompt_links
from ccengine.asterisk.pbx_install import install as install_program
from ccengine.asterisk.pbx_lint import lint as check_dialplan
from ccengine.asterisk.pbx_program import PbxError, find_program
from ccengine.asterisk.secrets import SecretsError
from ccengine.config import Settings, load

_HOST_SETTINGS = """\
设置文件 · ccengine.toml (with the folders of your asterisk.conf):
[journal]
cel_file = "/var/log/asterisk/cel-custom/cel.csv"
cdr_file = "/var/log/asterisk/cdr-custom/ccengine.csv"
queue_log_file = "/var/log/asterisk/queue_log"
[pbx]
recordings_dir = "/var/spool/asterisk/monitor"
还需要 · also needed: manager.conf [general] enabled=yes; pjsip.conf: your transports, and in [global]
endpoint_identifier_order=auth_username,username,ip where trunk and phones share an address; cdr.conf may stay as it is.
"""


@click.group()
def pbx() -> None:
    """私有 PBX：安装、配置、启动、停止。 The private PBX."""


def _command(function: Callable[[Settings], None]) -> Callable[[], None]:
    """Give `function` the settings and turn its errors into one line and exit code 1."""

    @wraps(function)
    def run(**options: object) -> None:
        try:
            function(load(), **options)
        except (PbxError, SecretsError) as error:
            raise click.ClickException(str(error)) from error

    return run


@pbx.command()
@_command
def install(settings: Settings) -> None:
    """安装 Asterisk（主机没有时下载 Debian 的软件包）。 Get an Asterisk: the host's, else Debian's package unpacked."""
    install_program(settings, click.echo)


@pbx.command()
@click.option("--host", is_flag=True, help="写入主机 /etc/asterisk 的片段。 Drop-ins for the host's own.")
@_command
def configure(settings: Settings, host: bool = False) -> None:
    """写入配置。 Write the configuration."""
    if not host:
        click.echo(str(configure_private(settings)))
        return
    click.echo("请在以下文件末尾各加一行。 Add one line at the end of each of these files:")
    for path, line in configure_host(settings):
        click.echo(f"{path}: {line}")
    click.echo("让 Asterisk 找到语音： So that Asterisk finds the prompts:")
    for link, target in prompt_links(find_program(settings)):
        click.echo(f"ln -s {target} {link}")
    click.echo("通话日志的文件夹，缺少它就没有通话记录： The journal's folder; without it every line is lost:")
    click.echo("install -d -o asterisk -g asterisk /var/log/asterisk/cel-custom /var/log/asterisk/cdr-custom")
    click.echo(_HOST_SETTINGS)


@pbx.command()
@_command
def start(settings: Settings) -> None:
    """启动私有 PBX。 Start the private PBX in the background."""
    click.echo(f"PBX {process.start(settings, click.echo)} · SIP {settings.pbx.sip_host}:{settings.pbx.sip_port}")


@pbx.command()
@_command
def stop(settings: Settings) -> None:
    """停止私有 PBX。 Stop the private PBX."""
    process.stop(settings)


@pbx.command()
@_command
def status(settings: Settings) -> None:
    """PBX 是否运行。 Does it run?"""
    if not process.is_running(settings):
        raise PbxError("PBX 未运行。 The PBX does not run: ccengine pbx start")
    click.echo(f"PBX {process.pid_of(settings)} · Asterisk {find_program(settings).version}")


@pbx.command(context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1)
@_command
def cli(settings: Settings, words: tuple[str, ...] = ()) -> None:
    """PBX 的命令行。 The PBX's own command line, or one command of it."""
    if words:
        answer = process.run_cli(settings, " ".join(words))
        click.echo(answer.stdout.rstrip() or answer.stderr.rstrip())
        if answer.returncode:
            raise SystemExit(answer.returncode)
        return
    program = find_program(settings)
    config = settings.pbx_dir / "etc" / "asterisk.conf"
    os.execv(program.command[0], [*program.command, "-C", str(config), "-r"])


@pbx.command()
@_command
def lint(settings: Settings) -> None:
    """检查拨号方案。 Check the dialplan (needs asterisklint)."""
    complaints = check_dialplan(settings)
    for complaint in complaints:
        click.echo(complaint)
    if complaints:
        raise PbxError(f"拨号方案有 {len(complaints)} 处问题。 The dialplan has {len(complaints)} problems.")
    click.echo("dialplan: ok")
