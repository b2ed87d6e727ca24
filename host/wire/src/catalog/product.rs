//! Products.

use std::collections::{BTreeMap, HashMap};

use domain::catalog::{ClassId, Product, ProductId};
use domain::mechanics::Unit;
use domain::quantities::Money;
use serde_json::Value;

use super::category::Categories;
use super::class::Classes;
use super::{Unique, row};
use crate::reader::{Node, Object, Scales};
use crate::web_address;

/// The `unit` of goods that are sold by the piece; any other is a unit of measure.
const PIECE: &str = "piece";

pub(super) struct Products {
    pub(super) products: Vec<Product>,
    by_code: HashMap<String, ProductId>,
}

impl Products {
    pub(super) fn find(&self, code: &str) -> Option<ProductId> {
        self.by_code.get(code).copied()
    }

    pub(super) fn numbered(&self) -> impl Iterator<Item = (ProductId, &Product)> {
        (1..).map(ProductId).zip(&self.products)
    }
}

pub(super) fn read(
    lists: &Object<'_, '_>,
    scales: Scales,
    categories: &Categories,
    classes: &Classes,
) -> Products {
    let mut reader = Reader {
        scales,
        categories,
        classes,
        codes: Unique::new("product"),
        internal_ids: Unique::new("product id"),
    };
    let mut products = lists.each("products", |node| reader.product(node));
    products.sort_by(|a, b| a.code.cmp(&b.code));
    let by_code =
        products.iter().zip((1..).map(ProductId)).map(|(product, id)| (product.code.clone(), id)).collect();
    Products { products, by_code }
}

struct Reader<'a> {
    scales: Scales,
    categories: &'a Categories,
    classes: &'a Classes,
    codes: Unique<String>,
    internal_ids: Unique<i64>,
}

impl Reader<'_> {
    fn product(&mut self, node: Node<'_, '_>) -> Option<Product> {
        let row = row(node)?;
        let id = row.field("id");
        let internal_id = id.and_then(Node::integer);
        let code = row.required("goods_code");
        let mut product = Product {
            code: String::new(),
            internal_id,
            name: row.text("name").unwrap_or_default().to_owned(),
            picture: row.field("picture").and_then(picture),
            category: row.field("category").and_then(|field| self.categories.resolve(field)),
            class: row.field("class").and_then(|field| self.class(field)),
            floor_price: row.measure("floor_price", Unit::Money, self.scales).map(Money),
            max_discount: row.field("max_discount_percent").and_then(Node::percent),
            weighed: row.field("unit").and_then(Node::text).is_some_and(|unit| unit != PIECE),
            discountable: row.boolean("discountable").unwrap_or(true),
            attributes: row.object("attributes").map(|object| attributes(&object)).unwrap_or_default(),
            groups: Vec::new(),
        };
        row.tolerate(&["barcodes"]);
        row.warn_unknown();
        let code = code?;
        product.code = code.id()?.into_owned();
        self.codes.note(product.code.clone(), &code);
        if let Some((number, field)) = internal_id.zip(id) {
            self.internal_ids.note(number, &field);
        }
        Some(product)
    }

    fn class(&self, field: Node<'_, '_>) -> Option<ClassId> {
        let code = field.id()?;
        let class = self.classes.find(&code);
        class.or_else(|| field.refuse("unknown_class", format!("there is no class `{code}`")))
    }
}

/// The address of a picture. One that cannot be shown costs nothing but the picture.
fn picture(field: Node<'_, '_>) -> Option<Box<str>> {
    let text = field.value().as_str().filter(|text| web_address::is_one(text));
    if text.is_none() {
        field.warn(web_address::NOT_ONE, format!("is not {}; it is not shown", web_address::expected()));
    }
    text.map(Box::from)
}

fn attributes(object: &Object<'_, '_>) -> BTreeMap<String, String> {
    object.entries().filter_map(|(name, field)| Some((name.to_owned(), attribute_value(field)?))).collect()
}

/// An attribute as text, which attributes are compared by: `5` and `"5"` are equal.
pub(super) fn attribute_value(field: Node<'_, '_>) -> Option<String> {
    match field.value() {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(field.value().to_string()),
        Value::Array(_) | Value::Object(_) => {
            field.refuse("wrong_type", "must be a string, a number, true or false")
        }
    }
}
