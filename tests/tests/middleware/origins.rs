//! Where the token goes, and where it does not.

use grantflow::TokenError;
use grantflow_tests::hostile::{Hostile, HostileServer};
use grantflow_tests::sandbox::{Answer, Endpoint, Sandbox};
use grantflow_ureq::Authorize;
use ureq::http::{Request, Uri};
use ureq::{Agent, Error};

use crate::partner::{
    SALES, agent, meed_agent, meed_source, origin, read, settings, source, token_server,
    willing_api,
};
use crate::script::{Script, answer};

#[test]
fn an_api_call_has_the_token_and_the_callers_code_does_not_see_it() {
    let sandbox = Sandbox::start().unwrap();
    let agent = meed_agent(&meed_source(&sandbox), &sandbox);
    let (status, body) = read(agent.get(sandbox.url(SALES)).call().unwrap());
    assert_eq!(status, 200);
    assert!(body.contains("sale_1001"), "{body}");
}

#[test]
fn a_thousand_calls_make_one_token_request() {
    let sandbox = Sandbox::start().unwrap();
    let agent = meed_agent(&meed_source(&sandbox), &sandbox);
    for _ in 0..1_000 {
        assert_eq!(read(agent.get(sandbox.url(SALES)).call().unwrap()).0, 200);
    }
    assert_eq!(sandbox.requests(Endpoint::MeedSales), 1_000);
    assert_eq!(sandbox.requests(Endpoint::MeedToken), 1);
}

#[test]
fn another_server_sees_no_token_and_costs_none() {
    let (tokens, api, other) = (token_server(), willing_api(), willing_api());
    let middleware = Authorize::new(&source(&tokens), [origin(&api)]);
    let agent: Agent =
        settings(&[api.ca_pem(), other.ca_pem()]).middleware(middleware).build().into();
    assert_eq!(read(agent.get(other.url("/")).call().unwrap()).0, 200);
    assert!(tokens.asked().is_empty());
    assert_eq!(read(agent.get(api.url("/")).call().unwrap()).0, 200);
    assert_eq!(read(agent.get(other.url("/")).call().unwrap()).0, 200);
    assert_eq!((api.tokens(), other.tokens()), (vec!["at-0".into()], vec![String::new(); 2]));
}

#[test]
fn another_name_of_the_same_machine_is_another_origin() {
    let (tokens, api) = (token_server(), willing_api());
    let agent = agent(&source(&tokens), &api);
    let by_address = api.url("/").replace("localhost", "127.0.0.1");
    let with_user = api.url("/").replace("localhost", "user:pass@localhost");
    for url in [by_address, with_user] {
        assert_eq!(read(agent.get(url).call().unwrap()).0, 200);
    }
    assert!(api.asked().iter().all(|asked| asked.token().is_none()));
}

#[test]
fn the_host_of_another_is_another_origin() {
    let (tokens, api) = (token_server(), willing_api());
    let agent = agent(&source(&tokens), &api);
    let own = api.url("").replace("https://", "");
    for host in ["evil.example", own.trim_end_matches('/')] {
        assert_eq!(read(agent.get(api.url("/")).header("host", host).call().unwrap()).0, 200);
    }
    assert_eq!(api.tokens(), ["", "at-0"]);
}

#[test]
fn the_path_does_not_decide() {
    let (tokens, api) = (token_server(), willing_api());
    let agent = agent(&source(&tokens), &api);
    for path in ["", "/", "?a=b", "/{id}/100%/a|b?q={x}", "//other.example/@", "/:@other.example"] {
        assert_eq!(read(agent.get(api.url(path)).call().unwrap()).0, 200, "{path}");
    }
    assert_eq!(api.tokens(), ["at-0"; 6]);
}

#[test]
fn plain_http_has_no_token() {
    let (tokens, api) = (token_server(), willing_api());
    let agent = agent(&source(&tokens), &api);
    let plain = HostileServer::start(Hostile::KeepAlive).unwrap();
    assert_eq!(read(agent.get(plain.token_endpoint()).call().unwrap()).0, 200);
    assert!(tokens.asked().is_empty());
    // The API's own port, without TLS.
    let answered = agent.get(api.url("/").replace("https", "http")).call();
    assert!(answered.is_err() && api.asked().is_empty() && tokens.asked().is_empty());
}

#[test]
fn a_scheme_in_capitals_which_may_not_mean_tls_has_no_token() {
    let (tokens, api) = (token_server(), willing_api());
    let agent = agent(&source(&tokens), &api);
    let authority = origin(&api).to_string().replace("https://", "");
    for (scheme, sent) in [("HTTPS", 0), ("Https", 0), ("https", 1)] {
        let uri = Uri::builder().scheme(scheme).authority(authority.as_str());
        let request = Request::get(uri.path_and_query("/").build().unwrap()).body(()).unwrap();
        // What else becomes of it is the client's concern.
        let _ = agent.run(request);
        let with_token = api.asked().iter().filter(|asked| asked.token().is_some()).count();
        assert_eq!((with_token, tokens.asked().len()), (sent, sent), "{scheme}");
    }
}

#[test]
fn one_agent_has_a_token_for_each_of_two_partners() {
    let (tokens, first, second) = (token_server(), willing_api(), willing_api());
    let sources = [source(&tokens), source(&tokens)];
    let agent: Agent = settings(&[first.ca_pem(), second.ca_pem()])
        .middleware(Authorize::new(&sources[0], [origin(&first)]))
        .middleware(Authorize::new(&sources[1], [origin(&second)]))
        .build()
        .into();
    for api in [&first, &second, &first] {
        assert_eq!(read(agent.get(api.url("/")).call().unwrap()).0, 200);
    }
    assert_eq!(first.tokens(), ["at-0", "at-0"]);
    assert_eq!(second.tokens(), ["at-1"]);
}

#[test]
fn a_request_with_an_authorization_is_refused_and_nothing_is_sent() {
    let (tokens, api) = (token_server(), willing_api());
    let agent = agent(&source(&tokens), &api);
    let error = agent.get(api.url("/")).header("authorization", "Basic eA==").call().unwrap_err();
    assert!(matches!(&error, Error::Other(_)), "{error:?}");
    assert!(error.to_string().contains("Authorization") && !error.to_string().contains("eA=="));
    assert!(api.asked().is_empty() && tokens.asked().is_empty());
}

#[test]
fn elsewhere_the_callers_own_authorization_goes_through() {
    let (tokens, api, other) = (token_server(), willing_api(), willing_api());
    let middleware = Authorize::new(&source(&tokens), [origin(&api)]);
    let agent: Agent = settings(&[other.ca_pem()]).middleware(middleware).build().into();
    let answered = agent.get(other.url("/")).header("authorization", "Basic eA==").call();
    assert_eq!(read(answered.unwrap()).0, 200);
    assert_eq!(other.asked()[0].header("authorization"), Some("Basic eA=="));
}

#[test]
fn without_a_token_nothing_is_sent_and_the_partners_sentence_is_in_the_error() {
    let sandbox = Sandbox::start().unwrap();
    sandbox.suspend_meed();
    let agent = meed_agent(&meed_source(&sandbox), &sandbox);
    for _ in 0..3 {
        let error = agent.get(sandbox.url(SALES)).call().unwrap_err();
        let Error::Other(error) = error else { panic!("{error:?}") };
        let error = error.downcast_ref::<TokenError>().unwrap();
        assert!(error.to_string().contains("API application is suspended or revoked"), "{error}");
    }
    assert_eq!(sandbox.requests(Endpoint::MeedSales), 0);
    assert_eq!(sandbox.requests(Endpoint::MeedToken), 1);
}

#[test]
fn without_a_token_the_body_is_not_touched() {
    let sandbox = Sandbox::start().unwrap();
    sandbox.suspend_meed();
    let agent = meed_agent(&meed_source(&sandbox), &sandbox);
    let mut body: &[u8] = b"an order";
    let sent = ureq::SendBody::from_reader(&mut body);
    assert!(agent.post(sandbox.url(SALES)).send(sent).is_err());
    assert_eq!(body, b"an order");
}

#[test]
fn a_redirect_is_handed_on_and_its_target_never_called() {
    let (tokens, target) = (token_server(), willing_api());
    for status in [301, 302, 303, 307, 308] {
        let location = format!("location: {}", target.url("/"));
        let api = Script::start(move |_| answer(status, &[&location], ""));
        let middleware = Authorize::new(&source(&tokens), [origin(&api), origin(&target)]);
        // Ten redirects would be followed, elsewhere.
        let agent: Agent =
            settings(&[api.ca_pem(), target.ca_pem()]).middleware(middleware).build().into();
        let answered = agent.get(api.url("/")).call().unwrap();
        assert_eq!(answered.status().as_u16(), status);
        assert_eq!(answered.headers()["location"], target.url("/"));
        assert_eq!(api.asked().len(), 1);
    }
    assert!(target.asked().is_empty());
}

#[test]
fn elsewhere_redirects_and_errors_are_as_the_agent_has_them() {
    let (tokens, api) = (token_server(), willing_api());
    let missing = Script::start(|_| answer(404, &[], ""));
    let location = format!("location: {}", missing.url("/"));
    let moved = Script::start(move |_| answer(302, &[&location], ""));
    let middleware = Authorize::new(&source(&tokens), [origin(&api)]);
    let agent: Agent =
        settings(&[moved.ca_pem(), missing.ca_pem()]).middleware(middleware).build().into();
    let error = agent.get(moved.url("/")).call().unwrap_err();
    assert!(matches!(error, Error::StatusCode(404)), "{error:?}");
    assert!(tokens.asked().is_empty());
}

#[test]
fn within_the_origins_every_status_is_an_answer() {
    let sandbox = Sandbox::start().unwrap();
    let agent = meed_agent(&meed_source(&sandbox), &sandbox);
    for status in [400, 402, 403, 404, 407, 429, 500, 503] {
        let told = Answer { status, headers: Vec::new(), body: "as told".to_owned() };
        sandbox.answer_next(Endpoint::MeedSales, 1, told);
        let answered = read(agent.get(sandbox.url(SALES)).call().unwrap());
        assert_eq!(answered, (status, "as told".to_owned()));
    }
    assert_eq!(sandbox.requests(Endpoint::MeedSales), 8);
    assert_eq!(sandbox.requests(Endpoint::MeedToken), 1);
}

#[test]
fn what_is_printed_of_it_is_where_it_sends() {
    let (tokens, api) = (token_server(), willing_api());
    let source = source(&tokens);
    let _ = source.token().unwrap();
    let text = format!("{:?}", Authorize::new(&source, [origin(&api)]));
    assert_eq!(text, format!("Authorize {{ origins: [{:?}], .. }}", api.url("")));
}
