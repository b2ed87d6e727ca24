//! Templates: what many mail programs do not show is a warning with its place, never a refusal.
#![allow(clippy::expect_used, reason = "a test that cannot go on stops")]

use communications::templates::{Body, Category, Problem, Template, Texts, Values, compile};

fn template(body: Body) -> Template {
    let texts = Texts { subject: Some("s".to_owned()), body: Some(body), ..Texts::default() };
    Template {
        name: "t".to_owned(),
        channel: "email".to_owned(),
        category: Category::Transactional,
        topic: None,
        language: "en".to_owned(),
        languages: [("en".to_owned(), texts)].into(),
        stand_in_picture: None,
    }
}

fn warnings(body: Body) -> Vec<Problem> {
    compile(&template(body)).expect("it is taken").warnings().to_vec()
}

/// Codes, lines and the names in quotes.
fn told(warnings: &[Problem]) -> Vec<(&str, Option<usize>, &str)> {
    let name = |problem: &'_ Problem| problem.detail.find('`').map_or(0, |at| at + 1);
    warnings
        .iter()
        .map(|problem| {
            let quoted = problem.detail.get(name(problem)..).unwrap_or_default();
            (problem.code, problem.line, quoted.split('`').next().unwrap_or_default())
        })
        .collect()
}

#[test]
fn what_mail_programs_do_not_show_is_said_once_with_its_place() {
    let page = r#"<html><head><style>
@import url("https://a.example/font.css");
/* gap: 1px; resize: none */
@media (max-width: 600px) {
  .{{ values.class }} { color: red; GAP : 4px !important; }
  .b { inset: 0; {% if member.dark %}gap: 2px;{% endif %} width: clamp(1px, 2px, 3px) }
}
</style></head><body>
<!--[if mso]><p style="gap: 1px"></p><![endif]-->
<p style="display:flex; flex-wrap: wrap; color: {{ member.colour }}">text gap: 1px;
resize: none</p>
<video src="a.mp4"></video>
</body></html>"#;
    let found = warnings(Body::Html(page.to_owned()));
    assert_eq!(
        told(&found),
        [
            ("css_unsupported", Some(2), "@import"),
            ("css_unsupported", Some(5), "gap"),
            ("css_unsupported", Some(6), "inset"),
            ("css_unsupported", Some(6), "clamp()"),
            ("css_unsupported", Some(10), "flex-wrap:wrap"),
            ("html_unsupported", Some(12), "<video>"),
        ]
    );
    let gap = found.get(1).expect("gap");
    assert_eq!(gap.pointer, "/languages/en/html");
    for part in ["in 2 places", "Outlook (", "Yahoo! Mail", "can be read without it"] {
        assert!(gap.detail.contains(part), "{part}: {}", gap.detail);
    }
}

#[test]
fn what_mjml_makes_itself_is_no_warning() {
    let page = |style: &str| {
        format!(
            "<mjml><mj-head><mj-style>\n{style}\n</mj-style></mj-head><mj-body><mj-section><mj-column>\
             <mj-text>Hi</mj-text><mj-button href=\"https://a.example\">Go</mj-button>\
             </mj-column></mj-section></mj-body></mjml>"
        )
    };
    assert_eq!(warnings(Body::Mjml(page(".a { color: red }"))), []);
    let found = warnings(Body::Mjml(page(".a { transform: none }")));
    assert_eq!(told(&found), [("css_unsupported", Some(2), "transform")]);
    // Broken styles are the author's: nothing else stops.
    for style in ["}{;:@{", "a{b:(((", "/* open", ".a{gap", "@", "\u{e9}:\u{e9}("] {
        warnings(Body::Html(format!("<style>{style}</style><p style=\"{style}\">x</p>")));
    }
}

/// Every element that the reader of MJML knows, one with each that MJML has beyond it.
#[test]
fn the_elements_of_mjml_that_are_taken_are_told() {
    let whole = r##"<mjml><mj-head>
<mj-title>T</mj-title><mj-preview>P</mj-preview><mj-breakpoint width="320px" /><mj-font name="R" href="https://a.example/f.css" />
<mj-attributes><mj-all font-size="14px" /><mj-class name="big" font-size="20px" /><mj-text color="#111111" /></mj-attributes>
<mj-style>.x { color: red }</mj-style></mj-head>
<mj-body><!-- <mj-section> and <mj-of-another-world> of a remark -->
<mj-wrapper><mj-section><mj-group><mj-column><mj-text mj-class="big">wrapped</mj-text></mj-column></mj-group></mj-section></mj-wrapper>
<mj-hero background-url="https://a.example/h.png" background-height="100px" background-width="600px"><mj-text>hero</mj-text></mj-hero>
<mj-section><mj-column>
<mj-image src="https://a.example/i.png" alt="picture" /><mj-button href="https://a.example/b">button</mj-button>
<mj-divider /><mj-spacer height="10px" /><mj-table><tr><td>cell</td></tr></mj-table><mj-raw><p>raw</p></mj-raw>
<mj-social><mj-social-element name="facebook" href="https://a.example/s">social</mj-social-element></mj-social>
<mj-navbar><mj-navbar-link href="https://a.example/n">bar</mj-navbar-link></mj-navbar>
<mj-carousel><mj-carousel-image src="https://a.example/c.png" alt="turning" /></mj-carousel>
<mj-accordion><mj-accordion-element><mj-accordion-title>title</mj-accordion-title>
<mj-accordion-text>folded</mj-accordion-text></mj-accordion-element></mj-accordion>
</mj-column></mj-section></mj-body></mjml>"##;
    let compiled = compile(&template(Body::Mjml(whole.to_owned()))).expect("it is taken");
    let codes: Vec<_> = compiled.warnings().iter().map(|warning| warning.code).collect();
    assert_eq!(codes, ["foreign_icons", "foreign_icons"]);
    let made = compiled.render(&Values::default()).expect("rendered").html.expect("a page");
    for part in [
        "wrapped",
        "hero",
        "button",
        "cell",
        "<p>raw</p>",
        "social",
        "bar",
        "turning",
        "folded",
        "font-size:20px",
    ] {
        assert!(made.contains(part), "{part} in {made}");
    }
    for (body, expected) in [
        (
            "<mj-html-attributes />",
            "<mj-html-attributes> is not taken here; the elements that are taken are mjml, ",
        ),
        ("<mj-chart></mj-chart>", "<mj-chart> is not taken here"),
        ("<section></section>", "<section> has no place in <mj-body>; put it into an mj-text or an mj-raw"),
        ("{% if member.a is at_least(1) %}<br/>{% endif %}", "<br> has no place in <mj-body>"),
    ] {
        let page = format!("<mjml><mj-body>\n{body}</mj-body></mjml>");
        let problem = compile(&template(Body::Mjml(page))).expect_err("a problem").remove(0);
        let found = (problem.code, problem.line, problem.pointer.as_str());
        assert_eq!(found, ("bad_mjml", Some(2), "/languages/en/mjml"), "{body}");
        assert!(problem.detail.contains(expected), "{}", problem.detail);
    }
    let odd = "<mjml><mj-head><mj-style inline=\"inline\">a{}</mj-style>\n<mj-breakpoint width=\"320px\" colour=\"red\" /></mj-head>\
        <mj-body></mj-body></mjml>";
    let found = warnings(Body::Mjml(odd.to_owned()));
    let mjml: Vec<_> = told(&found).into_iter().filter(|(code, ..)| *code == "mjml_warning").collect();
    let expected = [("inline=\"inline\"", 1), ("colour=\"red\"", 2)];
    assert_eq!(mjml, expected.map(|(name, line)| ("mjml_warning", Some(line), name)));
}
