"""`python -m local screenshots`: the pictures of docs/screenshots/, and what axe-core finds."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from chalicelib.db import Database
from chalicelib.db.migrate import migrate
from chalicelib.settings import Settings, load_settings
from local.environment import environment, own_environment
from local.resources import create_queues
from local.screenshots.browser import chromium
from local.screenshots.camera import pages_of, photograph
from local.screenshots.scenes import SCENES, fill, window
from local.services import EmbeddedPostgres, EmbeddedRedis, MotoServer
from local.stack import TEMPLATE

_FILL_SECONDS = 600.0


def take(scenes: Sequence[str], folder: Path, say: Callable[[str], None]) -> None:
    """Takes the pictures of these scenes. Raises NoBrowser, ServiceError."""
    folder.mkdir(parents=True, exist_ok=True)
    with services() as make, chromium() as browser:
        for name in scenes:
            scene, settings = SCENES[name], make(name)
            database = Database(settings.database_url, answer_seconds=_FILL_SECONDS)
            fill(database, scene)
            pages = pages_of(database)
            database.close()
            with window(settings, scene) as address:
                files = list(photograph(browser, address, pages, name, folder))
            size = sum(file.stat().st_size for file in files)
            say(f"{name}: {len(files)} pictures, {size / 1024:.0f} KB")


@contextmanager
def services() -> Iterator[Callable[[str], Settings]]:
    """PostgreSQL, Redis and SQS; makes the settings of a window over a new database of a name."""
    with ExitStack() as parts:
        folder = parts.enter_context(tempfile.TemporaryDirectory())
        postgres = parts.enter_context(EmbeddedPostgres(Path(folder) / "postgres"))
        values = own_environment() | {
            "REDIS_URL": parts.enter_context(EmbeddedRedis()).url,
            "AWS_ENDPOINT_URL": parts.enter_context(MotoServer()).url,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": "ap-southeast-3",
            "CICERO_STAGE": "pictures",
            "RAPIDAPI_KEY": "none",
            "RAPIDAPI_DAILY_BUDGET": "8000",
            "RAPIDAPI_MONTHLY_PLAN": "250000",
        }
        parts.enter_context(environment(values))
        create_queues(TEMPLATE, "pictures", values["AWS_ENDPOINT_URL"])

        def make(name: str) -> Settings:
            url = postgres.create_database(f"scene_{name}", template="template1")
            migrate(url)
            with environment(values | {"DATABASE_URL": url}):
                return load_settings(env_file=None)

        yield make
