//! The distinct lists of lock reasons of a listing: a million ids have a handful of them.
//!
//! A policy's reasons are matched once against each distinct list, never against each id.

use hashbrown::HashMap;
use smallvec::SmallVec;

use super::error::{Error, ErrorKind};

/// The number of a distinct list of reasons.
pub(super) type ListNumber = u32;

/// The number of a distinct reason.
pub(super) type ReasonNumber = u32;

/// The list of an id that is not locked.
pub(super) const EMPTY_LIST: ListNumber = 0;

/// More reasons on one id than ECS has in all.
const MAX_REASONS: usize = 32;

const MAX_REASON_LENGTH: usize = 64;

/// One list while it is being read.
pub(super) type Draft = SmallVec<[ReasonNumber; 4]>;

#[derive(Debug)]
pub(super) struct Reasons {
    texts: Vec<Box<str>>,
    lists: Vec<Draft>,
    numbers: HashMap<Box<str>, ReasonNumber>,
    list_numbers: HashMap<Draft, ListNumber>,
}

impl Default for Reasons {
    fn default() -> Self {
        let empty = Draft::new();
        Self {
            texts: Vec::new(),
            lists: vec![empty.clone()],
            numbers: HashMap::new(),
            list_numbers: HashMap::from([(empty, EMPTY_LIST)]),
        }
    }
}

impl Reasons {
    /// Adds a reason to a list that is being read.
    pub(super) fn push(&mut self, list: &mut Draft, reason: &str) -> Result<(), Error> {
        if list.len() == MAX_REASONS {
            return Err(Error::new(
                ErrorKind::Invalid,
                format!("more than {MAX_REASONS} reasons"),
            ));
        }
        if let Some(&number) = self.numbers.get(reason) {
            list.push(number);
            return Ok(());
        }
        check(reason)?;
        let number = number_of(self.texts.len())?;
        self.texts.push(reason.into());
        self.numbers.insert(reason.into(), number);
        list.push(number);
        Ok(())
    }

    /// The number of a list that has been read.
    pub(super) fn intern(&mut self, list: &Draft) -> Result<ListNumber, Error> {
        if let Some(&number) = self.list_numbers.get(list) {
            return Ok(number);
        }
        let number = number_of(self.lists.len())?;
        self.lists.push(list.clone());
        self.list_numbers.insert(list.clone(), number);
        Ok(number)
    }

    /// How many distinct lists there are, the empty one included.
    pub(super) fn len(&self) -> usize {
        self.lists.len()
    }

    /// The reasons of a list, as they were written.
    pub(super) fn list(&self, list: ListNumber) -> impl Iterator<Item = &str> {
        let numbers = self
            .lists
            .get(list as usize)
            .map(SmallVec::as_slice)
            .unwrap_or_default();
        numbers
            .iter()
            .filter_map(|&number| self.texts.get(number as usize).map(AsRef::as_ref))
    }

    /// For each list, whether it has one of these reasons, ignoring case.
    pub(super) fn matching(&self, lock_reasons: &[String]) -> Box<[bool]> {
        let wanted = |text: &str| {
            lock_reasons
                .iter()
                .any(|reason| reason.eq_ignore_ascii_case(text))
        };
        let wanted: Vec<bool> = self.texts.iter().map(|text| wanted(text)).collect();
        let matches = |list: &Draft| {
            list.iter()
                .any(|&number| wanted.get(number as usize) == Some(&true))
        };
        self.lists.iter().map(matches).collect()
    }

    /// Gives back what only reading needs.
    pub(super) fn shrink(&mut self) {
        self.numbers = HashMap::new();
        self.list_numbers = HashMap::new();
        self.texts.shrink_to_fit();
        self.lists.shrink_to_fit();
    }
}

/// Loose, as a reason that ECS comes to use must not break a listing.
fn check(reason: &str) -> Result<(), Error> {
    if reason.is_empty() || MAX_REASON_LENGTH < reason.len() || reason.chars().any(char::is_control)
    {
        let message =
            format!("a reason has 1 to {MAX_REASON_LENGTH} bytes and no control characters");
        return Err(Error::new(ErrorKind::Invalid, message));
    }
    Ok(())
}

fn number_of(length: usize) -> Result<u32, Error> {
    u32::try_from(length).map_err(|_| {
        Error::new(
            ErrorKind::TooLarge,
            "more reasons than one listing can hold",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intern(reasons: &mut Reasons, list: &[&str]) -> ListNumber {
        let mut draft = Draft::new();
        for reason in list {
            reasons.push(&mut draft, reason).unwrap();
        }
        reasons.intern(&draft).unwrap()
    }

    #[test]
    fn equal_lists_share_a_number_and_the_empty_one_is_zero() {
        let mut reasons = Reasons::default();
        assert_eq!(intern(&mut reasons, &[]), EMPTY_LIST);
        let financial = intern(&mut reasons, &["financial"]);
        let both = intern(&mut reasons, &["security", "financial"]);
        assert_eq!(intern(&mut reasons, &["financial"]), financial);
        assert_ne!(financial, both);
        assert_eq!(
            reasons.list(both).collect::<Vec<_>>(),
            ["security", "financial"]
        );
        assert_eq!(reasons.len(), 3);
    }

    #[test]
    fn case_does_not_count_and_a_part_of_a_word_does_not_match() {
        let mut reasons = Reasons::default();
        intern(&mut reasons, &["FINANCIAL"]);
        intern(&mut reasons, &["dedicatedhostfinancial"]);
        intern(&mut reasons, &["security", "financial"]);
        let wanted = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            *reasons.matching(&wanted(&["Financial"])),
            [false, true, false, true]
        );
        assert_eq!(
            *reasons.matching(&wanted(&["SECURITY", "dedicatedHostFinancial"])),
            [false, false, true, true]
        );
        assert_eq!(*reasons.matching(&[]), [false; 4]);
    }

    #[test]
    fn what_no_reason_looks_like_is_an_error() {
        let mut reasons = Reasons::default();
        for text in ["", "a\nb", &"x".repeat(65)] {
            assert_eq!(
                reasons.push(&mut Draft::new(), text).unwrap_err().kind(),
                ErrorKind::Invalid
            );
        }
        let mut full: Draft = (0..32).collect();
        assert_eq!(
            reasons.push(&mut full, "financial").unwrap_err().message(),
            "more than 32 reasons"
        );
    }
}
