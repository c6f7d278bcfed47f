"""The server of PyPI `Authlib` behind Flask, with a clock that a test moves. What it keeps, and the
pages where users decide, are an application's own business."""

import os
import sys
import threading
import time

# Before anybody has seen the real clock.
_real_time, _ahead = time.time, 0.0
time.time = lambda: _real_time() + _ahead
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

from authlib.integrations.flask_oauth2 import (
    AuthorizationServer,
    ResourceProtector,
    current_token,
)
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin, TokenMixin, grants
from authlib.oauth2.rfc6750 import BearerTokenValidator
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oauth2.rfc8628 import (
    DeviceAuthorizationEndpoint,
    DeviceCodeGrant,
    DeviceCredentialDict,
)
from authlib.oauth2.rfc9207.parameter import IssuerParameter
from flask import Flask, jsonify, request
from werkzeug.serving import make_server

SCOPES = ["profile", "api:read"]
BASIC, POST, NONE = METHODS = ["client_secret_basic", "client_secret_post", "none"]
SERVICE = ["client_credentials"]
LOGIN = ["authorization_code", "refresh_token"]
DEVICE = ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"]


class Client(ClientMixin):
    def __init__(self, client_id, secret, grant_types, method=BASIC):
        self.client_id, self.secret = client_id, secret
        self.grant_types, self.method = grant_types, method

    def get_client_id(self):
        return self.client_id

    def get_default_redirect_uri(self):
        return "https://app.example/cb"

    def get_allowed_scope(self, scope):
        return " ".join(one for one in (scope or "profile").split() if one in SCOPES)

    def check_redirect_uri(self, redirect_uri):
        return redirect_uri == self.get_default_redirect_uri()

    def check_client_secret(self, secret):
        return secret == self.secret

    def check_endpoint_auth_method(self, method, endpoint):
        return method == self.method

    def check_response_type(self, response_type):
        return response_type == "code" and self.grant_types is LOGIN

    def check_grant_type(self, grant_type):
        return grant_type in self.grant_types


CLIENTS = {
    client.client_id: client
    for client in [
        Client("service", "service-secret", SERVICE),
        Client("odd:id+1%20/x", 'p@ss:w/rd+ %&=~"', SERVICE),
        Client("poster", "poster-secret", SERVICE, POST),
        Client("web", "web-secret", LOGIN),
        Client("keeper", "keeper-secret", LOGIN),
        Client("native", "", LOGIN, NONE),
        Client("device", "", DEVICE, NONE),
    ]
}


class Kept:
    """Whatever came with it, and when it came."""

    scope = ""

    def __init__(self, **members):
        self.__dict__.update(members, came_at=time.time())

    def is_expired(self):
        return time.time() >= self.came_at + self.expires_in

    def get_scope(self):
        return self.scope or ""


class Code(Kept, AuthorizationCodeMixin):
    expires_in = 60

    def get_redirect_uri(self):
        return self.redirect_uri


class Token(Kept, TokenMixin):
    refresh_token, access_is_over, refresh_is_over = None, False, False

    def check_client(self, client):
        return client.client_id == self.client_id

    def is_revoked(self):
        return self.access_is_over


CODES, TOKENS, DEVICES, DECISIONS = {}, [], {}, {}


def save_token(token, request):
    TOKENS.append(Token(client_id=request.client.client_id, user=request.user, **token))


def token_by(name, value):
    return next((token for token in TOKENS if getattr(token, name) == value), None)


class CodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def save_authorization_code(self, code, request):
        data = request.payload.data
        CODES[code] = Code(
            code=code,
            client_id=request.client.client_id,
            user=request.user,
            scope=request.scope,
            redirect_uri=request.payload.redirect_uri,
            code_challenge=data.get("code_challenge"),
            code_challenge_method=data.get("code_challenge_method"),
        )

    def query_authorization_code(self, code, client):
        kept = CODES.get(code)
        is_good = kept and kept.client_id == client.client_id and not kept.is_expired()
        return kept if is_good else None

    def delete_authorization_code(self, code):
        del CODES[code.code]

    def authenticate_user(self, code):
        return code.user


class RefreshGrant(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    @property
    def INCLUDE_NEW_REFRESH_TOKEN(self):
        return self.request.client.client_id != "keeper"

    def authenticate_refresh_token(self, refresh_token):
        token = token_by("refresh_token", refresh_token)
        return token if token and not token.refresh_is_over else None

    def authenticate_user(self, token):
        return token.user

    def revoke_old_credential(self, token):
        token.access_is_over = True
        token.refresh_is_over = self.INCLUDE_NEW_REFRESH_TOKEN


class DeviceGrant(DeviceCodeGrant):
    def query_device_credential(self, device_code):
        return DEVICES.get(device_code)

    def query_user_grant(self, user_code):
        return DECISIONS.get(user_code)

    def should_slow_down(self, device):
        asked_before, device["asked_at"] = device.get("asked_at", 0), time.time()
        return time.time() < asked_before + device["interval"]


class DeviceAuthorization(DeviceAuthorizationEndpoint):
    EXPIRES_IN = 600

    def get_verification_uri(self):
        return ISSUER + "/activate"

    def save_device_credential(self, client_id, scope, data):
        over_at = time.time() + self.EXPIRES_IN
        device = DeviceCredentialDict(client_id=client_id, scope=scope, expires_at=over_at, **data)
        DEVICES[device["device_code"]] = device


class AboutToken:
    CLIENT_AUTH_METHODS = METHODS

    def query_token(self, token, hint):
        return token_by("access_token", token) or token_by("refresh_token", token)


class Revocation(AboutToken, RevocationEndpoint):
    def revoke_token(self, token, request):
        token.access_is_over = True
        token.refresh_is_over = request.form["token"] == token.refresh_token


class Introspection(AboutToken, IntrospectionEndpoint):
    def check_permission(self, token, client, request):
        return client.client_id == "service"

    def introspect_token(self, token):
        over_at = int(token.came_at + token.expires_in)
        return {"active": True, "scope": token.get_scope(), "sub": token.user, "exp": over_at}


class Issuer(IssuerParameter):
    def get_issuer(self):
        return ISSUER


class Validator(BearerTokenValidator):
    def authenticate_token(self, token):
        return token_by("access_token", token)


app = Flask(__name__)
app.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = True
app.config["OAUTH2_SCOPES_SUPPORTED"] = SCOPES
app.config["OAUTH2_TOKEN_EXPIRES_IN"] = dict.fromkeys(SERVICE + LOGIN + DEVICE, 3600)

server = AuthorizationServer(app, query_client=CLIENTS.get, save_token=save_token)
server.register_grant(CodeGrant, [CodeChallenge(required=True)])
for grant in [RefreshGrant, DeviceGrant]:
    server.register_grant(grant)
server.register_extension(Issuer())
for endpoint in [Revocation, Introspection, DeviceAuthorization]:
    server.register_endpoint(endpoint)


class ServiceGrant(grants.ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = [BASIC, POST]


server.register_grant(ServiceGrant)
protect = ResourceProtector()
protect.register_token_validator(Validator())

PAGE = """<form action="" method="post">
  <input name="login"><input type="password" name="password"><input name="user_code">
  <button name="decision" value="agree">Agree</button>
  <button name="decision" value="refuse">Refuse</button>
</form>"""


def agrees():
    assert request.form["password"] == "a password"
    return request.form["decision"] == "agree"


@app.route("/authorize", methods=["GET", "POST"])
def authorize():
    user = request.form.get("login")
    grant = server.get_consent_grant(end_user=user)
    if request.method == "GET":
        return PAGE
    return server.create_authorization_response(grant=grant, grant_user=user if agrees() else None)


@app.route("/activate", methods=["GET", "POST"])
def activate():
    if request.method == "GET":
        return PAGE
    DECISIONS[request.form["user_code"]] = (request.form["login"], agrees())
    return "Thank you."


@app.post("/token")
def token():
    return server.create_token_response()


@app.post("/<any(revocation, introspection, device_authorization):name>")
def endpoint(name):
    return server.create_endpoint_response(name)


@app.get("/me")
@protect("profile")
def me():
    return jsonify(sub=current_token.user)


@app.get("/.well-known/oauth-authorization-server")
def metadata():
    return jsonify(
        issuer=ISSUER,
        authorization_endpoint=ISSUER + "/authorize",
        token_endpoint=ISSUER + "/token",
        revocation_endpoint=ISSUER + "/revocation",
        introspection_endpoint=ISSUER + "/introspection",
        device_authorization_endpoint=ISSUER + "/device_authorization",
        response_types_supported=["code"],
        grant_types_supported=SERVICE + LOGIN + DEVICE[:1],
        token_endpoint_auth_methods_supported=METHODS,
        code_challenge_methods_supported=["S256"],
        scopes_supported=SCOPES,
        authorization_response_iss_parameter_supported=True,
    )


@app.post("/test/clock")
def clock():
    global _ahead
    _ahead += float(request.args["advance"])
    return ""


listener = make_server("127.0.0.1", 0, app, threaded=True)
ISSUER = f"http://127.0.0.1:{listener.server_port}"
threading.Thread(target=listener.serve_forever, daemon=True).start()
print("READY", ISSUER, flush=True)
sys.stdin.read()
