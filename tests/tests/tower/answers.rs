//! Whatever was looked at, the caller gets the answer as it came.

use std::time::Duration;

use grantflow::NotRepeated;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use http_body_util::BodyExt;
use hyper::body::Body;
use tokio::time::{Instant, pause, sleep};

use crate::script::{Reply, Step, data, fine, reply};
use crate::world::{API, World, soon, within};

fn json(status: u16, steps: Vec<Step>) -> Reply {
    reply(status, &[(CONTENT_TYPE, "application/json")], steps)
}

#[tokio::test]
async fn a_body_that_was_looked_at_is_the_same_afterwards() {
    let long = "x".repeat(5_000);
    let cases: [(Vec<&str>, bool); 6] = [
        (vec![], false),
        (vec!["", r#"{"error":"#, "", r#""other"}"#], false),
        (vec!["not JSON"], false),
        (vec![&long; 3], false),
        (vec![&long; 20], false),
        (vec![r#"{"error":"invalid_"#, r#"token","#, r#""a":""#, &long, r#""}"#], true),
    ];
    for (pieces, refuses) in cases {
        let whole = pieces.concat();
        let own: Vec<String> = pieces.iter().map(|&piece| piece.to_owned()).collect();
        let world = World::new(move |_| {
            let steps = own.iter().flat_map(|piece| [Step::NotYet, data(piece.clone())]);
            json(401, steps.chain([Step::Trailers]).collect())
        });
        let answer = soon(world.get()).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.why, refuses.then_some(NotRepeated::RefusedAgain));
        assert!(answer.body == whole.as_bytes() && answer.trailers, "{whole}");
        assert_eq!(answer.error, None);
        assert_eq!(world.script.asked().len(), if refuses { 2 } else { 1 });
    }
}

#[tokio::test]
async fn an_error_in_the_middle_comes_where_it_was() {
    let world = World::new(|_| {
        let start = data(r#"{"error":"invalid_token"}"#);
        json(401, vec![start, Step::NotYet, Step::Error("broken off")])
    });
    let answer = soon(world.get()).await;
    assert_eq!((answer.status, answer.why), (StatusCode::UNAUTHORIZED, None));
    assert_eq!(answer.body, br#"{"error":"invalid_token"}"#);
    assert!(answer.error.unwrap().contains("broken off"));
    assert_eq!(world.script.asked().len(), 1);
}

#[tokio::test]
async fn no_more_than_the_limit_is_waited_for() {
    let limit = 16 * 1024;
    for (steps, length) in [
        // Too long already, and the rest never comes.
        (vec![limit, 1], None),
        // It says beforehand that it is too long.
        (vec![], Some(limit + 1)),
        (vec![1], Some(limit + 1)),
        // Only empty frames come.
        (vec![0; limit + 1], None),
    ] {
        let sent: usize = steps.iter().sum();
        let world = World::new(move |_| {
            let steps = steps.iter().map(|&length| data(vec![b' '; length]));
            let mut reply = json(401, steps.chain([Step::Never]).collect());
            reply.body_mut().length = length.map(|length| u64::try_from(length).unwrap());
            reply
        });
        let answer = soon(world.try_get(API)).await.unwrap();
        assert_eq!(answer.extensions().get::<NotRepeated>(), None);
        let mut body = answer.into_body();
        let mut read = 0;
        while read < sent {
            read += soon(body.frame()).await.unwrap().unwrap().into_data().unwrap().len();
        }
        assert_eq!(read, sent);
    }
}

#[tokio::test]
async fn only_a_refusal_is_read_ahead() {
    for status in [200, 400, 403, 500] {
        let world = World::new(move |_| json(status, vec![Step::Never]));
        assert_eq!(soon(world.try_get(API)).await.unwrap().status(), status);
    }
    // One that says it in its head is not either: it is of no more use.
    let world = World::new(|asked| match asked.earlier {
        0 => {
            let mut reply = json(401, vec![Step::Never]);
            let challenge = http::HeaderValue::from_static("Bearer error=invalid_token");
            reply.headers_mut().insert("www-authenticate", challenge);
            reply
        }
        _ => fine(),
    });
    assert_eq!(soon(world.get()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_body_says_as_before_how_long_it_is() {
    let (start, rest) = (r#"{"err"#, r#"or":"other"}"#);
    let world = World::new(move |_| {
        let mut reply = json(401, vec![data(start), data(rest)]);
        reply.body_mut().length = Some(u64::try_from(start.len() + rest.len()).unwrap());
        reply
    });
    let mut body = soon(world.try_get(API)).await.unwrap().into_body();
    assert!(!body.is_end_stream());
    assert_eq!(body.size_hint().exact(), u64::try_from(start.len() + rest.len()).ok());
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(first, start);
    assert_eq!(body.size_hint().exact(), u64::try_from(rest.len()).ok());
    assert_eq!(body.collect().await.unwrap().to_bytes(), rest);
}

#[tokio::test]
async fn a_401_whose_body_does_not_end_is_handed_on_in_time_and_goes_on_as_it_comes() {
    let world = World::new(|_| {
        let much_later = Box::pin(sleep(Duration::from_secs(60)));
        let steps = vec![
            data(r#"{"error":"#),
            Step::NotYet,
            data(r#""invalid"#),
            Step::Later(much_later),
            data(r#"_token"}"#),
            Step::Never,
        ];
        json(401, steps)
    });
    soon(world.source.token()).await.unwrap();
    // From now on, time passes while nothing else happens.
    pause();
    let begin = Instant::now();
    let mut answer = world.try_get(API).await.unwrap();
    let took = begin.elapsed();
    assert!((5_000..5_100).contains(&took.as_millis()), "{took:?}");
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(answer.extensions().get::<NotRepeated>(), None);
    for (piece, at) in [(r#"{"error":"#, 5), (r#""invalid"#, 5), (r#"_token"}"#, 60)] {
        let frame = answer.body_mut().frame().await.unwrap().unwrap();
        assert_eq!((frame.into_data().unwrap(), begin.elapsed().as_secs()), (piece.into(), at));
    }
    assert!(within(1, answer.body_mut().frame()).await.is_none());
    assert_eq!((world.script.asked().len(), world.gate.requests()), (1, 1));
}
