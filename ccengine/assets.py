"""The one module that knows where the files are that are not Python: configuration, prompts, pages, migrations.

In a checkout they stand beside the package; in an installed wheel they stand in `ccengine/_assets/`.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_ROOT = _PACKAGE / "_assets" if (_PACKAGE / "_assets").is_dir() else _PACKAGE.parent

ASTERISK_CONF = _ROOT / "asterisk-conf"
DIALPLAN = _ROOT / "dialplan"
PROMPTS = _ROOT / "ivr_prompts"
MIGRATIONS = _ROOT / "migrations"
WEB = _ROOT / "web"
#: What the listener to early media was taught; it stands in the package.
EARLY_MEDIA_MODEL = _PACKAGE / "early_media" / "model.npz"
