//! What is sent once more, and with which settings.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use grantflow::NotRepeated;
use grantflow_ureq::Authorize;
use ureq::config::Config;
use ureq::http::header::HeaderValue;
use ureq::http::{Request, Response, Uri};
use ureq::middleware::MiddlewareNext;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Body, Error, Proxy, SendBody, Timeout};

use crate::partner::{
    agent, all_alike, origin, read, refusal, refusing_api, settings, source, token_server,
};
use crate::script::{Script, answer};

/// Bytes of which no two pieces are alike.
fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from((at * at / 7 + at) % 251).unwrap()).collect()
}

#[test]
fn a_body_is_repeated_byte_for_byte() {
    for length in [0, 1, 1_000, Authorize::KEPT_BODY - 1, Authorize::KEPT_BODY] {
        let (tokens, api) = (token_server(), refusing_api());
        let agent = agent(&source(&tokens), &api);
        let body = bytes(length);
        let answered = agent.post(api.url("/orders?a=b")).header("x-id", "7").send(&body).unwrap();
        assert_eq!(read(answered).0, 200);
        assert_eq!(api.tokens(), ["at-0", "at-1"]);
        let asked = api.asked();
        assert!(asked[0].body == body && all_alike(&asked), "{length}");
        assert_eq!(asked[1].header("content-length").unwrap(), length.to_string());
        assert_eq!(asked[1].head[0], "POST /orders?a=b HTTP/1.1");
        assert_eq!(asked[1].header("x-id"), Some("7"));
    }
}

#[test]
fn a_stream_that_ends_soon_is_repeated_too() {
    let (tokens, api) = (token_server(), refusing_api());
    let agent = agent(&source(&tokens), &api);
    let body = bytes(50_000);
    // In pieces, as from a pipe.
    let mut pieces = body
        .chunks(999)
        .fold(Box::new(io::empty()) as Box<dyn Read>, |all, next| Box::new(all.chain(next)));
    let answered = agent.put(api.url("/")).send(SendBody::from_reader(&mut pieces)).unwrap();
    assert_eq!(read(answered).0, 200);
    assert!(api.asked()[1].body == body && all_alike(&api.asked()));
}

#[test]
fn a_body_that_is_too_long_to_be_kept_is_spent() {
    let (tokens, api) = (token_server(), refusing_api());
    let agent = agent(&source(&tokens), &api);
    let body = bytes(Authorize::KEPT_BODY + 1);
    let answered = agent.post(api.url("/")).send(&body).unwrap();
    assert_eq!(answered.extensions().get(), Some(&NotRepeated::BodySpent));
    assert_eq!(read(answered).0, 401);
    // Nobody waits for a new token now; the next request has it.
    assert_eq!((api.asked().len(), tokens.asked().len()), (1, 1));
    assert_eq!(read(agent.get(api.url("/")).call().unwrap()).0, 200);
    assert_eq!(api.tokens(), ["at-0", "at-1"]);
}

#[test]
fn a_body_that_cannot_be_read_is_not_sent() {
    struct Torn;
    impl Read for Torn {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let (tokens, api) = (token_server(), refusing_api());
    let agent = agent(&source(&tokens), &api);
    let mut body = b"half an order".chain(Torn);
    let error = agent.post(api.url("/")).send(SendBody::from_reader(&mut body)).unwrap_err();
    assert!(matches!(&error, Error::Io(io) if io.to_string() == "the disk is gone"), "{error:?}");
    assert!(api.asked().is_empty());
}

#[test]
fn both_sendings_have_the_agents_own_settings() {
    let (tokens, api) = (token_server(), refusing_api());
    // The source's transport does not trust the API, and calls itself otherwise.
    let agent: Agent = settings(&[api.ca_pem()])
        .user_agent("an-app/7")
        .accept("application/vnd.sales")
        .accept_encoding("identity")
        .middleware(Authorize::new(&source(&tokens), [origin(&api)]))
        .build()
        .into();
    assert_eq!(read(agent.post(api.url("/")).send("x").unwrap()).0, 200);
    let asked = api.asked();
    assert!(asked.len() == 2 && all_alike(&asked));
    assert_eq!(asked[1].header("user-agent"), Some("an-app/7"));
    assert_eq!(asked[1].header("accept"), Some("application/vnd.sales"));
    assert_eq!(asked[1].header("accept-encoding"), Some("identity"));
    assert!(!tokens.asked()[0].header("user-agent").unwrap().contains("an-app"));
}

#[test]
fn both_sendings_go_through_the_agents_proxy() {
    let (tokens, api) = (token_server(), refusing_api());
    let (proxy, asked_for) = proxy();
    let agent: Agent = settings(&[api.ca_pem()])
        .proxy(Some(Proxy::new(&proxy).unwrap()))
        .middleware(Authorize::new(&source(&tokens), [origin(&api)]))
        .build()
        .into();
    assert_eq!(read(agent.get(api.url("/")).call().unwrap()).0, 200);
    assert_eq!(api.tokens(), ["at-0", "at-1"]);
    let line = format!("CONNECT {} HTTP/1.1", origin(&api).to_string().replace("https://", ""));
    assert_eq!(asked_for.try_iter().collect::<Vec<_>>(), [line.as_str(); 2]);
}

/// A proxy that makes tunnels to this machine, and says for whom. It ends with the test.
fn proxy() -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (asks, asked_for) = mpsc::channel();
    thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let mut head = String::new();
            let mut lines = BufReader::new(client.try_clone().unwrap());
            while !head.ends_with("\r\n\r\n") && lines.read_line(&mut head).unwrap() > 0 {}
            let line = head.lines().next().unwrap_or_default().to_owned();
            let port = line.split([':', ' ']).find_map(|part| part.parse::<u16>().ok()).unwrap();
            asks.send(line).unwrap();
            let server = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
            client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
            for (mut from, mut to) in
                [(client.try_clone().unwrap(), server.try_clone().unwrap()), (server, client)]
            {
                thread::spawn(move || {
                    // How a tunnel ends is its two ends' concern.
                    let _ = io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Write);
                });
            }
        }
    });
    (url, asked_for)
}

/// Finds servers as ureq does, and counts them.
#[derive(Clone, Debug, Default)]
struct Counting(Arc<AtomicUsize>);

impl Resolver for Counting {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        self.0.fetch_add(1, Ordering::SeqCst);
        DefaultResolver::default().resolve(uri, config, timeout)
    }
}

#[test]
fn the_second_sending_goes_by_the_agent_for_it_with_the_first_ones_settings() {
    let (tokens, api) = (token_server(), refusing_api());
    let (first, second) = (Counting::default(), Counting::default());
    // It would not trust the API, and calls itself otherwise.
    let config = settings(&[tokens.ca_pem()]).user_agent("another").build();
    let repeating = Agent::with_parts(config, DefaultConnector::default(), second.clone());
    let middleware = Authorize::new(&source(&tokens), [origin(&api)]).repeat_with(repeating);
    let config = settings(&[api.ca_pem()]).user_agent("an-app/7").middleware(middleware).build();
    let agent = Agent::with_parts(config, DefaultConnector::default(), first.clone());
    assert_eq!(read(agent.post(api.url("/")).send("x").unwrap()).0, 200);
    assert_eq!([&first, &second].map(|one| one.0.load(Ordering::SeqCst)), [1, 1]);
    assert_eq!(api.tokens(), ["at-0", "at-1"]);
    let asked = api.asked();
    assert!(all_alike(&asked));
    assert_eq!(asked[1].header("user-agent"), Some("an-app/7"));
    // Only there is it needed.
    assert_eq!(read(agent.get(api.url("/")).call().unwrap()).0, 200);
    assert_eq!(second.0.load(Ordering::SeqCst), 1);
}

#[test]
fn both_sendings_have_the_requests_own_settings() {
    let (tokens, api) = (token_server(), refusing_api());
    let agent = agent(&source(&tokens), &api);
    let request = agent.get(api.url("/")).config().user_agent("an-app/8").build();
    assert_eq!(read(request.call().unwrap()).0, 200);
    let agents: Vec<_> =
        api.asked().iter().map(|asked| asked.header("user-agent").unwrap().to_owned()).collect();
    assert_eq!(agents, ["an-app/8", "an-app/8"]);
}

#[test]
fn the_second_sending_has_the_agents_timeout() {
    let (tokens, (over, until_over)) = (token_server(), mpsc::channel::<()>());
    let until_over = Mutex::new(until_over);
    let api = Script::start(move |asked| {
        if asked.earlier > 0 {
            // Until the test is over.
            let _ = until_over.lock().unwrap().recv_timeout(Duration::from_secs(10));
        }
        refusal()
    });
    let agent: Agent = settings(&[api.ca_pem()])
        .timeout_recv_response(Some(Duration::from_millis(500)))
        .middleware(Authorize::new(&source(&tokens), [origin(&api)]))
        .build()
        .into();
    let error = agent.get(api.url("/")).call().unwrap_err();
    assert!(matches!(error, Error::Timeout(Timeout::RecvResponse)), "{error:?}");
    assert_eq!(api.tokens(), ["at-0", "at-1"]);
    drop(over);
}

#[test]
fn an_agent_that_does_not_trust_the_api_does_not_call_it() {
    // It trusts the token server, as the source's transport does.
    let (tokens, api) = (token_server(), refusing_api());
    let agent: Agent = settings(&[tokens.ca_pem()])
        .middleware(Authorize::new(&source(&tokens), [origin(&api)]))
        .build()
        .into();
    assert!(agent.get(api.url("/")).call().is_err());
    assert!(api.asked().is_empty());
}

#[test]
fn what_earlier_middlewares_did_to_a_request_is_done_to_both_sendings() {
    fn stamp(
        mut request: Request<SendBody>,
        next: MiddlewareNext,
    ) -> Result<Response<Body>, Error> {
        request.headers_mut().insert("x-stamp", HeaderValue::from_static("once"));
        next.handle(request)
    }
    let (tokens, api) = (token_server(), refusing_api());
    let agent: Agent = settings(&[api.ca_pem()])
        .middleware(stamp)
        .middleware(Authorize::new(&source(&tokens), [origin(&api)]))
        .build()
        .into();
    assert_eq!(read(agent.get(api.url("/")).call().unwrap()).0, 200);
    let asked = api.asked();
    assert!(asked.len() == 2 && all_alike(&asked));
    assert_eq!(asked[1].header("x-stamp"), Some("once"));
}

#[test]
fn a_second_sending_that_breaks_is_an_error_and_not_tried_again() {
    let tokens = token_server();
    let api = Script::start(|asked| match asked.earlier {
        0 => refusal(),
        _ => String::new(),
    });
    assert!(agent(&source(&tokens), &api).get(api.url("/")).call().is_err());
    assert_eq!(api.tokens(), ["at-0", "at-1"]);
}

#[test]
fn the_first_sendings_keep_their_connection() {
    let tokens = token_server();
    let api = Script::start(|_| answer(200, &[], "fine"));
    let agent = agent(&source(&tokens), &api);
    for _ in 0..5 {
        assert_eq!(read(agent.get(api.url("/")).call().unwrap()).0, 200);
    }
    assert_eq!(api.connections(), 1);
}
