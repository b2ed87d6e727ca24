//! Compiles a template: once for each version, with every problem it has.

use minijinja::{Environment, Error};

use super::check::{Needs, check};
use super::document::{Body, CHANNELS, Category, Template, Texts};
use super::environment::{Limits, environment};
use super::links::links;
use super::lints::lints;
use super::mjml;
use super::problem::{Problem, pointer};
use super::tags::{line_of, tags};

/// The most bytes of one text of a template.
const SOURCE_BYTES_MAX: usize = 256 * 1024;
/// The most languages of a template.
const LANGUAGES_MAX: usize = 32;

/// The picture that tells that a mail was opened.
const OPEN_PIXEL: &str = "{% if open_url__ %}<img src=\"{{ open_url__ }}\" width=\"1\" height=\"1\" alt=\"\" style=\"display:block\">{% endif %}";

/// A template that can be rendered.
#[derive(Debug)]
pub struct Compiled {
    pub(super) template: Template,
    pub(super) environment: Environment<'static>,
    pub(super) limits: Limits,
    needs: Needs,
    warnings: Vec<Problem>,
}

/// Compiles a template, or says all that is wrong with it.
pub fn compile(template: &Template) -> Result<Compiled, Vec<Problem>> {
    compile_within(template, Limits::default())
}

/// Compiles a template whose renderings keep to limits.
pub fn compile_within(template: &Template, limits: Limits) -> Result<Compiled, Vec<Problem>> {
    let mut problems = Vec::new();
    check_document(template, &mut problems);
    let mut compiled = Compiled {
        template: template.clone(),
        environment: environment(limits),
        limits,
        needs: Needs::default(),
        warnings: Vec::new(),
    };
    for (language, texts) in &template.languages {
        compiled.add_language(language, texts, &mut problems);
    }
    if problems.is_empty() { Ok(compiled) } else { Err(problems) }
}

fn problem(pointer: String, code: &'static str, detail: impl Into<String>) -> Problem {
    Problem { pointer, line: None, code, detail: detail.into() }
}

fn check_document(template: &Template, problems: &mut Vec<Problem>) {
    if !CHANNELS.contains(&template.channel.as_str()) {
        let detail = format!("must be one of {}", CHANNELS.join(", "));
        problems.push(problem("/channel".to_owned(), "unknown_channel", detail));
    }
    if template.category == Category::Marketing && template.topic.as_ref().is_some_and(String::is_empty) {
        problems.push(problem("/topic".to_owned(), "empty", "must be the name of a topic, or left out"));
    }
    if !template.languages.contains_key(&template.language) {
        let detail = "must be one of `languages`: it is for members whose language is not among them";
        problems.push(problem("/language".to_owned(), "language_without_texts", detail));
    }
    if template.languages.len() > LANGUAGES_MAX {
        problems.push(problem(
            "/languages".to_owned(),
            "too_many",
            format!("at most {LANGUAGES_MAX} languages"),
        ));
    }
    for (language, texts) in &template.languages {
        let whole = format!("/languages/{}", language.replace('~', "~0").replace('/', "~1"));
        let is_part =
            |part: &str| !part.is_empty() && part.chars().all(|letter| letter.is_ascii_alphanumeric());
        if language.len() > 20 || !language.split('-').all(is_part) {
            problems.push(problem(whole.clone(), "not_a_language", "must be a tag such as `ru` or `pt-BR`"));
        }
        if template.is_email() && texts.body.is_none() && texts.text.is_none() {
            problems.push(problem(whole, "missing_text", "an e-mail needs `mjml`, `html` or `text`"));
        } else if !template.is_email() && texts.text.is_none() {
            problems.push(problem(
                whole,
                "missing_text",
                format!("a message by {} needs `text`", template.channel),
            ));
        } else if !template.is_email() && texts.body.is_some() {
            let detail = "only e-mail has a page; write `text`";
            problems.push(problem(pointer(language, texts.body_field()), "page_without_email", detail));
        }
    }
}

impl Compiled {
    /// The template's document.
    pub fn template(&self) -> &Template {
        &self.template
    }

    /// The values that it asks for, in all its languages.
    pub fn needs(&self) -> &Needs {
        &self.needs
    }

    /// Warnings about it.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    fn add_language(&mut self, language: &str, texts: &Texts, problems: &mut Vec<Problem>) {
        let lines = [("subject", &texts.subject), ("preheader", &texts.preheader), ("text", &texts.text)];
        for (field, source) in lines {
            if let Some(source) = source
                && self.check(language, field, source, problems)
            {
                self.add(language, &format!("{field}.txt"), source.clone(), problems);
            }
        }
        let Some(body) = &texts.body else { return };
        let field = texts.body_field();
        if !self.check(language, field, body.source(), problems) {
            return;
        }
        let html = match body {
            Body::Html(html) => html.clone(),
            Body::Mjml(source) => match mjml::make(&pointer(language, field), language, source) {
                Ok(made) => {
                    self.warnings.extend(made.warnings);
                    made.html
                }
                Err(problem) => return problems.push(problem),
            },
        };
        let needs = self.needs.clone();
        self.warnings.extend(lints(&self.template, language, texts, Some(&html), &needs));
        self.add(language, "body.html", with_pixel(&html), problems);
    }

    fn check(&mut self, language: &str, field: &str, source: &str, problems: &mut Vec<Problem>) -> bool {
        if source.len() > SOURCE_BYTES_MAX {
            let detail = format!("has {} bytes; at most {SOURCE_BYTES_MAX} are taken", source.len());
            problems.push(problem(pointer(language, field), "text_too_long", detail));
            return false;
        }
        check(&self.environment, &pointer(language, field), source, &mut self.needs, problems)
    }

    fn add(&mut self, language: &str, part: &str, source: String, problems: &mut Vec<Problem>) {
        let name = format!("{language}/{part}");
        if let Err(error) = self.environment.add_template_owned(name.clone(), source) {
            let (pointer, line) = self.place(&name, &error);
            let detail = format!("the expression cannot be read: {}", error.detail().unwrap_or("syntax"));
            problems.push(Problem { pointer, line, code: "bad_expression", detail });
        }
    }

    /// Where in the document an error of a text is: pointer and line.
    pub(super) fn place(&self, name: &str, error: &Error) -> (String, Option<usize>) {
        let (language, part) = name.split_once('/').unwrap_or((name, ""));
        let texts = self.template.languages.get(language);
        let field = match part {
            "body.html" => texts.map_or("html", Texts::body_field),
            part => part.strip_suffix(".txt").unwrap_or(part),
        };
        let line = match texts.and_then(|texts| texts.body.as_ref()) {
            Some(Body::Mjml(source)) if part == "body.html" => self.line_of_mjml(name, source, error),
            _ => error.line(),
        };
        (pointer(language, field), line)
    }

    /// The line of MJML that an error in the HTML comes from: that of the same expression.
    fn line_of_mjml(&self, name: &str, source: &str, error: &Error) -> Option<usize> {
        let template = self.environment.get_template(name).ok()?;
        let html = template.source();
        let at = error.range()?.start;
        let tag = tags(html).ok()?.into_iter().find(|tag| (tag.start..tag.end).contains(&at))?;
        let text = html.get(tag.start..tag.end)?;
        Some(line_of(source, source.find(text)?))
    }

    /// The addresses that a page of a language leads to, as far as they are known before it is rendered.
    pub fn links(&self, language: &str) -> Vec<super::links::Link> {
        let page = self.environment.get_template(&format!("{language}/body.html"));
        page.map(|page| links(page.source())).unwrap_or_default()
    }
}

/// The page with the slot of the open pixel at its end.
fn with_pixel(html: &str) -> String {
    let at = html.rfind("</body>").unwrap_or(html.len());
    let (before, after) = html.split_at_checked(at).unwrap_or((html, ""));
    format!("{before}{OPEN_PIXEL}{after}")
}
