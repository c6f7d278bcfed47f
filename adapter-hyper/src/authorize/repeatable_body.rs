//! The body of a request that may be sent twice.

use std::collections::VecDeque;
use std::fmt;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::body::{Body, Buf, Bytes, Frame, SizeHint};
use tokio::sync::oneshot;

use super::AuthorizeLayer;

/// The body of a request as [`Authorize`](super::Authorize) hands it to its client: the caller's
/// own, frame by frame as it comes, while a copy is kept.
///
/// It can be sent again if it came to its end within [`AuthorizeLayer::KEPT_BODY`] and without
/// trailers, or if nobody began to read it. The second time its length is known, to the byte.
pub struct RepeatableBody<B>(Sending<B>);

enum Sending<B> {
    First(Pin<Box<B>>, Option<Record<B>>),
    Second(Pieces),
}

/// Where the body for the second sending will be, when the first one is over.
pub(super) struct Again<B>(oneshot::Receiver<RepeatableBody<B>>);

/// What is known of a body that can still be sent again.
struct Record<B> {
    state: State,
    pieces: Pieces,
    again: oneshot::Sender<RepeatableBody<B>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Untouched,
    Begun,
    /// All the bytes that it said it has are there.
    Whole,
}

#[derive(Default)]
struct Pieces {
    pieces: VecDeque<Bytes>,
    length: usize,
}

impl<B: Body> RepeatableBody<B> {
    /// For one sending.
    pub(super) fn once(body: B) -> Self {
        Self(Sending::First(Box::pin(body), None))
    }

    /// For one sending, and perhaps another.
    pub(super) fn new(body: B) -> (Self, Again<B>) {
        let (sender, receiver) = oneshot::channel();
        let record = Record { state: State::Untouched, pieces: Pieces::default(), again: sender };
        let record = if body.is_end_stream() {
            record.hand_over();
            None
        } else {
            Some(record)
        };
        (Self(Sending::First(Box::pin(body), record)), Again(receiver))
    }
}

impl<B> Again<B> {
    /// The body, if it can be sent again.
    pub(super) fn take(&mut self) -> Option<RepeatableBody<B>> {
        self.0.try_recv().ok()
    }
}

impl<B> Record<B> {
    /// Keeps a piece, if there is room.
    fn keep(mut self, piece: &Bytes) -> Option<Self> {
        self.pieces.length = self.pieces.length.saturating_add(piece.len());
        if !piece.is_empty() {
            self.pieces.pieces.push_back(piece.clone());
        }
        (self.pieces.length <= AuthorizeLayer::KEPT_BODY).then_some(self)
    }

    fn hand_over(self) {
        // Nobody wants it where the answer has been judged, or is not waited for any more.
        let _ = self.again.send(RepeatableBody(Sending::Second(self.pieces)));
    }
}

impl<B: Body> Body for RepeatableBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let (body, place) = match &mut self.0 {
            Sending::First(body, record) => (body, record),
            Sending::Second(pieces) => {
                return Poll::Ready(pieces.pop().map(|piece| Ok(Frame::data(piece))));
            }
        };
        if let Some(record) = place
            && record.state == State::Untouched
        {
            record.state = State::Begun;
        }
        let frame = ready!(body.as_mut().poll_frame(cx));
        let frame = frame.map(|frame| frame.map(|frame| frame.map_data(into_bytes)));
        // After an error or trailers, there is none any more.
        let record = place.take();
        match &frame {
            None => record.into_iter().for_each(Record::hand_over),
            Some(Ok(frame)) => {
                let kept = frame.data_ref().and_then(|piece| record?.keep(piece));
                match kept {
                    Some(record) if body.is_end_stream() => record.hand_over(),
                    Some(mut record) => {
                        if body.size_hint().exact() == Some(0) {
                            record.state = State::Whole;
                        }
                        *place = Some(record);
                    }
                    None => {}
                }
            }
            Some(Err(_)) => {}
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Sending::First(body, _) => body.is_end_stream(),
            Sending::Second(pieces) => pieces.pieces.is_empty(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Sending::First(body, _) => body.size_hint(),
            Sending::Second(pieces) => {
                u64::try_from(pieces.length).map_or_else(|_| SizeHint::new(), SizeHint::with_exact)
            }
        }
    }
}

impl Pieces {
    fn pop(&mut self) -> Option<Bytes> {
        let piece = self.pieces.pop_front()?;
        self.length = self.length.saturating_sub(piece.len());
        Some(piece)
    }
}

/// Whoever sends it may need neither its first frame (the server has answered) nor its last (the
/// `Content-Length` is reached).
impl<B> Drop for RepeatableBody<B> {
    fn drop(&mut self) {
        let over = Sending::Second(Pieces::default());
        let Sending::First(body, Some(record)) = mem::replace(&mut self.0, over) else {
            return;
        };
        match record.state {
            State::Untouched => {
                let _ = record.again.send(Self(Sending::First(body, None)));
            }
            State::Begun => {}
            State::Whole => record.hand_over(),
        }
    }
}

impl<B> fmt::Debug for RepeatableBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RepeatableBody").finish_non_exhaustive()
    }
}

/// Without a copy, where it is `Bytes` already.
pub(super) fn into_bytes(mut data: impl Buf) -> Bytes {
    data.copy_to_bytes(data.remaining())
}
