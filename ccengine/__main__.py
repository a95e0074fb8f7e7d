"""`python -m ccengine` is `ccengine`."""

from __future__ import annotations

from ccengine.cli import main

main()
