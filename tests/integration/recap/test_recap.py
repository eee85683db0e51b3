"""The recap against an independent count, roles, given days, and the day as a slot knew it."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chalicelib.errors import BadInput
from chalicelib.recap.count import Recap
from chalicelib.recap.load import AT_ONCE, Question, load_recap
from chalicelib.runtime import Runtime
from chalicelib.slots import Slot
from tests.conftest import DAY
from tests.integration.recap.conftest import Open, Opened
from tests.integration.recap.random_day import RandomDay, counted

UNITS = 100
by_seed = settings(
    deadline=None,
    max_examples=2,
    suppress_health_check=list(HealthCheck),
    database=None,
    phases=[Phase.generate],  # a smaller seed is not a simpler day
)


def recap(runtime: Runtime, client_id: str, at: str | None = None) -> Recap:
    slot = Slot.parse(f"{DAY}T{at}") if at else None
    return load_recap(runtime, Question(client_id, DAY, DAY, at=slot))


@by_seed
@given(seed=st.integers(min_value=0))
def test_a_recap_is_what_an_independent_count_in_sql_says(open_database: Open, seed: int) -> None:
    runtime, tables = open_database()
    day = RandomDay(Random(seed))
    day.fill(UNITS)
    day.store(tables)
    expected = dict(counted(tables))
    excused = {row["user_id"] for row in day.rows["user"] if row["exception"]}
    for number in range(UNITS):
        found = recap(runtime, f"UNIT{number}")
        for line in found.lines:
            for platform, tally in line.tallies.items():
                mine = (tally.total, tally.done, tally.missing, tally.unsure)
                wanted = expected.pop((line.person.user_id, platform), (0, 0, 0, 0))
                assert mine == wanted, (seed, line.person.user_id, platform)
            assert (line.status == "dikecualikan") == (line.person.user_id in excused)
            if "belum" in (line.status, *line.statuses.values()):
                accuses_rightly(found, line.person.accounts)
    assert not expected


def accuses_rightly(found: Recap, accounts: object) -> None:
    """Somebody is belum on a platform: each of its posts was read completely, and names nobody of
    that person's."""
    assert isinstance(accounts, dict)
    platforms = [
        platform
        for platform, names in accounts.items()
        if all(post.certain and not post.names & set(names) for post in found.posts_on(platform))
    ]
    assert platforms


UNIT = """
INSERT INTO clients (client_id, nama, client_type, client_status, client_insta)
VALUES ('DITX', 'Dit X', ' Direktorat', true, 'ditx'), ('RES1', 'Res 1', 'org', true, 'res1');
INSERT INTO "user" (user_id, nama, title, client_id, insta) VALUES
  ('own', 'Own', 'AKBP', 'DITX', 'own'), ('one', 'One', 'BRIPDA', 'RES1', 'one'),
  ('two', 'Two', 'KBP', 'RES1', '@TWO');
INSERT INTO insta_post (shortcode, client_id, created_at, source_type) VALUES
  ('POST1', 'DITX', '2026-02-20 08:00', 'cron_fetch'),
  ('POST2', 'RES1', '2026-02-19 08:00', 'cron_fetch');
INSERT INTO insta_post_clients (shortcode, client_id, created_at) VALUES
  ('POST1', 'DITX', '2026-02-20 08:30'), ('POST2', 'RES1', '2026-02-19 08:30');
INSERT INTO insta_like (shortcode, likes) VALUES ('POST1', '["two"]'), ('POST2', '[]')
"""


@pytest.fixture(scope="module")
def directorate(open_database: Open) -> Opened:
    runtime, tables = open_database()
    for statement in UNIT.split(";\n"):
        tables.run(statement)
    return runtime, tables


def people(found: Recap) -> list[str]:
    return [line.person.user_id for line in found.lines]


def test_a_directorate_s_people_are_those_of_its_role_where_there_are_roles(
    directorate: Opened,
) -> None:
    runtime, tables = directorate
    assert people(recap(runtime, "DITX")) == ["own"]
    tables.run("CREATE TABLE roles (role_id int PRIMARY KEY, role_name varchar)")
    tables.run("CREATE TABLE user_roles (user_id varchar, role_id int)")
    tables.run("INSERT INTO roles VALUES (1, 'ditx'), (2, 'res1')")
    assert people(recap(runtime, "DITX")) == ["own"]
    tables.run("INSERT INTO user_roles VALUES ('one', 1), ('two', 1), ('own', 2)")
    found = recap(runtime, "ditx ")
    assert people(found) == ["two", "one"]
    assert [line.status for line in found.lines] == ["lengkap", "belum dapat dipastikan"]
    assert people(recap(runtime, "RES1")) == ["two", "one"]


def test_a_post_that_a_person_gave_a_unit_counts_on_that_day_and_stays_when_it_is_forgotten(
    directorate: Opened,
) -> None:
    runtime, tables = directorate
    assert not recap(runtime, "RES1").posts
    tables.run(
        "INSERT INTO client_content (client_id, platform, content_id, task_day, seen_at) "
        "VALUES ('RES1', 'instagram', 'POST2', '2026-02-20', '2026-02-20 10:00+07')"
    )
    assert [post.content_id for post in recap(runtime, "RES1").posts] == ["POST2"]
    tables.run(
        "INSERT INTO content_change (platform, content_id, client_id, kind, slot, wib_day) VALUES "
        "('instagram', 'POST2', 'RES1', 'new', '2026-02-20 10:00+07', '2026-02-20')"
    )
    assert len(recap(runtime, "RES1").posts) == 1
    tables.run("DELETE FROM client_content")
    [post] = recap(runtime, "RES1").posts
    assert (post.content_id, post.day) == ("POST2", DAY)
    assert not recap(runtime, "RES1", at="09:30").posts
    assert len(recap(runtime, "RES1", at="10:00").posts) == 1


MANY = """
INSERT INTO clients (client_id, nama, client_type, client_status, client_insta)
VALUES ('MANY', 'Many', 'org', true, 'many');
INSERT INTO "user" (user_id, nama, client_id, insta)
VALUES ('all', 'All', 'MANY', 'all'), ('odd', 'Odd', 'MANY', 'odd');
INSERT INTO insta_post (shortcode, client_id, created_at, source_type)
SELECT 'MANY' || n, 'MANY', '2026-02-20 08:00', 'cron_fetch' FROM generate_series(1, {posts}) AS n;
INSERT INTO insta_post_clients (shortcode, client_id, created_at)
SELECT shortcode, client_id, created_at FROM insta_post WHERE client_id = 'MANY';
INSERT INTO insta_like (shortcode, likes) SELECT 'MANY' || n, CASE n % 2
  WHEN 1 THEN '["all", "odd"]' ELSE '["all"]' END::jsonb FROM generate_series(1, {posts}) AS n
"""


def test_the_lists_of_more_posts_than_are_read_at_a_time_are_all_counted(
    open_database: Open,
) -> None:
    runtime, tables = open_database()
    posts = 2 * AT_ONCE + 1
    for statement in MANY.format(posts=posts).split(";\n"):
        tables.run(statement)
    before = runtime.db.round_trips
    done = {line.person.user_id: line.together.done for line in recap(runtime, "MANY").lines}
    assert done == {"all": posts, "odd": AT_ONCE + 1}
    assert runtime.db.round_trips - before == 2 + 7


RUN = """
INSERT INTO client_run (slot, client_id, trigger, fetch_posts, expires_at, finished_at, outcome,
  engagement_result) VALUES ('2026-02-20 %s+07', 'RES1', 'schedule', true, now(), now(), '%s', %s)
"""


def test_a_run_that_read_nothing_makes_the_data_no_newer(directorate: Opened) -> None:
    runtime, tables = directorate
    assert recap(runtime, "RES1").basis.data_at is None
    for clock, outcome, result in (("17:00", "done", "'{}'"), ("17:30", "expired", "NULL")):
        tables.run(RUN % (clock, outcome, result))
    assert recap(runtime, "RES1").basis.data_at == Slot.parse(f"{DAY}T17:00").at


READ = """
INSERT INTO coverage (platform, content_id, client_id, slot, read_at, names, pages, ended, complete,
  tries) SELECT 'instagram', 'POST1', client, slot, slot, 1, 1, ended, ended = 'end', 0
FROM (VALUES ('DITX', timestamptz '2026-02-20 09:00+07', 'end'),
  ('RES1', timestamptz '2026-02-20 10:00+07', 'error'),
  ('DITX', timestamptz '2026-02-20 10:00+07', 'short')) AS r (client, slot, ended)
"""


def test_readers_see_the_newest_read_of_a_list_and_when_it_was_last_complete(
    directorate: Opened,
) -> None:
    runtime, tables = directorate
    tables.run(READ)
    row = tables.row("SELECT slot, complete, verified_at FROM post_coverage")
    ten, nine = (Slot.parse(f"{DAY}T{clock}").at for clock in ("10:00", "09:00"))
    assert (row["slot"], row["complete"], row["verified_at"]) == (ten, False, nine)
    assert [post.certain for post in recap(runtime, "DITX").posts] == [False]
    assert [post.certain for post in recap(runtime, "DITX", at="09:30").posts] == [True]
    tables.run("UPDATE coverage SET complete = true, ended = 'end' WHERE client_id = 'RES1'")
    assert tables.value("SELECT complete FROM post_coverage") is True
    assert [post.certain for post in recap(runtime, "DITX").posts] == [True]
    tables.run("DELETE FROM coverage")


@pytest.mark.parametrize(
    ("client_id", "at", "said"),
    [("NOBODY", None, "there is no client"), ("DITX", "21:58", "at: .* is still to come")],
)
def test_what_cannot_be_asked_is_refused(
    client_id: str, at: str | None, said: str, directorate: Opened
) -> None:
    with pytest.raises(BadInput, match=said):
        recap(directorate[0], client_id, at)
