"""Judge a kept folder once more, without any program running: `python tests/faults/judge_again.py FOLDER`."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "pbx")]

from fault_pbx import read_cdrs  # noqa: E402
from oracle import Answers, Verdict, judge, judge_served, judge_witnesses  # noqa: E402
from sip_log import Dialog, SipLog  # noqa: E402
from truth import Blackout, Caller, callers  # noqa: E402


def judge_folder(folder: Path) -> tuple[list[Caller], Verdict]:
    """Return who called, by the logs in the folder, and the verdict on the answers kept beside them."""
    kept = json.loads((folder / "answers.json").read_text("utf-8"))
    dialogs = [one for path in sorted(folder.glob("*.msg")) if "register" not in path.name for one in _of(path)]
    cuts = [(phone, at) for phone, at in kept.get("cuts", ())]
    stops = [(began, back) for began, back in kept.get("pbx_stops", ())]
    people = callers(dialogs, kept["pbx_deaths"], cuts, kept.get("pbx_kills", ()), stops)
    answers = Answers(**kept["answers"])
    answers.recordings = {call: (float(pair[0]), float(pair[1])) for call, pair in answers.recordings.items()}
    blackouts = [Blackout(**one) for one in kept["blackouts"]]
    verdict = judge(people, answers, blackouts, steps=kept.get("steps", ()))
    cdrs = Counter(cdr.src for cdr in read_cdrs(folder / "Master.csv"))
    if not kept["pbx_deaths"] and "phone" not in folder.name and "network" not in folder.name:
        verdict.findings += judge_served(people)
    verdict.findings += judge_witnesses(people, cdrs, bool(kept["pbx_deaths"]))
    return people, verdict


def _of(path: Path) -> list[Dialog]:
    return list(SipLog(path).follow())


def main() -> None:
    """Print the findings, or with a number as second word that caller's story."""
    people, verdict = judge_folder(Path(sys.argv[1]))
    for finding in verdict.findings:
        print(finding)
    print(f"{verdict.judged} calls judged, {verdict.talked} talks, {len(verdict.findings)} findings")
    for caller in people:
        if caller.number in sys.argv[2:]:
            print(caller)


if __name__ == "__main__":
    main()
