"""A random day of many units in one database, and an independent count of it in plain SQL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from chalicelib.slots import day_bounds
from tests.conftest import DAY
from tests.integration.tables import Tables

MIDNIGHT = day_bounds(DAY)[0]
LAST = MIDNIGHT + timedelta(hours=21)
ENDINGS = ("short", "capped", "looped", "unreadable", "error", "no_time")


@dataclass
class RandomDay:
    """Rows by table. Every person, post and account of `unit` numbers is invented from `random`."""

    random: Random
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, table: str, **row: Any) -> None:
        self.rows.setdefault(table, []).append(row)

    def fill(self, units: int) -> None:
        for number in range(units):
            self._unit(f"UNIT{number}", number)

    def store(self, tables: Tables) -> None:
        """Writes all rows, a statement for each table."""
        for table in TABLES:
            rows = self.rows.get(table, [])
            if rows:
                columns = ", ".join(rows[0])
                tables.run(
                    f'INSERT INTO "{table}" ({columns}) SELECT {columns} '
                    f'FROM jsonb_populate_recordset(NULL::"{table}", CAST(:rows AS jsonb))',
                    rows=json.dumps(rows, default=str),
                )

    def _unit(self, unit: str, number: int) -> None:
        self.add("clients", client_id=unit, nama=unit, client_type="org", client_status=True,
                 client_insta=unit.lower(), client_tiktok=unit.lower())  # fmt: skip
        people = [self._person(unit, n) for n in range(self.random.randrange(7))]
        names = [name for accounts in people for name in accounts]
        for n in range(self.random.randrange(4)):
            self._post("insta", unit, f"C{number}aB{n}xY", names)
        for n in range(self.random.randrange(3)):
            self._post("tiktok", unit, str(7_000_000_000_000_000_000 + number * 10 + n), names)

    def _person(self, unit: str, number: int) -> list[str]:
        """A person with 0 to 4 accounts, typed in all ways; returns their names."""
        user = f"{unit}.{number}"
        names = [f"{unit.lower()}_{number}{letter}" for letter in "abcd"]
        insta, tiktok = (self._typed(self.random.choice([names[0], "", "-", "NULL", "twin_x"]), p)
                         for p in ("instagram", "tiktok"))  # fmt: skip
        self.add(
            "user", user_id=user, nama=f"Orang {user}", title="BRIPDA", divisi="SAT LANTAS",
            jabatan="ANGGOTA", client_id=unit, insta=insta, tiktok=tiktok,
            status=self.random.choice([True, True, True, None, False]),
            exception=self.random.choice([False, False, False, None, True]),
        )  # fmt: skip
        for order, name in enumerate(names[: self.random.randrange(4)], 1):
            for platform in self.random.sample(["instagram", "tiktok"], self.random.randrange(3)):
                self.add("user_social_accounts", social_account_id=self._uuid(), user_id=user,
                         platform=platform, username=self._typed(name, platform),
                         account_order=order, is_active=self.random.random() < 0.8)  # fmt: skip
        return names

    def _typed(self, name: str, platform: str) -> str | None:
        if not name.replace("-", ""):
            return name if self.random.random() < 0.7 else None
        forms = (name, f"@{name}", f"{name} ", f" @{name.upper()} ", name.title(),
                 f"https://www.{platform}.com/{'@' * (platform == 'tiktok')}{name}/?hl=id",
                 f"{platform}.com/{'@' * (platform == 'tiktok')}{name}")  # fmt: skip
        return self.random.choice(forms)

    def _post(self, kind: str, unit: str, content_id: str, names: list[str]) -> None:
        at = MIDNIGHT + timedelta(minutes=self.random.randrange(6 * 60, 20 * 60))
        key = {"insta": "shortcode", "tiktok": "video_id"}[kind]
        row = {key: content_id, "client_id": unit, "created_at": at.replace(tzinfo=None)}
        if kind == "tiktok":
            row["created_at"] = at.isoformat()
        self.add(f"{kind}_post", **row, source_type="cron_fetch")
        self.add(f"{kind}_post_clients", **row)
        self._engagement(kind, content_id, names)
        platform = {"insta": "instagram"}.get(kind, kind)
        for minutes in sorted(self.random.sample(range(0, 900, 30), self.random.randrange(4))):
            complete = self.random.random() < 0.6
            ended = "end" if complete else self.random.choice(ENDINGS)
            self.add(
                "coverage", platform=platform, content_id=content_id, complete=complete,
                client_id=self.random.choice([unit, "UNIT0"]), ended=ended, read_at=LAST,
                slot=MIDNIGHT + timedelta(hours=6, minutes=minutes), names=1, pages=1, tries=0,
            )  # fmt: skip

    def _engagement(self, kind: str, content_id: str, names: list[str]) -> None:
        if self.random.random() < 0.1:
            return
        found = {name for name in [*names, "twin_x", "stranger"] if self.random.random() < 0.5}
        if kind == "insta":
            self.add("insta_like", shortcode=content_id, likes=sorted(found))
        else:
            self.add("tiktok_comment", video_id=content_id, comments=sorted(f"@{n}" for n in found))

    def _uuid(self) -> str:
        text = f"{self.random.getrandbits(128):032x}"
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


TABLES = (
    "clients", "user", "user_social_accounts", "insta_post", "insta_post_clients", "insta_like",
    "tiktok_post", "tiktok_post_clients", "tiktok_comment", "coverage",
)  # fmt: skip

COUNT = r"""
WITH typed AS (
  SELECT user_id, 'instagram' AS platform, insta AS text FROM "user"
  UNION ALL SELECT user_id, 'tiktok', tiktok FROM "user"
  UNION ALL SELECT user_id, platform, username FROM user_social_accounts WHERE is_active
), account AS (
  SELECT DISTINCT user_id, platform, name FROM (
    SELECT user_id, platform, ltrim(regexp_replace(regexp_replace(lower(btrim(text)),
      '^(https://www\.)?(instagram|tiktok)\.com/', ''), '/.*$', ''), '@') AS name FROM typed) AS t
  WHERE name NOT IN ('', '-', 'null')
), post AS (
  SELECT 'instagram' AS platform, shortcode AS id, client_id FROM insta_post
  UNION ALL SELECT 'tiktok', video_id, client_id FROM tiktok_post
), read AS (
  SELECT post.*, EXISTS (SELECT 1 FROM coverage c WHERE c.content_id = id AND c.complete
    AND c.slot = (SELECT max(slot) FROM coverage WHERE content_id = id)) AS complete FROM post
), name AS (
  SELECT shortcode AS id, jsonb_array_elements_text(likes) AS name FROM insta_like
  UNION ALL SELECT video_id, replace(jsonb_array_elements_text(comments), '@', '')
  FROM tiktok_comment
), met AS (
  SELECT u.user_id, r.platform, r.complete,
    EXISTS (SELECT 1 FROM account a WHERE a.user_id = u.user_id AND a.platform = r.platform)
      AS known,
    EXISTS (SELECT 1 FROM account a JOIN name n ON n.name = a.name WHERE a.user_id = u.user_id
      AND a.platform = r.platform AND n.id = r.id) AS done
  FROM "user" u JOIN read r ON r.client_id = u.client_id
  WHERE u.status IS NULL OR u.status
)
SELECT user_id, platform, count(*) AS total, count(*) FILTER (WHERE done) AS done,
  count(*) FILTER (WHERE known AND NOT done AND complete) AS missing,
  count(*) FILTER (WHERE known AND NOT done AND NOT complete) AS unsure
FROM met GROUP BY user_id, platform
"""


def counted(tables: Tables) -> Iterator[tuple[tuple[str, str], tuple[int, int, int, int]]]:
    """{(person, platform): (posts, done, missing, unsure)} of everybody with a post to do."""
    for row in tables.run(COUNT):
        key = row["user_id"], row["platform"]
        yield key, (row["total"], row["done"], row["missing"], row["unsure"])
