//! Templates: what is refused before, what is rendered, and what fails by name.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

use communications::templates::{
    Body, Category, Limits, OfferFacts, PointsFacts, Problem, ProductFacts, Rendered, Template, Texts,
    Values, compile, compile_within, links, plain_text, rewrite,
};
use serde_json::{Value, json};

const PAGE: &str = r#"<mjml>
  <mj-body>
    <mj-section>
      <mj-column>
        <mj-text>Hello, {{ member.name }}!</mj-text>
        <mj-image src="{{ product("coffee-10").picture }}" alt="{{ product("coffee-10").name }}" />
      </mj-column>
    </mj-section>
    {% if offer("coffee-10") %}
    <mj-section>
      <mj-column>
        <mj-button href="https://shop.example/?a=1&amp;c={{ coupon("spring") | urlencode }}">
          {{ offer("coffee-10").title }}: {{ offer("coffee-10").value | money }}
        </mj-button>
      </mj-column>
    </mj-section>
    {% endif %}
    <mj-section><mj-column><mj-text><a href="{{ unsubscribe_url }}">Unsubscribe</a></mj-text></mj-column></mj-section>
  </mj-body>
</mjml>"#;

fn template(texts: Texts) -> Template {
    Template {
        name: "t".to_owned(),
        channel: "email".to_owned(),
        category: Category::Marketing,
        topic: None,
        language: "en".to_owned(),
        languages: [("en".to_owned(), texts)].into(),
        stand_in_picture: Some("https://shop.example/none.png".to_owned()),
    }
}

fn page(source: &str) -> Template {
    let body = Some(Body::Mjml(source.to_owned()));
    template(Texts { subject: Some("For {{ member.name }}".to_owned()), body, ..Texts::default() })
}

fn text(source: &str) -> Template {
    template(Texts { text: Some(source.to_owned()), ..Texts::default() })
}

fn object(value: Value) -> serde_json::Map<String, Value> {
    value.as_object().expect("an object").clone()
}

fn values() -> Values {
    let offer = OfferFacts {
        title: "Coffee & cake".to_owned(),
        value: Some("1234.5".to_owned()),
        ends_at: Some(1_772_668_800_000),
        version: 3,
        ..OfferFacts::default()
    };
    Values {
        zone: "Asia/Vladivostok".to_owned(),
        currency: "RUB".to_owned(),
        member: object(
            json!({"id": "m-1", "name": "Ann <b>", "points": 12, "empty": null, "tags": ["a", "b"]}),
        ),
        values: object(json!({"amount": "21.50", "n": 3})),
        offers: [("coffee-10".to_owned(), offer)].into(),
        products: [(
            "coffee-10".to_owned(),
            ProductFacts { id: "G1".to_owned(), name: "Coffee".to_owned(), picture: None },
        )]
        .into(),
        coupons: [("spring".to_owned(), "A B".to_owned())].into(),
        points: Some(PointsFacts { balance: "12.50".to_owned(), expiring: None, expires_at: None }),
        unsubscribe_url: Some("https://mail.example/u/x".to_owned()),
        open_url: Some("https://mail.example/o/x".to_owned()),
        ..Values::default()
    }
}

fn render(template: &Template) -> Rendered {
    compile(template).expect("it compiles").render(&values()).expect("it renders")
}

fn rendered_text(source: &str, language: &str) -> String {
    let mut template = text(source);
    template.language = language.to_owned();
    template.languages = [(language.to_owned(), template.languages["en"].clone())].into();
    let values = Values { language: Some(language.to_owned()), ..values() };
    compile(&template).expect("it compiles").render(&values).expect("it renders").text
}

fn problems(template: &Template) -> Vec<Problem> {
    compile(template).expect_err("problems")
}

fn refused(template: &Template) -> (&'static str, Option<usize>) {
    let problem = problems(template).remove(0);
    (problem.code, problem.line)
}

fn failure(source: &str, values: &Values) -> &'static str {
    compile(&text(source)).expect("it compiles").render(values).expect_err("a failure").code
}

#[test]
fn a_page_is_made_of_mjml_and_values() {
    let made = render(&page(PAGE));
    let html = made.html.clone().expect("a page");
    assert_eq!(made.subject, "For Ann <b>");
    assert!(html.contains("Hello, Ann &lt;b&gt;!"), "{html}");
    assert!(html.contains("https://shop.example/none.png"), "the stand-in: {html}");
    assert!(html.contains("Coffee &amp; cake: ₽1,234.50"), "{html}");
    assert!(html.contains("<img src=\"https://mail.example/o/x\" width=\"1\""), "{html}");
    assert!(!html.contains("xq0qx") && !html.contains("{{"), "{html}");
    let addresses: Vec<_> = links(&html).into_iter().map(|link| link.address).collect();
    assert_eq!(addresses, ["https://shop.example/?a=1&c=A%20B", "https://mail.example/u/x"]);
    let rewritten =
        rewrite(&html, |link| (link.number == 0).then(|| "https://mail.example/t/1?a&b".to_owned()));
    assert!(
        rewritten.contains("href=\"https://mail.example/t/1?a&amp;b\"") && rewritten.contains("/u/x"),
        "{rewritten}"
    );
    assert_eq!(
        made.text,
        "Hello, Ann <b>!\nCoffee\nCoffee & cake: ₽1,234.50 <https://shop.example/?a=1&c=A%20B>\n\
         Unsubscribe <https://mail.example/u/x>\n"
    );
}

#[test]
fn what_a_template_needs_is_known_before() {
    let compiled = compile(&page(PAGE)).expect("it compiles");
    let needs = compiled.needs();
    assert!(needs.member.contains("name") && needs.member.len() == 1, "{needs:?}");
    assert!(needs.offers.contains("coffee-10") && needs.products.contains("coffee-10"), "{needs:?}");
    assert!(needs.coupons.contains("spring") && needs.unsubscribe && !needs.points, "{needs:?}");
    assert_eq!(compiled.warnings(), []);
}

#[test]
fn a_void_promise_leaves_its_block_out_or_stops_the_message() {
    let mut values = values();
    values.offers.get_mut("coffee-10").expect("the offer").void = Some("control_group".to_owned());
    let html =
        compile(&page(PAGE)).expect("it compiles").render(&values).expect("rendered").html.expect("a page");
    assert!(!html.contains("Coffee &amp; cake") && html.contains("Unsubscribe"), "{html}");
    assert_eq!(failure("{{ offer('coffee-10').title }}", &values), "promise_void");
    assert_eq!(failure("{{ offer('coffee-10') }}", &values), "promise_void");
}

#[test]
fn a_missing_value_is_a_failure_with_its_name() {
    let nothing = Values::default();
    for (source, named) in [
        ("Hello\n{{ member.name }}", "member.name"),
        ("Hello\n{{ member.name | upper }}", "member.name"),
        ("Hello\n{% for tag in member.tags %}x{% endfor %}", "member.tags"),
        ("Hello\n{{ offer('x').title }}", "offer(\"x\")"),
        ("Hello\n{{ coupon('x') }}", "coupon(\"x\")"),
        ("Hello\n{{ points().balance }}", "points()"),
        ("Hello\n{{ unsubscribe_url }}", "unsubscribe_url"),
        ("Hello\n{{ values.amount | money }}", "number"),
    ] {
        let error = compile(&text(source)).expect("it compiles").render(&nothing).expect_err("a failure");
        assert_eq!(
            (error.code, error.line, error.place.as_str()),
            ("missing_value", Some(2), "/languages/en/text"),
            "{source}"
        );
        assert!(error.detail.contains(named), "{source}: {error}");
        assert!(error.detail.contains("missing; fill it") && !error.detail.contains("undefined"), "{error}");
    }
    assert_eq!(failure("{{ member.empty }}", &values()), "missing_value");
    assert_eq!(
        rendered_text("{{ member.empty | default('friend') }}{% if member.empty %}!{% endif %}", "en"),
        "friend"
    );
    let error =
        compile(&page(&PAGE.replace("member.name", "member.nick"))).expect("it compiles").render(&values());
    let error = error.expect_err("a failure");
    assert_eq!(
        (error.code, error.line, error.place.as_str()),
        ("missing_value", Some(5), "/languages/en/mjml")
    );
}

#[test]
fn what_a_rendering_takes_is_limited() {
    let endless = "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}";
    assert_eq!(failure(endless, &values()), "too_much_work");
    assert_eq!(failure("{% for a in range(99999999999) %}{% endfor %}", &values()), "too_much_work");
    let large = "{% for a in range(600) %}{% for b in range(10) %}0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789{% endfor %}{% endfor %}";
    assert_eq!(failure(large, &values()), "output_too_large");
    let small = Limits { output_bytes: 5, ..Limits::default() };
    assert!(compile_within(&text("12345"), small).expect("it compiles").render(&values()).is_ok());
    assert!(compile_within(&text("123456"), small).expect("it compiles").render(&values()).is_err());
}

#[test]
fn every_problem_is_found_before() {
    for (source, expected) in [
        ("<mjml>\n<mj-body>\n<mj-nothing/>\n</mj-body></mjml>", ("bad_mjml", Some(3))),
        ("<mjml>\n<mj-body>\n<mj-section>\n</mj-body></mjml>", ("bad_mjml", Some(4))),
        ("<mjml>\n<mj-body>\n", ("bad_mjml", Some(2))),
        ("<mjml><mj-body>\n<mj-include path=\"/etc/passwd\" /></mj-body></mjml>", ("no_includes", Some(2))),
        ("<p>\n</p>", ("bad_mjml", Some(1))),
    ] {
        assert_eq!(refused(&page(source)), expected, "{source}: {:?}", problems(&page(source)));
    }
    for (source, expected) in [
        ("a\n{{ member.name", ("expression_not_closed", Some(2))),
        ("a\n{{ member. }}", ("bad_expression", Some(2))),
        ("a\n{% if member.name %}", ("bad_expression", Some(2))),
        ("a\n{{ membr.name }}", ("unknown_value", Some(2))),
        ("a\n{{ weather('x') }}", ("unknown_macro", Some(2))),
        ("a\n{{ member.name | shout }}", ("unknown_filter", Some(2))),
        ("a\n{{ member.name | safe }}", ("unknown_filter", Some(2))),
        ("a\n{% if member.name is loud %}{% endif %}", ("unknown_test", Some(2))),
        ("a\n{% include 'x' %}", ("no_includes", Some(2))),
        ("a\n{% macro x() %}{% endmacro %}", ("unknown_statement", Some(2))),
        ("a\n{{ offer(member.name).title }}", ("macro_needs_text", Some(2))),
        ("a\n{% if member.points > 5 %}{% endif %}", ("compare_by_test", Some(2))),
    ] {
        assert_eq!(refused(&text(source)), expected, "{source}: {:?}", problems(&text(source)));
    }
    let mut both = page("<mjml>\n<mj-body>\n<mj-nothing/></mj-body></mjml>");
    both.channel = "pigeon".to_owned();
    both.language = "fr".to_owned();
    both.languages
        .insert("d/e".to_owned(), Texts { text: Some("{{ nobody }}".to_owned()), ..Texts::default() });
    let codes: Vec<_> = problems(&both).iter().map(|problem| problem.code).collect();
    for code in ["unknown_channel", "language_without_texts", "not_a_language", "bad_mjml", "unknown_value"] {
        assert!(codes.contains(&code), "{code} in {codes:?}");
    }
}

#[test]
fn numbers_money_dates_and_plurals_are_of_the_language() {
    let forms = "{% for n in [0, 1, 2, 5, 11, 21, 22, 25, 112] %}{{ n | plural('балл', 'балла', 'баллов') }} {% endfor %}{{ '1.5' | plural('балл', 'балла', 'баллов') }}";
    let russian = "баллов балл балла баллов баллов балл балла баллов баллов балла";
    assert_eq!(rendered_text(forms, "ru"), russian);
    assert_eq!(
        rendered_text("{{ 1 | plural('point', 'points') }} {{ 0 | plural('point', 'points') }}", "en"),
        "point points"
    );
    assert_eq!(
        rendered_text("{{ '1234567.5' | money }} {{ 100 | money('USD') }}", "ru"),
        "1\u{a0}234\u{a0}567,50\u{a0}₽ 100\u{a0}$"
    );
    assert_eq!(rendered_text("{{ '-1234567.5' | money('USD') }}", "en"), "\u{2212}$1,234,567.50");
    assert_eq!(rendered_text("{{ '0.1' | money('EUR') }}", "de"), "0,10\u{a0}€");
    // 2026-03-05T00:00Z is the fifth in Vladivostok, too; an hour before midnight there is the fourth in UTC.
    assert_eq!(rendered_text("{{ offer('coffee-10').ends_at | date }}", "ru"), "5 марта 2026 г.");
    assert_eq!(rendered_text("{{ '2026-03-04T15:00:00Z' | date(short=true) }}", "ru"), "05.03.2026");
    assert_eq!(
        rendered_text("{{ '2026-03-04' | date }}, {{ '2026-03-04' | date(days=1) }}", "en"),
        "4 March 2026, 5 March 2026"
    );
    assert_eq!(rendered_text("{% if '10.10' is more_than('9.9') %}more{% endif %}", "en"), "more");
    assert_eq!(failure("{{ 0.1 | money }}", &values()), "template_failed");
}

#[test]
fn a_member_gets_the_nearest_language() {
    let mut template = text("English");
    for (language, source) in [("pt", "Portuguese"), ("pt-BR", "Brazilian")] {
        let texts = Texts { text: Some(source.to_owned()), ..Texts::default() };
        template.languages.insert(language.to_owned(), texts);
    }
    let compiled = compile(&template).expect("it compiles");
    for (wanted, expected) in [
        (Some("pt-br"), "Brazilian"),
        (Some("pt-PT"), "Portuguese"),
        (Some("ja"), "English"),
        (None, "English"),
    ] {
        let values = Values { language: wanted.map(str::to_owned), ..values() };
        assert_eq!(compiled.render(&values).expect("rendered").text, expected, "{wanted:?}");
    }
}

#[test]
fn what_is_unwise_is_said() {
    let unwise = "<mjml><mj-body>\n<mj-section><mj-column>\n<mj-image src=\"https://a.example/1.png\" /></mj-column></mj-section></mj-body></mjml>";
    let compiled = compile(&page(unwise)).expect("it compiles");
    let warnings: Vec<_> = compiled.warnings().iter().map(|warning| (warning.code, warning.line)).collect();
    assert_eq!(warnings, [("missing_alt", Some(3)), ("empty_text", None), ("missing_unsubscribe", None)]);
    let large = format!("<html><body>{}{{{{ unsubscribe_url }}}}</body></html>", "word ".repeat(25_000));
    let texts = Texts { subject: Some("s".to_owned()), body: Some(Body::Html(large)), ..Texts::default() };
    let compiled = compile(&template(texts)).expect("it compiles");
    let codes: Vec<_> = compiled.warnings().iter().map(|warning| warning.code).collect();
    assert_eq!(codes, ["gmail_clips"]);
    assert_eq!(compiled.render(&values()).expect("rendered").warnings.len(), 1);
}

#[test]
fn a_subject_stays_on_its_line_and_a_preheader_is_not_shown() {
    let mut values = values();
    values.member = object(json!({"name": "Ann\r\nBcc: all@example.com"}));
    let texts = Texts {
        subject: Some("For {{ member.name }}".to_owned()),
        preheader: Some("{{ member.name }} & you".to_owned()),
        body: Some(Body::Html("<html><body class=\"a\"><p>Hi</p></body></html>".to_owned())),
        text: None,
    };
    let made = compile(&template(texts)).expect("it compiles").render(&values).expect("rendered");
    assert_eq!(made.subject, "For Ann Bcc: all@example.com");
    let html = made.html.expect("a page");
    assert!(html.starts_with("<html><body class=\"a\"><div style=\"display:none"), "{html}");
    assert!(html.contains("Ann Bcc: all@example.com &amp; you"), "{html}");
    assert_eq!(made.text, "Hi\n");
}

#[test]
fn the_text_of_a_page_is_what_is_read() {
    let html = "<html><head><style>p{}</style><title>t</title></head><body><!-- c --><h1>One &amp; two</h1>\
        <p>Three <b>four</b>,<br>five</p><ul><li>six<li>seven</ul><div style='display: none'>no <div>no</div></div>\
        <img src=a alt='eight'> <a href='https://a.example/?x=1&amp;y=2'>nine</a></body></html>";
    assert_eq!(
        plain_text(html),
        "One & two\n\nThree four,\nfive\n\n- six\n- seven\neight nine <https://a.example/?x=1&y=2>\n"
    );
}
