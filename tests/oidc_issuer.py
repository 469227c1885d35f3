"""An issuer of tokens on loopback, as a process of its own: Authlib's authorization server.

OpenID Connect discovery, a JWKS with one RSA key made at start, and a token endpoint that takes
client credentials and issues JWT access tokens (RFC 9068, RS256).
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

API = "tambo-features"


@dataclass(frozen=True)
class Client:
    """Who may ask for tokens, and what is put into them."""

    client_id: str
    roles: tuple[str, ...] = ()
    lifetime: int = 300
    audience: str = API
    claims: dict[str, object] = field(default_factory=dict)
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    def get_client_id(self):
        return self.client_id

    def get_allowed_scope(self, scope):
        return ""

    def check_client_secret(self, given):
        return secrets.compare_digest(self.secret, given)

    def check_endpoint_auth_method(self, method, endpoint):
        return method in {"client_secret_post", "client_secret_basic"}

    def check_grant_type(self, grant_type):
        return grant_type == "client_credentials"


@dataclass(frozen=True)
class Issuer:
    """An issuer that runs."""

    url: str
    clients: dict[str, Client]

    @property
    def discovery(self):
        return f"{self.url}/.well-known/openid-configuration"

    def token(self, client_id):
        """Ask for a token as a client would."""
        import loopback

        endpoint = loopback.get(self.discovery).raise_for_status().json()
        answer = loopback.post(
            endpoint["token_endpoint"],
            data={"grant_type": "client_credentials"},
            auth=(client_id, self.clients[client_id].secret),
        )
        return answer.raise_for_status().json()["access_token"]


@contextmanager
def issuing(*clients):
    """Run an issuer for the time of a block."""
    known = json.dumps([asdict(one) for one in clients])
    process = subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        process.stdin.write(known + "\n")
        process.stdin.flush()
        yield Issuer(process.stdout.readline().strip(), {one.client_id: one for one in clients})
    finally:
        process.terminate()
        process.wait(10)
        process.stdin.close()
        process.stdout.close()


def make_app(url, clients):
    from authlib.integrations.flask_oauth2 import AuthorizationServer
    from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
    from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
    from flask import Flask, jsonify
    from joserfc.jwk import KeySet, RSAKey

    keys = KeySet([RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)])

    class Grant(ClientCredentialsGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]  # noqa: RUF012

    class Tokens(JWTBearerTokenGenerator):
        def get_jwks(self):
            return keys

        def get_audiences(self, client, user, scope):
            return client.audience

        def get_extra_claims(self, client, grant_type, user, scope):
            return {"resource_access": {API: {"roles": list(client.roles)}}, **client.claims}

        def _get_expires_in(self, client, grant_type):
            return client.lifetime

    app = Flask("issuer")
    server = AuthorizationServer(app, clients.get, lambda token, request: None)
    server.register_grant(Grant)
    server.register_token_generator("default", Tokens(issuer=url))
    app.post("/token")(server.create_token_response)
    app.get("/jwks", endpoint="jwks")(lambda: jsonify(keys.as_dict(private=False)))

    @app.get("/.well-known/openid-configuration")
    def discovery():
        return jsonify(
            issuer=url,
            jwks_uri=f"{url}/jwks",
            token_endpoint=f"{url}/token",
            authorization_endpoint=f"{url}/authorize",
            id_token_signing_alg_values_supported=["RS256"],
        )

    return app


def main():
    from werkzeug.serving import make_server

    clients = {one["client_id"]: Client(**one) for one in json.loads(sys.stdin.readline())}
    from flask import Flask

    server = make_server("127.0.0.1", 0, Flask("port"), threaded=True)
    url = f"http://127.0.0.1:{server.port}"
    server.app = make_app(url, clients)
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
