"""What can be done for a client: run it now, add a post. In this process, by the rules that the
functions for people use."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from chalicelib.deadline import Deadline
from chalicelib.errors import BadInput
from chalicelib.manual import posts, runs
from chalicelib.social.errors import ApiError
from chalicelib.texts import kind_in_words
from wa_session_host.page import words
from wa_session_host.page.window import NOT_DONE, Refused, Visit

API_SECONDS = 25.0
"""How long the API calls of one action may take together."""

_AT_A_TIME = 2
_adding = BoundedSemaphore(_AT_A_TIME)

_BAD_INPUT = {
    "client_id": "Satker ini tidak ada, tidak aktif, atau tidak punya akun yang dapat dipakai.",
    "slot": "Hari ini belum ada slot yang dapat dijalankan.",
    "link": "Tautan itu tidak dapat dipakai: bukan tautan konten, kontennya tidak ada atau privat, "
    "atau platformnya dimatikan pada satker ini.",
}
_BUSY = "Masih ada konten lain yang sedang ditambahkan. Coba lagi sebentar."


def run_client(visit: Visit) -> str:
    """Restarts the client's run of the day's latest slot."""
    with in_words(), visit.acting() as runtime:
        job = runs.run_client(runtime, visit.path("client_id"), None)
    return (
        f"{job.client_id} dijalankan untuk slot {words.hour(job.slot)}. "
        "Hasilnya tampil di bawah dalam satu atau dua menit."
    )


def add_post(visit: Visit) -> str:
    """Adds the linked post as a task of today. Raises Refused if it cannot be added, or if others
    are being added: each may wait for an API."""
    if not _adding.acquire(blocking=False):
        raise Refused(_BUSY)
    try:
        with in_words(), visit.acting() as runtime:
            runtime.deadline = _within(API_SECONDS)
            added = posts.add_post(runtime, visit.path("client_id"), visit.field("link"))
    finally:
        _adding.release()
    if not added.new:
        return (
            f"Konten {added.content_id} sudah dimiliki {added.client_id}; tidak ada yang berubah."
        )
    return f"Konten {added.content_id} menjadi tugas {added.client_id} mulai sekarang."


@contextmanager
def in_words() -> Iterator[None]:
    """Raises what is refused, and an API that does not respond, as Refused, in Indonesian."""
    try:
        yield
    except BadInput as error:
        raise Refused(_BAD_INPUT.get(error.field, NOT_DONE)) from None
    except ApiError as error:
        raise Refused(f"API tidak menjawab dengan baik: {kind_in_words(error.kind)}.") from None


def _within(seconds: float) -> Deadline:
    until = time.monotonic() + seconds
    return Deadline(lambda: until - time.monotonic(), seconds / 5, seconds / 10)
