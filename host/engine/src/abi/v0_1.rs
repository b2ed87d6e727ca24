//! `loyalty:mechanic@0.1.0`.

use bindings::exports::loyalty::mechanic::rules as wit;

use super::Abi;
use super::exports::exports;

mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit/v0.1.0",
        world: "mechanic",
        ownership: Borrowing { duplicate_if_necessary: false },
    });
}

exports! { abi: Abi::V0_1, bindings: bindings, types: wit }

mod call {
    use super::super::call::{borrow, lend_offers};
    use super::wit;

    crate::convert_calls! {
        types: wit,
        hold: borrow,
        lines: |lines| {},
        // The draft has no `reward`, and takes "as listed" from an offer that says nothing.
        item: |item| { pick: pick(item.limits.pick.unwrap_or_default()) },
    }
    lend_offers! { types: wit }
}

mod verdict {
    use super::wit;

    crate::convert_verdicts! {
        types: wit,
        pick: |proposal| Some(pick(proposal.pick)),
        message: |failure| None,
        verdicts: {},
    }
}

mod description {
    use super::super::answer::convert_descriptions;
    use super::wit;

    convert_descriptions! { types: wit, decline_reasons: |description| Vec::new(), sources: {} }
}
