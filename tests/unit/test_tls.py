"""What a URL says of TLS, and whom it trusts."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import tls
from chalicelib.addresses import libpq_url, postgres
from chalicelib.tls import RDS_BUNDLE, SYSTEM, Tls
from tests.certificates import issue
from tests.unit.builders import always

RDS = "cicero.abc123.ap-southeast-3.rds.amazonaws.com"
PROXY = "cicero.proxy-abc123.ap-southeast-3.rds.amazonaws.com"
OWN = str(RDS_BUNDLE)  # any file of certificates

modes = st.sampled_from([*tls.MODES, None])
texts = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=9)


@pytest.mark.parametrize(
    ("host", "mode", "authorities", "meaning"),
    [
        ("h", None, None, Tls("prefer")),
        ("h", "disable", None, Tls("disable")),
        ("h", "require", None, Tls("require")),
        ("h", "verify-full", None, Tls("verify-full", SYSTEM)),
        ("h", "verify-full", "system", Tls("verify-full", SYSTEM)),
        ("h", "verify-full", OWN, Tls("verify-full", OWN)),
        ("h", "verify-ca", OWN, Tls("verify-ca", OWN)),
        (RDS, "verify-full", None, Tls("verify-full", OWN)),
        (f"{RDS.upper()}.", "verify-ca", None, Tls("verify-ca", OWN)),
        (RDS, "verify-full", "system", Tls("verify-full", SYSTEM)),
        (PROXY, "verify-full", None, Tls("verify-full", SYSTEM)),
        (f"{RDS}.example", "verify-full", None, Tls("verify-full", SYSTEM)),
        ("/run/pg", None, None, Tls("disable")),
        ("/run/pg", "verify-full", None, Tls("disable")),
    ],
)
def test_every_mode_has_one_meaning(
    host: str, mode: str | None, authorities: str | None, meaning: Tls
) -> None:
    assert tls.read(host, mode, authorities) == meaning


@pytest.mark.parametrize(
    ("mode", "authorities", "said"),
    [
        ("allow", None, "one of disable, prefer, require, verify-ca, verify-full"),
        ("", None, "sslmode is unknown"),
        (None, "system", "without sslmode=verify-full"),
        ("require", OWN, "without sslmode=verify-full"),
        ("verify-ca", None, "name your own authority's file with sslrootcert, or use verify-full"),
        ("verify-ca", "system", "use verify-full"),
        ("verify-full", "/no/such/file.pem", "no readable file of PEM certificates"),
        ("verify-full", __file__, "no readable file of PEM certificates"),
        ("verify-full", "", "no readable file of PEM certificates"),
    ],
)
def test_what_would_protect_less_than_it_says_is_refused(
    mode: str | None, authorities: str | None, said: str
) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        tls.read("h", mode, authorities)
    assert "such" not in str(caught.value)


def test_a_file_is_found_from_the_working_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(RDS_BUNDLE.parents[2])
    named = "chalicelib/certs/rds-bundle.pem"
    assert tls.read("h", "verify-full", named) == Tls("verify-full", OWN)


@pytest.mark.parametrize(
    ("meaning", "verified", "host"),
    [
        (Tls("prefer"), ssl.CERT_NONE, False),
        (Tls("require"), ssl.CERT_NONE, False),
        (Tls("verify-ca", OWN), ssl.CERT_REQUIRED, False),
        (Tls("verify-full", OWN), ssl.CERT_REQUIRED, True),
        (Tls("verify-full", SYSTEM), ssl.CERT_REQUIRED, True),
    ],
)
def test_only_verify_full_looks_at_the_host_s_name(
    meaning: Tls, verified: ssl.VerifyMode, host: bool
) -> None:
    context = tls.context(meaning)
    assert (context.verify_mode, context.check_hostname) == (verified, host)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A file of one certificate: reading the bundle for each example takes long."""
    authority, _ = issue(tmp_path_factory.mktemp("tls"), "h.example")
    return str(authority)


@always
@given(st.sampled_from(["h.example", RDS, "[::1]", ""]), modes, texts, texts, st.booleans())
def test_a_url_for_another_library_says_the_same_and_leaves_nothing_to_its_defaults(
    small: str, host: str, mode: str | None, password: str, database: str, port: bool
) -> None:
    query = [f"sslmode={mode}"] if mode else []
    if mode == "verify-ca":
        query.append(f"sslrootcert={quote(small)}")
    if not host:
        query.append("host=/run/a b")
    where = f"u:{quote(password, safe='')}@{host}{':6432' if port and host else ''}"
    url = f"postgresql://{where}/{quote(database, safe='')}?{'&'.join(query)}".replace(" ", "%20")
    spelled = libpq_url(url)
    assert postgres(spelled) == postgres(url)
    said = parse_qs(urlsplit(libpq_url(url, search_path="x")).query)
    assert said["search_path"] == ["x"]
    assert said["sslmode"] == [postgres(url).tls.mode]
    assert ("sslrootcert" in said) is said["sslmode"][0].startswith("verify-")


def test_the_bundle_holds_the_roots_of_every_region_and_none_that_soon_expires() -> None:
    roots = x509.load_pem_x509_certificates(RDS_BUNDLE.read_bytes())
    names = [root.subject.rfc4514_string() for root in roots]
    for kind in ("RSA2048", "RSA4096", "ECC384"):
        assert sum(f"Amazon RDS ap-southeast-3 Root CA {kind} G1" in name for name in names) == 1
    in_a_year = datetime.now(UTC) + timedelta(days=365)
    for root in roots:
        assert root.not_valid_after_utc > in_a_year
        root.verify_directly_issued_by(root)
