"""Access tokens signed with the stack's own key: for roles that nobody can sign in as, and for
tokens that must be refused."""
import base64
import hashlib
import json
import secrets
import time
import uuid

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_private_key


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def thumbprint(key):
    """RFC 7638."""
    numbers = key.public_key().public_numbers()

    def octets(number):
        return base64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))
    members = {"e": octets(numbers.e), "kty": "RSA", "n": octets(numbers.n)}
    text = json.dumps(members, separators=(",", ":"), sort_keys=True)
    return base64url(hashlib.sha256(text.encode()).digest())


def access_token(stack, role, lifetime_s=600, **claims):
    with open(stack.settings["CARE_JWT_KEY_FILE"], "rb") as file:
        key = load_pem_private_key(file.read(), None)
    now = int(time.time())
    payload = {"iss": "care", "aud": "care-api", "sub": str(uuid.uuid4()), "sid": str(uuid.uuid4()),
               "role": role, "scope": "", "jti": secrets.token_hex(8), "iat": now - 120,
               "nbf": now - 120, "exp": now + lifetime_s, **claims}
    return jwt.encode(payload, key, algorithm="RS256",
                      headers={"typ": "JWT", "kid": thumbprint(key)})
