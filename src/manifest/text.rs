//! From bytes to text: anything that is not UTF-8 text is refused before a parser sees it.

use super::{error::Error, place::Place};

/// The text of a file without its byte-order mark.
pub(super) fn text<'a>(source: &str, bytes: &'a [u8]) -> Result<&'a str, Error> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(Error::whole(source, "UTF-16 text: save the file as UTF-8"));
    }
    if let Some(offset) = bytes.iter().position(|byte| *byte == 0) {
        return Err(Error::whole(
            source,
            format_args!("not a text file (zero byte at offset {offset})"),
        ));
    }
    match str::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => {
            let (valid, rest) = bytes.split_at(error.valid_up_to());
            let place = Place::START.after(str::from_utf8(valid).unwrap_or_default());
            let byte = rest.first().copied().unwrap_or_default();
            Err(Error::at(
                source,
                place,
                format_args!("not UTF-8: byte 0x{byte:02x}; save the file as UTF-8"),
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8]) -> String {
        text("f", bytes).unwrap_err().to_string()
    }

    #[test]
    fn what_is_not_text_is_refused() {
        assert_eq!(
            refused(b"\x7fELF\x02\x01\x01\x00"),
            "f: not a text file (zero byte at offset 7)"
        );
        assert_eq!(
            refused(b"\xff\xfea\0"),
            "f: UTF-16 text: save the file as UTF-8"
        );
        assert_eq!(
            refused(b"a: b\n\xc3\xa4: \xe4\n"),
            "f:2:4: not UTF-8: byte 0xe4; save the file as UTF-8"
        );
        assert_eq!(
            refused(b"a: \xe2\x82"),
            "f:1:4: not UTF-8: byte 0xe2; save the file as UTF-8"
        );
    }

    #[test]
    fn a_byte_order_mark_is_not_part_of_the_text() {
        assert_eq!(text("f", b"\xef\xbb\xbfa: b").unwrap(), "a: b");
        assert_eq!(text("f", b"").unwrap(), "");
    }
}
