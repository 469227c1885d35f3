"""Whatever stands where a token is to stand is refused, and nothing else happens."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tambo.access.tokens import RefusedTokenError, Tokens, claimed_subject
from tambo.errors import SettingsError
from tambo.settings import Settings

NOWHERE = "http://127.0.0.1:9/.well-known/openid-configuration"


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
headers = st.fixed_dictionaries({}, optional={"alg": st.sampled_from(["RS256", "none", "HS256", 7]), "kid": values, "typ": values})  # fmt: skip
claims = st.fixed_dictionaries({}, optional={"sub": values, "exp": values, "aud": values})
parts = st.binary(max_size=60) | st.builds(
    lambda one: json.dumps(one).encode(), headers | claims | values
)
tokens = st.text(max_size=80) | st.lists(parts, min_size=2, max_size=4).map(
    lambda found: ".".join(map(encoded, found))
)


@given(tokens)
@example(".".join([encoded(b"[" * 30_000)] * 3))
@example(".".join([encoded(b'{"alg": "RS256"}'), encoded(b"[" * 30_000), "x"]))
@example(".".join([encoded(b'{"alg": "RS256", "kid": {}}'), encoded(b"{}"), "x"]))
def test_what_is_no_token_of_the_issuer_is_refused(token: str):
    settings = Settings(home=Path("none"), oidc_discovery_url=NOWHERE, oidc_client_id="us")
    with pytest.raises((RefusedTokenError, SettingsError)) as told:
        Tokens(settings, NOWHERE).caller(token)
    assert len(token) < 10 or token not in str(told.value)
    said = claimed_subject(token)
    assert said is None or isinstance(said, str)
