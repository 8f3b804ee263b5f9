"""Access tokens against PyJWT: it reads ours, we read its, and we refuse what a strict reader would."""
import base64
import json
import os
import pathlib
import re
import subprocess
import uuid

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings, strategies as st

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("CARE_BUILD_DIR", ROOT / "build"))
ISSUER, AUDIENCE, NOW = "https://api.care.example", "care-api", 1_800_000_000
ROLES = ["client", "staff", "admin", "integrator"]

# Every example costs an RSA signature or two.
FEWER = settings(max_examples=max(1, settings.default.max_examples // 5))

UUIDS = st.uuids().map(str)
WORDS = st.text(st.sampled_from("abcz:._-!#[]{}~09"), min_size=1, max_size=20)
SCOPES = st.lists(WORDS, max_size=10).map(" ".join)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2**63, 2**63 - 1) | st.floats(allow_nan=False,
    allow_infinity=False) | st.text(st.characters(blacklist_categories=("Cs",)), max_size=50)
    | UUIDS | st.sampled_from(ROLES + [ISSUER, AUDIENCE]) | st.integers(NOW - 4000, NOW + 4000),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5)


class Signer:
    """The program under test and the private key it signs with."""

    def __init__(self, folder):
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = folder / "key.pem"
        pem.write_bytes(self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption()))
        pem.chmod(0o600)
        self.process = subprocess.Popen(
            [BUILD / "tests" / "property" / "ask_access_token", pem, ISSUER, AUDIENCE],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.jwks = jwt.PyJWKSet.from_json(self.ask("jwks"))
        self.kid = self.jwks.keys[0].key_id

    def ask(self, question):
        self.process.stdin.write(question + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, f"died of {question!r}"
        return answer.rstrip("\n")

    def theirs(self, claims, **header):
        """A token PyJWT made with our key."""
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": self.kid, **header})

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(timeout=30) == 0


@pytest.fixture(scope="session")
def signer(tmp_path_factory):
    running = Signer(tmp_path_factory.mktemp("access"))
    yield running
    running.close()


def claims_of(**changed):
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": str(uuid.UUID(int=1)),
              "sid": str(uuid.UUID(int=2)), "role": "staff", "scope": "a b", "jti": "x",
              "iat": NOW, "nbf": NOW, "exp": NOW + 900}
    return {**claims, **changed}


def is_integer(value):
    return isinstance(value, int) and not isinstance(value, bool)


def is_uuid(value):
    return isinstance(value, str) and re.fullmatch(
        r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", value) is not None


def expected(claims):
    """What a strict reader says of claims at NOW."""
    times = [claims["iat"], claims["nbf"], claims["exp"]]
    good = (
        claims["iss"] == ISSUER and claims["aud"] == AUDIENCE
        and is_uuid(claims["sub"]) and is_uuid(claims["sid"])
        and isinstance(claims["role"], str) and claims["role"] in ROLES
        and isinstance(claims["scope"], str) and len(claims["scope"]) < 512
        and re.fullmatch(r"([!#-\[\]-~]+( [!#-\[\]-~]+)*)?", claims["scope"])
        and isinstance(claims["jti"], str) and re.fullmatch(r"[A-Za-z0-9_-]{1,64}", claims["jti"])
        and all(is_integer(time) and 0 < time <= 253402300799 for time in times)
        and claims["nbf"] < claims["exp"] and 0 < claims["exp"] - claims["iat"] <= 3600)
    if not good:
        return "claims"
    if NOW >= claims["exp"] + 30:
        return "expired"
    return "not_yet" if NOW < max(claims["iat"], claims["nbf"]) - 30 else "ok"


@FEWER
@given(UUIDS, UUIDS, st.sampled_from(ROLES), st.integers(1, 3600), SCOPES)
def test_pyjwt_reads_what_we_sign(signer, subject, session, role, lifetime, scope):
    token = signer.ask(f"sign {NOW} {lifetime} {subject} {session} {role} {scope}")
    header = jwt.get_unverified_header(token)
    claims = jwt.decode(token, signer.jwks[header["kid"]].key, algorithms=["RS256"],
                        audience=AUDIENCE, issuer=ISSUER,
                        options={"verify_exp": False, "verify_nbf": False, "verify_iat": False})

    assert header == {"alg": "RS256", "typ": "JWT", "kid": signer.kid}
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", claims.pop("jti"))
    assert claims == {"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "sid": session, "role": role,
                      "scope": scope, "iat": NOW, "nbf": NOW, "exp": NOW + lifetime}


@FEWER
@given(UUIDS, UUIDS, st.sampled_from(ROLES), SCOPES,
       st.integers(NOW - 2000, NOW + 100), st.integers(1, 3600))
def test_we_read_what_pyjwt_signs(signer, subject, session, role, scope, issued, lifetime):
    claims = claims_of(sub=subject, sid=session, role=role, scope=scope, iat=issued, nbf=issued,
                       exp=issued + lifetime)
    answer = signer.ask(f"verify {NOW} {signer.theirs(claims)}").split("\t")

    assert answer[0] == expected(claims)
    if answer[0] == "ok":
        assert answer[1:] == [subject, session, role, scope, "x", str(issued), str(issued),
                              str(issued + lifetime)]


@FEWER
@given(st.sampled_from(sorted(claims_of())), JSON)
def test_a_claim_of_any_json_is_judged_strictly(signer, name, value):
    claims = claims_of(**{name: value})
    payload = json.dumps(claims).encode()
    token = jwt.api_jws.encode(payload, signer.key, "RS256", {"kid": signer.kid, "typ": "JWT"})

    answer = signer.ask(f"verify {NOW} {token}").split("\t")[0]
    if len(token) > 4096 or "\\u0000" in payload.decode():
        assert answer == "malformed"
    else:
        assert answer == expected(claims)


@FEWER
@given(WORDS.filter(lambda name: name not in ("alg", "typ", "kid")), JSON)
def test_no_other_header_member_is_taken(signer, name, value):
    token = signer.theirs(claims_of(), **{name: value})
    assert signer.ask(f"verify {NOW} {token}") in ("header", "malformed")


@FEWER
@given(st.data())
def test_any_changed_character_is_refused(signer, data):
    token = signer.theirs(claims_of())
    at = data.draw(st.integers(0, len(token) - 1))
    char = data.draw(st.characters(min_codepoint=33, max_codepoint=126).filter(
        lambda other: other != token[at]))

    assert signer.ask(f"verify {NOW} {token}").startswith("ok\t")
    assert not signer.ask(f"verify {NOW} {token[:at]}{char}{token[at + 1:]}").startswith("ok\t")


@FEWER
@given(st.sampled_from(["HS256", "HS384", "HS512"]))
def test_the_public_key_is_no_hmac_key(signer, algorithm):
    public = signer.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    header = {"alg": algorithm, "typ": "JWT", "kid": signer.kid}
    signing = jwt.api_jws.PyJWS()._algorithms[algorithm]
    part = ".".join(base64.urlsafe_b64encode(json.dumps(piece).encode()).rstrip(b"=").decode()
                    for piece in (header, claims_of(role="admin")))
    mac = base64.urlsafe_b64encode(signing.sign(part.encode(), public)).rstrip(b"=").decode()

    assert signer.ask(f"verify {NOW} {part}.{mac}") == "header"
