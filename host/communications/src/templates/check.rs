//! Checks the expressions of a text before it is used: every name, filter, test and macro must be known. Says what
//! the text needs.

use std::collections::BTreeSet;

use minijinja::{Environment, Error};
use serde::Serialize;

use super::problem::Problem;
use super::tags::{Kind, Tag, Word, tags};

/// The values of members that a template asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Needs {
    /// Names below `member`, such as `name`; an empty one if it takes the member as a whole.
    pub member: BTreeSet<String>,
    /// Names below `event` and `values`, with those, such as `values.code`.
    pub given: BTreeSet<String>,
    /// Offers of `offer(…)`: each is a promise.
    pub offers: BTreeSet<String>,
    /// Offers of `product(…)`.
    pub products: BTreeSet<String>,
    /// Pools of `coupon(…)`.
    pub coupons: BTreeSet<String>,
    /// Surveys of `survey(…)`.
    pub surveys: BTreeSet<String>,
    /// True if it asks for points.
    pub points: bool,
    /// True if it has the link to unsubscribe.
    pub unsubscribe: bool,
}

/// Names that stand by themselves.
const NAMES: &[&str] = &["member", "event", "values", "language", "now", "unsubscribe_url", "message_id"];
/// Macros that take the name of something, as a text in quotes.
const NAMED: &[&str] = &["offer", "product", "coupon", "survey"];
/// All macros.
const MACROS: &[&str] = &["offer", "product", "coupon", "survey", "points", "range"];
/// Statements.
const STATEMENTS: &[&str] = &[
    "if",
    "elif",
    "else",
    "endif",
    "for",
    "endfor",
    "set",
    "endset",
    "with",
    "endwith",
    "filter",
    "endfilter",
];
/// Filters: those of minijinja that make sense in a text, and the host's own.
const FILTERS: &[&str] = &[
    "abs",
    "capitalize",
    "count",
    "date",
    "default",
    "d",
    "escape",
    "e",
    "first",
    "int",
    "items",
    "join",
    "last",
    "length",
    "list",
    "lower",
    "max",
    "min",
    "money",
    "number",
    "plural",
    "replace",
    "reverse",
    "slice",
    "sort",
    "split",
    "string",
    "title",
    "trim",
    "unique",
    "upper",
    "urlencode",
];
/// Tests.
const TESTS: &[&str] = &[
    "defined",
    "undefined",
    "none",
    "number",
    "string",
    "true",
    "false",
    "odd",
    "even",
    "in",
    "eq",
    "ne",
    "startingwith",
    "endingwith",
    "at_least",
    "at_most",
    "more_than",
    "less_than",
];
const KEYWORDS: &[&str] =
    &["if", "elif", "else", "for", "in", "is", "and", "or", "not", "set", "with", "filter"];

/// Checks a text at `pointer`, and adds what it needs. Returns whether it can be used.
pub(super) fn check(
    environment: &Environment<'_>,
    pointer: &str,
    source: &str,
    needs: &mut Needs,
    problems: &mut Vec<Problem>,
) -> bool {
    let before = problems.len();
    let mut add = |line: Option<usize>, code: &'static str, detail: String| {
        problems.push(Problem { pointer: pointer.to_owned(), line, code, detail });
    };
    let tags = match tags(source) {
        Ok(tags) => tags,
        Err(line) => {
            add(Some(line), "expression_not_closed", "this `{{`, `{%` or `{#` is never closed".to_owned());
            return false;
        }
    };
    for tag in &tags {
        check_tag(tag, needs, &mut |code, detail| add(Some(tag.line), code, detail));
    }
    if problems.len() == before {
        match environment.template_from_named_str("text", source) {
            Ok(template) => {
                let mut names: Vec<_> = template.undeclared_variables(true).into_iter().collect();
                names.sort();
                for name in names {
                    if let Err(detail) = take_name(&name, needs) {
                        let root = name.split('.').next().unwrap_or_default();
                        let is_here = |tag: &&Tag<'_>| tag.words().contains(&Word::Name(root));
                        let line = tags.iter().find(is_here).map(|tag| tag.line);
                        problems.push(Problem {
                            pointer: pointer.to_owned(),
                            line,
                            code: "unknown_value",
                            detail,
                        });
                    }
                }
            }
            Err(error) => problems.push(syntax(pointer, &error)),
        }
    }
    problems.len() == before
}

fn syntax(pointer: &str, error: &Error) -> Problem {
    let detail = error.detail().unwrap_or("cannot be read");
    Problem {
        pointer: pointer.to_owned(),
        line: error.line(),
        code: "bad_expression",
        detail: format!("the expression cannot be read: {detail}"),
    }
}

fn check_tag(tag: &Tag<'_>, needs: &mut Needs, add: &mut impl FnMut(&'static str, String)) {
    if tag.kind == Kind::Remark {
        return;
    }
    if let Some(keyword) = tag.keyword()
        && !STATEMENTS.contains(&keyword)
    {
        let is_from_outside = ["include", "import", "from", "extends", "block"].contains(&keyword);
        let code = if is_from_outside { "no_includes" } else { "unknown_statement" };
        let advice =
            if is_from_outside { "a template stands alone: write the text out" } else { "see the list" };
        add(code, format!("there is no `{{% {keyword} %}}` here; {advice}: {}", STATEMENTS.join(", ")));
    }
    let words = tag.words();
    for (at, word) in words.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| words.get(before));
        let after = words.get(at.saturating_add(1));
        match word {
            Word::Name(name) => {
                check_name(name, before, after, words.get(at..).unwrap_or_default(), needs, add)
            }
            Word::Sign(sign @ ('<' | '>')) if !is_of_loop(&words) => {
                let tests = "`is at_least(…)`, `is at_most(…)`, `is more_than(…)` or `is less_than(…)`";
                add("compare_by_test", format!("`{sign}` compares no exact numbers here; write {tests}"));
            }
            _ => {}
        }
    }
}

/// True if the words are about the turns of a loop or lengths, which are whole numbers.
fn is_of_loop(words: &[Word<'_>]) -> bool {
    words.iter().any(|word| matches!(word, Word::Name("loop" | "length" | "count")))
}

fn check_name<'s>(
    name: &'s str,
    before: Option<&Word<'s>>,
    after: Option<&Word<'s>>,
    words: &[Word<'s>],
    needs: &mut Needs,
    add: &mut impl FnMut(&'static str, String),
) {
    match before {
        Some(Word::Sign('|')) if !FILTERS.contains(&name) => {
            add("unknown_filter", format!("there is no filter `{name}`; there are {}", FILTERS.join(", ")));
        }
        Some(Word::Name("is")) if name != "not" && !TESTS.contains(&name) => {
            add("unknown_test", format!("there is no test `{name}`; there are {}", TESTS.join(", ")));
        }
        Some(Word::Sign('|' | '.') | Word::Name("is" | "not")) => {}
        _ if after == Some(&Word::Sign('(')) && !KEYWORDS.contains(&name) => {
            check_call(name, words, needs, add);
        }
        _ => {}
    }
}

/// Checks a call, whose words begin with the name of the macro.
fn check_call(name: &str, words: &[Word<'_>], needs: &mut Needs, add: &mut impl FnMut(&'static str, String)) {
    if !MACROS.contains(&name) {
        add("unknown_macro", format!("there is no macro `{name}(…)`; there are {}", MACROS.join(", ")));
        return;
    }
    needs.points |= name == "points";
    if !NAMED.contains(&name) {
        return;
    }
    let [_, _, Word::Text(id), Word::Sign(')'), ..] = words else {
        let detail = format!(
            "`{name}(…)` takes a name in quotes, such as `{name}(\"spring\")`, so that it is known before"
        );
        add("macro_needs_text", detail);
        return;
    };
    let names = match name {
        "offer" => &mut needs.offers,
        "product" => &mut needs.products,
        "coupon" => &mut needs.coupons,
        _ => &mut needs.surveys,
    };
    names.insert((*id).to_owned());
}

/// Takes a name that the text reads, with what stands below it, or says what is wrong with it.
fn take_name(name: &str, needs: &mut Needs) -> Result<(), String> {
    let (root, rest) = name.split_once('.').unwrap_or((name, ""));
    match root {
        "member" => {
            let below = rest.split('.').next().unwrap_or_default();
            needs.points |= below == "points" || below.is_empty();
            needs.member.insert(below.to_owned());
        }
        "event" | "values" => {
            needs.given.insert(name.to_owned());
        }
        "unsubscribe_url" => needs.unsubscribe = true,
        _ if NAMES.contains(&root) || MACROS.contains(&root) => {}
        _ => {
            let known = [NAMES, MACROS].concat().join(", ");
            return Err(format!("there is no value `{name}`; there are {known}, and what stands below them"));
        }
    }
    Ok(())
}
