"""A server's certificate, issued by an authority that nobody knows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_AUTHORITY = "Stand-in CA"
_DAY = timedelta(days=1)


def issue(directory: Path, host: str, *others: str) -> tuple[Path, Path]:
    """Writes two new PEM files: the authority's certificate, and the host's with its key, which is
    also that of the `others`."""
    key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca = _certificate(_AUTHORITY, key, key, x509.BasicConstraints(True, 0))
    names = x509.SubjectAlternativeName([x509.DNSName(name) for name in (host, *others)])
    leaf = _certificate(host, leaf_key, key, names)
    authority, own = directory / "ca.pem", directory / "server.pem"
    authority.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    own.write_bytes(
        leaf_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + leaf.public_bytes(serialization.Encoding.PEM)
    )
    return authority, own


def _certificate(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> x509.Certificate:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(_AUTHORITY))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _DAY)
        .add_extension(extension, critical=False)
        .sign(signer, hashes.SHA256())
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
