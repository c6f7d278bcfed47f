//! What a refused token brings about, and what does not.

use grantflow::{Challenge, Dialect, NotRepeated, TokenError, TokenRefusal};
use grantflow_tests::sandbox::{Answer, Endpoint, Sandbox};
use ureq::Error;
use ureq::http::Response;

use crate::partner::{
    SALES, agent, all_alike, meed_agent, meed_source, read, refusal, refusing_api, source,
    source_with, token_server,
};
use crate::script::{Script, answer};

const IN_HEADER: &str = r#"Bearer realm="sales", error="invalid_token""#;
const IN_BODY: &str = r#"{"error":"invalid_token","message":"Token expired"}"#;

fn told(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
    let headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
    Answer { status, headers: headers.collect(), body: body.to_owned() }
}

fn why<T>(answer: &Response<T>) -> Option<NotRepeated> {
    answer.extensions().get().copied()
}

#[test]
fn a_refusal_in_the_header_or_in_the_body_renews_the_token_and_the_call_works() {
    let json = ("content-type", "application/json");
    for refusal in [
        told(401, &[("www-authenticate", IN_HEADER)], ""),
        told(401, &[("www-authenticate", IN_HEADER), json], IN_BODY),
        told(401, &[("www-authenticate", "Basic realm=x, Bearer error=invalid_token")], ""),
        told(401, &[json], IN_BODY),
        told(401, &[("content-type", "Application/JSON ; charset=utf-8")], IN_BODY),
        told(401, &[("content-type", "application/problem+json")], IN_BODY),
        told(401, &[], IN_BODY),
        told(401, &[("www-authenticate", "Bearer"), json], IN_BODY),
    ] {
        let sandbox = Sandbox::start().unwrap();
        let agent = meed_agent(&meed_source(&sandbox), &sandbox);
        sandbox.answer_next(Endpoint::MeedSales, 1, refusal.clone());
        let answered = agent.get(sandbox.url(SALES)).call().unwrap();
        assert_eq!(why(&answered), None);
        let (status, body) = read(answered);
        assert!(status == 200 && body.contains("sale_1001"), "{refusal:?}: {body}");
        assert_eq!(sandbox.requests(Endpoint::MeedSales), 2);
        assert_eq!(sandbox.requests(Endpoint::MeedToken), 2);
    }
}

#[test]
fn an_answer_that_is_not_about_the_token_renews_nothing() {
    let json = ("content-type", "application/json");
    for other in [
        told(401, &[("www-authenticate", "Bearer error=insufficient_scope"), json], IN_BODY),
        told(401, &[("www-authenticate", "Bearer error=invalid_request"), json], IN_BODY),
        told(401, &[("www-authenticate", "Bearer error=invalid_request")], ""),
        told(401, &[("content-type", "text/html")], IN_BODY),
        told(401, &[("content-type", "application/jsonp")], IN_BODY),
        told(401, &[json], r#"{"error":"invalid_client"}"#),
        told(401, &[json], ""),
        told(400, &[("www-authenticate", IN_HEADER), json], IN_BODY),
        told(403, &[("www-authenticate", IN_HEADER), json], IN_BODY),
        told(403, &[("www-authenticate", "Bearer error=insufficient_scope, scope=all")], ""),
        told(200, &[("www-authenticate", IN_HEADER), json], IN_BODY),
    ] {
        let sandbox = Sandbox::start().unwrap();
        let agent = meed_agent(&meed_source(&sandbox), &sandbox);
        sandbox.answer_next(Endpoint::MeedSales, 1, other.clone());
        let answered = agent.get(sandbox.url(SALES)).call().unwrap();
        assert_eq!(why(&answered), None, "{other:?}");
        assert_eq!(read(answered), (other.status, other.body.clone()));
        assert_eq!(read(agent.get(sandbox.url(SALES)).call().unwrap()).0, 200);
        assert_eq!(sandbox.requests(Endpoint::MeedSales), 2);
        assert_eq!(sandbox.requests(Endpoint::MeedToken), 1, "{other:?}");
    }
}

#[test]
fn a_403_says_which_scope_is_needed() {
    let narrow = r#"Bearer error="insufficient_scope", scope="sales.write""#;
    let sandbox = Sandbox::start().unwrap();
    let agent = meed_agent(&meed_source(&sandbox), &sandbox);
    sandbox.answer_next(Endpoint::MeedSales, 1, told(403, &[("www-authenticate", narrow)], ""));
    let answered = agent.get(sandbox.url(SALES)).call().unwrap();
    assert_eq!((answered.status().as_u16(), why(&answered)), (403, None));
    let challenges = Challenge::in_headers(answered.headers());
    let [bearer] = &*challenges else { panic!("{challenges:?}") };
    assert_eq!(bearer.error(), Some("insufficient_scope"));
    assert_eq!(bearer.scope(), Some("sales.write".parse().unwrap()));
}

#[test]
fn the_partners_accent_says_what_a_refusal_is() {
    for (kind, told, expected) in [
        (TokenRefusal::Header, answer(401, &["content-type: application/json"], IN_BODY), 1),
        (TokenRefusal::Header, refusal(), 2),
        (TokenRefusal::HeaderOrBody, answer(401, &[], "who are you?"), 1),
        (TokenRefusal::Status, answer(401, &[], "who are you?"), 2),
        (TokenRefusal::Status, answer(403, &[], "who are you?"), 1),
    ] {
        let mut dialect = Dialect::default();
        dialect.token_refusal = kind;
        let (tokens, said) = (token_server(), told.clone());
        let api = Script::start(move |_| said.clone());
        let agent = agent(&source_with(&tokens, dialect), &api);
        let _ = agent.get(api.url("/")).call().unwrap();
        assert_eq!(api.asked().len(), expected, "{kind:?}: {told}");
        assert_eq!(tokens.asked().len(), expected);
    }
}

#[test]
fn a_second_refusal_is_handed_on_and_the_new_token_stays() {
    for headers in [[("www-authenticate", IN_HEADER)], [("content-type", "a/b+json")]] {
        let sandbox = Sandbox::start().unwrap();
        let agent = meed_agent(&meed_source(&sandbox), &sandbox);
        sandbox.answer_next(Endpoint::MeedSales, 2, told(401, &headers, IN_BODY));
        let answered = agent.get(sandbox.url(SALES)).call().unwrap();
        assert_eq!(why(&answered), Some(NotRepeated::RefusedAgain));
        assert_eq!(read(answered), (401, IN_BODY.to_owned()));
        assert_eq!(sandbox.requests(Endpoint::MeedSales), 2);

        assert_eq!(read(agent.get(sandbox.url(SALES)).call().unwrap()).0, 200);
        assert_eq!(sandbox.requests(Endpoint::MeedToken), 2);
    }
}

#[test]
fn the_second_answer_may_be_anything_else() {
    let tokens = token_server();
    let api = Script::start(|asked| match asked.earlier {
        0 => refusal(),
        _ => answer(302, &["location: https://localhost:1/"], "moved"),
    });
    let answered = agent(&source(&tokens), &api).get(api.url("/")).call().unwrap();
    assert_eq!(why(&answered), None);
    assert_eq!(read(answered), (302, "moved".to_owned()));
    assert_eq!(api.tokens(), ["at-0", "at-1"]);
}

#[test]
fn an_api_that_refuses_every_token_is_told_so_and_tokens_are_not_burnt() {
    let tokens = token_server();
    let api = Script::start(|_| refusal());
    let agent = agent(&source(&tokens), &api);
    let call = || agent.get(api.url("/")).call().unwrap();
    assert_eq!(why(&call()), Some(NotRepeated::RefusedAgain));
    assert_eq!(api.tokens(), ["at-0", "at-1"]);
    // On a machine that is busy, the new token may have come of age meanwhile.
    let young = (0..10).map(|_| (api.asked().len(), call()));
    let (before, answered) = young
        .into_iter()
        .find(|(_, answered)| why(answered) != Some(NotRepeated::RefusedAgain))
        .unwrap();
    assert_eq!(why(&answered), Some(NotRepeated::TokenIsNew));
    assert_eq!(read(answered).0, 401);
    assert_eq!(api.asked().len(), before + 1);
    assert!(tokens.asked().len() <= before);
}

#[test]
fn where_the_next_token_cannot_be_had_its_error_is_the_answer() {
    let sandbox = Sandbox::start().unwrap();
    let agent = meed_agent(&meed_source(&sandbox), &sandbox);
    assert_eq!(read(agent.get(sandbox.url(SALES)).call().unwrap()).0, 200);
    sandbox.suspend_meed();
    let error = agent.get(sandbox.url(SALES)).call().unwrap_err();
    let Error::Other(error) = error else { panic!("{error:?}") };
    let error = error.downcast_ref::<TokenError>().unwrap();
    assert!(error.to_string().contains("API application is suspended or revoked"), "{error}");
    assert_eq!(sandbox.requests(Endpoint::MeedSales), 2);
    assert_eq!(sandbox.requests(Endpoint::MeedToken), 2);
}

#[test]
fn a_revoked_token_is_renewed_and_the_next_calls_know_it() {
    let (tokens, api) = (token_server(), refusing_api());
    let agent = agent(&source(&tokens), &api);
    for _ in 0..3 {
        assert_eq!(read(agent.get(api.url("/")).call().unwrap()), (200, "fine".to_owned()));
    }
    assert_eq!(api.tokens(), ["at-0", "at-1", "at-1", "at-1"]);
    assert_eq!(tokens.asked().len(), 2);
    assert!(all_alike(&api.asked()));
}
