"""Scheduled recaps, from the minute's sweep into the outbox and the queue."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from chalicelib.jobs import OutboundMessage
from chalicelib.overview import messages as overview
from chalicelib.queues import OUTBOUND
from chalicelib.recap import corrections, scheduled
from chalicelib.recap.forms.picture import picture
from chalicelib.recap.forms.text import recap_text
from chalicelib.recap.load import Question, load_recap
from chalicelib.runtime import Runtime
from chalicelib.slots import Slot
from chalicelib.sweep import SweepFailed, sweep
from local.cicero.recaps import recap_schedule
from local.environment import environment
from tests.conftest import DAY, RuntimeAt
from tests.integration.inbox import Inbox
from tests.integration.recap.test_played_day import INVITE
from tests.integration.runs import whole_run
from tests.integration.tables import Tables
from wa_session_host.sending.attachments import Attachments
from wa_session_host.sending.delivery import Delivery
from wa_session_host.sending.files import Directory
from wa_session_host.sending.transport import Outgoing

CLIENT = "CONTOH"
BOSS = "6281234567890@s.whatsapp.net"
RECAPS = "SELECT * FROM wa_notification_outbox WHERE kind = 'recap' ORDER BY outbox_id"


def wib(clock: str) -> datetime:
    return datetime.fromisoformat(f"{DAY}T{clock}+07:00")


def schedule(tables: Tables, forms: str = "{text}", client_id: str = CLIENT) -> None:
    """Switched on in the morning: the group, the super and one more get it at 15:20 and 18:20."""
    tables.run("UPDATE clients SET client_super = '081234567890' WHERE client_id = 'CONTOH'")
    tables.run(
        "INSERT INTO recap_schedule VALUES (:client, true, '{15:20,18:20}', '{group,super}', "
        "'+6281234567890', CAST(:forms AS text[]), :at)",
        client=client_id,
        forms=forms,
        at=wib("06:00"),
    )


@pytest.fixture
def read(runtime_at: RuntimeAt, tables: Tables, inbox: Inbox) -> Runtime:
    """At 15:20, after a slot that was read."""
    whole_run(runtime_at("15:00"), CLIENT)
    tables.run(INVITE)
    inbox.take(OUTBOUND)
    return runtime_at(wib("15:20"))


def test_each_chat_gets_the_recap_of_the_slot_before_the_hour_once(
    read: Runtime, runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    schedule(tables)
    assert sweep(read).recaps > 0
    written = tables.run(RECAPS)
    [group] = tables.values("SELECT client_group FROM clients WHERE client_id = 'CONTOH'")
    assert {row["group_id"] for row in written} == {group, BOSS}
    asked = Question(CLIENT, DAY, DAY, at=Slot.parse(f"{DAY}T15:00"))
    parts = recap_text(load_recap(read, asked), read.settings.wa_message_max_characters)
    for chat in (group, BOSS):
        mine = [row["message"] for row in written if row["group_id"] == chat]
        assert mine == [part.text for part in parts]
    assert "Data per 15:00 WIB, 20-02-2026" in written[0]["message"]
    assert {row["expires_at"] for row in written} == {wib("17:20")}
    assert {row["attachment"] for row in written} == {None}
    sent = {message["outbox_id"] for message in inbox.take(OUTBOUND)}
    assert sent >= {row["outbox_id"] for row in written}
    assert sweep(runtime_at(wib("15:21"))).recaps == 0
    assert tables.count(f"({RECAPS}) AS r") == len(written)


def test_the_next_hour_s_recap_supersedes_what_was_not_sent(
    read: Runtime, runtime_at: RuntimeAt, tables: Tables
) -> None:
    schedule(tables)
    sweep(read)
    first = {row["outbox_id"] for row in tables.run(RECAPS)}
    tables.run("UPDATE wa_notification_outbox SET expires_at = NULL WHERE kind = 'recap'")
    sweep(runtime_at(wib("18:20")))  # finds that 18:00 did not fire, and waits for it
    assert {row["outbox_id"] for row in tables.run(RECAPS)} == first
    sweep(runtime_at(wib("18:25")))
    states = {row["outbox_id"]: row["status"] for row in tables.run(RECAPS)}
    assert {states.pop(outbox_id) for outbox_id in first} == {"superseded"}
    assert set(states.values()) == {"pending"}


def test_what_was_said_of_whom_is_kept_with_it(read: Runtime, tables: Tables) -> None:
    schedule(tables)
    sweep(read)
    told = tables.row("SELECT * FROM recap_told")
    asked = Question(CLIENT, DAY, DAY, at=Slot.parse(f"{DAY}T15:00"))
    lines = load_recap(read, asked).lines
    lacking = {line.person.user_id for line in lines if line.status in ("belum", "kurang")}
    assert set(told["said"]) == lacking
    assert (told["slot"], told["due_at"]) == (wib("15:00"), wib("15:20"))
    assert set(told["keys"]) == {row["idempotency_key"] for row in tables.run(RECAPS)}


def test_a_picture_is_a_caption_and_a_reference_to_what_it_shows(
    read: Runtime, tables: Tables
) -> None:
    schedule(tables, "{png,xlsx}")
    sweep(read)
    rows = tables.run(RECAPS)
    assert [row["attachment"]["form"] for row in rows] == ["png", "xlsx"] * 2
    assert rows[0]["attachment"]["client_id"] == CLIENT
    assert datetime.fromisoformat(rows[0]["attachment"]["slot"]) == wib("15:00")
    assert "Data per 15:00 WIB" in rows[0]["message"]
    assert len(rows[0]["message"]) < 900
    shown = overview.message(read, rows[0]["outbox_id"])
    assert shown.file == "Absensi CONTOH 2026-02-20 1500.png"


def test_a_list_of_names_that_would_flood_a_chat_is_left_to_the_workbook(
    read: Runtime, tables: Tables
) -> None:
    schedule(tables)
    tables.run(
        'INSERT INTO "user" (user_id, nama, client_id) '
        "SELECT 'N' || n, 'Personel nomor ' || n, 'CONTOH' FROM generate_series(1, 1500) AS n"
    )
    sweep(read)
    [group, _] = tables.run(RECAPS)
    assert "Daftar nama tidak dikirim" in group["message"]
    assert "tanpa username 1.500" in group["message"]


def test_a_directorate_s_chats_get_the_ranking_of_its_units_where_names_would_flood_them(
    read: Runtime, tables: Tables
) -> None:
    schedule(tables)
    tables.run("UPDATE clients SET client_type = 'direktorat' WHERE client_id = 'CONTOH'")
    tables.run("CREATE TABLE roles AS SELECT 1 AS role_id, CAST('contoh' AS varchar) AS role_name")
    tables.run(
        "INSERT INTO \"user\" (user_id, nama, client_id) SELECT 'N' || n, 'Personel nomor ' || n, "
        "CASE n % 2 WHEN 0 THEN 'MELATI' ELSE 'TELADAN' END FROM generate_series(1, 1500) AS n"
    )
    tables.run('CREATE TABLE user_roles AS SELECT user_id, 1 AS role_id FROM "user"')
    try:
        sweep(read)
    finally:
        tables.run("DROP TABLE user_roles, roles")
    group = [row["message"] for row in tables.run(RECAPS) if row["group_id"] != BOSS]
    assert "Daftar nama tidak dikirim" in group[0]
    assert group[1].startswith("*PERINGKAT SATUAN*")
    assert "Polres Melati: - belum dapat dinilai" in group[1]
    assert len(group) == 2


class Phone:
    """A transport that keeps what it is given."""

    def __init__(self) -> None:
        self.got: list[Outgoing] = []

    def ready(self) -> bool:
        return True

    def send(self, message: Outgoing) -> str:
        self.got.append(message)
        return f"ID{len(self.got)}"

    def was_sent(self, message: Outgoing) -> bool:
        return message in self.got

    def close(self) -> None:
        """Nothing to release."""


def test_the_picture_is_the_slot_s_even_if_more_was_read_before_it_was_sent(
    read: Runtime, runtime_at: RuntimeAt, tables: Tables, tmp_path: Path
) -> None:
    schedule(tables, "{png}")
    sweep(read)
    asked = Question(CLIENT, DAY, DAY, at=Slot.parse(f"{DAY}T15:00"))
    expected = picture(load_recap(read, asked))
    whole_run(runtime_at("15:30"), CLIENT)
    tables.run("UPDATE wa_notification_outbox SET status = 'sent' WHERE kind <> 'recap'")
    phone, host = Phone(), runtime_at(wib("15:40"))
    delivery = Delivery(host, phone, attachments=Attachments(host, Directory(tmp_path)))
    for row in tables.run(RECAPS):
        ours = {"outbox_id": row["outbox_id"], "chat": row["group_id"]}
        assert delivery.deliver(OutboundMessage(session="gateway", **ours)) is None
    assert [message.file.data for message in phone.got if message.file] == [expected] * 2
    assert tables.values("SELECT status FROM wa_notification_outbox WHERE kind = 'recap'") == [
        "sent",
        "sent",
    ]


def test_schedules_are_off_until_somebody_switches_one_on(read: Runtime, tables: Tables) -> None:
    assert scheduled.planned(read) == []
    schedule(tables)
    tables.run("UPDATE recap_schedule SET active = false")
    assert scheduled.planned(read) == []
    tables.run("UPDATE recap_schedule SET active = true")
    tables.run("UPDATE clients SET client_status = false WHERE client_id = 'CONTOH'")
    assert scheduled.planned(read) == []


def test_one_client_s_failure_stops_neither_another_s_recap_nor_the_sweep(
    read: Runtime, tables: Tables
) -> None:
    schedule(tables)
    other: dict[str, Any] = {"slot": wib("15:00"), "at": wib("15:05")}
    tables.run(
        "INSERT INTO clients (client_id, nama, client_type, client_status, client_insta, "
        "client_group) VALUES ('AAA', 'Rusak', 'org', true, 'x', '120363000000000099@g.us')"
    )
    tables.run(
        "INSERT INTO client_run (slot, client_id, trigger, fetch_posts, expires_at, finished_at) "
        "VALUES (:slot, 'AAA', 'schedule', true, :at, :at)",
        **other,
    )
    schedule(tables, client_id="AAA")
    tables.run("ALTER TABLE recap_told ADD CONSTRAINT odd CHECK (client_id <> 'AAA')")
    try:
        with pytest.raises(SweepFailed, match="recap of AAA"):
            sweep(read)
    finally:
        tables.run("ALTER TABLE recap_told DROP CONSTRAINT odd")
    assert {row["client_id"] for row in tables.run(RECAPS)} == {CLIENT}
    assert sweep(read).recaps > 0
    assert {row["client_id"] for row in tables.run(RECAPS)} == {CLIENT, "AAA"}


def test_what_was_told_is_kept_as_long_as_runs_are(
    read: Runtime, runtime_at: RuntimeAt, tables: Tables
) -> None:
    schedule(tables)
    sweep(read)
    days = timedelta(days=read.settings.run_retention_days + 1)
    tables.run("UPDATE recap_told SET due_at = due_at - CAST(:days AS interval)", days=days)
    sweep(runtime_at(wib("15:22")))
    assert tables.values("SELECT due_at FROM recap_told") == [wib("15:20")]


def test_a_schedule_is_set_and_shown_by_its_command(
    service_environment: dict[str, str], tables: Tables
) -> None:
    def said(*arguments: str) -> str:
        with environment(service_environment | {"ADMIN_WHATSAPP": ""}):
            done = CliRunner().invoke(recap_schedule, ["contoh", *arguments])
        return done.output if done.exception is None else str(done.exception)

    assert said().startswith("off\n")
    set_ = said("--hours", "20:20,15:20", "--to", "group", "--as", "png", "--chats", "08123456789")
    assert set_ == said()
    assert set_.splitlines()[:3] == ["on", "hours: 15:20, 20:20", "to: group"]
    assert "08123456789" not in set_
    assert tables.value("SELECT client_id FROM recap_schedule") == CLIENT
    assert "hours" in said("--to", "group", "--as", "png", "--hours", "noon")
    assert said("--off").startswith("off\nhours: 15:20")


# --- the next morning ------------------------------------------------------------------------

CORRECTIONS = "SELECT * FROM wa_notification_outbox WHERE kind = 'correction' ORDER BY outbox_id"


@pytest.fixture
def told(read: Runtime, runtime_at: RuntimeAt, tables: Tables) -> Runtime:
    """At seven the next morning, after a first slot, with the group's recap sent and the super's
    not."""
    schedule(tables)
    sweep(read)
    tables.run(
        "UPDATE wa_notification_outbox SET status = 'sent' WHERE kind = 'recap' "
        "AND group_id LIKE '%@g.us'"
    )
    tables.run(
        "INSERT INTO client_run (slot, client_id, trigger, fetch_posts, expires_at, finished_at) "
        "VALUES (:slot, 'CONTOH', 'schedule', true, :slot, :slot)",
        slot=wib("06:00") + timedelta(days=1),
    )
    return runtime_at(wib("07:00") + timedelta(days=1))


def accused(tables: Tables) -> str:
    """Somebody who was said to be belum or kurang."""
    return str(tables.value("SELECT min(k) FROM recap_told, jsonb_object_keys(said) AS k"))


def write_all(runtime: Runtime) -> int:
    return sum(corrections.correct(runtime, *one) for one in corrections.uncorrected(runtime))


def test_a_like_that_was_read_late_is_told_once_the_next_morning_where_the_recap_went(
    told: Runtime, tables: Tables
) -> None:
    who = accused(tables)
    tables.run(
        "UPDATE insta_like SET likes = likes || (SELECT to_jsonb(lower(ltrim(insta, '@'))) "
        'FROM "user" WHERE user_id = :who)',
        who=who,
    )
    [name] = tables.values('SELECT nama FROM "user" WHERE user_id = :who', who=who)
    plans = corrections.uncorrected(told)
    assert sum(corrections.correct(told, *plan) for plan in plans) == 1
    [row] = tables.run(CORRECTIONS)
    [group] = tables.values("SELECT client_group FROM clients WHERE client_id = 'CONTOH'")
    assert row["group_id"] == group
    assert f"1. {name}" in row["message"]
    assert "semula" in row["message"]
    assert "2. " not in row["message"]
    assert row["expires_at"] == wib("12:00") + timedelta(days=1)
    assert write_all(told) == 0
    assert [corrections.correct(told, *plan) for plan in plans] == [0], "nor by another process"


def test_whoever_did_what_is_left_of_the_posts_is_told_though_another_one_was_removed(
    told: Runtime, tables: Tables
) -> None:
    accused = tables.row(
        """SELECT u.nama AS name, lower(ltrim(u.insta, '@')) AS account,
          min(l.shortcode) FILTER (WHERE l.likes ? lower(ltrim(u.insta, '@'))) AS done,
          min(l.shortcode) FILTER (WHERE NOT l.likes ? lower(ltrim(u.insta, '@'))) AS lacking
        FROM recap_told t, jsonb_each(t.said) AS s, "user" u, insta_like l
        WHERE s.value ->> 0 = 'kurang' AND s.value ->> 1 = '1' AND u.user_id = s.key
          AND t.posts @> jsonb_build_array(jsonb_build_array('instagram', l.shortcode))
        GROUP BY u.user_id ORDER BY u.user_id LIMIT 1"""
    )
    posts = [["instagram", accused[name]] for name in ("done", "lacking")]
    tables.run("UPDATE recap_told SET posts = CAST(:posts AS jsonb)", posts=json.dumps(posts))
    tables.run("DELETE FROM insta_post_clients WHERE shortcode = :code", code=accused["done"])
    tables.run(
        "UPDATE insta_like SET likes = likes || to_jsonb(CAST(:name AS text)) WHERE shortcode = :c",
        name=accused["account"],
        c=accused["lacking"],
    )
    write_all(told)
    [row] = tables.run(CORRECTIONS)
    assert f"1. {accused['name']}," in row["message"]
    assert "semula kurang" in row["message"]


def test_where_nothing_changed_nothing_is_corrected(told: Runtime, tables: Tables) -> None:
    assert write_all(told) == 0
    assert tables.run(CORRECTIONS) == []
    assert tables.values("SELECT corrected_at FROM recap_told") == [told.now()]


def test_a_correction_waits_for_the_morning_s_first_read_and_is_not_written_after_noon(
    told: Runtime, runtime_at: RuntimeAt, tables: Tables
) -> None:
    tomorrow = timedelta(days=1)
    assert corrections.uncorrected(runtime_at(wib("06:59") + tomorrow)) == []
    assert corrections.uncorrected(runtime_at(wib("12:00") + tomorrow)) == []
    tables.run("DELETE FROM client_run WHERE slot > :day", day=wib("22:00"))
    assert corrections.uncorrected(told) == []


def test_the_day_s_first_slot_reads_what_a_recap_could_not_know_and_the_correction_says_it(
    read: Runtime, runtime_at: RuntimeAt, tables: Tables
) -> None:
    """From the closing read to the chats: nobody touches a stored name in between."""
    schedule(tables)
    sweep(read)
    tables.run("UPDATE wa_notification_outbox SET status = 'sent' WHERE kind = 'recap'")
    tomorrow = timedelta(days=1)
    whole_run(runtime_at(wib("06:00") + tomorrow), CLIENT)
    assert write_all(runtime_at(wib("07:00") + tomorrow)) > 0
    told = "\n".join(row["message"] for row in tables.run(CORRECTIONS))
    who = accused_and_done(tables)
    assert who
    assert all(name in told for name in who)
    done = 'SELECT nama FROM "user" WHERE user_id <> ALL(CAST(:who AS text[]))'
    assert not any(name in told for name in tables.values(done, who=list(who.values())))


def accused_and_done(tables: Tables) -> dict[str, str]:
    """Name → id of those who were said to lack something and whose likes are now complete."""
    rows = tables.run(
        """SELECT u.nama, u.user_id FROM recap_told r, jsonb_object_keys(r.said) AS k
        JOIN "user" u ON u.user_id = k
        WHERE NOT EXISTS (SELECT 1 FROM jsonb_array_elements(r.posts) AS p
          WHERE p ->> 0 = 'instagram' AND NOT EXISTS (SELECT 1 FROM insta_like l
            WHERE l.shortcode = p ->> 1 AND l.likes ? lower(ltrim(u.insta, '@'))))"""
    )
    return {row["nama"]: row["user_id"] for row in rows}
