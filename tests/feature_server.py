"""A home with the travel marts online, and `tambo features serve` over it as a process."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import loopback
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from feature_lake import marts, release, write

from tambo.settings import Settings

FROM, TO = "Santa Aurora (SP)", "Rio Verdejo (AM)"
FARE = {"origin": [FROM], "destination": [TO], "flight_type": ["economic"], "agency": ["Asa Azul"]}  # fmt: skip
GREETING_LINES = 5


def publish(settings):
    from feature_repo.definitions import all_objects
    from tambo.featurestore.publish import publish as publish_release

    return publish_release(settings, all_objects(["travel"]))


def online_home(folder):
    """Release 1: the fare above at 150 BRL, traveller 7."""
    settings = Settings(home=folder / "home")
    marts(settings)
    route = f"SET origin = '{FROM}', destination = '{TO}'"
    write(
        settings,
        f"UPDATE lake.marts.fare_prices {route}, agency = 'Asa Azul'",
        f"UPDATE lake.marts.route_fares {route}",
    )
    release(settings, 1)
    publish(settings)
    return settings


@contextmanager
def feature_server(settings, how=signal.SIGTERM, options=(), **variables):
    """Serve until the block ends; then `how` must end the server in order."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TAMBO_")},
        **variables,
        "TAMBO_HOME": str(settings.home),
        "TAMBO_FEATURES_PORT": "0",
    }
    log = settings.home / "server.log"
    with log.open("wb") as errors:
        server = subprocess.Popen(
            [str(Path(sys.executable).parent / "tambo"), "features", "serve", *options],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        said = "".join(server.stdout.readline() for _ in range(GREETING_LINES))
        address = re.search(r"https?://127\.0\.0\.1:\d+", said)
        assert address, said + log.read_text()
        yield address.group(), said
        server.send_signal(how)
        assert server.wait(loopback.SECONDS) == 0, log.read_text()
        assert server.stdout.read() == "feature server stopped\n"
        assert "Traceback" not in log.read_text()
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


def ask(url, body, token=None, path="/get-online-features", verify=True):
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return loopback.post(f"{url}{path}", json=body, headers=headers, verify=verify)


def certify(folder):
    """A certificate for 127.0.0.1 that answers for itself, and its key."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "features")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (folder / "cert.pem").write_bytes(certificate.public_bytes(pem))
    form = serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(key.private_bytes(pem, form, plain))
    return folder / "cert.pem", folder / "key.pem"


def cells(answer):
    """Value by feature, of the first row."""
    body = answer.raise_for_status().json()
    values = (one["values"][0] for one in body["results"])
    return dict(zip(body["metadata"]["feature_names"], values, strict=True))
