//! How many parts a short message takes, measured before it is sent: each part is paid for.
//!
//! Alphabet and sizes are of 3GPP TS 23.038 and 23.040. Only the default alphabet with its extension table is counted
//! with, since national shift tables are not what gateways use; everything else goes as UCS-2.

/// The default alphabet, in the order of its codes; the escape code 27 has no letter.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// The extension table: each takes two places, which are not parted.
const EXTENDED: &str = "\u{c}^{}\\[~]|€";

/// How the text is written on the air.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Seven bits a letter.
    Gsm7,
    /// Sixteen bits a letter, thirty-two beyond the basic plane.
    Ucs2,
}

/// The size of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// How it is written.
    pub encoding: Encoding,
    /// How many parts are sent, and paid for. An empty text takes one.
    pub parts: u32,
    /// Places that are used: septets, or 16-bit units.
    pub units: u32,
    /// Places that are left in the last part.
    pub left: u32,
    /// The letters that the seven-bit alphabet lacks, each once, in their order: what makes the text dear.
    pub dear: Vec<char>,
}

/// Measures a text, code point by code point.
pub fn measure(text: &str) -> Measured {
    let mut dear = Vec::new();
    for letter in text.chars() {
        if septets(letter).is_none() && !dear.contains(&letter) {
            dear.push(letter);
        }
    }
    let encoding = if dear.is_empty() { Encoding::Gsm7 } else { Encoding::Ucs2 };
    // Places of one part, and of each of several, which begin with 6 bytes that say which they are.
    let (alone, joined) = match encoding {
        Encoding::Gsm7 => (160, 153),
        Encoding::Ucs2 => (70, 67),
    };
    let sizes = || text.chars().map(|letter| size(encoding, letter));
    let units = sizes().fold(0, u32::saturating_add);
    let (parts, left) = if units <= alone { (1, alone.saturating_sub(units)) } else { pack(sizes(), joined) };
    Measured { encoding, parts, units, left, dear }
}

fn size(encoding: Encoding, letter: char) -> u32 {
    match encoding {
        Encoding::Gsm7 => septets(letter).unwrap_or(1),
        Encoding::Ucs2 => u32::try_from(letter.len_utf16()).unwrap_or(2),
    }
}

/// Septets of a letter of the seven-bit alphabet.
fn septets(letter: char) -> Option<u32> {
    if BASIC.contains(letter) {
        Some(1)
    } else if EXTENDED.contains(letter) {
        Some(2)
    } else {
        None
    }
}

/// Fills parts one after the other; a letter of two places never stands in two parts.
fn pack(sizes: impl Iterator<Item = u32>, joined: u32) -> (u32, u32) {
    let (mut parts, mut used) = (1_u32, 0_u32);
    for size in sizes {
        if used.saturating_add(size) > joined {
            parts = parts.saturating_add(1);
            used = 0;
        }
        used = used.saturating_add(size);
    }
    (parts, joined.saturating_sub(used))
}
