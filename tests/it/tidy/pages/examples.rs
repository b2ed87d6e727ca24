//! Made-up repositories that show what the rule sees.

use super::Repository;

/// `~` stands for the dot before `md` and `beside` for `shared`, or else the rule would find the names
/// below in this file.
fn written(text: &str) -> String {
    text.replace('~', ".").replace("beside", "shared")
}

/// The problems of a repository of a few files and this one.
fn problems(name: &str, text: &str) -> Vec<String> {
    let files = [
        ("README~md", "# Start\n\n## A short tour\n\n## A short tour\n"),
        ("docs/limits~md", "# Sizes, in `bytes`\n\n<a id=\"fuel\"></a>\n\nText\n"),
        ("tests/beside/data.rs", ""),
        ("wit/v1/rule.wit", ""),
        (name, text),
    ];
    let files = files.map(|(name, text)| (written(name), Some(written(text))));
    Repository::new(files).problems()
}

#[test]
fn what_is_there_may_be_pointed_to() {
    for (name, text) in [
        ("docs/new~md", "# N\n[a](limits~md) [b](../README~md#a-short-tour-1) [c](#n) [d](../wit/v1)"),
        (
            "docs/new~md",
            "[a](limits~md#sizes-in-bytes) [b](limits~md#fuel) [c](../wit/v1/rule.wit) [d][e]\n\n[e]: limits~md",
        ),
        ("docs/new~md", "[a](https://example.com/none~md) <mailto:a@example.com> https://example.com/no~md"),
        (
            "docs/new~md",
            "[`../wit`](../wit), `limits~md`, `docs/limits~md#fuel`, .../none, `docs/*~md`, `{name}~md`",
        ),
        ("host/a/src/lib.rs", "//! See README~md#a-short-tour.\n// docs/limits~md: \"\\nREADME~md\""),
        ("host/a/src/lib.rs", "include!(\"../../../README~md\"); path: \"../../wit/v1\""),
        ("docs/new~md", "`cd wit/v1/a && ls ../../../wit/v1`"),
        ("tests/it.rs", "#[path = \"beside/data.rs\"]"),
        ("tests/cases/a.toml", "rule = \"docs/limits~md#fuel\""),
        ("learn/a/src/lib.rs", "//! Writes card~md, from ../beside/data/a."),
    ] {
        assert_eq!(problems(name, text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn what_is_not_there_is_told() {
    for (name, text, problem) in [
        ("docs/new~md", "\n[a](none~md)", "docs/new~md:2: none~md: is not in the repository"),
        ("docs/new~md", "![a](a.png)", "docs/new~md:1: a.png: is not in the repository"),
        ("docs/new~md", "[a][b]\n\n[b]: a.png", "docs/new~md:1: a.png: is not in the repository"),
        ("docs/new~md", "[a](#none)", "docs/new~md:1: #none: docs/new~md has no heading or anchor #none"),
        (
            "docs/new~md",
            "[a](limits~md#none)",
            "docs/new~md:1: limits~md#none: docs/limits~md has no heading or anchor #none",
        ),
        ("docs/new~md", "[a](../../other)", "docs/new~md:1: ../../other: leads out of the repository"),
        ("a.rs", "//! docs/none~md", "a.rs:1: docs/none~md: is not in the repository"),
        ("a.rs", "// none~md §3, \"Burn\"", "a.rs:1: none~md: is not in the repository"),
        ("a.rs", "// README~md#none", "a.rs:1: README~md#none: README~md has no heading or anchor #none"),
        ("tests/a.toml", "rule = \"none~md: x\"", "tests/a.toml:1: none~md: is not in the repository"),
        ("tests/a.rs", "join(\"../beside/data\")", "tests/a.rs:1: ../beside/data: is not in the repository"),
        ("learn/a.rs", "// ../beside/none", "learn/a.rs:1: ../beside/none: is not in the repository"),
        ("tests/a.rs", "// beside/none/", "tests/a.rs:1: beside/none/: is not in the repository"),
        (
            "docs/new~md",
            "`../../beside/data`",
            "docs/new~md:1: ../../beside/data: leads out of the repository",
        ),
        ("tests/a.rs", "// ../../data", "tests/a.rs:1: ../../data: leads out of the repository"),
    ] {
        assert_eq!(problems(name, text), [written(problem)], "{text}");
    }
}
