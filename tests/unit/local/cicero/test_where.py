"""A stage answers through its functions: their names, payloads, refusals and failures."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from chalicelib.errors import BadInput, CiceroError
from local.cicero.main import cicero
from local.cicero.script import install
from local.cicero.where import OnStage


class Functions:
    """Lambda, as far as `OnStage` uses it: answers each call with the next of these."""

    def __init__(self, *answers: tuple[Any, bool]) -> None:
        self._answers = list(answers)
        self.calls: list[tuple[str, Any]] = []

    def __call__(self, name: str, payload: bytes) -> Mapping[str, Any]:
        self.calls.append((name, json.loads(payload)))
        content, failed = self._answers.pop(0)
        answer = {"Payload": io.BytesIO(json.dumps(content).encode())}
        return answer | ({"FunctionError": "Unhandled"} if failed else {})


def test_a_command_asks_the_stages_own_function() -> None:
    functions = Functions(({"client": "X", "slot": "s"}, False))
    answer = OnStage("prod", functions).ask("run_client", {"client_id": "X"}, whole=True)
    assert answer == {"client": "X", "slot": "s"}
    assert functions.calls == [("cicero-fetch-prod-run_client", {"client_id": "X"})]


@pytest.mark.parametrize(
    ("kind", "error"), [("BadInput", BadInput), ("ConfigurationError", BadInput),
                        ("QueueUnavailable", CiceroError)],
)  # fmt: skip
def test_what_a_function_refuses_is_refused_here(kind: str, error: type[CiceroError]) -> None:
    told = {"errorMessage": "client_id: there is no client 'X'.", "errorType": kind}
    with pytest.raises(error, match="client_id: there is no client 'X'") as raised:
        OnStage("prod", Functions((told, True))).ask("run_client", {"client_id": "X"})
    assert isinstance(raised.value, BadInput) is (error is BadInput)


def test_an_export_of_a_stage_comes_in_batches(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = ["2026-02-20", "2026-02-20T17:00:00+07:00", "A", "Polres A", "schedule", "done", None,
           True, None, None, 1, 0, 2, 30, 12, 1.5]  # fmt: skip
    pages = [({"rows": [run], "more": True}, False), ({"rows": [run], "more": False}, False)]
    functions = Functions(*pages, ({"rows": [], "more": False}, False))
    file = tmp_path / "runs.csv"
    words = ["export", "runs", str(file), "--from", "2026-02-20", "--to", "2026-02-21", "--json"]
    cicero.main(words, standalone_mode=False, obj=OnStage("prod", functions))
    assert json.loads(capsys.readouterr().out) == {"table": "runs", "file": str(file), "rows": 2}
    assert len(file.read_text(encoding="utf-8").splitlines()) == 3
    asked = [(event["day"], event["skip"]) for _, event in functions.calls]
    assert asked == [("2026-02-20", 0), ("2026-02-20", 2000), ("2026-02-21", 0)]


def test_a_recap_of_a_stage_is_its_functions_answer(capsys: pytest.CaptureFixture[str]) -> None:
    functions = Functions(({"texts": ["*ABSENSI*", "lagi"]}, False))
    words = ["recap", "RES", "--day", "2026-02-20", "--at", "15:00"]
    cicero.main(words, standalone_mode=False, obj=OnStage("prod", functions))
    assert capsys.readouterr().out == "*ABSENSI*\n----------\nlagi\n"
    [(name, event)] = functions.calls
    assert name == "cicero-fetch-prod-look"
    assert {key: value for key, value in event.items() if value} == {
        "show": "recap", "client_id": "RES", "day": "2026-02-20", "at": "15:00",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("recap RES --png absensi.png", "Files are made here only.*from the window"),
        ("recap-schedule RES --hours 15:20", "A schedule is set here only.*in the window"),
        ("recap-schedule RES --off", "A schedule is set here only"),
    ],
)
def test_what_a_stage_does_not_do_says_where_it_is_done(words: str, said: str) -> None:
    place = OnStage("prod", Functions())
    with pytest.raises(BadInput, match=f"--stage: {said}"):
        cicero.main(words.split(), standalone_mode=False, obj=place)


def test_a_backfill_of_a_stage_is_asked_for_in_pieces(capsys: pytest.CaptureFixture[str]) -> None:
    day = {"client_id": "A", "day": "2026-02-18", "posts": 1, "new": 1, "lists": 1,
           "unchanged": 0, "names": 9, "short": 0, "errors": {}}  # fmt: skip
    planned = {
        "read_at": "2026-02-20T17:05:00+07:00",
        "to_fill": [],
        "left": 2,
        "filled": 0,
        "ran": 0,
    }
    functions = Functions(
        (planned, False),
        ({"days": [day], "left": 1, "stopped": "budget", "api_requests": 300}, False),
        ({"days": [], "left": 1, "stopped": "budget", "api_requests": 7}, False),
    )
    words = ["backfill", "--from", "2026-02-18", "--to", "2026-02-19", "--json"]
    code = cicero.main(words, standalone_mode=False, obj=OnStage("prod", functions))
    answer = json.loads(capsys.readouterr().out)
    assert (code, answer["left"], answer["stopped"]) == (1, 1, "budget")
    assert answer["api_requests"] == 307
    assert functions.calls[1][1] == {
        "first_day": "2026-02-18", "last_day": "2026-02-19", "client_id": None,
        "since": planned["read_at"], "most_calls": 300,
    }  # fmt: skip


def test_settings_that_a_stage_cannot_use_are_the_doctors_finding(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = (
        "Settings are missing or wrong:\n  REDIS_URL: must start with redis://\nSee .env.example."
    )
    told = {"errorMessage": text, "errorType": "ConfigurationError"}
    place = OnStage("prod", Functions((told, True)))
    assert cicero.main(["doctor", "--json"], standalone_mode=False, obj=place) == 1
    [found] = json.loads(capsys.readouterr().out)["findings"]
    assert (found["check"], found["state"]) == ("settings", "error")
    assert found["what"] == "REDIS_URL: must start with redis://"


def test_the_script_runs_the_tool_of_its_own_directory(tmp_path: Path) -> None:
    programs = tmp_path / ".venv" / "bin"
    (tmp_path / "local" / "cicero").mkdir(parents=True)
    (tmp_path / "local" / "cicero" / "main.py").write_text("def main():\n    return 7\n")
    programs.mkdir(parents=True)
    assert subprocess.run([install(programs, sys.executable)], check=False).returncode == 7
