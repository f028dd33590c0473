//! What the id of an instance or a disk may look like in a listing.
//!
//! Looser than [`crate::api`] is with ids that people write: ECS ids have had several shapes (`i-bp1...`,
//! `AY14...`, `1006-4711`), and one that is merely unusual must not make a lock disappear.

/// The longest instance or disk id that is accepted, in bytes.
const MAX_ID_LENGTH: usize = 64;

/// Why a text is not the name it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum IdError {
    /// Nothing where a name should be.
    #[error("is empty")]
    Empty,
    /// Longer than any such name.
    #[error("is longer than {0} bytes")]
    TooLong(usize),
    /// A character that ids do not have.
    #[error("may hold only letters, digits, `-`, `_` and `.`, and begins with a letter or a digit")]
    NotAnId,
    /// A disk id where an instance id belongs.
    #[error("is a disk id, where an instance id belongs")]
    IsDisk,
    /// An instance id where a disk id belongs.
    #[error("is an instance id, where a disk id belongs")]
    IsInstance,
}

/// Whether this may be the id of an instance.
pub(super) fn check_instance(text: &str) -> Result<(), IdError> {
    check_id(text)?;
    if text.starts_with("d-") {
        return Err(IdError::IsDisk);
    }
    Ok(())
}

/// Whether this may be the id of a disk.
pub(super) fn check_disk(text: &str) -> Result<(), IdError> {
    check_id(text)?;
    if text.starts_with("i-") {
        return Err(IdError::IsInstance);
    }
    Ok(())
}

fn check_id(text: &str) -> Result<(), IdError> {
    if text.is_empty() {
        return Err(IdError::Empty);
    }
    if MAX_ID_LENGTH < text.len() {
        return Err(IdError::TooLong(MAX_ID_LENGTH));
    }
    // Every byte is looked at before deciding: without an early way out this is several times as fast.
    let bad = text
        .bytes()
        .fold(false, |bad, byte| bad | !is_id_byte(byte));
    let starts_well = text
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_alphanumeric());
    if bad || !starts_well {
        return Err(IdError::NotAnId);
    }
    Ok(())
}

fn is_id_byte(byte: u8) -> bool {
    ID_BYTES.get(usize::from(byte)) == Some(&true)
}

#[expect(
    clippy::indexing_slicing,
    reason = "the compiler does it, and would refuse"
)]
const ID_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_every_age_pass() {
        for text in [
            "i-bp1locked",
            "i-2zeh6y2y7q8k",
            "AY14051913564762",
            "1006-4711",
            "i-t4n_a.b",
            "x",
        ] {
            assert_eq!(check_instance(text), Ok(()), "{text}");
        }
        for text in ["d-bp1a", "1006-4711", "bn-disk.1"] {
            assert_eq!(check_disk(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_is_no_id_says_why() {
        assert_eq!(check_instance(""), Err(IdError::Empty));
        assert_eq!(check_instance(&"i".repeat(65)), Err(IdError::TooLong(64)));
        assert_eq!(check_instance(&"i".repeat(64)), Ok(()));
        for text in ["i bp1", "-i", "i-\u{e9}", "i-1\n", "${id}", ".."] {
            assert_eq!(check_instance(text), Err(IdError::NotAnId), "{text:?}");
        }
        assert_eq!(check_instance("d-bp1a"), Err(IdError::IsDisk));
        assert_eq!(check_disk("i-bp1a"), Err(IdError::IsInstance));
    }
}
