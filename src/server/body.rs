//! Reading a body, within the limit for one, the budget of all, and the connection's deadline.
//!
//! What counts against the budget are bytes that arrived, not bytes announced: a peer that announces much and sends
//! nothing takes nothing from the others. Bodies of ordinary size can use all of the budget, large ones only a part,
//! so that however many large ones there are, ordinary ones find room.

use std::{future::poll_fn, pin::Pin, task::Poll};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body as _, Incoming};

use super::{
    deadline::{Deadline, Stage},
    quota::{Quota, Share},
    refusal::Refusal,
};

/// Up to here a body is of ordinary size; most reviews are a tenth of it.
const ORDINARY: usize = 256 * 1024;

/// Of a body that comes in pieces this much at least is made room for.
const SMALLEST_BUFFER: usize = 16 * 1024;

/// Reads `body`; the answer holds its share of the budget for as long as it lives.
pub(super) async fn read<'a>(
    mut body: Incoming,
    limit: usize,
    budget: &'a Quota,
    deadline: &Deadline,
) -> Result<(Bytes, Share<'a>), Refusal> {
    let announced = body.size_hint().exact();
    let announced = match announced.map(usize::try_from) {
        Some(Ok(length)) if length <= limit => Some(length),
        Some(_) => return Err(Refusal::TooLarge),
        None => None,
    };

    let mut share = budget.share();
    deadline.enter(Stage::Body);
    let first = match next(&mut body, deadline).await? {
        Some(first) => first,
        None => return Ok((Bytes::new(), share)),
    };
    charge(&mut share, first.len(), limit, budget)?;
    // Most bodies are one piece, and stay where they were read to.
    if body.is_end_stream() {
        return Ok((first, share));
    }
    let Some(second) = next(&mut body, deadline).await? else {
        return Ok((first, share));
    };

    let mut whole = BytesMut::with_capacity(room(first.len(), announced));
    whole.extend_from_slice(&first);
    drop(first);
    let mut piece = Some(second);
    while let Some(bytes) = piece {
        charge(&mut share, bytes.len(), limit, budget)?;
        if whole.capacity() < whole.len() + bytes.len() {
            let wanted = room(whole.len() + bytes.len(), announced);
            whole.reserve(wanted.saturating_sub(whole.len()));
        }
        whole.extend_from_slice(&bytes);
        piece = match body.is_end_stream() {
            true => None,
            false => next(&mut body, deadline).await?,
        };
    }
    Ok((whole.freeze(), share))
}

/// How much to make room for when `arrived` bytes are there: what was announced, as far as what arrived bears it out.
fn room(arrived: usize, announced: Option<usize>) -> usize {
    let believed = arrived.saturating_mul(4).max(SMALLEST_BUFFER);
    announced
        .map_or(believed, |length| length.min(believed))
        .max(arrived)
}

fn charge(share: &mut Share<'_>, more: usize, limit: usize, budget: &Quota) -> Result<(), Refusal> {
    let size = share.held() + more;
    if limit < size {
        return Err(Refusal::TooLarge);
    }
    let ceiling = match size <= ORDINARY {
        true => budget.limit(),
        false => budget.limit() - budget.limit() / 4,
    };
    share.grow(more, ceiling).map_err(|_| Refusal::Busy)
}

/// The next piece with something in it; none = the end.
async fn next(body: &mut Incoming, deadline: &Deadline) -> Result<Option<Bytes>, Refusal> {
    poll_fn(|context| {
        loop {
            match Pin::new(&mut *body).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(bytes) if !bytes.is_empty() => return Poll::Ready(Ok(Some(bytes))),
                    // Trailers, which nobody needs.
                    _ => {}
                },
                Poll::Ready(Some(Err(error))) => {
                    tracing::debug!(%error, "a body broke off");
                    return Poll::Ready(Err(Refusal::Broken));
                }
                Poll::Ready(None) => return Poll::Ready(Ok(None)),
                // The connection's task polls this again when the deadline has passed.
                Poll::Pending if deadline.stage() == Stage::Late => {
                    return Poll::Ready(Err(Refusal::TooSlow));
                }
                Poll::Pending => return Poll::Pending,
            }
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_announced_length_is_believed_as_far_as_bytes_bear_it_out() {
        assert_eq!(room(100, Some(7 << 20)), SMALLEST_BUFFER);
        assert_eq!(room(16 << 10, Some(7 << 20)), 64 << 10);
        assert_eq!(room(16 << 10, Some(20 << 10)), 20 << 10);
        assert_eq!(room(4 << 20, Some(7 << 20)), 7 << 20);
        assert_eq!(room(100, None), SMALLEST_BUFFER);
        assert_eq!(room(1 << 20, None), 4 << 20);
    }

    #[test]
    fn large_bodies_leave_room_for_ordinary_ones() {
        let budget = Quota::new(4 << 20);
        let limit = 4 << 20;
        let mut large = budget.share();
        assert_eq!(charge(&mut large, 3 << 20, limit, &budget), Ok(()));
        assert_eq!(charge(&mut large, 1, limit, &budget), Err(Refusal::Busy));
        let mut ordinary = budget.share();
        assert_eq!(charge(&mut ordinary, ORDINARY, limit, &budget), Ok(()));
        assert_eq!(charge(&mut ordinary, 1, limit, &budget), Err(Refusal::Busy));
        drop(large);
        assert_eq!(charge(&mut ordinary, 1, limit, &budget), Ok(()));
        assert_eq!(
            charge(&mut ordinary, limit, limit, &budget),
            Err(Refusal::TooLarge)
        );
    }
}
