//! What an error comes down to.

use std::error::Error;

/// The innermost cause in words: all others say that a request went wrong.
pub(super) fn innermost(error: &dyn Error) -> String {
    let mut innermost = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the request went wrong")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn the_cause_is_told_and_not_its_consequence() {
        let error = Outer(std::io::Error::other("connection refused"));
        assert_eq!(innermost(&error), "connection refused");
    }
}
