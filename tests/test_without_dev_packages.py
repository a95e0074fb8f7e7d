"""A site installs what pyproject.toml calls dependencies and no more: every program runs with these alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
#: Modules that only build prompts or drive sample calls.
_DEV_ONLY = {"ccengine.operations.demo", "ccengine.operations.sample_calls", "ccengine.operations.softphone"}
_IMPORT_ALL = """
import importlib, pkgutil, sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, Refuse())
import ccengine
for module in pkgutil.walk_packages(ccengine.__path__, "ccengine."):
    if not module.name.endswith("__main__"):
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError as error:
            print(module.name, error.name)
"""


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.fixture(scope="module")
def blocked() -> set[str]:
    """Import names of installed packages that a site has not got."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    known = {_normal(name) for name in re.findall(r"^([A-Za-z0-9._-]+)==", lock, re.MULTILINE)}
    known |= {"ccengine", "setuptools", "pip"}
    return {
        module
        for module, owners in packages_distributions().items()
        if not {_normal(owner) for owner in owners} & known and module.isidentifier()
    }


def test_lock_of_a_site_holds_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {_normal(re.split(r"[\[=<>!~; ]", one)[0]) for one in project["dependencies"]}
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert wanted <= {_normal(name) for name in re.findall(r"^([A-Za-z0-9._-]+)==", lock, re.MULTILINE)}


def test_all_but_the_sample_calls_needs_no_dev_package(blocked: set[str]) -> None:
    assert {"pytest", "baresip", "playwright"} <= blocked
    command = [sys.executable, "-c", _IMPORT_ALL.format(blocked=blocked)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    answer = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)
    assert answer.returncode == 0, answer.stderr
    assert {line.split()[0] for line in answer.stdout.splitlines()} <= _DEV_ONLY, answer.stdout
