//! The types of catalogue rows, in imports and in plan documents.

/// A type of catalogue rows.
#[derive(Debug, Clone, Copy)]
pub struct RowType {
    /// The `type` of rows of an import.
    pub name: &'static str,
    /// The list of a plan document that holds the rows.
    pub list: &'static str,
    /// The fields that may hold a row's id. The first one that is present counts.
    pub id_fields: &'static [&'static str],
}

/// All types of catalogue rows.
pub const ROW_TYPES: [RowType; 5] = [
    RowType { name: "product", list: "products", id_fields: &["goods_code"] },
    RowType { name: "category", list: "categories", id_fields: &["code", "id"] },
    RowType { name: "group", list: "groups", id_fields: &["id"] },
    RowType { name: "class", list: "classes", id_fields: &["id"] },
    RowType { name: "pos", list: "pos", id_fields: &["id"] },
];
