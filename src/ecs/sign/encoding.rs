//! Bytes as text, in the ways that a signature needs.

use std::fmt::Write as _;

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// `name=value` joined by `&`, each part percent-encoded, in the order given.
pub(in crate::ecs) fn form(pairs: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        push_encoded(&mut text, name);
        text.push('=');
        push_encoded(&mut text, value);
    }
    text
}

/// RFC 3986: everything but the unreserved characters.
fn push_encoded(text: &mut String, part: &str) {
    for byte in part.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                text.push(char::from(byte));
            }
            _ => {
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_rfc_3986_leaves_alone_is_left_alone_and_nothing_else() {
        assert_eq!(
            form(&[("a b", "-_.~*/+"), ("empty", ""), ("\u{00e9}", "&=%")]),
            "a%20b=-_.~%2A%2F%2B&empty=&%C3%A9=%26%3D%25"
        );
        assert_eq!(form(&[]), "");
    }

    #[test]
    fn hexadecimal_has_two_lower_case_digits_a_byte() {
        assert_eq!(hex(&[0, 9, 0xab, 0xff]), "0009abff");
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes_to_the_same(name in any::<String>(), value in any::<String>()) {
            let text = form(&[(&name, &value)]);
            prop_assert!(text.is_ascii());
            let url = reqwest::Url::parse(&format!("http://h/?{text}")).unwrap();
            prop_assert_eq!(url.query(), Some(text.as_str()), "sent as it is signed");
            let pairs: Vec<_> = url.query_pairs().into_owned().collect();
            prop_assert_eq!(pairs, vec![(name, value)]);
        }
    }
}
