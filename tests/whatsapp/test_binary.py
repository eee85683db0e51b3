"""Stanzas survive encoding and decoding; packed forms are read as the library writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.whatsapp.binary import Dictionary, Jid, Node, decode, encode, node

WORDS = Dictionary(["", "iq", "type"], [["user"], ["get", "set"]])

texts = st.text(min_size=1, max_size=20)
jids = st.builds(
    Jid, texts, st.sampled_from(["s.whatsapp.net", "lid"]), st.integers(min_value=0, max_value=99)
)
nodes = st.recursive(
    st.builds(Node, texts, st.dictionaries(texts, texts | jids), st.none() | st.binary()),
    lambda below: st.builds(
        Node,
        texts,
        st.dictionaries(texts, texts | jids),
        st.lists(below, min_size=1, max_size=3).map(tuple),
    ),
    max_leaves=5,
)


@given(nodes)
def test_what_was_encoded_is_decoded(element: Node) -> None:
    assert decode(encode(element), WORDS) == element


@pytest.mark.parametrize("size", [0, 255, 256, (1 << 20) - 1, 1 << 20])
def test_contents_of_every_size(size: int) -> None:
    element = node("enc", data=bytes(size))
    assert decode(encode(element), WORDS) == element


@pytest.mark.parametrize(
    ("data", "element"),
    [
        (b"\0\xf8\x01\x01", Node("iq")),
        (b"\0\xf8\x03\x01\x02\xed\x01", Node("iq", {"type": "set"})),
        (b"\0\xf8\x03\x01\x02\xff\x82\x12\x3f", Node("iq", {"type": "123"})),
        (b"\0\xf8\x03\x01\x02\xfb\x01\xab", Node("iq", {"type": "AB"})),
        (b"\0\xf8\x03\x01\x02\xfa\xff\x01\x62\xec\x00", Node("iq", {"type": Jid("62", "user")})),
    ],
)
def test_abbreviated_words(data: bytes, element: Node) -> None:
    assert decode(data, WORDS) == element


@pytest.mark.parametrize("data", [b"\0\xf8\x03\x01\x02", b"\0\xf8\x03\x01\x02\xeb", b"\0\x05"])
def test_bytes_that_are_no_stanza_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"too early|starts"):
        decode(data, WORDS)
