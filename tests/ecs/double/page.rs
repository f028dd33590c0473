//! Listings in parts: which part a call asks for, what is in it, and the token of the part after it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::RangeInclusive;

use super::{
    answer::{Answer, Refusal, request_id},
    request::Parameters,
};

const DEFAULT_SIZE: usize = 10;

/// Means nothing when one pages by token, so no test may come to rely on it.
const NONSENSE: usize = 3;

/// What a token is good for: one of another listing is refused.
#[derive(Clone, Copy)]
pub(super) struct Listing(u64);

/// The part of a listing that is asked for.
#[derive(Clone, Copy)]
pub(super) enum Part {
    /// By `NextToken`, as one should.
    After { offset: usize, size: usize },
    /// By number, which is being retired, and which one gets who says nothing.
    Numbered { number: usize, size: usize },
}

/// The items of one answer.
pub(super) struct Page {
    part: Part,
    listing: Listing,
    seen: usize,
    written: usize,
    items: String,
}

impl Listing {
    /// The listing of that account, region and action under those filters.
    pub(super) fn of(account: usize, action: &str, parameters: &Parameters) -> Self {
        let mut hasher = DefaultHasher::new();
        (account, action).hash(&mut hasher);
        let filters = [
            "RegionId",
            "LockReason",
            "InstanceIds",
            "DiskIds",
            "InstanceId",
        ];
        for name in filters {
            parameters.get(name).hash(&mut hasher);
        }
        Self(hasher.finish())
    }

    /// A token for what comes after so many.
    pub(super) fn token(self, offset: usize) -> String {
        format!("{:016x}{offset:016x}", self.0)
    }

    fn offset(self, token: &str) -> Result<usize, Refusal> {
        let offset = || {
            let listing = u64::from_str_radix(token.get(..16)?, 16).ok()?;
            // What follows tells apart the tokens of one place.
            let offset = usize::from_str_radix(token.get(16..32)?, 16).ok()?;
            (listing == self.0).then_some(offset)
        };
        offset().ok_or_else(|| Refusal::invalid("InvalidParameter", "NextToken"))
    }
}

/// The token for so many places further on or back in the same listing.
pub(super) fn moved_token(token: &str, by: isize) -> Option<String> {
    let offset = usize::from_str_radix(token.get(16..32)?, 16).ok()?;
    let moved = offset.saturating_add_signed(by);
    Some(format!("{}{moved:016x}", token.get(..16)?))
}

impl Part {
    /// Reads the parameters; a size beyond the limits is brought within them.
    pub(super) fn read(
        parameters: &Parameters,
        listing: Listing,
        sizes: RangeInclusive<usize>,
    ) -> Result<Self, Refusal> {
        let token = parameters
            .get("NextToken")
            .filter(|token| !token.is_empty());
        let size = number(parameters, "MaxResults")?;
        if token.is_none() && size.is_none() {
            let size = number(parameters, "PageSize")?;
            return Ok(Self::Numbered {
                number: number(parameters, "PageNumber")?.unwrap_or(1).max(1),
                size: size.unwrap_or(DEFAULT_SIZE).clamp(1, 100),
            });
        }
        let offset = token.map_or(Ok(0), |token| listing.offset(token))?;
        let size = size.unwrap_or(DEFAULT_SIZE);
        Ok(Self::After {
            offset,
            size: size.clamp(*sizes.start(), *sizes.end()),
        })
    }

    const fn begin(self) -> usize {
        match self {
            Self::After { offset, .. } => offset,
            Self::Numbered { number, size } => (number - 1).saturating_mul(size),
        }
    }

    const fn end(self) -> usize {
        match self {
            Self::After { size, .. } | Self::Numbered { size, .. } => {
                self.begin().saturating_add(size)
            }
        }
    }
}

impl Page {
    pub(super) const fn new(part: Part, listing: Listing) -> Self {
        Self {
            part,
            listing,
            seen: 0,
            written: 0,
            items: String::new(),
        }
    }

    /// An answer that has nothing in it.
    pub(super) const fn nothing() -> Self {
        let part = Part::After {
            offset: 0,
            size: DEFAULT_SIZE,
        };
        Self::new(part, Listing(0))
    }

    /// Writes the next item of the listing if it belongs to this part.
    pub(super) fn offer(&mut self, write: impl Fn(&mut String)) {
        self.offer_many(1, |into, _| {
            write(into);
            true
        });
    }

    /// The same for so many at once, of which only those of this part are looked at. One that is not selected after all
    /// leaves its place empty.
    pub(super) fn offer_many(
        &mut self,
        count: usize,
        mut write: impl FnMut(&mut String, usize) -> bool,
    ) {
        let begin = self.part.begin().saturating_sub(self.seen);
        let end = self.part.end().saturating_sub(self.seen).min(count);
        for number in begin..end {
            let before = self.items.len();
            if 0 < self.written {
                self.items.push(',');
            }
            match write(&mut self.items, number) {
                true => self.written += 1,
                false => self.items.truncate(before),
            }
        }
        self.seen += count;
    }

    /// The answer of a listing that calls its items by these two names.
    pub(super) fn answer(self, (outer, inner): (&str, &str)) -> Answer {
        let next = match self.part.end() {
            end if end < self.seen => self.listing.token(end),
            _ => String::new(),
        };
        let (request_id, items) = (request_id(), &self.items);
        let place = match self.part {
            Part::After { .. } => {
                format!(
                    r#""NextToken":"{next}","TotalCount":{NONSENSE},"PageSize":0,"PageNumber":0"#
                )
            }
            Part::Numbered { number, size } => format!(
                r#""NextToken":"","TotalCount":{},"PageSize":{size},"PageNumber":{number}"#,
                self.seen
            ),
        };
        Answer::json(format!(
            r#"{{"RequestId":"{request_id}",{place},"{outer}":{{"{inner}":[{items}]}}}}"#
        ))
    }
}

fn number(parameters: &Parameters, name: &str) -> Result<Option<usize>, Refusal> {
    let Some(text) = parameters.get(name) else {
        return Ok(None);
    };
    let number: Result<i64, _> = text.parse();
    let number = number.map_err(|_| Refusal::invalid(&format!("Invalid{name}"), name))?;
    // A negative number is brought within the limits like any other.
    Ok(Some(usize::try_from(number).unwrap_or(0)))
}
