//! Measures of short messages, tokens of links, and the order of statuses.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

use communications::receipts::{Consequence, Report};
use communications::severity::Status;
use communications::sms::{Encoding, measure};
use communications::tokens::{Purpose, Token, read, sign};
use proptest::prelude::*;

#[test]
fn parts_are_counted_code_point_by_code_point() {
    let (gsm, ucs) = (Encoding::Gsm7, Encoding::Ucs2);
    let table = [
        (String::new(), gsm, 1, 0, 160),
        ("a".repeat(160), gsm, 1, 160, 0),
        ("a".repeat(161), gsm, 2, 161, 145),
        ("a".repeat(306), gsm, 2, 306, 0),
        ("a".repeat(307), gsm, 3, 307, 152),
        // Of two places each.
        ("€".repeat(80), gsm, 1, 160, 0),
        ("€".repeat(81), gsm, 2, 162, 143),
        // Of 153 places one is left over, since the 77th is not parted.
        ("€".repeat(153), gsm, 3, 306, 151),
        (format!("{}€{}", "a".repeat(152), "a".repeat(152)), gsm, 3, 306, 152),
        // One letter more than the alphabet has doubles the price.
        (format!("{}∞", "a".repeat(69)), ucs, 1, 70, 0),
        (format!("{}∞", "a".repeat(70)), ucs, 2, 71, 63),
        ("я".repeat(70), ucs, 1, 70, 0),
        ("я".repeat(71), ucs, 2, 71, 63),
        ("я".repeat(134), ucs, 2, 134, 0),
        // Beyond the basic plane: two units, which are not parted.
        ("😀".repeat(35), ucs, 1, 70, 0),
        ("😀".repeat(36), ucs, 2, 72, 61),
        ("😀".repeat(67), ucs, 3, 134, 65),
        // Of one letter as people count it, and two code points.
        ("e\u{301}".to_owned(), ucs, 1, 2, 68),
        ("à, è, ù, Ç, Ñ, ß and @£$¥".to_owned(), gsm, 1, 25, 135),
        ("ç".to_owned(), ucs, 1, 1, 69),
        ("`".to_owned(), ucs, 1, 1, 69),
    ];
    for (text, encoding, parts, units, left) in table {
        let measured = measure(&text);
        let found = (measured.encoding, measured.parts, measured.units, measured.left);
        assert_eq!(found, (encoding, parts, units, left), "{text}");
    }
    assert_eq!(measure("10 € ∞ – ∞").dear, ['∞', '–']);
}

proptest! {
    /// The same count, made by filling parts letter by letter with what stands in each.
    #[test]
    fn parts_are_as_filling_them_shows(text in "[a-z€ я😀\\[]{0,400}") {
        let measured = measure(&text);
        let units = |letter: char| match measured.encoding {
            Encoding::Gsm7 => if "€[".contains(letter) { vec![27, 0] } else { vec![0] },
            Encoding::Ucs2 => letter.encode_utf16(&mut [0; 2]).to_vec(),
        };
        let all: Vec<Vec<u16>> = text.chars().map(units).collect();
        let (alone, joined) = if measured.encoding == Encoding::Gsm7 { (160, 153) } else { (70, 67) };
        let whole: usize = all.iter().map(Vec::len).sum();
        let mut parts: Vec<Vec<u16>> = vec![Vec::new()];
        for letter in &all {
            let size = if whole <= alone { alone } else { joined };
            if parts.last().unwrap().len() + letter.len() > size {
                parts.push(Vec::new());
            }
            parts.last_mut().unwrap().extend(letter);
        }
        prop_assert_eq!(usize::try_from(measured.parts).unwrap(), parts.len());
        prop_assert_eq!(usize::try_from(measured.units).unwrap(), whole);
    }

    #[test]
    fn a_token_comes_back_and_no_other_text_is_one(id in "[0-9a-f]{32}", link: u16, at in 0_usize..38, digit in "[A-Za-z0-9_-]") {
        let token = Token { message_id: id, link };
        let text = sign(b"key", Purpose::Click, &token).unwrap();
        prop_assert_eq!(text.len(), 38);
        prop_assert_eq!(read(&[b"new", b"key"], Purpose::Click, &text), Some(token));
        prop_assert_eq!(read(&[b"key"], Purpose::Unsubscribe, &text), None);
        prop_assert_eq!(read(&[b"other"], Purpose::Click, &text), None);
        let mut changed = text.clone();
        changed.replace_range(at..=at, &digit);
        prop_assert!(changed == text || read(&[b"key"], Purpose::Click, &changed).is_none());
    }
}

#[test]
fn what_is_no_token_is_refused() {
    for text in ["", "a", "%%%", "AAAA", &"A".repeat(38), &"A".repeat(10_000), "https://example.com"] {
        assert_eq!(read(&[b"key"], Purpose::Open, text), None, "{text}");
    }
    assert_eq!(sign(b"key", Purpose::Open, &Token { message_id: "m1".to_owned(), link: 0 }), None);
}

/// Reports in any order come to the same status: a late `delivered` does not erase a complaint.
#[test]
fn statuses_only_rise() {
    let reports = || Report::ALL.into_iter().filter_map(Report::status);
    for (a, b, c) in reports().flat_map(|a| reports().flat_map(move |b| reports().map(move |c| (a, b, c)))) {
        let orders = [[a, b, c], [a, c, b], [b, a, c], [b, c, a], [c, a, b], [c, b, a]];
        let ends = orders.map(|order| order.into_iter().fold(Status::Sent, Status::with));
        assert!(ends.iter().all(|end| *end == ends[0]), "{a:?} {b:?} {c:?}");
    }
    assert!(Report::ALL.into_iter().all(|report| Report::named(report.name()) == Some(report)));
    assert_eq!(Report::Complained.consequence(), Consequence::Unwanted);
    assert_eq!(Report::Rejected.consequence(), Consequence::None);
    assert_eq!(Report::SoftBounced.consequence(), Consequence::Counts);
}
