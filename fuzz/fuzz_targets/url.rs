//! Any text is a URL, a scope, a name or a lifetime: what is taken is kept to the letter and leads where
//! it says, and what is refused is not repeated.
#![no_main]

use std::str::FromStr;
use std::time::Duration;

use grantflow::partner::{cover_genius, flow_account, meed};
use grantflow::{
    AccessToken, Client, ClientAuth, ConfigurationError, Endpoint, Entropy, Error, IssParameter,
    NotRepeated, Origin, PkceVerifier, Provider, RedirectUri, RefreshToken, Scope, Secret,
    Timestamp, TokenType, TransportError, TransportErrorKind, TypedToken, pkce_confirmed,
};
use grantflow_fuzz::{Input, NOW, Secrets, Setting, form};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let (kind, other, text) = (input.byte(), input.text(), input.rest());
    let Ok(text) = std::str::from_utf8(text) else { return };
    // A secret in a place that is wrong for it.
    let known = Secrets::new([Setting::new(0, bytes).grant]);
    let planted = known.plant_text(text);
    match kind % 6 {
        0 => endpoints(&planted, &known),
        1 => origins(other, text),
        2 => redirect_uris(other, text),
        3 => scopes(other, text),
        4 => secrets(&planted, &known),
        _ => login_pages(other, text),
    }
    check_transport(kind, &planted, &known);
});

/// The HTTP client's own words are its source, and not in the text.
fn check_transport(kind: u8, cause: &str, known: &Secrets) {
    use TransportErrorKind::{Abandoned, Connect, Interrupted, Timeout, Tls};
    let kind = [Abandoned, Connect, Interrupted, Timeout, Tls][usize::from(kind % 5)];
    let error = TransportError::new(kind, cause);
    assert_eq!(error.kind(), kind);
    assert_eq!(error.may_have_arrived(), !matches!(kind, Connect | Tls));
    let error = Error::from(error);
    known.assert_not_in(&format!("{error} {:?} {:?}", error.advice(), error.field()));
    assert!(std::error::Error::source(&error).is_some_and(|it| it.to_string() == cause));
}

/// What is taken is written as it was read; what is refused is not repeated.
fn read<T: FromStr<Err = ConfigurationError> + ToString + PartialEq>(
    text: &str,
    known: &Secrets,
) -> Option<T> {
    match text.parse::<T>() {
        Ok(value) => {
            assert_eq!(value.to_string(), text);
            assert!(text.parse::<T>().unwrap() == value);
            Some(value)
        }
        Err(error) => {
            known.assert_hidden_by_error(&error);
            known.assert_not_in(error.field());
            None
        }
    }
}

fn endpoints(text: &str, known: &Secrets) {
    let Some(endpoint) = read::<Endpoint>(text, known) else {
        if let Ok(endpoint) = Endpoint::insecure_loopback(text) {
            let host = text.split("://").nth(1).unwrap_or_default();
            assert!(host.starts_with("127.") || host.starts_with('['), "{endpoint}");
        }
        return;
    };
    // It leads where the crate that sends it says.
    let uri: http::Uri = text.parse().unwrap();
    let origin: Origin = text.parse().unwrap();
    assert!(origin.contains(text));
    assert_eq!(uri.scheme_str(), Some("https"));
    let request = http::Request::get(uri.clone()).body(()).unwrap();
    assert!(origin.contains_request(&request));
    let client = Client::public("app", Provider::new(endpoint)).unwrap();
    let flow = client.extension_grant("partner", Scope::default()).unwrap();
    let request = grantflow::Exchange::request(&flow);
    assert_eq!(request.uri().host(), uri.host());
}

fn origins(one: &str, other: &str) {
    let (Ok(one), Ok(other)) = (one.parse::<Origin>(), other.parse::<Origin>()) else { return };
    let (one_text, other_text) = (one.to_string(), other.to_string());
    assert_eq!(format!("{one:?}"), format!("{one_text:?}"));
    let request = |host: &str| {
        let request = http::Request::get(&one_text).header("host", host);
        request.body(()).is_ok_and(|request| one.contains_request(&request))
    };
    let host_of = |text: &str| text.strip_prefix("https://").unwrap().to_owned();
    assert!(request(&host_of(&one_text)));
    assert_eq!(request(&host_of(&other_text)), one == other);
    assert_eq!(one == other, one_text == other_text);
    assert_eq!(one.contains(&other_text), one == other);
    assert!(one_text.parse::<Origin>().unwrap() == one);
    let host = one_text.strip_prefix("https://").unwrap();
    assert!(!one.contains(&format!("http://{host}/")));
    assert!(!one.contains(&format!("https://{host}.evil.example/")));
    assert!(!one.contains(&format!("https://{host}@evil.example/")));
    for provider in [meed::provider(host), cover_genius::provider(host)] {
        let endpoint = provider.unwrap().token_endpoint().as_str().to_owned();
        assert!(one.contains(&endpoint));
    }
}

fn redirect_uris(one: &str, other: &str) {
    let nothing = Secrets::default();
    let Some(one) = read::<RedirectUri>(one, &nothing) else { return };
    let stored = serde_json::to_string(&one).unwrap();
    assert!(serde_json::from_str::<RedirectUri>(&stored).unwrap() == one);
    // The user comes back to the very place.
    let setting = Setting::new(0, other.as_bytes());
    let login = |state: u8| {
        let entropy = Entropy::from_bytes([state; 64]);
        setting.client.authorization_code(one.clone(), Scope::default(), entropy, NOW).unwrap()
    };
    let waiting = login(7);
    let state = waiting.pending().state().expose().to_owned();
    let back = |place: &str| {
        let sign = if place.contains('?') { '&' } else { '?' };
        format!("{place}{sign}code=c&state={state}")
    };
    let exchanging = waiting.callback(&back(one.as_str()), NOW).unwrap();
    assert_eq!(exchanging.code().expose(), "c");
    assert!(login(8).callback(&back(one.as_str()), NOW).is_err());
    let Some(other) = read::<RedirectUri>(other, &nothing) else { return };
    let server = |name: &str, iss| {
        Provider::new(format!("https://{name}.example/token").parse().unwrap())
            .with_issuer(format!("https://{name}.example"), iss)
    };
    let (a, b) = (server("a", IssParameter::Perhaps), server("b", IssParameter::Perhaps));
    if Provider::check_apart(&[(&a, &one), (&b, &other)]).is_ok() {
        // Neither server's callback passes for the other's.
        let failed = login(7).callback(&back(other.as_str()), NOW);
        assert!(failed.is_err(), "{one} and {other} are mixed up");
    }
    let (a, b) = (server("a", IssParameter::Always), server("b", IssParameter::Always));
    Provider::check_apart(&[(&a, &one), (&b, &other)]).unwrap();
    assert!(Provider::check_apart(&[(&a, &one), (&a, &other)]).is_err());
}

fn scopes(one: &str, other: &str) {
    let (Ok(one), Ok(other)) = (one.parse::<Scope>(), other.parse::<Scope>()) else { return };
    assert_eq!(one.to_string().parse::<Scope>().unwrap().as_str(), one.as_str());
    assert_eq!(one == other, one.includes(&other) && other.includes(&one));
    assert!(one.includes(&Scope::default()));
    assert!(one.tokens().all(|token| one.contains(token)) && !one.contains(""));
    let stored = serde_json::to_string(&one).unwrap();
    assert_eq!(serde_json::from_str::<Scope>(&stored).unwrap().as_str(), one.as_str());
    if one.is_empty() || other.is_empty() {
        return;
    }
    // A refresh asks for a part of what was granted and for nothing else.
    let record = format!(
        r#"{{"format":1,"client_id":"app","token_endpoint":"https://as.example.com/token",
            "access_token":"a","refresh_token":"r","sent_at":0,"scope":{stored}}}"#
    );
    let client = Setting::new(0, b"").client;
    let session = client.resume(serde_json::from_str(&record).unwrap()).unwrap();
    match session.refresh_for(other.clone()) {
        Ok(refreshing) => {
            assert!(one.includes(&other));
            let body = grantflow::Exchange::wire_request(&refreshing).body().to_vec();
            let own = ("scope".into(), other.to_string());
            assert!(form(&body).contains(&own));
        }
        Err(failed) => {
            assert!(!one.includes(&other));
            drop(failed.retry().unwrap().refresh().unwrap());
        }
    }
}

fn secrets(text: &str, known: &Secrets) {
    let secrets = known.with(Some(text.to_owned()));
    macro_rules! hide {
        ($($name:ident),+) => {$(
            match $name::new(text) {
                Ok(secret) => {
                    assert_eq!(secret.expose(), text);
                    assert!(!text.chars().any(char::is_control));
                    assert_eq!(format!("{secret:?}"), concat!(stringify!($name), "([redacted])"));
                }
                Err(error) => known.assert_hidden_by_error(&error),
            }
        )+};
    }
    hide!(AccessToken, PkceVerifier, RefreshToken, Secret);
    let stored = serde_json::to_string(text).unwrap();
    for json in [&*stored, text] {
        match serde_json::from_str::<Secret>(json) {
            Ok(secret) => secrets.assert_hidden_by(&secret),
            Err(error) => known.assert_hidden_by_error(&error),
        }
    }
    if let Ok(verifier) = PkceVerifier::new(text) {
        assert_eq!(PkceVerifier::new(verifier.challenge()).unwrap().expose().len(), 43);
    }
    match (http::HeaderValue::from_str(&format!("Bearer {text}")), AccessToken::new(text)) {
        (Ok(header), Ok(token)) => {
            assert_eq!(AccessToken::try_from(&header).unwrap().expose(), token.expose());
            secrets.assert_hidden_by(&token.header());
        }
        (Ok(header), Err(_)) => assert!(AccessToken::try_from(&header).is_err()),
        (Err(_), token) => assert!(token.is_err()),
    }
    if let Ok(header) = http::HeaderValue::from_str(text) {
        drop(AccessToken::try_from(&header));
    }
    let typed = TypedToken::new(text, TokenType::JWT);
    assert_eq!(typed.is_ok(), Secret::new(text).is_ok());
    if let Ok(typed) = typed {
        secrets.assert_hidden_by(&typed.clone());
    }
    if let Ok(token_type) = text.parse::<TokenType>() {
        assert_eq!(token_type.to_string(), text);
    }
    // A grant that has a function of its own, or none at all, comes by no other.
    let client = Setting::new(0, b"").client;
    match client.extension_grant(text, Scope::default()) {
        Ok(flow) => {
            let sent = form(grantflow::Exchange::wire_request(&flow).body());
            assert!(sent.contains(&("grant_type".into(), text.to_owned())));
            assert!(!["password", "implicit", "refresh_token"].contains(&&*text.to_lowercase()));
        }
        Err(error) => known.assert_not_in(&format!("{error} {:?}", error.kind())),
    }
}

fn login_pages(host: &str, text: &str) {
    let provider = match flow_account::provider("test", host) {
        Ok(provider) => provider,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            drop(flow_account::provider(text, "login.example").map_err(|error| error.to_string()));
            Provider::new("https://as.example.com/token".parse().unwrap())
        }
    };
    let methods: Vec<&str> = text.split(' ').collect();
    for supported in [None, Some(&*methods)] {
        let has = |method| supported.is_none_or(|all| all.contains(&method));
        let is_confirmed = pkce_confirmed(supported);
        assert_eq!(is_confirmed.is_ok(), has("S256"));
        match ClientAuth::choose(supported) {
            Ok(auth) => assert!(has(auth.name())),
            Err(_) => assert!(!has("client_secret_basic") && !has("client_secret_post")),
        }
    }
    for why in [NotRepeated::BodySpent, NotRepeated::TokenIsNew, NotRepeated::RefusedAgain] {
        assert!(why.to_string().contains("refused"));
    }
    let later = NOW.saturating_add(Duration::from_secs(host.len() as u64));
    let seconds = serde_json::from_str::<Timestamp>(text).map_or(0, Timestamp::unix_seconds);
    let stored = serde_json::to_string(&Timestamp::from_unix_seconds(seconds)).unwrap();
    assert_eq!(stored, seconds.to_string());
    assert_eq!(later.elapsed_since(NOW), Some(Duration::from_secs(host.len() as u64)));
    // The page may have a query of its own; a parameter of the login's is not in it.
    let Ok(page) = text.parse::<Endpoint>() else { return };
    let provider = provider.with_authorization_endpoint(page);
    let client = Client::public("app", provider).unwrap();
    let redirect_uri = "https://app.example/cb".parse().unwrap();
    let entropy = Entropy::from_bytes([7; 64]);
    match client.authorization_code(redirect_uri, Scope::default(), entropy, NOW) {
        Ok(login) => {
            let details = serde_json::json!([{ "type": host }]);
            let login = login.form_post().resource("https://api.example/");
            let login = match login.and_then(|login| login.authorization_details(&details)) {
                Ok(login) => login,
                Err(failed) => return assert!(text.contains('?'), "{failed}"),
            };
            let url = login.authorization_url().unwrap();
            assert!(url.as_str().starts_with(text));
            let pairs = form(url.as_str().split_once('?').unwrap().1.as_bytes());
            for name in ["response_type", "client_id", "redirect_uri", "state", "response_mode"] {
                assert_eq!(pairs.iter().filter(|(own, _)| own == name).count(), 1, "{name}");
            }
            assert!(!format!("{url:?}").contains(login.pending().state().expose()));
            assert!(login.authorization_details(&serde_json::json!({})).is_err());
        }
        Err(error) => assert!(text.contains('?'), "{error}"),
    }
}
