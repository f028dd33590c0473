//! Texts of others, made fit for a log line.

use secrecy::{ExposeSecret as _, SecretString};

/// More of a message helps nobody.
const LONGEST: usize = 300;

/// The service's longest codes and ids have half of this.
const LONGEST_NAME: usize = 128;

/// From one of these on the service repeats the request that it was sent, with the token in it.
const ECHOES: [&str; 4] = [
    "server string to sign",
    "server canonicalrequest",
    "canonicalrequest",
    "stringtosign",
];

/// One line of bounded length.
pub(in crate::ecs) fn one_line(text: &str) -> String {
    let mut line = String::new();
    for word in text.split(|character: char| character.is_whitespace() || character.is_control()) {
        if word.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if let Some((end, _)) = line.char_indices().nth(LONGEST) {
            line.truncate(end);
            line.push_str("...");
            break;
        }
    }
    line
}

/// A message of a service: without the request that it repeats, and without these secrets.
pub(in crate::ecs) fn message<'s>(
    text: &str,
    secrets: impl IntoIterator<Item = &'s SecretString>,
) -> String {
    let lower_case = text.to_ascii_lowercase();
    let end = ECHOES.iter().filter_map(|echo| lower_case.find(echo)).min();
    let mut text = match end.and_then(|end| text.get(..end)) {
        Some(text) => format!("{text}(the repeated request is left out)"),
        None => text.to_owned(),
    };
    for secret in secrets {
        let secret = secret.expose_secret();
        if !secret.is_empty() {
            text = text.replace(secret, "(secret)");
        }
    }
    one_line(&text)
}

/// A code, an id or the name of a permission; none where it does not look like one.
pub(super) fn name(text: &str) -> Option<String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte);
    let is_name = !text.is_empty() && text.len() <= LONGEST_NAME && text.bytes().all(fits);
    is_name.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecs::credentials::keys::Keys;
    use proptest::prelude::*;

    fn keys(token: &str) -> Keys {
        Keys {
            access_key_id: "the-id".to_owned(),
            access_key_secret: "the-secret".into(),
            security_token: Some(token.into()),
            expires_at: None,
        }
    }

    #[test]
    fn a_repeated_request_is_left_out() {
        for echo in [
            "server string to sign is:POST...",
            "Server String To Sign is:POST",
            "server CanonicalRequest is:[POST\n/\nx-acs-security-token:other]",
            "StringToSign: x",
        ] {
            assert_eq!(
                message(
                    &format!("Specified signature is not matched. {echo}"),
                    keys("t-1").secrets()
                ),
                "Specified signature is not matched. (the repeated request is left out)"
            );
        }
    }

    #[test]
    fn secrets_are_left_out_wherever_they_are() {
        assert_eq!(
            message(
                "a the-token b the-secretthe-token",
                keys("the-token").secrets()
            ),
            "a (secret) b (secret)(secret)"
        );
        assert_eq!(message("a  b", keys("").secrets()), "a b");
    }

    #[test]
    fn names_have_nothing_but_plain_characters() {
        assert_eq!(name("Forbidden.RAM").as_deref(), Some("Forbidden.RAM"));
        for text in ["", "a b", "a\nb", "<b>", "\u{00e9}", &"x".repeat(129)] {
            assert_eq!(name(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_message_is_one_line_of_bounded_length_and_without_secrets(
            before in any::<String>(),
            token in "[!-~]{16,40}",
            after in any::<String>(),
        ) {
            let line = message(&format!("{before}{token}{after}"), keys(&token).secrets());
            prop_assert!(!line.contains(&token));
            prop_assert!(line.chars().count() <= LONGEST + 3);
            prop_assert!(!line.contains(char::is_control));
        }

        #[test]
        fn a_cut_never_splits_a_character(text in any::<String>(), times in 1_usize..100) {
            prop_assert!(one_line(&text.repeat(times)).chars().count() <= LONGEST + 3);
        }
    }
}
