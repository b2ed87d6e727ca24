//! docs/offers.md: its tables have the keys of the JSON Schema, and its recipes come to the numbers that they show.

use std::collections::BTreeSet;
use std::fs;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Parser, Tag, TagEnd, TextMergeStream};
use serde_json::Value;
use tests::{cases, workspace};
use toolkit::cases::{Case, Stores};
use wire::offer::SCHEMA;

fn page() -> String {
    fs::read_to_string(workspace::root().join("docs/offers.md")).expect("the page")
}

/// A block of TOML, below its heading.
struct Block {
    heading: String,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let (mut blocks, mut heading, mut in_heading, mut in_block) = (Vec::new(), String::new(), false, false);
    for event in TextMergeStream::new(Parser::new(page)) {
        match event {
            Event::Start(Tag::Heading { level: HeadingLevel::H2 | HeadingLevel::H3, .. }) => {
                heading.clear();
                in_heading = true;
            }
            Event::End(TagEnd::Heading(_)) => in_heading = false,
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => in_block = &*language == "toml",
            Event::End(TagEnd::CodeBlock) => in_block = false,
            Event::Text(text) if in_heading => heading.push_str(&text),
            Event::Text(text) if in_block => {
                blocks.push(Block { heading: heading.clone(), text: text.into_string() });
            }
            _ => {}
        }
    }
    blocks
}

/// The recipes of the page, as files beside their store.
struct Recipes {
    folder: tempfile::TempDir,
    /// Headings, in the order of the page; the file of each is named by its number.
    headings: Vec<String>,
}

impl Recipes {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut blocks = blocks(&page()).into_iter();
        let store = blocks.next().expect("the store");
        assert!(store.text.starts_with("# store.toml"), "{}", store.text);
        fs::write(folder.path().join("store.toml"), store.text).expect("a file");
        let mut headings = Vec::new();
        for (number, block) in blocks.enumerate() {
            fs::write(folder.path().join(format!("{number}.toml")), block.text).expect("a file");
            headings.push(block.heading);
        }
        Self { folder, headings }
    }

    fn files(&self) -> impl Iterator<Item = (&str, std::path::PathBuf)> {
        let path = |number: usize| self.folder.path().join(format!("{number}.toml"));
        self.headings.iter().enumerate().map(move |(number, heading)| (heading.as_str(), path(number)))
    }
}

#[test]
fn recipes_come_to_the_numbers_of_the_page() {
    let recipes = Recipes::new();
    let distinct: BTreeSet<&String> = recipes.headings.iter().collect();
    assert!(distinct.len() >= 20 && distinct.len() == recipes.headings.len(), "{:?}", recipes.headings);
    let mut failed = Vec::new();
    for (heading, file) in recipes.files() {
        match cases::run_with(&file, &Stores::Beside) {
            Ok(differences) => {
                failed.extend(differences.into_iter().map(|found| format!("{heading}: {found}")));
            }
            Err(error) => failed.push(format!("{heading}: {error:#}")),
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn the_schema_takes_the_offers_of_the_recipes_and_no_misplaced_key() {
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    jsonschema::draft202012::meta::validate(&schema).expect("a sound schema");
    let schema = jsonschema::draft202012::new(&schema).expect("a schema");
    let recipes = Recipes::new();
    let mut offers = Vec::new();
    for (heading, file) in recipes.files() {
        let case = Case::read(&file, &Stores::Beside).expect("a case");
        let own = case.plan["offers"].as_array().into_iter().flatten().cloned();
        offers.extend(own.map(|offer| (heading.to_owned(), offer)));
    }
    assert!(offers.len() >= 20, "{}", offers.len());
    for (heading, offer) in &offers {
        let found: Vec<String> = schema.iter_errors(offer).map(|error| error.to_string()).collect();
        assert!(found.is_empty(), "{heading}: {found:?}");
        let mut misplaced = offer.clone();
        misplaced["audience"] = Value::from("vip");
        assert!(!schema.is_valid(&misplaced), "{heading}");
    }
}

/// The keys of the schema with their places, as `filters.hours.from`.
fn keys_of_schema() -> BTreeSet<String> {
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    let mut keys = BTreeSet::new();
    collect(&schema, &schema, "", &mut keys);
    keys
}

fn collect(root: &Value, part: &Value, place: &str, keys: &mut BTreeSet<String>) {
    if let Some(target) = part["$ref"].as_str() {
        return collect(
            root,
            root.pointer(target.trim_start_matches('#')).expect("a definition"),
            place,
            keys,
        );
    }
    for one in part["oneOf"].as_array().into_iter().flatten() {
        collect(root, one, place, keys);
    }
    if part["items"].is_object() {
        collect(root, &part["items"], &format!("{place}[]"), keys);
    }
    for (name, field) in part["properties"].as_object().into_iter().flatten() {
        let place = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
        collect(root, field, &place, keys);
        keys.insert(place);
    }
}

/// The keys in the first column of the tables of the page, with the place in the heading before their names. Fails if a
/// row lacks its meaning.
fn keys_of_page() -> BTreeSet<String> {
    let page = page();
    let (_, keys) = page.split_once("\n## Keys\n").expect("a section");
    let (keys, _) = keys.split_once("\n## ").expect("the next section");
    let (mut found, mut place) = (BTreeSet::new(), "");
    for line in keys.lines() {
        if let Some(heading) = line.strip_prefix("### ") {
            place = heading.split('`').nth(1).unwrap_or("");
        }
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let Some(name) = cells[0].strip_prefix('`').and_then(|cell| cell.strip_suffix('`')) else { continue };
        assert!(cells.len() == 4 && !cells[1].is_empty(), "key, meaning, default, example: {line}");
        let key = if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
        assert!(found.insert(key), "twice: {line}");
    }
    found
}

#[test]
fn the_page_tells_every_key_and_no_other() {
    let (schema, page) = (keys_of_schema(), keys_of_page());
    assert_eq!(schema.difference(&page).collect::<Vec<_>>(), Vec::<&String>::new(), "the page lacks these");
    assert_eq!(page.difference(&schema).collect::<Vec<_>>(), Vec::<&String>::new(), "the schema lacks these");
    assert!(schema.contains("filters.audience.include") && schema.contains("limits[].uses"), "{schema:?}");
}
