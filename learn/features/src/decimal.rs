//! Decimals as integers.

use crate::tile::LARGEST;

/// Places of amounts of money and of points: hundredths.
pub(crate) const MONEY: u32 = 2;
/// Places of quantities: thousandths.
pub(crate) const QUANTITY: u32 = 3;

/// A decimal such as `-12.50` in units of `10^-places`. Further places must be zeros: nothing is rounded.
fn decimal(text: &str, places: u32) -> Result<i64, String> {
    let wrong = || format!("\"{text}\" is not a decimal with at most {places} places, such as 12.5");
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !number(whole) || !number(fraction) || digits.ends_with('.') {
        return Err(wrong());
    }
    let fraction = fraction.trim_end_matches('0');
    let missing = usize::try_from(places)
        .ok()
        .and_then(|places| places.checked_sub(fraction.len()))
        .ok_or_else(wrong)?;
    format!("{whole}{fraction}{}", "0".repeat(missing))
        .parse::<i64>()
        .map(|value| sign * value)
        .map_err(|_| wrong())
}

/// The decimal of a column, no larger than a sum of a tile may be.
pub(crate) fn amount(column: &str, text: &str, places: u32) -> Result<i64, String> {
    let value = decimal(text, places).map_err(|why| format!("{column}: {why}"))?;
    if value.unsigned_abs() > LARGEST.unsigned_abs() {
        return Err(format!("{column}: {text} is too large"));
    }
    Ok(value)
}
