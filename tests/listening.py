"""Somebody outside, on this machine: an HTTPS server that keeps what it is told."""

from __future__ import annotations

import ssl
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


class Keeps(BaseHTTPRequestHandler):
    """Answers as its server wishes, and keeps path, authorization and body of each request in ``told``."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.paths.append(self.path)
        self.server.told.append((self.headers.get("Authorization"), body))
        self.send_response(self.server.answer)
        if self.server.answer == 302:
            self.send_header("Location", f"{self.server.url}/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@contextmanager
def listening(folder, monkeypatch):
    """A server at ``url`` whose certificate this process believes; ``answer`` is the status it gives."""
    path = certificate(folder / "outside.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Keeps)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.told, server.paths, server.answer, server.url = [], [], 201, f"https://127.0.0.1:{server.server_port}"
    with serving(server):
        yield server


@contextmanager
def serving(server):
    """A socket server that answers while the block lasts."""
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def certificate(path):
    """A key and a certificate of 127.0.0.1, for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "outside")]), datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    path.write_bytes(key.private_bytes(pem, *plain) + made.public_bytes(pem))
    return path
