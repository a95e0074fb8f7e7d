"""Templates and values to configuration text. A value that could break out of its line is refused, by name.

What does not live here: which files there are and where they go (pbx_configure).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

from ccengine.asterisk.pbx_program import PbxError

#: What may stand in a configuration value of ours: no line end, no comment sign, no bracket, no $ (a variable).
_SAFE = re.compile(r"[A-Za-z0-9 _./:@+,=\-]*")
#: A folder may also be named in Chinese, say: letters of any script. No comma: it parts arguments.
_SAFE_PATH = re.compile(r"[\w ./:@+=\-]*")


def render(template: Path, values: Mapping[str, Any]) -> str:
    """Return the filled-in template. Raises PbxError naming a value that does not belong into a configuration file."""
    for name, value in values.items():
        _check(name, value)
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    # "#}" and "{#" occur in dialplan: comments of the template language are not used.
    environment.comment_start_string, environment.comment_end_string = "{##", "##}"
    return environment.from_string(template.read_text(encoding="utf-8")).render(values)


def _check(name: str, value: Any) -> None:
    if isinstance(value, Mapping):
        for key, part in value.items():
            _check(f"{name}.{key}", part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            _check(name, part)
    elif isinstance(value, Path):
        if not _SAFE_PATH.fullmatch(str(value)):
            raise PbxError(
                f"文件夹 {value} 的名称含有 PBX 配置不允许的字符，请移动它，或在 CCENGINE_STATE_DIR 中另选文件夹。 "
                f"{name}: the folder {value} holds a character that cannot stand in the PBX's configuration (letters, "
                f"digits, blanks and . _ - + @ = : can): move it, or name another state folder in CCENGINE_STATE_DIR"
            )
    elif not _SAFE.fullmatch(str(value)):
        raise PbxError(
            f"{name}：{str(value)!r} 含有不允许的字符。 "
            f"{name}: {str(value)!r} holds a character that cannot stand in the PBX's configuration"
        )
