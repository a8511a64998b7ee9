"""A hospital's own authority is trusted by its file, nobody else is, and nothing older than TLS 1.2 is spoken."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from fhir_adapter.errors import RetriableError, ServerError
from fhir_adapter.fhir import Timing, open_client
from fhir_adapter.model.servers import Server


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b'{"resourceType":"Patient"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/fhir+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silence."""


class _Server(HTTPServer):
    def handle_error(self, *_: object) -> None:
        """A client that does not trust us hangs up: expected."""


def certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that vouches for itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hospital")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(made.public_bytes(Encoding.PEM))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "both.pem").write_bytes(private + made.public_bytes(Encoding.PEM))
    return folder / "ca.pem"


@contextmanager
def hospital(folder: Path, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> Iterator[str]:
    """A server that speaks TLS up to a version."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    if newest < ssl.TLSVersion.TLSv1_2:
        context.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="deprecated"):
            context.minimum_version = context.maximum_version = newest
    with _Server(("127.0.0.1", 0), _Answer) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"https://127.0.0.1:{server.server_port}/fhir"
        finally:
            server.shutdown()
            thread.join()


def ask(url: str, ca_file: Path | None) -> str:
    with open_client(Server(url, ca_file=ca_file), Timing(sleep=lambda _: None)) as client:
        return client.get(client.address("Patient/1")).text()


def test_the_hospitals_own_authority_is_trusted(tmp_path: Path) -> None:
    ca_file = certificate(tmp_path)
    with hospital(tmp_path) as url:
        assert "Patient" in ask(url, ca_file)


def test_nobody_else_is(tmp_path: Path) -> None:
    certificate(tmp_path)
    with hospital(tmp_path) as url, pytest.raises(ServerError, match="give ca_file") as caught:
        ask(url, None)
    assert not isinstance(caught.value, RetriableError)


def test_what_is_older_than_tls_1_2_is_not_spoken(tmp_path: Path) -> None:
    ca_file = certificate(tmp_path)
    with (
        hospital(tmp_path, ssl.TLSVersion.TLSv1_1) as url,
        pytest.raises(ServerError, match="encrypted connection"),
    ):
        ask(url, ca_file)
