"""`python -m local.bench.recap_bench`: what a recap costs on this machine, printed.

3,000 people of 40 units, 30 posts with 3,000 likers or commenters each, in an embedded PostgreSQL.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TypeVar

from chalicelib.db import Database
from chalicelib.db.migrate import migrate
from chalicelib.recap.count import recap_of
from chalicelib.recap.forms.picture import picture
from chalicelib.recap.forms.table import as_json, recap_csv
from chalicelib.recap.forms.text import recap_text
from chalicelib.recap.forms.workbook import workbook
from chalicelib.recap.load import Question, load_evidence
from chalicelib.runtime import Runtime
from chalicelib.settings import load_settings
from local.bench.window_bench import serving, timed, visitor
from local.environment import environment
from local.services import EmbeddedPostgres

DAY = date(2026, 2, 20)
PEOPLE, UNITS, POSTS, LIKERS = 3000, 40, 30, 3000
ROUNDS = 7

_FILL = """
INSERT INTO clients (client_id, nama, client_type, client_status, client_insta, client_tiktok)
SELECT 'RES' || n, 'Polres ' || n, 'org', true, 'res' || n, 'res' || n
FROM generate_series(1, {units}) AS n
UNION ALL SELECT 'DIT', 'Direktorat', 'direktorat', true, 'dit', 'dit';
CREATE TABLE roles (role_id int PRIMARY KEY, role_name varchar);
CREATE TABLE user_roles (user_id varchar, role_id int, PRIMARY KEY (user_id, role_id));
INSERT INTO roles VALUES (1, 'dit');
INSERT INTO "user" (user_id, nama, title, divisi, jabatan, client_id, insta, tiktok)
SELECT 'U' || n, 'Anggota Nomor ' || n, 'BRIPKA', 'SAT ' || n % 9, 'BA', 'RES' || 1 + n % {units},
  '@Anggota.' || n, 'https://www.tiktok.com/@anggota_' || n
FROM generate_series(1, {people}) AS n;
INSERT INTO user_roles SELECT user_id, 1 FROM "user";
INSERT INTO insta_post (shortcode, client_id, created_at, source_type)
SELECT 'CpostNo' || n, 'DIT', '2026-02-20 08:00', 'cron_fetch'
FROM generate_series(1, {posts}) AS n WHERE n % 3 > 0;
INSERT INTO insta_post_clients SELECT shortcode, client_id, created_at FROM insta_post;
INSERT INTO insta_like (shortcode, likes) SELECT shortcode, (SELECT jsonb_agg('anggota.' || k)
  FROM generate_series(1, {likers}) AS k) FROM insta_post;
INSERT INTO tiktok_post (video_id, client_id, created_at, source_type)
SELECT CAST(7000000000000000000 + n AS text), 'DIT', '2026-02-20 08:00+07', 'cron_fetch'
FROM generate_series(1, {posts}) AS n WHERE n % 3 = 0;
INSERT INTO tiktok_post_clients SELECT video_id, client_id, created_at FROM tiktok_post;
INSERT INTO tiktok_comment (video_id, comments) SELECT video_id, (
  SELECT jsonb_agg('@anggota_' || k) FROM generate_series(1, {likers}) AS k) FROM tiktok_post;
INSERT INTO coverage (platform, content_id, client_id, slot, read_at, names, pages, ended, complete,
  tries)
SELECT platform, content_id, 'DIT', '2026-02-20 17:00+07', '2026-02-20 17:00+07', {likers}, 30,
  'end', true, 0 FROM cicero_posts();
ANALYZE
"""

T = TypeVar("T")


def main() -> None:
    """Fills a database, and prints seconds for each form of one recap, and for its page."""
    with tempfile.TemporaryDirectory() as directory, EmbeddedPostgres(Path(directory)) as server:
        url = server.create_database("bench")
        migrate(url)
        database = Database(url)
        _fill(database)
        values = {"DATABASE_URL": url, "RAPIDAPI_KEY": "none"}
        with environment(values):
            runtime = Runtime(load_settings(env_file=None), database=database)
        question = Question("DIT", DAY, DAY)
        _timed("from the database", lambda: load_evidence(runtime, question))
        evidence = _timed("from the database, again", lambda: load_evidence(runtime, question))
        recap = _timed("counting", lambda: recap_of(evidence))
        _timed("text", lambda: recap_text(recap))
        _timed("picture", lambda: picture(recap))
        _timed("workbook", lambda: workbook(recap))
        _timed("CSV", lambda: recap_csv(recap))
        _timed("JSON", lambda: json.dumps(as_json(recap)))
        database.close()
        _pages(server, url)


def _pages(server: EmbeddedPostgres, database_url: str) -> None:
    """The window's pages of the same recap, as a browser asks for them."""
    paths = {
        "page": "",
        "page, searched": "&cari=anggota.12&urut=-dilaksanakan",
        "page of a unit": "&satuan=RES1",
    }
    with serving(database_url) as address, visitor(address) as who:
        for name, query in paths.items():
            url = f"{address}/absensi/DIT?hari={DAY}{query}"
            one = timed(who, name, url, ROUNDS, server)
            cpu = f"{one.cpu / 1000:.3f} s CPU of window, browser and PostgreSQL"
            print(f"{name:26}{one.milliseconds / 1000:7.3f} s, of which {cpu}")


def _fill(database: Database) -> None:
    sizes = {"people": PEOPLE, "units": UNITS, "posts": POSTS, "likers": LIKERS}
    for statement in _FILL.format(**sizes).split(";\n"):
        with database.transaction():
            database.execute(statement)


def _timed(what: str, work: Callable[[], T]) -> T:
    start, cpu = time.perf_counter(), time.process_time()
    result = work()
    seconds, used = time.perf_counter() - start, time.process_time() - cpu
    print(f"{what:26}{seconds:7.3f} s, of which {used:.3f} s CPU here")
    return result


if __name__ == "__main__":
    main()
