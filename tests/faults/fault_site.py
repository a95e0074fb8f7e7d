"""The engine and the pages of a world of faults: one process that may be told to die at a commit.

What does not live here: the faults, the traffic, the judgement (world.py).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from running_site import RunningSite

from ccengine.operations import hosting, processes

IN_ENGINE = Path(__file__).parent / "in_engine"


class FaultSite(RunningSite):
    """`ccengine run` that may be told to die at a commit of its database."""

    commit_file: Path
    more_environment: dict[str, str]

    def start(self) -> None:
        """Start the process with our sitecustomize in front."""
        environment = hosting.environment(self.settings)
        path = os.pathsep.join(filter(None, (str(IN_ENGINE), environment.get("PYTHONPATH", ""))))
        environment |= {"PYTHONPATH": path, "CC_FAULT_COMMIT": str(self.commit_file), **self.more_environment}
        processes.start(self._files, [sys.executable, "-m", "ccengine", "run"], environment)

    def start_second(self, folder: Path, **sections: dict[str, Any]) -> subprocess.Popen[bytes]:
        """Start one more `ccengine run` with the same settings but for `sections`."""
        update = {name: getattr(self.settings, name).model_copy(update=values) for name, values in sections.items()}
        environment = hosting.environment(self.settings.model_copy(update=update))
        with (folder / "second.log").open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "ccengine", "run"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def pid(self) -> int | None:
        """The pid of the process, None when it is gone."""
        return processes.running_pid(self._files)
