"""Reads the dialplan as the PBX would and tells what is wrong with it: unknown applications, jumps to nowhere.

The reading is done by asterisklint (a development tool). What does not live here: the dialplan itself (dialplan/).
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from ccengine import assets
from ccengine.asterisk.pbx_configure import DROP_INS, folders, template_values
from ccengine.asterisk.pbx_program import PbxError, Program
from ccengine.asterisk.render import render
from ccengine.config import Settings

#: Not mistakes: the linter's own gaps (hints; functions that are not on its list).
_HARMLESS = re.compile(
    r"\bI_NOTIMPL_HINT\b|"
    r"\bE_FUNC_MISSING: function '(PJSIP_PARSE_URI_FROM|ICONV|HANGUPCAUSE|HANGUPCAUSE_KEYS|CDR_PROP|TONE_DETECT)'"
)


def lint(settings: Settings) -> list[str]:
    """Return the complaints about the rendered dialplan, none if it is sound; raises PbxError without asterisklint."""
    with tempfile.TemporaryDirectory(prefix="ccengine-lint-") as folder:
        main = _flat_copy(settings, Path(folder))
        code = "import sys; from asterisklint.main import main; main([*sys.argv[1:]], {})"
        tool = Path(sys.executable).with_name("asterisklint")
        command = [str(tool)] if tool.exists() else [sys.executable, "-c", code]
        run = subprocess.run([*command, "dialplan-check", str(main)], capture_output=True, text=True, cwd=folder)
    lines = (run.stdout + run.stderr).splitlines()
    if run.returncode and not any(re.search(r" [A-Z]_[A-Z_]+:", line) for line in lines):
        last = "\n".join(lines[-3:])
        raise PbxError(f"asterisklint 无法运行。 It does not run. Install it: pip install asterisklint-jjs\n{last}")
    return [line.replace(f"{folder}/", "") for line in lines if line.strip() and not _HARMLESS.search(line)]


def _flat_copy(settings: Settings, folder: Path) -> Path:
    """Write the dialplan as the linter can read it: includes beside one another, no `(+)`."""
    elsewhere = settings.model_copy(update={"state_dir": folder / "state"})
    nowhere = Program(command=(), modules_dir=folder, share_dir=folder, version="22", private=True)
    values = template_values(elsewhere, nowhere, folders(elsewhere))
    text = render(assets.ASTERISK_CONF / "site" / "extensions.conf", values)
    main = folder / "extensions.conf"
    flat = text.replace("(+)", "").replace(f"#include {DROP_INS}/", "#include ")
    main.write_text(f"[general]\n{flat}", encoding="utf-8")
    for dialplan in assets.DIALPLAN.glob("*.conf"):
        (folder / dialplan.name).write_text(dialplan.read_text(encoding="utf-8"), encoding="utf-8")
    return main
