"""The server with the sample contract, on a real database and a real Redis."""
import base64
import hashlib
import hmac
import json
import os
import secrets
import struct
import subprocess
import time
import uuid

import pytest

from support.process import Process, free_port, run
from support.stack import HOST, open_url, program

NAME = "t_front_door"


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def own_keys(folder):
    key_file = os.path.join(folder, "jwt.pem")
    if not os.path.exists(key_file):
        run([program("carectl"), "key", "generate", "--out", key_file])
    return {"CARE_SECRET_KEY": secrets.token_hex(32), "CARE_JWT_KEY_FILE": key_file,
            **{name: secrets.token_hex(16) for name in (
                "CARE_PAYSTACK_SECRET_KEY", "CARE_CALCOM_WEBHOOK_SECRET")}}


class Front:
    """care-api-sample and what it stands on."""

    def __init__(self, servers, folder, settings=None):
        os.makedirs(folder, exist_ok=True)
        self.servers = servers
        self.port, self.ops_port = free_port(), free_port()
        self.url, self.ops_url = f"http://{HOST}:{self.port}", f"http://{HOST}:{self.ops_port}"
        self.keys = own_keys(folder)
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("CARE_")}
        self.env = {
            **inherited, **self.keys,
            "CARE_LISTEN": f"{HOST}:{self.port}", "CARE_OPS_LISTEN": f"{HOST}:{self.ops_port}",
            "CARE_PUBLIC_URL": "https://api.example.org", "CARE_SITE_URL": "https://example.org",
            "CARE_CORS_ORIGINS": "https://example.org,http://localhost:3000",
            "CARE_TRUSTED_PROXIES": "10.9.9.9,127.0.0.1",
            "CARE_REDIS_URL": servers.redis.url, "CARE_EMAIL_FROM": "care@example.org",
            "CARE_TWILIO_FROM": "+15005550006",
            "CARE_DATABASE_URL": servers.postgres.url("care_api", NAME), **(settings or {}),
        }
        self.process = Process("front", [program("care-api-sample")], folder, env=self.env)

    def start(self):
        self.process.start()
        self.process.wait_until(
            lambda: open_url(self.ops_url + "/health/ready")[0] == 200, 20, "/health/ready")
        return self

    def log(self):
        with open(self.process.log, encoding="utf-8") as file:
            return [json.loads(line) for line in file if line.startswith("{")]

    def token(self, role="client", lifetime_s=600, subject=None):
        """An access token as care-api would sign it."""
        key = self.keys["CARE_JWT_KEY_FILE"]
        modulus = run(["openssl", "rsa", "-in", key, "-noout", "-modulus"]).strip().split("=")[1]
        n = base64url(bytes.fromhex(modulus))
        thumbprint = json.dumps({"e": "AQAB", "kty": "RSA", "n": n}, separators=(",", ":"))
        header = {"alg": "RS256", "typ": "JWT",
                  "kid": base64url(hashlib.sha256(thumbprint.encode()).digest())}
        now = int(time.time())
        claims = {"iss": "care", "aud": "care-api", "sub": subject or str(uuid.uuid4()),
                  "sid": str(uuid.uuid4()), "role": role, "scope": "", "jti": secrets.token_hex(8),
                  "iat": now - 120, "nbf": now - 120, "exp": now + lifetime_s}
        signed = ".".join(base64url(json.dumps(part, separators=(",", ":")).encode())
                          for part in (header, claims))
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key],
                                   input=signed.encode(), stdout=subprocess.PIPE, check=True)
        return f"{signed}.{base64url(signature.stdout)}"

    def link_token(self, subject, lifetime_s=600):
        """A guest's link token, purpose intake: version, purpose, subject, expiry, MAC."""
        key = hkdf(bytes.fromhex(self.keys["CARE_SECRET_KEY"]), b"care key 1", b"link_token")
        body = struct.pack(">BB16sq", 1, 1, uuid.UUID(subject).bytes,
                           int(time.time()) + lifetime_s)
        return "cl_" + base64url(body + hmac.digest(key, body, "sha256")[:16])


def hkdf(secret, salt, info):
    """RFC 5869 with SHA-256, one block."""
    return hmac.digest(hmac.digest(salt, secret, "sha256"), info + b"\x01", "sha256")


@pytest.fixture(scope="session")
def front_database(servers):
    servers.ensure_running()
    servers.postgres.create_database(NAME)
    env = {**os.environ, "CARE_DATABASE_URL": servers.postgres.url("postgres", NAME)}
    run([program("carectl"), "migrate"], env=env)
    return NAME


@pytest.fixture
def settings():
    return {}


def served(servers, folder, settings):
    front = Front(servers, folder, settings)
    try:
        yield front.start()
        front.process.stop_clean()
    finally:
        if front.process.is_running():
            front.process.kill()


@pytest.fixture(scope="module")
def front(servers, front_database, run_folder):
    """One server for a module's tests."""
    yield from served(servers, os.path.join(run_folder, "front"), None)


@pytest.fixture
def own_front(servers, front_database, run_folder, settings, request):
    """A server that this test may end."""
    folder = os.path.join(run_folder, "front-" + request.node.name[:40])
    yield from served(servers, folder, settings)
