//! The user is back, or somebody says so.

use grantflow::IssParameter::{Always, Never, Perhaps};
use grantflow::{Advice, CallbackError, Client, Dialect, Error, Exchange, Timestamp};

use crate::scenario::{NOW, STATE, callback_url, client, login, pairs, provider, secret};

fn refused(parameters: &str) -> CallbackError {
    refused_url(&callback_url(parameters)).0
}

/// The error, and whether the login goes on waiting.
fn refused_url(url: &str) -> (CallbackError, bool) {
    let failed = login(&client(Dialect::default())).callback(url, NOW).unwrap_err();
    let error = match failed.error() {
        Error::Callback(error) => error.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(failed.advice() == Advice::Reauthorize, !error.leaves_login_waiting());
    (error, failed.retry().is_ok())
}

#[test]
fn the_code_of_a_good_callback_goes_to_the_token_endpoint_with_its_verifier() {
    let login = login(&client(Dialect::default()));
    let url = callback_url("code=a%2Bb+c&scope=read+write&session_state=x#fragment");
    let exchanging = login.callback(&url, NOW).unwrap();
    assert_eq!(exchanging.callback_parameter("scope"), Some("read write"));
    assert_eq!(exchanging.callback_parameter("session_state"), Some("x"));
    assert_eq!(exchanging.callback_parameter("state"), None);
    assert!(!exchanging.may_repeat());
    let sent = pairs(&exchanging);
    let expected = [
        ("grant_type", "authorization_code"),
        ("code", "a+b c"),
        ("redirect_uri", "https://app.example/cb"),
        ("code_verifier", STATE),
    ];
    assert_eq!(sent, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn of_a_parameter_that_comes_twice_the_first_is_told_wherever_the_code_stands() {
    for parameters in ["code=c&tenant=1&tenant=2", "tenant=1&tenant=2&code=c"] {
        let login = login(&client(Dialect::default()));
        let exchanging = login.callback(&callback_url(parameters), NOW).unwrap();
        assert_eq!(exchanging.callback_parameter("tenant"), Some("1"), "{parameters}");
    }
}

#[test]
fn a_strangers_callback_leaves_the_login_waiting() {
    for (url, expected) in [
        ("https://app.example/cb?code=a".to_owned(), CallbackError::StateMissing),
        ("https://app.example/cb?code=a&state=".to_owned(), CallbackError::StateMissing),
        ("https://app.example/cb?code=a;state=b".to_owned(), CallbackError::StateMissing),
        (format!("https://app.example/cb?code=a&state={STATE}x"), CallbackError::StateMismatch),
        ("https://app.example/cb?code=a&state=B".to_owned(), CallbackError::StateMismatch),
        (
            "https://app.example/cb?error=access_denied&state=B".to_owned(),
            CallbackError::StateMismatch,
        ),
        ("https://evil.example/cb?code=a&state=B".to_owned(), CallbackError::StateMismatch),
        (
            "https://app.example/cb?code=a&state=B&st%61te=C".to_owned(),
            CallbackError::DuplicateField { field: "state" },
        ),
        ("https://app.example/cb?response=eyJ".to_owned(), CallbackError::Unsupported),
        (format!("https://app.example/cb#code=a&state={STATE}"), CallbackError::StateMissing),
        (
            format!("https://app.example/cb?state={STATE}&x={}", "a".repeat(1 << 20)),
            CallbackError::TooLarge { limit: 65_536 },
        ),
    ] {
        assert_eq!(refused_url(&url), (expected, true), "{url:.80}");
    }
}

#[test]
fn a_callback_with_the_right_state_ends_the_login_whatever_else_it_says() {
    for (parameters, expected) in [
        ("", CallbackError::MissingField { field: "code" }),
        ("code=", CallbackError::MissingField { field: "code" }),
        ("Code=a", CallbackError::MissingField { field: "code" }),
        ("code=a&error=access_denied", CallbackError::Ambiguous),
        ("code=a&c%6Fde=b", CallbackError::DuplicateField { field: "code" }),
        ("code=a&iss=x&iss=x", CallbackError::DuplicateField { field: "iss" }),
        ("code=%zz", CallbackError::InvalidEncoding),
        ("code=%C0%AF", CallbackError::InvalidEncoding),
        ("code=a&%=b", CallbackError::InvalidEncoding),
        ("code=a%0Ab", CallbackError::InvalidField { field: "code" }),
        ("code=%C3%A9", CallbackError::InvalidField { field: "code" }),
        ("error=a%22b", CallbackError::InvalidField { field: "error" }),
        ("code=a&access_token=t", CallbackError::UnexpectedParameter { field: "access_token" }),
        ("code=a&id_token=t", CallbackError::UnexpectedParameter { field: "id_token" }),
    ] {
        assert_eq!(refused_url(&callback_url(parameters)), (expected, false), "{parameters}");
    }
    let elsewhere = format!("https://evil.example/cb?code=a&state={STATE}");
    assert_eq!(refused_url(&elsewhere), (CallbackError::RedirectUriMismatch, false));
}

#[test]
fn a_code_of_4_kib_is_read() {
    let code = "c".repeat(4096);
    let login = login(&client(Dialect::default()));
    let exchanging = login.callback(&callback_url(&format!("code={code}")), NOW).unwrap();
    assert_eq!(exchanging.code().expose(), code);
}

#[test]
fn a_login_can_be_finished_for_an_hour_and_flow_accounts_for_150_minutes() {
    let finish = |client: &Client, seconds| {
        let now = Timestamp::from_unix_seconds(NOW.unix_seconds() + seconds);
        login(client).callback(&callback_url("code=a"), now).map(drop).map_err(Error::from)
    };
    let of_dialect = |dialect| client(dialect);
    for (client, lifetime) in [
        (of_dialect(Dialect::default()), 3_600),
        (of_dialect(grantflow::partner::flow_account::dialect()), 9_000),
    ] {
        assert!(finish(&client, lifetime - 1).is_ok());
        let error = finish(&client, lifetime).unwrap_err();
        assert!(matches!(error, Error::Callback(CallbackError::Expired)));
        assert_eq!(error.advice(), Advice::Reauthorize);
    }
}

#[test]
fn a_refusal_at_the_login_page_says_what_to_do() {
    for (parameters, advice) in [
        ("error=access_denied&error_description=no+thanks", Advice::Reauthorize),
        ("error=invalid_scope", Advice::FixConfiguration),
        ("error=unknown_one", Advice::FixConfiguration),
    ] {
        let login = login(&client(Dialect::default()));
        let failed = login.callback(&callback_url(parameters), NOW).unwrap_err();
        match failed.error() {
            Error::Refused(refusal) => assert_eq!(refusal.advice(), advice, "{parameters}"),
            other => panic!("{other:?}"),
        }
    }
    let login = login(&client(Dialect::default()));
    let url = callback_url("error=access_denied&error_description=%3Cb%3E%0D%0AINFO+ok");
    let printed = login.callback(&url, NOW).unwrap_err().to_string();
    assert!(printed.contains("access_denied: \"<b>\\u{d}\\u{a}INFO ok\""), "{printed}");
}

#[test]
fn no_refusal_at_the_login_page_leaves_the_state_to_be_used_again() {
    for code in ["server_error", "temporarily_unavailable", "access_denied", "x"] {
        let login = login(&client(Dialect::default()));
        let failed = login.callback(&callback_url(&format!("error={code}")), NOW).unwrap_err();
        assert!(!matches!(failed.advice(), Advice::RetryAfter(_)), "{code}");
        assert!(failed.retry().is_err(), "{code}");
    }
}

#[test]
fn another_servers_answer_is_refused_by_its_name() {
    let at = |iss| {
        let provider = provider(Dialect::default()).with_issuer("https://honest.example", iss);
        Client::new("app", secret(), provider).unwrap()
    };
    let finish = |iss, parameters: &str| {
        let failed = login(&at(iss)).callback(&callback_url(parameters), NOW);
        failed.map(drop).map_err(|failed| match failed.into_error() {
            Error::Callback(error) => error,
            other => panic!("{other:?}"),
        })
    };
    let honest = "iss=https%3A%2F%2Fhonest.example";
    assert_eq!(finish(Always, &format!("code=a&{honest}")), Ok(()));
    assert_eq!(finish(Perhaps, &format!("code=a&{honest}")), Ok(()));
    assert_eq!(finish(Perhaps, "code=a"), Ok(()));
    assert_eq!(finish(Never, "code=a"), Ok(()));
    let missing =
        |error: Option<&str>| Err(CallbackError::IssuerMissing { error: error.map(str::to_owned) });
    assert_eq!(finish(Always, "code=a"), missing(None));
    // Some servers forget it where they refuse; then it helps to know what they say.
    assert_eq!(finish(Always, "error=invalid_scope"), missing(Some("invalid_scope")));
    assert_eq!(finish(Always, &format!("error={STATE}")), missing(Some("[redacted]")));
    assert_eq!(finish(Always, "error=%0a%22"), missing(None));
    let unasked = CallbackError::UnexpectedParameter { field: "iss" };
    assert_eq!(finish(Never, &format!("code=a&{honest}")), Err(unasked));
    for other in ["https%3A%2F%2Fevil.example", "https%3A%2F%2Fhonest.example%2F"] {
        let expected = Err(CallbackError::IssuerMismatch);
        assert_eq!(finish(Perhaps, &format!("code=a&iss={other}")), expected);
        assert_eq!(finish(Never, &format!("error=access_denied&iss={other}")), expected);
    }
    // Whoever does not know the issuer cannot compare it.
    assert!(
        login(&client(Dialect::default())).callback(&callback_url("code=a&iss=x"), NOW).is_ok()
    );
}

#[test]
fn a_posted_answer_is_read_where_it_was_asked_for_and_nowhere_else() {
    let body = format!("code=a&state={STATE}");
    let form = "application/x-www-form-urlencoded; charset=utf-8";
    let start = || login(&client(Dialect::default())).form_post();
    assert!(start().authorization_url().unwrap().as_str().contains("&response_mode=form_post"));
    assert_eq!(start().callback_form(form, &body, NOW).unwrap().code().expose(), "a");
    assert!(start().callback_form("text/plain", &body, NOW).is_err());
    assert!(start().callback(&callback_url("code=a"), NOW).is_err());
    let plain = login(&client(Dialect::default()));
    let failed = plain.callback_form(form, &body, NOW).unwrap_err();
    assert!(failed.retry().is_ok());
}

#[test]
fn every_callback_error_is_a_sentence_without_the_callback_in_it() {
    for parameters in ["", "code=a&error=b", "code=MARKER%00", "code=MARKER&code=MARKER"] {
        let printed = refused(parameters).to_string();
        assert!(!printed.contains("MARKER") && printed.starts_with("the callback"), "{printed}");
    }
}
