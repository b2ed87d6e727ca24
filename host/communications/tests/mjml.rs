//! Pages that the host makes of MJML, beside those that the npm package `mjml` makes of the same sources. They have the same
//! visible text, links, pictures and alternative texts, and the same elements within each other: this is what is recorded of
//! the others, by `cargo xtask mjml`. Styles, comments for Outlook and the head of the page are not compared.
#![allow(clippy::expect_used, reason = "a test that cannot go on stops")]

use std::fmt;
use std::path::{Path, PathBuf};

use communications::templates::{Body, Category, Template, Texts, Values, compile};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mjml");

/// The folder of pages that are to be recorded.
const PAGES: &str = "OFFER_HOST_MJML_PAGES";

/// The parts of a page that a reader notices, in its order.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    text: Vec<String>,
    links: Vec<String>,
    /// Addresses and alternative texts.
    pictures: Vec<(String, String)>,
    /// Each element with the number of those around it.
    elements: Vec<(usize, String)>,
}

/// As it is recorded: a line for each part.
impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.iter().try_for_each(|text| writeln!(f, "text {text}"))?;
        self.links.iter().try_for_each(|link| writeln!(f, "link {link}"))?;
        self.pictures.iter().try_for_each(|(src, alt)| writeln!(f, "picture {src} \"{alt}\""))?;
        self.elements.iter().try_for_each(|(depth, name)| writeln!(f, "element {depth} {name}"))
    }
}

/// Elements that have no end.
const VOID: [&str; 6] = ["br", "hr", "img", "input", "link", "meta"];

/// Reads the body of a page. Comments are left out, and so is what only Outlook reads.
fn seen(html: &str) -> Seen {
    let (_, body) = html.split_once("<body").expect("a body");
    let mut seen = Seen::default();
    let mut depth = 0_usize;
    let mut rest = body.split_once('>').expect("the end of the tag").1;
    while let Some((text, after)) = rest.split_once('<') {
        add_text(&mut seen, text);
        if let Some(comment) = after.strip_prefix("!--") {
            rest = comment.split_once("-->").expect("the end of a comment").1;
            continue;
        }
        let (tag, after) = after.split_once('>').expect("the end of a tag");
        rest = after;
        let name = tag.trim_start_matches('/').split(|letter: char| !letter.is_ascii_alphanumeric()).next();
        let name = name.unwrap_or_default().to_ascii_lowercase();
        if name == "style" {
            rest = after.split_once("</style>").expect("the end of a style").1;
        } else if tag.starts_with('/') {
            depth = depth.saturating_sub(1);
        } else if !name.is_empty() {
            add_element(&mut seen, &name, tag, depth);
            let is_open = !VOID.contains(&name.as_str()) && !tag.ends_with('/');
            depth = depth.saturating_add(usize::from(is_open));
        }
    }
    seen
}

fn add_text(seen: &mut Seen, text: &str) {
    let text = decoded(text).split_whitespace().collect::<Vec<_>>().join(" ");
    if !text.is_empty() {
        seen.text.push(text);
    }
}

fn add_element(seen: &mut Seen, name: &str, tag: &str, depth: usize) {
    if name == "a"
        && let Some(href) = attribute(tag, "href")
    {
        seen.links.push(href);
    }
    if name == "img" {
        seen.pictures
            .push((attribute(tag, "src").unwrap_or_default(), attribute(tag, "alt").unwrap_or_default()));
    }
    seen.elements.push((depth, name.to_owned()));
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, value) = tag.split_once(&format!(" {name}=\""))?;
    Some(decoded(value.split_once('"')?.0))
}

fn decoded(text: &str) -> String {
    let known = [
        ("&nbsp;", " "),
        ("&#160;", " "),
        ("&#xA0;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&amp;", "&"),
    ];
    known.into_iter().fold(text.to_owned(), |text, (code, letter)| text.replace(code, letter))
}

/// The page that the host makes.
fn made(source: &str) -> String {
    let texts = Texts {
        subject: Some("A page".to_owned()),
        body: Some(Body::Mjml(source.to_owned())),
        ..Texts::default()
    };
    let template = Template {
        name: "t".to_owned(),
        channel: "email".to_owned(),
        category: Category::Transactional,
        topic: None,
        language: "en".to_owned(),
        languages: [("en".to_owned(), texts)].into(),
        stand_in_picture: None,
    };
    let rendered = compile(&template).expect("it compiles").render(&Values::default()).expect("it renders");
    rendered.html.expect("a page")
}

/// The sources, in the order of their names.
fn sources() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(FOLDER).expect("the folder").map(|entry| entry.expect("an entry").path());
    let mut sources: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|ending| ending == "mjml")).collect();
    sources.sort();
    sources
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a file; `cargo xtask mjml` makes it")
}

#[test]
fn pages_are_those_that_the_authors_of_mjml_make() {
    let sources = sources();
    assert_eq!(sources.len(), 4);
    for source in sources {
        let (ours, theirs) = (seen(&made(&read(&source))).to_string(), read(&source.with_extension("txt")));
        assert!(theirs.starts_with("text "), "{}", source.display());
        let (ours, theirs): (Vec<_>, Vec<_>) = (ours.lines().collect(), theirs.lines().collect());
        assert_eq!(ours, theirs, "{}", source.display());
    }
}

#[test]
#[ignore = "records pages of the npm package mjml, which `cargo xtask mjml` makes before it runs this"]
fn pages_of_the_authors_are_recorded() {
    let pages = PathBuf::from(std::env::var(PAGES).expect("the folder of the pages"));
    for source in sources() {
        let page = pages.join(source.file_name().expect("a name")).with_extension("html");
        std::fs::write(source.with_extension("txt"), seen(&read(&page)).to_string()).expect("it is written");
    }
}

#[test]
fn a_difference_is_seen() {
    let page = |inner: &str| format!("<html><body style=\"x\">{inner}</body></html>");
    let whole = seen(&page(
        "<!-- no --><p>One &amp; two</p><a href=\"https://a.example/?a&amp;b\"><img src=\"x\" alt=\"X\" /></a>",
    ));
    assert_eq!(whole.text, ["One & two"]);
    assert_eq!(whole.links, ["https://a.example/?a&b"]);
    assert_eq!(whole.pictures, [("x".to_owned(), "X".to_owned())]);
    assert_eq!(whole.elements, [(0, "p".to_owned()), (0, "a".to_owned()), (1, "img".to_owned())]);
    for other in ["<p>One &amp; two</p>", "<div><p>One &amp; two</p></div>", "<p>One <b>&amp;</b> two</p>"] {
        assert_ne!(seen(&page(other)), whole, "{other}");
    }
    assert_ne!(seen(&page("<p>One</p><p>Two</p>")).elements, seen(&page("<p>One<p>Two</p></p>")).elements);
}
