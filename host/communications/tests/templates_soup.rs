//! Texts that nobody would write: whatever they are, they are refused or rendered, within limits.

use communications::templates::{
    Body, Category, Limits, Template, Texts, Values, compile_within, links, plain_text, rewrite,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Parts of templates, well-formed and not.
const PARTS: &[&str] = &[
    "<mjml>",
    "</mjml>",
    "<mj-head>",
    "</mj-head>",
    "<mj-body>",
    "</mj-body>",
    "<mj-body width=\"x\">",
    "<mj-section>",
    "</mj-section>",
    "<mj-column width=\"0%\">",
    "<mj-column>",
    "</mj-column>",
    "<mj-text>",
    "</mj-text>",
    "<mj-image />",
    "<mj-image src=\"{{ member.a }}\" alt>",
    "<mj-raw>",
    "</mj-raw>",
    "<mj-table>",
    "</mj-table>",
    "<mj-spacer height=\"-1px\"/>",
    "<mj-style inline=\"inline\">",
    "</mj-style>",
    "<mj-include path=\"x\"/>",
    "<mj-attributes>",
    "<mj-all padding=\"1\"/>",
    "<p>",
    "</p>",
    "<a href=\"https://a.example/?x=1&amp;y\">",
    "<a href='{{ unsubscribe_url }}'",
    "</a>",
    "<!--",
    "-->",
    "<!--[if mso]>",
    "<![endif]-->",
    "<",
    ">",
    "&",
    "&#x10FFFF;",
    "&#99999999;",
    "\"",
    "'",
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    "{{ member.a }}",
    "{{ offer('x').title }}",
    "{{ 'a' * 9999999 }}",
    "{{ [1] * 99999 }}",
    "{% if member %}",
    "{% endif %}",
    "{% for a in range(99) %}",
    "{% endfor %}",
    "{% set a = 1 %}",
    "{{ a | plural('b') }}",
    "{{ '9' | money }}",
    "{{ '2026-13-01' | date }}",
    "{{ 9223372036854775807 | date(days=999999999) }}",
    "xq0qx",
    "xq",
    "qx",
    "ё",
    "\u{0}",
    "\n",
    " ",
    "style=\"display:none\"",
    "<td>",
    "</body>",
    "<body",
    "=",
];

fn soup() -> impl Strategy<Value = String> {
    vec(select(PARTS), 0..40).prop_map(|parts| parts.concat())
}

/// Blocks in their place around parts that need not be.
fn page() -> impl Strategy<Value = String> {
    soup().prop_map(|soup| {
        format!(
            "<mjml><mj-body><mj-section><mj-column><mj-text>{soup}</mj-text></mj-column></mj-section></mj-body></mjml>"
        )
    })
}

fn template(body: Body, text: &str) -> Template {
    let text = Some(text.to_owned());
    let texts = Texts { subject: text.clone(), preheader: text.clone(), body: Some(body), text };
    Template {
        name: "soup".to_owned(),
        channel: "email".to_owned(),
        category: Category::Marketing,
        topic: None,
        language: "ru".to_owned(),
        languages: [("ru".to_owned(), texts)].into(),
        stand_in_picture: None,
    }
}

fn check(body: Body, text: &str) {
    let limits = Limits { fuel: 20_000, output_bytes: 20_000 };
    let Ok(compiled) = compile_within(&template(body, text), limits) else { return };
    let mut values = Values { zone: "Nowhere".to_owned(), ..Values::default() };
    values.member.insert("a".to_owned(), serde_json::json!({"b": [1, "x", null, "1.5"]}));
    if let Ok(made) = compiled.render(&values) {
        assert!(made.text.len() <= 20_000 && !made.subject.contains('\n'), "{made:?}");
        let again = compiled.render(&values);
        assert_eq!(again, Ok(made), "the same values give the same bytes");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn soup_is_refused_or_rendered(mjml in soup(), text in soup()) {
        check(Body::Mjml(mjml), &text);
    }

    #[test]
    fn soup_within_blocks_is_refused_or_rendered(mjml in page(), text in soup()) {
        check(Body::Mjml(mjml), &text);
    }

    #[test]
    fn html_soup_is_refused_or_rendered(html in soup(), text in soup()) {
        check(Body::Html(html), &text);
    }

    #[test]
    fn pages_that_are_not_changed_stay_as_they_are(html in soup()) {
        prop_assert_eq!(&rewrite(&html, |_| None), &html);
        let found = links(&html);
        let changed = rewrite(&html, |link| Some(format!("https://t.example/{}", link.number)));
        prop_assert_eq!(links(&changed).len(), found.len());
        plain_text(&html);
    }
}
