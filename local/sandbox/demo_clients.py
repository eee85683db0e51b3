"""The demo day's six units as rows of `clients`, and the accounts they and others have."""

from typing import Any

from local.sandbox import ids
from local.sandbox.world import Account

HEADQUARTERS = "humas.contoh"  # no client's account


def client_row(
    client_id: str,
    nama: str,
    client_type: str,
    *,
    insta: str | None,
    tiktok: str | None,
    group: str,
    **columns: Any,
) -> dict[str, Any]:
    """A row of the `clients` table; columns not named are as a plain unit has them."""
    return {
        "client_id": client_id,
        "nama": nama,
        "client_type": client_type,
        "client_status": True,
        "client_insta": insta,
        "client_insta_status": True,
        "client_tiktok": tiktok,
        "client_tiktok_status": True,
        "client_amplify_status": True,
        "client_operator": None,
        "client_group": group,
        "regional_id": "CONTOH",
        "parent_client_id": None,
        "client_level": None,
        "tiktok_secuid": None,
        "client_super": None,
    } | columns


# Handles as operators type them. NULL in a status is on.
CLIENTS = (
    client_row(
        "CONTOH",
        "Polres Contoh",
        "org",
        insta="https://www.instagram.com/Polres.Contoh/?hl=id",
        tiktok="@Polres_Contoh",
        group="120363000000000001@g.us",
    ),
    client_row(
        "TELADAN",
        "Polres Teladan",
        " ORG",
        insta=" @polres.teladan ",
        client_insta_status=None,
        tiktok="polres_teladan",
        tiktok_secuid=ids.sec_uid("polres_teladan"),
        group="120363000000000002@g.us",
    ),
    client_row(
        "DITLANTAS",
        "Direktorat Lalu Lintas Polda Contoh",
        "Direktorat ",
        insta="DITLANTAS.CONTOH",
        tiktok="https://www.tiktok.com/@ditlantas_contoh",
        group="120363000000000003@g.us",
    ),
    client_row(
        "DITBINMAS",
        "Direktorat Binmas Polda Contoh",
        "direktorat",
        insta="@Ditbinmas.Contoh",
        tiktok="@ditbinmas_contoh",
        client_tiktok_status=None,
        group="120363000000000004@g.us",
    ),
    client_row(
        "MELATI",
        "Polres Melati",
        "org",
        insta=" ",
        client_insta_status=None,
        tiktok="https://www.tiktok.com/@POLRES_MELATI?lang=id-ID",
        group="120363000000000005@g.us",
    ),
    client_row(
        "ANGGREK",
        "Polres Anggrek",
        "org",
        insta="polres.anggrek",
        tiktok=" @polres_anggrek",
        group="120363000000000006@g.us",
    ),
)

ACCOUNTS = (
    Account("instagram", "polres.contoh", "Polres Contoh"),
    Account("instagram", "polres.teladan", "Polres Teladan"),
    Account("instagram", "ditlantas.contoh", "Ditlantas Polda Contoh"),
    Account("instagram", "ditbinmas.contoh", "Ditbinmas Polda Contoh"),
    Account("instagram", "polres.anggrek", "Polres Anggrek", broken=True),
    Account("instagram", HEADQUARTERS, "Humas Polda Contoh"),
    Account("tiktok", "polres_contoh", "Polres Contoh"),
    Account("tiktok", "polres_teladan", "Polres Teladan"),
    Account("tiktok", "ditlantas_contoh", "Ditlantas Polda Contoh"),
    Account("tiktok", "ditbinmas_contoh", "Ditbinmas Polda Contoh"),
    Account("tiktok", "polres_melati", "Polres Melati"),
    Account("tiktok", "polres_anggrek", "Polres Anggrek"),
)
