"""The container's Dockerfile: its style, and its steps done in a scratch environment."""

from __future__ import annotations

import argparse
import ctypes.util
import importlib.util
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from dotenv import dotenv_values

from tests.conftest import ROOT, settings_of
from tests.integration.waiting import wait_until

DOCKERFILE = ROOT / "wa_session_host" / "Dockerfile"
BIN = Path(sys.executable).parent


def steps(name: str) -> list[str]:
    """The arguments of every such instruction, continued lines joined."""
    text = DOCKERFILE.read_text(encoding="utf-8").replace("\\\n", " ")
    return re.findall(rf"^{name} +(.*)$", text, re.MULTILINE)


def test_the_dockerfile_has_no_lint() -> None:
    done = subprocess.run(
        [BIN / "hadolint", DOCKERFILE], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_runs_without_root_and_writes_to_two_places() -> None:
    assert steps("USER") == ["10001:10001"]
    assert steps("VOLUME") == ['["/sessions", "/tmp"]']
    assert "libmagic1" in steps("RUN")[0]


def environment_of_image() -> dict[str, str]:
    return dict(pair.split("=") for pair in shlex.split(steps("ENV")[0]))


def test_the_documented_commands_agree_with_the_image_and_win_over_the_example_s_settings() -> None:
    page = (ROOT / "docs" / "wa_troubleshooting.md").read_text(encoding="utf-8")
    [build, run] = re.findall(r"^docker .*$", page.replace("\\\n", " "), re.MULTILINE)
    parser = argparse.ArgumentParser()
    for option in ("-e", "-p", "-v", "--tmpfs", "--env-file"):
        parser.add_argument(option, action="append")
    parser.add_argument("--read-only", action="store_true")
    parser.add_argument("image")
    asked = parser.parse_args(shlex.split(run)[2:])
    given = dict(pair.split("=") for pair in asked.e)

    assert given.items() <= environment_of_image().items()
    example = {k: v or "" for k, v in dotenv_values(ROOT / ".env.example").items()}
    required = {"DATABASE_URL": "postgresql://x@h/d", "RAPIDAPI_KEY": "x"}
    settings = settings_of(example | required | given)
    assert (settings.wa_transport, settings.wa_page_host) == ("neonize", "0.0.0.0")
    assert asked.p == [f"127.0.0.1:{settings.wa_page_port}:{steps('EXPOSE')[0]}"]
    volumes = [settings.wa_auth_data_path, *asked.tmpfs]
    assert json.loads(steps("VOLUME")[0]) == volumes
    assert [volume.partition(":")[2] for volume in asked.v] == volumes[:1]
    assert asked.image in shlex.split(build)


def test_the_library_is_pinned_exactly() -> None:
    pins = (ROOT / "wa_session_host" / "requirements.txt").read_text(encoding="utf-8")
    assert re.findall(r"^neonize(\S*)", pins, re.MULTILINE) == ["==0.5.2"]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the Dockerfile's COPY and pip steps make, in a virtual environment."""
    directory = tmp_path_factory.mktemp("image")
    venv.create(directory / "venv", with_pip=False, symlinks=True)
    python = directory / "venv" / "bin" / "python"
    service = directory / "service"
    for arguments in steps("COPY"):
        source, target = shlex.split(arguments)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, service / target)
        else:
            service.mkdir(exist_ok=True)
            shutil.copy(ROOT / source, service / target)
    [install] = [step for step in steps("RUN") if step.startswith("pip install")]
    requirements = shlex.split(install.split("&&")[0])[2:]
    uv = [str(BIN / "uv"), "pip", "install", "-q", "--python", str(python)]
    subprocess.run([*uv, *requirements], cwd=service, check=True)
    compiling = next(step for step in steps("RUN") if "compileall" in step)
    subprocess.run([python, *shlex.split(compiling)[1:]], cwd=service, check=True)
    return directory


def magic() -> dict[str, str]:
    """What the image's apt step brings, on a machine without it: libmagic, from its package."""
    if ctypes.util.find_library("magic"):
        return {}
    found = importlib.util.find_spec("pylibmagic")
    assert found is not None
    assert found.origin is not None
    return {"LD_LIBRARY_PATH": str(Path(found.origin).parent)}


def test_the_image_s_command_starts_answers_its_health_check_and_stops(
    image: Path, service_environment: dict[str, str], tmp_path: Path
) -> None:
    python = image / "venv" / "bin" / "python"
    sessions = tmp_path / "sessions"
    values = service_environment | {
        **magic(),
        **environment_of_image(),
        "WA_PAGE_HOST": "127.0.0.1",
        "WA_AUTH_DATA_PATH": str(sessions),
        "WA_PROXY_URL": "http://127.0.0.1:9",  # WhatsApp is not to be reached from here
        "WA_PAGE_PORT": str(18000 + os.getpid() % 10000),
        "LOG_LEVEL": "INFO",
    }
    [health] = re.findall(r'CMD \["python", (.*)\]', steps("HEALTHCHECK")[0])
    [command] = re.findall(r'^\["python", (.*)\]$', steps("CMD")[-1])
    log = tmp_path / "log"
    with log.open("w", encoding="utf-8") as file:
        host = subprocess.Popen(
            [python, *shlex.split(command.replace(",", ""))],
            cwd=image / "service",
            env=values,
            stderr=file,
        )
        try:
            check = [str(python), *shlex.split(health.replace(",", ""))]

            def healthy() -> bool:
                done = subprocess.run(check, cwd=image / "service", env=values, check=False)
                return done.returncode == 0

            assert not healthy() or host.poll() is None
            wait_until(healthy)
            gave_up = "failed to dial whatsapp web websocket"
            wait_until(lambda: gave_up in log.read_text(encoding="utf-8"))
            assert (sessions / "gateway.sqlite3").stat().st_mode & 0o077 == 0
            host.send_signal(signal.SIGTERM)
            assert host.wait() == 0
            assert not healthy()
        finally:
            host.kill()
            host.wait()
