//! How languages write numbers, money, dates and plurals. Exact: numbers come as decimals and leave as text.
//!
//! Own code: the tables of CLDR in `icu` take megabytes, of which a message needs these few rows.

use jiff::civil::Date;
use rust_decimal::Decimal;

/// How a language writes.
struct Manner {
    /// Before the fraction.
    point: char,
    /// Between thousands.
    group: &'static str,
    /// True if the sign of the currency stands before the amount.
    sign_first: bool,
    plural: Plural,
    date: DateForm,
}

/// Which form of a word goes with a number; forms are given in the order of CLDR: one, few, many.
#[derive(Clone, Copy)]
enum Plural {
    /// One form for all numbers.
    None,
    /// One for 1, another for all others.
    One,
    /// One for 0 and 1, another for all others.
    ZeroOne,
    /// By the last digits, as Russian has it: 1, 2 to 4, others.
    LastDigit,
    /// As Polish has it: 1 alone, 2 to 4 by the last digit, others.
    Polish,
    /// As Czech has it: 1, 2 to 4, others.
    Czech,
}

/// The order of a date.
#[derive(Clone, Copy)]
enum DateForm {
    /// `5 марта 2026`, and `05.03.2026`.
    DayMonthYear { months: &'static [&'static str; 12], dot: &'static str, tail: &'static str, between: char },
    /// `2026-03-05` for both: no names of months are known.
    Iso,
}

const NO_BREAK: &str = "\u{a0}";

const RUSSIAN: [&str; 12] = [
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
];
const UKRAINIAN: [&str; 12] = [
    "січня",
    "лютого",
    "березня",
    "квітня",
    "травня",
    "червня",
    "липня",
    "серпня",
    "вересня",
    "жовтня",
    "листопада",
    "грудня",
];
const BELARUSIAN: [&str; 12] = [
    "студзеня",
    "лютага",
    "сакавіка",
    "красавіка",
    "мая",
    "чэрвеня",
    "ліпеня",
    "жніўня",
    "верасня",
    "кастрычніка",
    "лістапада",
    "снежня",
];
const KAZAKH: [&str; 12] = [
    "қаңтар",
    "ақпан",
    "наурыз",
    "сәуір",
    "мамыр",
    "маусым",
    "шілде",
    "тамыз",
    "қыркүйек",
    "қазан",
    "қараша",
    "желтоқсан",
];
const ENGLISH: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const GERMAN: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];
const FRENCH: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];
const SPANISH: [&str; 12] = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
];

const fn dated(
    months: &'static [&'static str; 12],
    dot: &'static str,
    tail: &'static str,
    between: char,
) -> DateForm {
    DateForm::DayMonthYear { months, dot, tail, between }
}

/// The manner of a language, by its tag; that of a language that is not listed is plain.
fn manner(language: &str) -> Manner {
    let base = language.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    let spaced = |plural, date| Manner { point: ',', group: NO_BREAK, sign_first: false, plural, date };
    let dotted = |plural, date| Manner { point: ',', group: ".", sign_first: false, plural, date };
    let english = |plural, date| Manner { point: '.', group: ",", sign_first: true, plural, date };
    match base.as_str() {
        "ru" => spaced(Plural::LastDigit, dated(&RUSSIAN, "", " г.", '.')),
        "uk" => spaced(Plural::LastDigit, dated(&UKRAINIAN, "", " р.", '.')),
        "be" => spaced(Plural::LastDigit, dated(&BELARUSIAN, "", " г.", '.')),
        "kk" => spaced(Plural::None, dated(&KAZAKH, "", "", '.')),
        "en" => english(Plural::One, dated(&ENGLISH, "", "", '/')),
        "de" => dotted(Plural::One, dated(&GERMAN, ".", "", '.')),
        "fr" => spaced(Plural::ZeroOne, dated(&FRENCH, "", "", '/')),
        "es" => dotted(Plural::One, dated(&SPANISH, "", "", '/')),
        "pl" => spaced(Plural::Polish, DateForm::Iso),
        "cs" | "sk" => spaced(Plural::Czech, DateForm::Iso),
        "sr" | "hr" | "bs" => dotted(Plural::LastDigit, DateForm::Iso),
        "it" | "nl" | "da" => dotted(Plural::One, DateForm::Iso),
        "pt" => dotted(Plural::ZeroOne, DateForm::Iso),
        "bg" | "fi" | "sv" | "nb" | "et" => spaced(Plural::One, DateForm::Iso),
        "ja" | "zh" | "ko" | "vi" | "th" | "id" => english(Plural::None, DateForm::Iso),
        "tr" | "uz" | "az" | "ky" => dotted(Plural::None, DateForm::Iso),
        _ => Manner {
            point: '.',
            group: NO_BREAK,
            sign_first: false,
            plural: Plural::One,
            date: DateForm::Iso,
        },
    }
}

/// A number with the signs of the language.
pub(super) fn number(language: &str, value: Decimal) -> String {
    write_number(&manner(language), value)
}

fn write_number(manner: &Manner, value: Decimal) -> String {
    let text = value.abs().to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut written = String::new();
    if value.is_sign_negative() && !value.is_zero() {
        written.push('\u{2212}');
    }
    let digits = whole.len();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && digits.saturating_sub(at).is_multiple_of(3) {
            written.push_str(manner.group);
        }
        written.push(digit);
    }
    if !fraction.is_empty() {
        written.push(manner.point);
        written.push_str(fraction);
    }
    written
}

/// An amount of money: whole amounts without a fraction, others with at least two digits of it.
pub(super) fn money(language: &str, value: Decimal, currency: &str) -> String {
    let manner = manner(language);
    let mut value = value.normalize();
    if value.scale() == 1 {
        value.rescale(2);
    }
    let amount = write_number(&manner, value);
    let sign = sign(currency);
    if manner.sign_first && sign != currency {
        return match amount.strip_prefix('\u{2212}') {
            Some(amount) => format!("\u{2212}{sign}{amount}"),
            None => format!("{sign}{amount}"),
        };
    }
    format!("{amount}{NO_BREAK}{sign}")
}

/// The sign of a currency, or its code.
fn sign(currency: &str) -> &str {
    match currency {
        "RUB" => "₽",
        "USD" => "$",
        "EUR" => "€",
        "GBP" => "£",
        "KZT" => "₸",
        "UAH" => "₴",
        "BYN" => "Br",
        "TRY" => "₺",
        _ => currency,
    }
}

/// A date: in words, or in figures if `is_short`.
pub(super) fn date(language: &str, date: Date, is_short: bool) -> String {
    let DateForm::DayMonthYear { months, dot, tail, between } = manner(language).date else {
        return date.to_string();
    };
    let (day, month, year) = (date.day(), date.month(), date.year());
    if is_short {
        return format!("{day:02}{between}{month:02}{between}{year:04}");
    }
    let name = usize::try_from(month.saturating_sub(1)).ok().and_then(|at| months.get(at)).copied();
    format!("{day}{dot} {} {year}{tail}", name.unwrap_or_default())
}

/// The place, among the forms that were given, of the one that goes with a number.
pub(super) fn plural(language: &str, value: Decimal, forms: usize) -> usize {
    let last = forms.saturating_sub(1);
    let value = value.abs().normalize();
    let is_whole = value.scale() == 0;
    let digits = value.trunc().to_string();
    let mut ends = digits.bytes().rev().map(|byte| byte.saturating_sub(b'0'));
    let (ones, tens) = (ends.next().unwrap_or(0), ends.next().unwrap_or(0));
    let few_many = || match (tens, ones) {
        (1, _) => 2,
        (_, 2..=4) => 1,
        _ => 2,
    };
    let form = match manner(language).plural {
        Plural::None => 0,
        Plural::One => usize::from(value != Decimal::ONE),
        Plural::ZeroOne => usize::from(value >= Decimal::TWO),
        // `1,5 балла`: the form of fractions is that of 2 to 4.
        Plural::LastDigit | Plural::Polish | Plural::Czech if !is_whole => 1,
        Plural::LastDigit if ones == 1 && tens != 1 => 0,
        Plural::Polish | Plural::Czech if value == Decimal::ONE => 0,
        Plural::LastDigit | Plural::Polish => few_many(),
        Plural::Czech => {
            if (2..=4).contains(&ones) && digits.len() == 1 {
                1
            } else {
                2
            }
        }
    };
    form.min(last)
}
