//! The body of an answer that may have been looked at.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::body::{Body, Bytes, Frame, SizeHint};

use super::repeatable_body::into_bytes;

/// The body of an answer, byte for byte as it came, with its trailers and its error if it has them.
pub struct ResponseBody<R: Body> {
    /// What was looked at.
    read: VecDeque<Result<Frame<Bytes>, R::Error>>,
    /// `None`: it came to its end.
    rest: Option<Pin<Box<R>>>,
}

impl<R: Body> ResponseBody<R> {
    pub(super) fn new(body: R) -> Self {
        Self { read: VecDeque::new(), rest: Some(Box::pin(body)) }
    }

    /// The whole body, if it has no more than `limit` bytes and no error. It stays here as well.
    pub(super) async fn peek(&mut self, limit: usize) -> Option<Vec<u8>> {
        let mut whole = Vec::new();
        let mut left = limit;
        while let Some(rest) = self.rest.as_ref().filter(|rest| !rest.is_end_stream()) {
            if usize::try_from(rest.size_hint().lower()).map_or(true, |lower| lower > left) {
                return None;
            }
            let Some(frame) = poll_fn(|cx| self.poll_rest(cx)).await else { break };
            let fits = match &frame {
                Ok(frame) => {
                    let data = frame.data_ref().map(Bytes::as_ref).unwrap_or_default();
                    whole.extend_from_slice(data);
                    // An empty frame counts as well: there could be no end of them.
                    left.checked_sub(data.len().max(1))
                }
                Err(_) => None,
            };
            self.read.push_back(frame);
            left = fits?;
        }
        Some(whole)
    }

    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, R::Error>>> {
        let Some(rest) = &mut self.rest else {
            return Poll::Ready(None);
        };
        let frame = ready!(rest.as_mut().poll_frame(cx));
        if frame.is_none() {
            self.rest = None;
        }
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(into_bytes))))
    }
}

impl<R: Body> Body for ResponseBody<R> {
    type Data = Bytes;
    type Error = R::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, R::Error>>> {
        match self.read.pop_front() {
            Some(frame) => Poll::Ready(Some(frame)),
            None => self.poll_rest(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.read.is_empty() && self.rest.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let data = self.read.iter().flatten().filter_map(Frame::data_ref);
        let lengths = data.map(|data| u64::try_from(data.len()).unwrap_or(u64::MAX));
        let read = lengths.fold(0, u64::saturating_add);
        let rest = self.rest.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint);
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(read));
        if let Some(upper) = rest.upper().and_then(|upper| upper.checked_add(read)) {
            hint.set_upper(upper);
        }
        hint
    }
}

/// No part of it is pinned in place.
impl<R: Body> Unpin for ResponseBody<R> {}

impl<R: Body> fmt::Debug for ResponseBody<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody").field("read_ahead", &self.read.len()).finish_non_exhaustive()
    }
}
