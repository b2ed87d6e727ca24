//! E-mail addresses, with their domain in small letters.

use thiserror::Error;

/// Bytes of an address at most, as RFC 5321 has it.
const LENGTH_MAX: usize = 254;
/// Bytes before the `@` at most, as RFC 5321 has it.
const LOCAL_MAX: usize = 64;
/// Bytes of a part of the domain between two dots at most.
const LABEL_MAX: usize = 63;

/// Why a text is no e-mail address that messages could go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum EmailProblem {
    /// Nothing is written.
    #[error("is empty: write an address, such as anna@example.org")]
    Empty,
    /// The address is longer than mail servers take.
    #[error(
        "is longer than {LENGTH_MAX} bytes, or has more than {LOCAL_MAX} before the @: no mail server takes it"
    )]
    TooLong,
    /// There is no `@`, or more than one.
    #[error("must have one @, with a name before it and a domain after it")]
    At,
    /// The part before the `@` has something that plain addresses do not have.
    #[error(
        "has something before the @ that is no letter, digit or one of !#$%&'*+/=?^_`{{|}}~- with single dots between"
    )]
    Local,
    /// The part after the `@` is no domain.
    #[error(
        "has no domain after the @, such as example.org: letters, digits and dashes, with single dots between"
    )]
    Domain,
}

/// Brings an e-mail address into its one form: without space around it, its domain in small letters. What stands before
/// the `@` is kept as it is, since the receiving server alone knows whether its case matters.
pub fn email(text: &str) -> Result<String, EmailProblem> {
    let text = text.trim();
    if text.is_empty() {
        return Err(EmailProblem::Empty);
    }
    let (local, domain) = text.split_once('@').ok_or(EmailProblem::At)?;
    if local.is_empty() || domain.is_empty() || domain.contains('@') {
        return Err(EmailProblem::At);
    }
    let domain = domain.to_lowercase();
    if local.len() > LOCAL_MAX || local.len().saturating_add(domain.len()) >= LENGTH_MAX {
        return Err(EmailProblem::TooLong);
    }
    if !local.split('.').all(is_atom) {
        return Err(EmailProblem::Local);
    }
    if !is_domain(&domain) {
        return Err(EmailProblem::Domain);
    }
    Ok(format!("{local}@{domain}"))
}

fn is_atom(part: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&byte);
    !part.is_empty() && part.bytes().all(is_plain)
}

/// True for a name of at least two parts, the last of which is not a number: an address of a host is no domain.
fn is_domain(domain: &str) -> bool {
    let is_letter = |character: char| character.is_alphanumeric() || character == '-';
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= LABEL_MAX
            && label.chars().all(is_letter)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = domain.rsplit('.').next().unwrap_or_default();
    domain.contains('.') && domain.split('.').all(is_label) && !last.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_domain_is_written_small_and_the_name_is_kept() {
        for (text, wanted) in [
            ("anna@example.org", "anna@example.org"),
            ("  Anna.Petrova@Example.ORG\n", "Anna.Petrova@example.org"),
            ("a+tag@mail.example.co.uk", "a+tag@mail.example.co.uk"),
            ("o'neil@example.org", "o'neil@example.org"),
            ("1@2.ru", "1@2.ru"),
            ("анна@example.org", "Local"),
            ("anna@ПОЧТА.РФ", "anna@почта.рф"),
            ("anna@xn--80a1acny.xn--p1ai", "anna@xn--80a1acny.xn--p1ai"),
        ] {
            let read = email(text).unwrap_or_else(|problem| format!("{problem:?}"));
            assert_eq!(read, wanted, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_address_says_why() {
        for (text, wanted) in [
            ("", EmailProblem::Empty),
            ("anna", EmailProblem::At),
            ("anna@", EmailProblem::At),
            ("@example.org", EmailProblem::At),
            ("anna@home@example.org", EmailProblem::At),
            ("anna petrova@example.org", EmailProblem::Local),
            ("anna..p@example.org", EmailProblem::Local),
            (".anna@example.org", EmailProblem::Local),
            ("anna.@example.org", EmailProblem::Local),
            ("anna\r\nBcc:x@example.org", EmailProblem::Local),
            ("Anna <anna@example.org", EmailProblem::Local),
            ("anna@example", EmailProblem::Domain),
            ("anna@example..org", EmailProblem::Domain),
            ("anna@example.org.", EmailProblem::Domain),
            ("anna@-example.org", EmailProblem::Domain),
            ("anna@127.0.0.1", EmailProblem::Domain),
            ("anna@exa mple.org", EmailProblem::Domain),
            ("anna@example.org>", EmailProblem::Domain),
        ] {
            assert_eq!(email(text), Err(wanted), "{text:?}");
        }
        assert_eq!(email(&format!("{}@example.org", "a".repeat(65))), Err(EmailProblem::TooLong));
        assert_eq!(email(&format!("a@{}.org", "b.".repeat(125))), Err(EmailProblem::TooLong));
        assert!(email(&format!("{}@example.org", "a".repeat(64))).is_ok());
    }

    proptest! {
        #[test]
        fn the_form_of_the_form_is_itself(text in "[a-zA-Z0-9.+_-]{1,70}@[a-zA-Z0-9.-]{1,80}|\\PC{0,40}") {
            if let Ok(read) = email(&text) {
                prop_assert_eq!(email(&read), Ok(read.clone()));
                prop_assert!(!read.chars().any(|character| character.is_control() || character.is_whitespace()));
            }
        }
    }
}
