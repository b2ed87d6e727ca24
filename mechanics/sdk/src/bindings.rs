//! Code that `wit-bindgen` generates from the contract in `wit/`. Authors use the types from the crate's
//! root.
#![expect(missing_docs, reason = "generated code; the types are documented in the contract")]

#[cfg(feature = "contract-1-1")]
wit_bindgen::generate!({
    path: "../../wit/v1.1.0",
    world: "mechanic",
    pub_export_macro: true,
    export_macro_name: "export_rules",
    default_bindings_module: "mechanic_sdk::bindings",
    additional_derives: [PartialEq, Eq],
});

#[cfg(not(feature = "contract-1-1"))]
wit_bindgen::generate!({
    path: "../../wit/v1.0.0",
    world: "mechanic",
    pub_export_macro: true,
    export_macro_name: "export_rules",
    default_bindings_module: "mechanic_sdk::bindings",
    additional_derives: [PartialEq, Eq],
});
