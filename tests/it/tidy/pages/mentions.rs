//! Pages and places that a line of text names without a link: in comments, case files and messages.

/// Everything in a text that [`mentions`] finds, with its line.
pub(super) fn of_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..)
        .zip(text.lines())
        .flat_map(|(number, line)| mentions(line).into_iter().map(move |mention| (number, mention)))
}

/// Everything in a line that looks like a page (`docs/limits.md`, with or without `#heading`) or a path
/// out of a folder (`../x`). Addresses on the web and links of Markdown are not among them.
fn mentions(line: &str) -> Vec<&str> {
    let is_part = |letter: char| letter.is_alphanumeric() || "_./#-:".contains(letter);
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(start) = rest.find(is_part) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|letter| !is_part(letter)).unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        // `\n` in a string is no letter of what follows.
        let word = if before.ends_with('\\') { word.get(1..).unwrap_or_default() } else { word };
        let word = word.trim_end_matches(['.', ':', '-', '#']);
        let is_link = before.ends_with("](");
        if !is_link && !word.contains("://") && (names_a_page(word) || leads_up(word) || is_beside_us(word)) {
            found.push(word);
        }
        rest = after;
    }
    found
}

/// True if it is the name of a page, with or without folder and anchor.
pub(super) fn names_a_page(word: &str) -> bool {
    let path = word.split('#').next().unwrap_or_default();
    let stem = path.strip_suffix(".md");
    !word.starts_with('/') && stem.is_some_and(|stem| !stem.is_empty() && !stem.ends_with('/'))
}

fn leads_up(word: &str) -> bool {
    word.starts_with("../")
}

/// True if it names the folder `shared`, which some have beside the repository.
pub(super) fn is_beside_us(word: &str) -> bool {
    let mut inner = word;
    while let Some(rest) = inner.strip_prefix("../") {
        inner = rest;
    }
    inner.strip_prefix("shared/").is_some_and(|rest| !rest.is_empty())
}

/// Pages that the learner writes, without their ending.
const WRITTEN: [&str; 2] = ["card", "summary"];

/// True if the learner, or the page about it, names a page that it writes, or the data sets of real experiments
/// that its tests look for beside the repository, and do without.
pub(super) fn is_of_the_learner(file: &str, mention: &str) -> bool {
    let is_its_own = file.starts_with("learn/") || file.strip_suffix(".md") == Some("docs/learning");
    let page = mention.rsplit('/').next().and_then(|page| page.strip_suffix(".md"));
    let is_data = mention
        .trim_start_matches("../")
        .strip_prefix("shared/")
        .is_some_and(|rest| rest.starts_with("data"));
    is_its_own && (is_data || page.is_some_and(|page| WRITTEN.contains(&page)))
}
