//! The core's readers, each given a recorded response.

use grantflow::flow::{Granted, Refreshed};
use grantflow::{
    Challenge, Dialect, Exchange, Flow, ServerMetadata, Timestamp, TokenRefusal, TokenVerdict,
};
use serde_json::json;

use crate::NOW;
use crate::asked::{self, Asked};
use crate::became::{self, Became};
use crate::recording::Recording;

/// One of each kind.
pub(crate) const ALL: &[Asked] = &[
    Asked::ClientCredentials,
    Asked::Code,
    Asked::Refresh,
    Asked::DeviceToken,
    Asked::TokenExchange,
    Asked::OtherGrant,
    Asked::DeviceCodes,
    Asked::Introspection,
    Asked::Revocation,
    Asked::Push,
    Asked::Metadata,
    Asked::Callback,
    Asked::Api,
];

pub(crate) fn read(recording: &Recording, asked: Asked) -> Became {
    let scope = asked::scope(recording);
    let granted = |flow: &Flow<Granted>| became::tokens(flow.tokens(), recording);
    match asked {
        Asked::ClientCredentials => {
            let flow = asked::confidential(recording).client_credentials(scope).unwrap();
            Became::of(flow, recording, granted)
        }
        // What no program reads is what a wrong URL in the settings leads to.
        Asked::Page | Asked::NoExchange => {
            let became = read(recording, Asked::ClientCredentials);
            Became { line: format!("read all the same: {}", became.line), ..became }
        }
        Asked::Code => Became::of(asked::exchanging(recording), recording, |flow| {
            became::tokens(flow.tokens(), recording)
        }),
        Asked::Refresh => refresh(recording),
        Asked::DeviceToken => {
            let request = asked::client(recording).device_authorization(scope).unwrap();
            let device = request.receive(&device_codes(), NOW).unwrap();
            Became::of(device, recording, |flow| became::tokens(flow.tokens(), recording))
        }
        Asked::TokenExchange => {
            let exchange = asked::client(recording).token_exchange(asked::subject(), scope);
            Became::of(exchange, recording, |token| {
                let bearer = token.bearer().map(|tokens| became::tokens(tokens, recording));
                bearer.unwrap_or_else(|| "a token of another type".into())
            })
        }
        Asked::OtherGrant => {
            let flow = asked::client(recording).extension_grant("urn:example:other", scope);
            let flow = flow.unwrap();
            Became::of(flow, recording, granted)
        }
        Asked::DeviceCodes => {
            let request = asked::client(recording).device_authorization(scope).unwrap();
            Became::of(request, recording, |device| {
                let (life, pause) = (device.lifetime().as_secs(), device.interval().as_secs());
                let slips = became::deviations(device.deviations());
                format!("codes for {life} s, asked for every {pause} s{slips}")
            })
        }
        Asked::Introspection => {
            let client = asked::confidential(recording);
            let introspection = client.introspect(&asked::token(recording)).unwrap();
            Became::of(introspection, recording, |token| match token {
                None => "not active".into(),
                Some(token) => {
                    let end = token.expires_at().map(Timestamp::unix_seconds);
                    let end = end.map(|end| format!(" until {end}")).unwrap_or_default();
                    let bound = token.key_thumbprint().map_or("", |_| ", bound to a key");
                    format!("active{end}{}{bound}", became::scope(token.scope()))
                }
            })
        }
        Asked::Revocation => {
            let client = asked::client(recording);
            let revocation = client.revoke(&asked::token(recording)).unwrap();
            Became::of(revocation, recording, |()| "ended".into())
        }
        Asked::Push => Became::of(asked::pushing(recording), recording, |pushed| {
            format!("pushed, until {} s from then", pushed.lifetime().as_secs())
        }),
        Asked::Metadata => Became::of(asked::discovery(recording), recording, server),
        Asked::Callback => callback(recording),
        Asked::Api => api(recording),
    }
}

fn refresh(recording: &Recording) -> Became {
    let of = |flow: &Flow<Refreshed>| became::tokens(flow.tokens(), recording);
    let mut became = Became::of(asked::refreshing(recording), recording, of);
    if let Err(failed) = asked::refreshing(recording).receive(&recording.response(), NOW) {
        became.line = format!("{}; {}", became.line, became::left(failed));
    }
    became
}

/// What the library will do because of what the metadata say.
fn server(metadata: &ServerMetadata) -> String {
    let provider = metadata.provider().unwrap();
    let endpoints = [
        ("token", Some(provider.token_endpoint())),
        ("login", provider.authorization_endpoint()),
        ("push", provider.pushed_authorization_request_endpoint()),
        ("device", provider.device_authorization_endpoint()),
        ("revocation", provider.revocation_endpoint()),
        ("introspection", provider.introspection_endpoint()),
    ];
    let there = endpoints.iter().filter(|(_, endpoint)| endpoint.is_some());
    let there: Vec<&str> = there.map(|(name, _)| *name).collect();
    let (there, auth) = (there.join(", "), provider.dialect().client_auth);
    let pkce = if metadata.pkce_confirmed().unwrap() { ", S256" } else { "" };
    format!("{there}; {auth:?}{pkce}{}", became::deviations(metadata.deviations()))
}

fn device_codes() -> http::Response<String> {
    let codes = json!({
        "device_code": "a-device-code",
        "user_code": "ABCD-EFGH",
        "verification_uri": "https://as.example.com/device",
        "expires_in": 600,
    });
    let response = http::Response::builder().header("content-type", "application/json");
    response.body(codes.to_string()).unwrap()
}

fn callback(recording: &Recording) -> Became {
    let login = asked::login(recording);
    match login.callback(recording.field("location").unwrap_or_default(), NOW) {
        Ok(flow) => Became::new("a code", &flow),
        Err(failed) => Became::failed(failed),
    }
}

/// What the API says of the token: by itself, and in its challenges.
fn api(recording: &Recording) -> Became {
    let response = recording.response();
    let verdict = Dialect::default().verdict_on(&response);
    let token = match verdict {
        TokenVerdict::Refused => "the token is refused",
        TokenVerdict::InBody if TokenVerdict::is_refused_in(recording.body()) => {
            "the token is refused, in the body"
        }
        _ => "nothing against the token",
    };
    let challenges = Challenge::in_headers(response.headers());
    let said = challenges.iter().fold(String::new(), |said, challenge| {
        let error = challenge.error().map(|error| format!(" {error}")).unwrap_or_default();
        format!("{said}; {}{error}", challenge.scheme())
    });
    for way in [TokenRefusal::Header, TokenRefusal::HeaderOrBody, TokenRefusal::Status] {
        let mut dialect = Dialect::default();
        dialect.token_refusal = way;
        let _ = dialect.verdict_on(&response);
    }
    for (_, value) in recording.fields() {
        let _ = Challenge::parse(value.as_bytes());
    }
    let _ = Challenge::parse(recording.body());
    Became::new(format!("{token}{said}"), &challenges)
}
