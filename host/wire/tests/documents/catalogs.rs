use domain::catalog::ProductId;
use serde_json::{Value, json};
use wire::plan::build;

use crate::store::{built, mechanics, plan, problems, put};

#[test]
fn every_problem_is_named_with_its_place() {
    let cases: [(&str, Value, &[&str]); 18] = [
        ("/catalog/products/0/category", json!("NOSUCH"), &["/catalog/products/0/category unknown_category"]),
        ("/catalog/products/0/category", json!(99), &["/catalog/products/0/category unknown_category"]),
        ("/catalog/products/0/class", json!("nosuch"), &["/catalog/products/0/class unknown_class"]),
        ("/catalog/products/0/goods_code", json!("G2"), &["/catalog/products/1/goods_code duplicate_id"]),
        ("/catalog/products/0/id", json!(12), &["/catalog/products/1/id duplicate_id"]),
        (
            "/catalog/products/0/floor_price",
            json!("1.005"),
            &["/catalog/products/0/floor_price too_many_places"],
        ),
        ("/catalog/products/0/floor_price", json!(-1), &["/catalog/products/0/floor_price out_of_range"]),
        (
            "/catalog/products/0/max_discount_percent",
            json!("101"),
            &["/catalog/products/0/max_discount_percent out_of_range"],
        ),
        ("/catalog/products/0/discountable", json!("yes"), &["/catalog/products/0/discountable wrong_type"]),
        (
            "/catalog/products/0/attributes",
            json!({"a": []}),
            &["/catalog/products/0/attributes/a wrong_type"],
        ),
        ("/catalog/products/0/goods_code", Value::Null, &["/catalog/products/0/goods_code missing_field"]),
        ("/catalog/categories/1/parent", json!("NOSUCH"), &["/catalog/categories/1/parent unknown_category"]),
        ("/catalog/categories/1/code", json!("DAIRY"), &["/catalog/categories/1/code duplicate_id"]),
        ("/catalog/categories/0/parent", json!("BLUE"), &["/catalog/categories/2 category_cycle"]),
        (
            "/catalog/groups/0/include",
            json!({"prodcts": []}),
            &["/catalog/groups/0/include/prodcts unknown_field"],
        ),
        (
            "/catalog/groups/0/include",
            json!({"categories": ["X~/Y"]}),
            &["/catalog/groups/0/include/categories/0 unknown_category"],
        ),
        ("/catalog/pos/0/time_zone", json!("Mars/Olympus"), &["/catalog/pos/0/time_zone unknown_time_zone"]),
        ("/catalog/products", json!({}), &["/catalog/products wrong_type"]),
    ];
    for (pointer, value, expected) in cases {
        let mut document = plan();
        put(&mut document, pointer, value.clone());
        assert_eq!(problems(build(&document, mechanics())), expected, "{pointer} = {value}");
    }
}

#[test]
fn a_cycle_is_told_whole_and_once() {
    let mut document = plan();
    put(&mut document, "/catalog/categories/0/parent", json!("BLUE"));
    let problems = build(&document, mechanics()).expect_err("a cycle").listed();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].detail.contains("BLUE → CHEESE → DAIRY → BLUE"), "{}", problems[0].detail);
}

#[test]
fn what_a_retailer_sends_beyond_is_only_a_warning() {
    let mut document = plan();
    put(&mut document, "/catalog/products/0/vat", json!("20"));
    put(&mut document, "/catalog/products/0/type", json!("product"));
    put(&mut document, "/catalog/groups/0/include/products/-", json!("not-sold-here"));
    let warnings: Vec<_> = built(&document)
        .warnings
        .iter()
        .map(|warning| format!("{} {}", warning.pointer, warning.code))
        .collect();
    assert_eq!(
        warnings,
        ["/catalog/products/0/vat unknown_field", "/catalog/groups/0/include/products/1 unknown_product"]
    );
}

#[test]
fn a_group_is_the_union_of_what_it_includes_less_what_it_excludes() {
    for (include, exclude, members) in [
        (json!({}), json!({}), vec![]),
        (json!({"products": ["G2", 12]}), json!({}), vec!["12", "G2"]),
        (json!({"categories": ["DAIRY"]}), json!({}), vec!["G1", "G2"]),
        (json!({"categories": [2]}), json!({}), vec!["G1"]),
        (
            json!({"categories": ["DAIRY"], "products": ["12"]}),
            json!({"categories": ["BLUE"]}),
            vec!["12", "G2"],
        ),
        (json!({"attributes": {"brand": "Alp"}}), json!({}), vec!["G1", "G2"]),
        (json!({"attributes": {"brand": "Alp", "size": "5"}}), json!({}), vec!["G1"]),
        (json!({"attributes": {"size": [5, "9"]}}), json!({"products": ["G1"]}), vec!["G2"]),
        (json!({"attributes": {"colour": "red"}}), json!({}), vec![]),
        (json!({"attributes": {}}), json!({}), vec![]),
    ] {
        let mut document = plan();
        put(&mut document, "/catalog/groups/0", json!({"id": "g", "include": include, "exclude": exclude}));
        let catalog = built(&document).plan.catalog;
        let group = catalog.group_by_code("g").expect("the group");
        let products = (1..=3).map(ProductId).map(|id| catalog.product(id).expect("a product"));
        let found: Vec<_> = products
            .filter(|product| product.groups.contains(&group))
            .map(|product| product.code.as_str())
            .collect();
        assert_eq!(found, members, "{include} less {exclude}");
    }
}

#[test]
fn numbers_follow_the_order_of_codes_and_paths_lead_to_the_root() {
    let catalog = built(&plan()).plan.catalog;
    let codes: Vec<_> =
        (1..=3).map(ProductId).map(|id| catalog.product(id).expect("a product").code.as_str()).collect();
    assert_eq!(codes, ["12", "G1", "G2"]);
    let blue = catalog.category(catalog.category_by_code("BLUE").expect("blue")).expect("blue");
    let path: Vec<_> =
        blue.path.iter().map(|id| catalog.category(*id).expect("an ancestor").code.as_str()).collect();
    assert_eq!(path, ["BLUE", "CHEESE", "DAIRY"]);
}
