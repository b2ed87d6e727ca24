//! Reads the document of a template, with all its problems.

use communications::templates::{Body, CHANNELS, Category, Template, Texts};
use serde_json::Value;
use wire::problem::Problems;
use wire::reader::{Node, Object, Report};
use wire::web_address;

/// Reads the document of the template with this name.
pub(super) fn read(name: &str, document: &Value) -> Result<Template, Problems> {
    let report = Report::of_new();
    let template = report.root(document).object().and_then(|object| template(name, &object));
    report.finish(template).map(|(template, _)| template)
}

fn template(name: &str, document: &Object<'_, '_>) -> Option<Template> {
    let channel = document.required("channel").and_then(channel);
    let categories = [("marketing", Category::Marketing), ("transactional", Category::Transactional)];
    let category = document.required("category").and_then(|field| field.choice(&categories));
    let topic = document.field("topic").and_then(Node::name).map(str::to_owned);
    let language = document.required("language").and_then(Node::text).map(str::to_owned);
    let stand_in_picture = document.field("stand_in_picture").and_then(address);
    let languages = document.required("languages").and_then(Node::object).map(|languages| {
        languages.entries().filter_map(|(language, node)| Some((language.to_owned(), texts(node)?))).collect()
    });
    document.refuse_unknown();
    Some(Template {
        name: name.to_owned(),
        channel: channel?,
        category: category?,
        topic,
        language: language?,
        languages: languages?,
        stand_in_picture,
    })
}

fn channel(node: Node<'_, '_>) -> Option<String> {
    let channel = node.text()?;
    if !CHANNELS.contains(&channel) {
        let detail = format!("there is no kind of channel `{channel}`; there are {}", CHANNELS.join(", "));
        return node.refuse("unknown_channel", detail);
    }
    Some(channel.to_owned())
}

fn address(node: Node<'_, '_>) -> Option<String> {
    let text = node.text()?;
    if !web_address::is_one(text) {
        return node.refuse(web_address::NOT_ONE, format!("must be {}", web_address::expected()));
    }
    Some(text.to_owned())
}

fn texts(node: Node<'_, '_>) -> Option<Texts> {
    let object = node.object()?;
    let text = |name| object.text(name).map(str::to_owned);
    let body = match (text("mjml"), text("html")) {
        (Some(_), Some(_)) => {
            return node.refuse("two_pages", "has `mjml` and `html`; one of them is enough");
        }
        (Some(mjml), None) => Some(Body::Mjml(mjml)),
        (None, html) => html.map(Body::Html),
    };
    let texts = Texts { subject: text("subject"), preheader: text("preheader"), body, text: text("text") };
    object.refuse_unknown();
    Some(texts)
}
