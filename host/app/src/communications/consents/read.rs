//! One answer as it is sent.

use communications::policy::{ANY, ConsentState};
use serde_json::Value;
use wire::problem::Problems;
use wire::reader::{Node, Object, Report};

use super::Answer;
use crate::communications::clocks::{TimesAllowed, instant};
use crate::communications::whom::{Named, named};

/// Bytes of a source or the version of a text at most.
const PROOF_MAX: usize = 500;

/// Reads an answer and whose it is, or says all that is wrong with it.
pub(super) fn consent(row: &Value, times: &TimesAllowed) -> Result<(Named, Answer), Problems> {
    let report = Report::of_new();
    let read = fields(report.root(row), times);
    report.finish(read).map(|(answer, _)| answer)
}

fn fields(node: Node<'_, '_>, times: &TimesAllowed) -> Option<(Named, Answer)> {
    let states = [
        ("granted", ConsentState::Granted),
        ("pending", ConsentState::Pending),
        ("withdrawn", ConsentState::Withdrawn),
    ];
    let row = node.object()?;
    let member = row.required("member").and_then(named);
    let channel = row.required("channel").and_then(Node::name).map(str::to_owned);
    let topic = match row.field("topic") {
        None => Some(ANY.to_owned()),
        Some(topic) => topic.name().map(str::to_owned),
    };
    let state = row.required("state").and_then(|state| state.choice(&states));
    let at = row.required("at").and_then(instant).and_then(|(node, at)| times.check(node, at));
    let source = row.required("source").and_then(proof);
    let text_version = text_version(&row, state);
    row.refuse_unknown();
    let (channel, topic, state, at) = (channel?, topic?, state?, at?);
    let (source, text_version) = (source?, text_version?);
    Some((member?, Answer { channel, topic, state, at, source, text_version }))
}

/// The version of the text that was shown. Who takes consent back needs none.
fn text_version(row: &Object<'_, '_>, state: Option<ConsentState>) -> Option<String> {
    match row.field("text_version") {
        Some(version) => proof(version),
        None if state == Some(ConsentState::Withdrawn) => Some(String::new()),
        None => {
            row.node().problem_at(
                format!("{}/text_version", row.node().pointer()),
                "missing_field",
                "is required: which text the member has agreed to, such as \"2026-11\"; it is the proof",
            );
            None
        }
    }
}

fn proof(node: Node<'_, '_>) -> Option<String> {
    let text = node.text()?;
    if text.len() > PROOF_MAX {
        return node.refuse("too_long", format!("must be at most {PROOF_MAX} bytes"));
    }
    Some(text.to_owned())
}
