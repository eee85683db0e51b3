"""What groups are told over real tables: the hour's list once, each change once per chat."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest

from chalicelib.clients import Client
from chalicelib.db import Row
from chalicelib.notify.plan import Plan
from chalicelib.notify.state import preview
from chalicelib.runtime import Runtime
from chalicelib.slots import WIB, Slot
from local.sandbox import Sandbox
from tests.conftest import RuntimeAt
from tests.integration import answers
from tests.integration.ledger import CHAT, add_change
from tests.integration.runs import refresh, start_run, tell, whole_run
from tests.integration.tables import Tables

SECOND_CHAT = "120363000000000099@g.us"


def dry_run(runtime: Runtime, client_id: str = "CONTOH") -> Plan:
    with runtime.db.transaction() as tx:
        client = Client.from_row(tx.run("slots.find_client", client_id=client_id)[0])
    return preview(runtime, client, Slot.exactly(runtime.now()))


def messages(tables: Tables) -> list[Row]:
    return tables.run(
        "SELECT * FROM wa_notification_outbox WHERE client_id IS NOT NULL ORDER BY outbox_id"
    )


def sent(tables: Tables) -> list[tuple[str, str]]:
    """(kind, WIB time of its slot) of each message, in order."""
    return [(row["kind"], f"{row['slot'].astimezone(WIB):%H:%M}") for row in messages(tables)]


def told(tables: Tables) -> list[Row]:
    """What is known of messages, and of what they told."""
    names = ("wa_notification_outbox", "change_told", "wa_notification_scheduler_state")
    return [row for name in names for row in tables.dump_of(name)]


def mark_sent(tables: Tables) -> None:
    tables.run("UPDATE wa_notification_outbox SET status = 'sent' WHERE status = 'pending'")


def wib(clock: str) -> datetime:
    return Slot.parse(f"2026-02-20T{clock}").at


# --- the hour's list ------------------------------------------------------------------------


def test_the_list_goes_out_once_an_hour_at_its_first_run_changes_or_not(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    for clock in ("15:00", "15:30", "16:00", "16:30", "17:00"):
        tell(runtime_at(clock))
        tell(runtime_at(clock))
    assert sent(tables) == [("task_list", "15:00"), ("task_list", "16:00"), ("task_list", "17:00")]


def test_the_list_goes_out_at_half_past_where_the_full_hour_got_nothing_through(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    tell(runtime_at("17:00"), got_through=False)
    assert sent(tables) == []
    tell(runtime_at("17:30"))
    tell(runtime_at("17:30"))
    assert sent(tables) == [("task_list", "17:30")]
    state = tables.row("SELECT * FROM wa_notification_scheduler_state")
    assert (state["client_id"], state["last_notified_slot"]) == ("CONTOH", "2026-02-20-17")
    assert state["last_notified_at"] == wib("17:30")


def test_an_hour_in_which_nothing_got_through_is_skipped_and_not_made_up_for(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    for clock in ("09:00", "09:30"):
        tell(runtime_at(clock), got_through=False)
    for clock in ("10:00", "10:30", "11:00"):
        tell(runtime_at(clock))
    assert sent(tables) == [("task_list", "10:00"), ("task_list", "11:00")]


def test_the_list_goes_out_at_half_past_where_the_full_hour_s_run_was_lost(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    start_run(runtime_at("17:00"), "CONTOH")
    tell(runtime_at("17:30"))
    assert sent(tables) == [("task_list", "17:30")]


def test_no_list_goes_out_after_17_59(runtime_at: RuntimeAt, tables: Tables) -> None:
    for clock in ("18:00", "18:30", "20:58", "21:58"):
        tell(runtime_at(clock))
    assert sent(tables) == []


def test_the_day_s_first_slot_sends_a_list(runtime_at: RuntimeAt, tables: Tables) -> None:
    tell(runtime_at("06:00"))
    assert sent(tables) == [("task_list", "06:00")]


def test_the_window_is_a_setting(runtime_at: RuntimeAt, tables: Tables) -> None:
    window = {"task_list_window_start": time(7, 30), "task_list_window_end": time(19, 0)}
    for clock in ("06:30", "07:00", "07:30", "19:00", "19:30", "20:00"):
        runtime = runtime_at(clock)
        runtime.settings = runtime.settings.model_copy(update=window)
        tell(runtime)
    assert sent(tables) == [("task_list", "07:30"), ("task_list", "19:00")]


def test_the_hour_that_the_service_before_this_one_told_is_not_told_again(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    tables.run("""INSERT INTO wa_notification_scheduler_state (client_id, last_notified_slot)
    VALUES ('CONTOH', '2026-02-20-17')""")
    tell(runtime_at("17:30"))
    assert sent(tables) == []


def test_a_run_by_hand_of_an_earlier_slot_does_not_take_the_hour_s_list_back(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    for clock in ("16:00", "17:00"):
        tell(runtime_at(clock))
    waiting = messages(tables)[-1]
    tell(runtime_at("16:30"))
    assert messages(tables)[-1] == waiting
    tell(runtime_at("17:30"))
    assert [row["status"] for row in messages(tables)] == ["superseded", "pending"]


def test_a_list_lives_an_hour_and_a_change_until_midnight(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    tell(runtime_at("17:00"))
    add_change(tables, "POST1", wib("18:00"))
    tell(runtime_at("18:00"))
    assert [row["expires_at"] for row in messages(tables)] == [
        wib("18:00"),
        datetime(2026, 2, 21, tzinfo=WIB),
    ]


def test_a_list_shows_the_day_s_posts_and_the_changes(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    tables.run("""INSERT INTO insta_post (shortcode, client_id, caption, created_at, source_type)
    VALUES ('TODAY1', 'CONTOH', 'Apel', '2026-02-20 07:30', 'cron_fetch'),
           ('OLD1', 'CONTOH', 'Kemarin', '2026-02-19 22:15', 'cron_fetch')""")
    tables.run("""INSERT INTO insta_post_clients (shortcode, client_id)
    VALUES ('TODAY1', 'CONTOH'), ('OLD1', 'CONTOH')""")
    add_change(tables, "OLD1", wib("06:00"), kind="late")
    tell(runtime_at("17:00"))
    [row] = messages(tables)
    assert "instagram.com/p/TODAY1/" in row["message"]
    assert row["message"].count("instagram.com/p/OLD1/") == 1, "told as late, and no task"
    assert (row["session"], row["group_id"], row["client_id"]) == ("gateway", CHAT, "CONTOH")
    state = tables.row(
        "SELECT last_ig_count, last_tiktok_count FROM wa_notification_scheduler_state"
    )
    assert tuple(state.values()) == (1, 0)


# --- changes --------------------------------------------------------------------------------


def test_a_change_is_told_once(runtime_at: RuntimeAt, tables: Tables) -> None:
    add_change(tables, "POST1", wib("18:30"))
    tell(runtime_at("18:30"))
    tell(runtime_at("18:30"))
    tell(runtime_at("19:00"))
    [row] = messages(tables)
    assert (row["kind"], row["slot"]) == ("changes", wib("18:30"))
    assert "POST1" in row["message"]


def test_changes_are_told_between_two_lists(runtime_at: RuntimeAt, tables: Tables) -> None:
    tell(runtime_at("16:00"))
    add_change(tables, "POST1", wib("16:30"))
    tell(runtime_at("16:30"))
    mark_sent(tables)
    tell(runtime_at("17:00"))
    assert sent(tables) == [("task_list", "16:00"), ("changes", "16:30"), ("task_list", "17:00")]
    assert "POST1" not in messages(tables)[-1]["message"]


def test_a_change_is_told_even_where_no_platform_got_through(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    add_change(tables, "POST1", wib("17:00"), kind="removed")
    tell(runtime_at("17:00"), got_through=False)
    tell(runtime_at("17:30"))
    assert sent(tables) == [("changes", "17:00"), ("task_list", "17:30")]


def test_each_chat_of_a_client_is_told_once(runtime_at: RuntimeAt, tables: Tables) -> None:
    add_change(tables, "POST1", wib("18:30"))
    tell(runtime_at("18:30"))
    both = f"{CHAT}; {SECOND_CHAT}"
    tables.run("UPDATE clients SET client_group = :both WHERE client_id = 'CONTOH'", both=both)
    tell(runtime_at("19:00"))
    add_change(tables, "POST2", wib("19:30"))
    tell(runtime_at("19:30"))
    told = [
        (row["group_id"], "POST1" in row["message"], "POST2" in row["message"])
        for row in messages(tables)
    ]
    assert told == [
        (CHAT, True, False),
        (SECOND_CHAT, True, False),
        (CHAT, False, True),
        (SECOND_CHAT, False, True),
    ]


def test_both_chats_of_a_client_get_the_list(runtime_at: RuntimeAt, tables: Tables) -> None:
    both = f"{CHAT},{SECOND_CHAT}"
    tables.run("UPDATE clients SET client_group = :both WHERE client_id = 'CONTOH'", both=both)
    add_change(tables, "POST1", wib("17:00"))
    tell(runtime_at("17:00"))
    tell(runtime_at("17:30"))
    assert [(row["group_id"], "POST1" in row["message"]) for row in messages(tables)] == [
        (CHAT, True),
        (SECOND_CHAT, True),
    ]


def test_a_client_without_a_chat_is_told_when_it_has_one(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    tables.run("UPDATE clients SET client_group = NULL")
    add_change(tables, "POST1", wib("18:00"))
    tell(runtime_at("18:00"))
    assert sent(tables) == []
    tables.run("UPDATE clients SET client_group = :chat WHERE client_id = 'CONTOH'", chat=CHAT)
    tell(runtime_at("18:30"))
    assert sent(tables) == [("changes", "18:30")]


def test_another_client_s_changes_are_not_told(runtime_at: RuntimeAt, tables: Tables) -> None:
    add_change(tables, "POST1", wib("18:30"), client_id="TELADAN")
    tell(runtime_at("18:30"), "CONTOH")
    assert sent(tables) == []


@pytest.mark.parametrize("kind", ["new", "removed"])
def test_a_new_day_starts_without_yesterday_s_changes(
    kind: str, runtime_at: RuntimeAt, tables: Tables
) -> None:
    add_change(tables, "POST1", wib("21:58") - timedelta(days=1), kind=kind)
    tell(runtime_at("06:00"))
    [row] = messages(tables)
    assert "POST1" not in row["message"]


# --- what comes back ------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["pending", "retrying"])
def test_an_unsent_list_makes_way_for_the_next_one_which_tells_its_changes(
    status: str, runtime_at: RuntimeAt, tables: Tables
) -> None:
    add_change(tables, "POST1", wib("16:00"))
    tell(runtime_at("16:00"))
    tables.run("UPDATE wa_notification_outbox SET status = :status", status=status)
    tell(runtime_at("17:00"))
    assert [row["status"] for row in messages(tables)] == ["superseded", "pending"]
    assert "POST1" in messages(tables)[1]["message"]
    told = tables.row("SELECT chat, outbox_id FROM change_told")
    assert told["outbox_id"] == messages(tables)[1]["outbox_id"]


@pytest.mark.parametrize("status", ["sent", "processing", "uncertain", "dead_letter"])
def test_a_list_that_may_have_left_stays_and_its_changes_are_not_repeated(
    status: str, runtime_at: RuntimeAt, tables: Tables
) -> None:
    add_change(tables, "POST1", wib("16:00"))
    tell(runtime_at("16:00"))
    tables.run("UPDATE wa_notification_outbox SET status = :status", status=status)
    tell(runtime_at("17:00"))
    assert [row["status"] for row in messages(tables)] == [status, "pending"]
    assert "POST1" not in messages(tables)[1]["message"]


def test_an_unsent_message_of_changes_is_not_superseded_by_a_list(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    tell(runtime_at("16:00"))
    add_change(tables, "POST1", wib("16:30"))
    tell(runtime_at("16:30"))
    tell(runtime_at("17:00"))
    assert [(row["kind"], row["status"]) for row in messages(tables)] == [
        ("task_list", "superseded"),
        ("changes", "pending"),
        ("task_list", "pending"),
    ]
    assert "POST1" not in messages(tables)[2]["message"]


def test_a_list_that_expires_unsent_gives_its_changes_back(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    add_change(tables, "POST1", wib("17:00"))
    tell(runtime_at("17:00"))
    runtime = runtime_at("18:00")
    with runtime.db.transaction() as tx:
        assert len(tx.run("outbox.expire", now=runtime.now())) == 1
    tell(runtime)
    assert [(row["kind"], row["status"]) for row in messages(tables)] == [
        ("task_list", "expired"),
        ("changes", "pending"),
    ]
    assert "POST1" in messages(tables)[1]["message"]


def test_another_client_s_unsent_list_stays(runtime_at: RuntimeAt, tables: Tables) -> None:
    tell(runtime_at("16:00"), "TELADAN")
    tell(runtime_at("17:00"), "CONTOH")
    assert [row["status"] for row in messages(tables)] == ["pending", "pending"]


# --- the operators' switch per client -------------------------------------------------------


def test_a_client_that_was_switched_off_meanwhile_is_told_nothing(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    tell(runtime_at("16:00"))
    add_change(tables, "POST1", wib("17:00"))
    before = told(tables)
    tables.run("UPDATE clients SET client_status = false WHERE client_id = 'CONTOH'")
    tell(runtime_at("17:00"))
    tables.run("UPDATE clients SET client_status = true WHERE client_id = 'CONTOH'")
    assert told(tables) == before
    tell(runtime_at("17:30"))
    assert sent(tables) == [("task_list", "16:00"), ("task_list", "17:30")]
    assert "POST1" in messages(tables)[-1]["message"]


# --- long lists -----------------------------------------------------------------------------


def add_posts(tables: Tables, number: int) -> None:
    tables.run(
        """INSERT INTO insta_post (shortcode, client_id, caption, created_at, source_type)
        SELECT 'POST' || n || 'x', 'CONTOH', repeat('Kegiatan ', 20), '2026-02-20 07:30',
          'cron_fetch' FROM generate_series(1, :number) n""",
        number=number,
    )
    tables.run("""INSERT INTO insta_post_clients (shortcode, client_id)
    SELECT shortcode, client_id FROM insta_post""")


def tell_shortly(runtime: Runtime) -> None:
    """As `tell`, with messages of at most 1000 characters."""
    changes = {"wa_message_max_characters": 1000}
    runtime.settings = runtime.settings.model_copy(update=changes)
    tell(runtime)


def test_a_long_list_is_several_messages_each_post_in_one(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    add_posts(tables, 20)
    tell_shortly(runtime_at("17:00"))
    rows = messages(tables)
    assert len(rows) > 1
    told = "".join(row["message"] for row in rows)
    assert [told.count(f"/p/POST{n}x/") for n in range(1, 21)] == [1] * 20


def test_each_part_gives_back_the_changes_that_it_shows(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    changes = [add_change(tables, f"POST{n}x", wib("17:00")) for n in range(20)]
    tell_shortly(runtime_at("17:00"))
    first = messages(tables)[0]
    tables.run(
        "UPDATE wa_notification_outbox SET status = 'sent' WHERE outbox_id = :i",
        i=first["outbox_id"],
    )
    assert 0 < len(first["change_ids"]) < 20
    assert sorted(i for row in messages(tables) for i in row["change_ids"]) == changes
    runtime = runtime_at("18:00")
    with runtime.db.transaction() as tx:
        tx.run("outbox.expire", now=runtime.now())
    tell(runtime)
    again = messages(tables)[-1]
    assert again["kind"] == "changes"
    assert sorted(first["change_ids"] + again["change_ids"]) == changes


def test_a_list_that_was_written_gets_no_further_parts_by_a_repeat(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    tell_shortly(runtime_at("17:00"))
    before = messages(tables)
    add_posts(tables, 20)
    tables.run("UPDATE wa_notification_scheduler_state SET last_notified_slot = NULL")
    tables.run("UPDATE wa_notification_outbox SET status = 'sent'")
    tell_shortly(runtime_at("17:30"))
    assert [row["outbox_id"] for row in messages(tables)] == [row["outbox_id"] for row in before]


# --- dry run --------------------------------------------------------------------------------


@pytest.mark.parametrize("clock", ["17:00", "18:00"])
def test_a_dry_run_shows_what_would_be_sent_and_writes_nothing(
    clock: str, runtime_at: RuntimeAt, tables: Tables
) -> None:
    add_posts(tables, 3)
    add_change(tables, "POST1x", wib(clock))
    before = tables.dump()
    shown = dry_run(runtime_at(clock))
    assert tables.dump() == before
    tell(runtime_at(clock))
    written = [(row["idempotency_key"], row["message"]) for row in messages(tables)]
    assert [(message.key, message.text) for message in shown.messages] == written


def test_a_dry_run_tells_what_an_unsent_list_tells_only_in_the_next_list(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    change = add_change(tables, "POST1x", wib("16:00"))
    tell(runtime_at("16:00"))
    assert dry_run(runtime_at("16:30")).send == "nothing"
    assert dry_run(runtime_at("17:00")).messages[0].changes == (change,)
    mark_sent(tables)
    assert dry_run(runtime_at("17:00")).messages[0].changes == ()


# --- what is known --------------------------------------------------------------------------

FAILS = {"path": answers.VIDEOS, "kind": "server_error", "times": None}
UNREADABLE = {"kind": "unreadable_items", "every": 1, "junk": ["null"], "times": None}


def run_at(runtime: Runtime, sandbox: Sandbox, *faults: answers.Fault) -> str | None:
    """CONTOH's whole run in the slot of the runtime's now; the text of what it was told, if it
    was."""
    sandbox.set_faults(faults)
    whole_run(runtime, "CONTOH")
    texts = [
        row["message"]
        for row in runtime_messages(runtime)
        if row["client_id"] == "CONTOH" and row["slot"] == runtime.now()
    ]
    return texts[0] if texts else None


def runtime_messages(runtime: Runtime) -> list[Row]:
    with runtime.db.transaction():
        return runtime.db.execute("SELECT * FROM wa_notification_outbox ORDER BY outbox_id")


def test_a_platform_that_failed_keeps_its_posts_listed_with_their_age(
    runtime_at: RuntimeAt, sandbox: Sandbox
) -> None:
    run_at(runtime_at("16:30"), sandbox)
    text = run_at(runtime_at("17:00"), sandbox, FAILS)
    assert text is not None
    assert (
        "\nData per 17:00 WIB, 20-02-2026\nKonten: Instagram 5, TikTok 2 (per 16:30 WIB)\n" in text
    )
    assert (
        "\n*TikTok* (2 konten)\nTidak dapat dibaca pukul 17:00 WIB; data per 16:30 WIB.\n1. "
        in text
    )


def test_a_platform_that_was_not_read_today_is_not_called_empty(
    runtime_at: RuntimeAt, sandbox: Sandbox
) -> None:
    text = run_at(runtime_at("06:00"), sandbox, FAILS)
    assert text is not None
    assert "Konten: Instagram 0, TikTok belum terbaca\n" in text
    assert "\n*TikTok*\nTidak dapat dibaca pukul 06:00 WIB; belum pernah terbaca hari ini." in text
    assert "Belum ada tugas" not in text
    text = run_at(runtime_at("07:00"), sandbox)
    assert text is not None
    assert text.endswith("Belum ada tugas hari ini. Terima kasih atas kesiapan rekan-rekan.")


def test_nobody_is_told_that_there_is_no_task_where_nothing_could_be_read(
    runtime_at: RuntimeAt, sandbox: Sandbox
) -> None:
    text = run_at(runtime_at("06:00"), sandbox, UNREADABLE)
    assert text is not None
    assert "Belum ada tugas" not in text
    assert "Tidak ada konten" not in text
    assert text.count("Hanya terbaca sebagian pukul 06:00 WIB") == 2
    assert "Data per 06:00 WIB, 20-02-2026, belum lengkap" in text


def test_a_feed_that_became_empty_is_not_told_as_a_day_without_posts(
    runtime_at: RuntimeAt, sandbox: Sandbox
) -> None:
    yesterday = datetime(2026, 2, 19, 21, 30, tzinfo=WIB)
    run_at(runtime_at(yesterday), sandbox)
    text = run_at(runtime_at("06:00"), sandbox, answers.no_posts("polres.contoh"))
    assert text is not None
    assert "*Instagram*\nAkun tampak kosong pukul 06:00 WIB; belum pernah" in text
    assert "Belum ada tugas" not in text


def test_a_slot_that_fetches_nothing_tells_changes_with_the_age_of_the_fetch_before(
    runtime_at: RuntimeAt, sandbox: Sandbox, tables: Tables
) -> None:
    run_at(runtime_at("20:30"), sandbox)
    runtime = runtime_at("21:00")
    code = tables.values("SELECT shortcode FROM insta_post_clients WHERE client_id = 'CONTOH'")[0]
    tables.run(
        "DELETE FROM change_told WHERE change_id IN "
        "(SELECT change_id FROM content_change WHERE content_id = :code)",
        code=code,
    )
    refresh(runtime, "CONTOH")
    texts = [row["message"] for row in runtime_messages(runtime) if row["slot"] == runtime.now()]
    assert "\nData per 20:30 WIB, 20-02-2026\n\n*Perubahan:* 1 baru" in texts[0]
