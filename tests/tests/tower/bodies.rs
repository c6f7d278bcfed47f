//! Which requests are sent again after a 401, and what of them.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io::Cursor;
use std::marker::PhantomPinned;
use std::mem;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};

use bytes::buf::Chain;
use bytes::{Buf, Bytes};
use grantflow::NotRepeated;
use grantflow_hyper::AuthorizeLayer;
use http::StatusCode;
use http_body_util::{Empty, Full};
use hyper::body::{Body, Frame, SizeHint};

use crate::script::{Asked, Reading, Reply, fine, refused};
use crate::world::{World, soon};

/// A body that says of itself what a test wants, and that may not be moved.
#[derive(Default)]
struct Pieces {
    state: Mutex<(VecDeque<Bytes>, bool)>,
    knows_its_length: bool,
    knows_its_end: bool,
    _pinned: PhantomPinned,
}

impl Pieces {
    fn new(pieces: &[&'static str]) -> Self {
        Self::of(pieces.iter().map(|&piece| piece.into()).collect())
    }

    fn of(pieces: VecDeque<Bytes>) -> Self {
        Self { state: Mutex::new((pieces, false)), ..Self::default() }
    }

    /// In two frames.
    fn long(length: usize) -> Self {
        Self::of([vec![b'a'; length - 1].into(), "b".into()].into())
    }
}

/// Each frame is in two parts, as a buffer may be.
impl Body for Pieces {
    type Data = Chain<Bytes, Cursor<Vec<u8>>>;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Infallible>>> {
        let mut state = self.state.lock().unwrap();
        if let Some(mut piece) = state.0.pop_front() {
            let rest = piece.split_off(piece.len().div_ceil(2)).to_vec();
            return Poll::Ready(Some(Ok(Frame::data(piece.chain(Cursor::new(rest))))));
        }
        let trailers = mem::take(&mut state.1);
        Poll::Ready(trailers.then(|| Ok(Frame::trailers(http::HeaderMap::new()))))
    }

    fn is_end_stream(&self) -> bool {
        self.knows_its_end && self.state.lock().unwrap().0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        if !self.knows_its_length {
            return SizeHint::new();
        }
        let length: usize = self.state.lock().unwrap().0.iter().map(Bytes::len).sum();
        SizeHint::with_exact(u64::try_from(length).unwrap())
    }
}

fn first_refused(asked: &Asked) -> Reply {
    if asked.earlier == 0 { refused() } else { fine() }
}

/// Sends it to an API that refuses the first token, and looks at what came the second time.
async fn twice<B: Body<Data: Send, Error: std::fmt::Debug + Send> + Send + 'static>(
    reading: Reading,
    body: B,
    expected: &[u8],
) {
    let (length, is_empty) = (body.size_hint().exact(), body.is_end_stream());
    let world = World::reading(reading, first_refused);
    let answer = soon(world.post(body)).await;
    assert_eq!((answer.status, answer.why), (StatusCode::OK, None));
    let asked = world.script.asked();
    let [first, second] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!((first.length, first.was_empty), (length, is_empty), "the first says as before");
    assert!(second.length == u64::try_from(expected.len()).ok() || second.length == length);
    if matches!(reading, Reading::Whole | Reading::ByLength | Reading::ByEnd) {
        assert!(first.body == expected && second.body == expected, "{asked:?}");
    }
    assert_eq!(world.gate.requests(), 2);
}

/// Sends it to an API that refuses the first token, and sees the refusal.
async fn once<B: Body<Data: Send, Error: std::fmt::Debug + Send> + Send + 'static>(
    reading: Reading,
    body: B,
) {
    let world = World::reading(reading, first_refused);
    let answer = soon(world.post(body)).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.why, Some(NotRepeated::BodySpent));
    assert_eq!(answer.body, b"no");
    assert_eq!((world.script.asked().len(), world.gate.requests()), (1, 1));
    // The refused token is not given to the next request.
    let answer = soon(world.get()).await;
    assert_eq!((answer.status, answer.why), (StatusCode::OK, None));
    assert_eq!(world.script.tokens(), ["Bearer token-1", "Bearer token-2"]);
}

#[tokio::test]
async fn a_body_is_sent_again_byte_for_byte() {
    let body = || Full::new(Bytes::from_static(b"a sale"));
    twice(Reading::Whole, body(), b"a sale").await;
    twice(Reading::ByLength, body(), b"a sale").await;
    twice(Reading::Whole, Full::new(&b"a sale"[..]), b"a sale").await;
    twice(Reading::Whole, String::from("a sale"), b"a sale").await;
    twice(Reading::Whole, Empty::<Bytes>::new(), b"").await;
}

#[tokio::test]
async fn a_stream_is_sent_again_when_it_came_to_its_end() {
    let body = || Pieces::new(&["a", "", " sale", ""]);
    twice(Reading::Whole, body(), b"a sale").await;
    twice(Reading::Whole, Pieces { knows_its_length: true, ..body() }, b"a sale").await;
    twice(Reading::Whole, Pieces { knows_its_end: true, ..body() }, b"a sale").await;
    twice(Reading::Whole, Pieces::new(&[]), b"").await;
}

#[tokio::test]
async fn a_client_may_stop_at_the_content_length_or_at_the_end() {
    let body = Pieces { knows_its_end: true, ..Pieces::new(&["a", " sale"]) };
    twice(Reading::ByEnd, body, b"a sale").await;
    for knows_its_end in [false, true] {
        let body = Pieces::new(&["a", " sale"]);
        let body = Pieces { knows_its_length: true, knows_its_end, ..body };
        twice(Reading::ByLength, body, b"a sale").await;
    }
}

#[tokio::test]
async fn a_body_is_kept_up_to_the_limit_and_no_further() {
    let limit = AuthorizeLayer::KEPT_BODY;
    let mut expected = vec![b'a'; limit];
    expected[limit - 1] = b'b';
    twice(Reading::Whole, Pieces::long(limit), &expected).await;
    once(Reading::Whole, Pieces::long(limit + 1)).await;
    once(Reading::Whole, Full::new(Bytes::from(vec![b'a'; limit + 1]))).await;
}

#[tokio::test]
async fn a_body_with_trailers_is_sent_once() {
    let state = Mutex::new(([Bytes::from_static(b"a sale")].into(), true));
    once(Reading::Whole, Pieces { state, ..Pieces::default() }).await;
}

#[tokio::test]
async fn a_body_that_was_not_read_to_its_end_is_sent_once() {
    once(Reading::Frame, Pieces::new(&["a", " sale"])).await;
    once(Reading::Frame, Pieces { knows_its_length: true, ..Pieces::new(&["a", " sale"]) }).await;
    // Somebody may still be about to read it.
    once(Reading::Never, Full::new(Bytes::from_static(b"a sale"))).await;
}

#[tokio::test]
async fn a_body_that_nobody_began_to_read_is_sent_again_whatever_its_size() {
    twice(Reading::Nothing, Pieces::long(10 * AuthorizeLayer::KEPT_BODY), b"").await;
    twice(Reading::Nothing, Full::new(Bytes::from_static(b"a sale")), b"").await;
    // Of nothing, there is nothing to read.
    twice(Reading::Never, Empty::<Bytes>::new(), b"").await;
}

#[tokio::test]
async fn a_request_without_a_refusal_carries_any_body() {
    let world = World::new(|_| fine());
    for length in [1, 1_000_000] {
        let answer = soon(world.post(Pieces::long(length))).await;
        assert_eq!((answer.status, answer.why), (StatusCode::OK, None));
        assert_eq!(world.script.asked().pop().unwrap().body.len(), length);
    }
}
