"""A message as WhatsApp shows it, without anything that a message may smuggle in."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wa_session_host.page.markup import as_seen


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*Daftar* tugas", "<b>Daftar</b> tugas"),
        ("_miring_ dan ~coret~ dan `kode`", "<i>miring</i> dan <s>coret</s> dan <code>kode</code>"),
        ("*tebal _miring_*", "<b>tebal <i>miring</i></b>"),
        ("2*3*4 dan a_b_c", "2*3*4 dan a_b_c"),
        ("* bukan *", "* bukan *"),
        ("*dua\nbaris*", "*dua\nbaris*"),
        ("<b>&", "&lt;b&gt;&amp;"),
        (
            "lihat https://x.id/p/a_b_c/.",
            'lihat <a href="https://x.id/p/a_b_c/" rel="noreferrer noopener">'
            "https://x.id/p/a_b_c/</a>.",
        ),
    ],
)
def test_marks_and_links(text: str, html: str) -> None:
    assert as_seen(text) == html


@given(st.text(alphabet="<>&\"'*_~` \nahtps:/.x", max_size=60))
def test_nothing_of_the_text_becomes_an_element(text: str) -> None:
    rest = re.sub(r'</?(?:b|i|s|code)>|<a href="[^"<>]*" rel="[a-z ]*">|</a>', "", as_seen(text))
    assert "<" not in rest
    assert ">" not in rest
