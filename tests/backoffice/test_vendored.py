"""The browser libraries we ship: exactly those of the manifest, with exact versions and no address of a registry."""

from __future__ import annotations

import base64
import hashlib
import json
import re

from ccengine.assets import WEB

VENDOR, SHIPPED = WEB / "vendor", WEB / "static" / "vendor"
MANIFEST = json.loads((SHIPPED / "MANIFEST.json").read_text("utf-8"))["vendored"]


def test_each_shipped_file_is_the_one_in_the_manifest() -> None:
    listed = {file["path"]: file["sha384"] for part in MANIFEST for file in part["files"]}
    found = {
        path.relative_to(SHIPPED).as_posix(): path
        for path in SHIPPED.rglob("*")
        if path.is_file() and path.name != "MANIFEST.json"
    }
    assert set(listed) == set(found)
    for name, path in found.items():
        digest = base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()
        assert listed[name] == f"sha384-{digest}", name


def test_versions_are_exact_and_the_same_everywhere() -> None:
    wanted = json.loads((VENDOR / "package.json").read_text("utf-8"))["dependencies"]
    assert {part["package"]: part["version"] for part in MANIFEST} == wanted
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    assert all(part["licence"] for part in MANIFEST)


def test_the_lock_names_no_registry() -> None:
    text = (VENDOR / "package-lock.json").read_text("utf-8")
    assert "resolved" not in text and "://" not in text


def test_pages_load_what_is_shipped() -> None:
    text = (WEB / "templates" / "base.html").read_text("utf-8")
    for path in re.findall(r"static\('(vendor/[^']+)'\)", text):
        assert (WEB / "static" / path).is_file(), path
