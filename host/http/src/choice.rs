//! Parameters of queries that are one of a few words.

use crate::error::ApiError;

/// The meaning of the given word; of the first one if none is given.
pub(crate) fn choice<T: Copy>(name: &str, given: Option<&str>, choices: &[(&str, T)]) -> Result<T, ApiError> {
    let chosen = match given {
        None => choices.first(),
        Some(given) => choices.iter().find(|(word, _)| *word == given),
    };
    chosen.map(|(_, meaning)| *meaning).ok_or_else(|| {
        let words: Vec<String> = choices.iter().map(|(word, _)| format!("`{word}`")).collect();
        let words = match words.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            _ => words.concat(),
        };
        let given = given.unwrap_or_default();
        ApiError::MalformedQuery(format!("`{name}` must be {words}, got `{given}`"))
    })
}

#[cfg(test)]
mod tests {
    use super::choice;

    #[test]
    fn the_first_word_is_the_default() {
        let choose = |given| choice("mode", given, &[("add", 1), ("remove", 2), ("replace", 3)]);
        assert_eq!([choose(None).ok(), choose(Some("replace")).ok()], [Some(1), Some(3)]);
        let refused = choose(Some("x")).map_err(|error| error.to_string());
        let expected = "the query cannot be read: `mode` must be `add`, `remove` or `replace`, got `x`";
        assert_eq!(refused.unwrap_err(), expected);
    }
}
