"""The systemd units: what they hold, that systemd understands them, what is refused."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from ccengine.config import Journal, Pbx, Settings
from ccengine.operations.units import UNITS, UnitRefused, render_units, write_units


def _site(folder: Path) -> Settings:
    return Settings(
        state_dir=folder / "state",
        journal=Journal(
            cel_file="/var/log/asterisk/cel-custom/cel.csv", cdr_file="/var/log/asterisk/cdr-custom/ccengine.csv"
        ),
        pbx=Pbx(recordings_dir="/var/spool/asterisk/monitor"),
    )


def test_units_are_watched_restarted_and_hardened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "site.toml"
    config.write_text("", encoding="utf-8")
    monkeypatch.setenv("CCENGINE_CONFIG", str(config))
    texts = render_units(_site(tmp_path), "asterisk")
    assert tuple(texts) == UNITS
    for text in texts.values():
        lines = text.splitlines()
        for wanted in (
            "Type=notify",
            "Restart=on-failure",
            "WatchdogSec=10",
            "WatchdogSignal=SIGKILL",
            "NoNewPrivileges=yes",
            "ProtectSystem=strict",
            "User=asterisk",
            f'Environment="CCENGINE_CONFIG={config}"',
            'ReadWritePaths="-/var/log/asterisk/cel-custom"',
            'ReadWritePaths="-/var/log/asterisk/cdr-custom"',
            'ReadWritePaths="-/var/spool/asterisk/monitor"',
        ):
            assert wanted in lines
        assert any(line.startswith("After=") and "asterisk.service" in line for line in lines)
        assert "{{" not in text and "{%" not in text


def test_systemd_understands_them(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:  # a host without systemd has no use for units
        return
    paths = write_units(_site(tmp_path), "root", tmp_path)
    told = subprocess.run([analyze, "verify", *map(str, paths)], capture_output=True, text=True, timeout=60)
    assert [line for line in told.stderr.splitlines() if "ccengine-" in line] == []


def test_unit_of_the_administrator_is_left_alone(tmp_path: Path) -> None:
    own = tmp_path / UNITS[0]
    own.write_text("[Unit]\n", encoding="utf-8")
    with pytest.raises(UnitRefused, match="not written by us"):
        write_units(_site(tmp_path), "asterisk", tmp_path)
    assert own.read_text(encoding="utf-8") == "[Unit]\n"
    assert not (tmp_path / UNITS[1]).exists()


@pytest.mark.parametrize("user", ["", "Root", "a b", "x\nExecStartPre=/bin/sh"])
def test_strange_user_is_refused(user: str, tmp_path: Path) -> None:
    with pytest.raises(UnitRefused, match="--user"):
        render_units(_site(tmp_path), user)


def test_folder_that_would_mean_something_to_systemd_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnitRefused, match="state_dir"):
        render_units(_site(tmp_path / "a%h"), "asterisk")
