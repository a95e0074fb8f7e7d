"""Puts the folders that are not Python into the wheel, as ccengine/_assets/ (see ccengine/assets.py). Nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

FOLDERS = ("asterisk-conf", "dialplan", "ivr_prompts", "migrations", "web")


class BuildWithAssets(build_py):
    """Copies the folders beside the modules."""

    def run(self) -> None:
        """Build the modules, then the assets; an editable install finds the folders where they are."""
        super().run()
        if self.editable_mode:
            return
        for folder in FOLDERS:
            target = Path(self.build_lib) / "ccengine" / "_assets" / folder
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(folder, target, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))


setup(cmdclass={"build_py": BuildWithAssets})
