//! Regulated classes.

use std::collections::HashMap;

use domain::catalog::{ClassId, RegulatedClass};
use domain::mechanics::Unit;
use domain::quantities::Money;

use super::{Unique, row};
use crate::reader::{Node, Object, Scales};

pub(super) struct Classes {
    pub(super) classes: Vec<RegulatedClass>,
    by_code: HashMap<String, ClassId>,
}

impl Classes {
    pub(super) fn find(&self, code: &str) -> Option<ClassId> {
        self.by_code.get(code).copied()
    }
}

pub(super) fn read(lists: &Object<'_, '_>, scales: Scales) -> Classes {
    let mut codes = Unique::new("class");
    let mut classes = lists.each("classes", |node| class(node, scales, &mut codes));
    classes.sort_by(|a, b| a.code.cmp(&b.code));
    let by_code =
        classes.iter().zip((0..).map(ClassId)).map(|(class, id)| (class.code.clone(), id)).collect();
    Classes { classes, by_code }
}

fn class(node: Node<'_, '_>, scales: Scales, codes: &mut Unique<String>) -> Option<RegulatedClass> {
    let row = row(node)?;
    let id = row.required("id");
    let flag = |name| row.boolean(name).unwrap_or(true);
    let mut class = RegulatedClass {
        code: String::new(),
        discount: flag("discount"),
        burn: flag("burn"),
        earn: flag("earn"),
        counts_to_threshold: flag("counts_to_threshold"),
        floor_price: row.measure("floor_price", Unit::Money, scales).map(Money),
    };
    row.tolerate(&["name"]);
    row.warn_unknown();
    let id = id?;
    class.code = id.id()?.into_owned();
    codes.note(class.code.clone(), &id);
    Some(class)
}
