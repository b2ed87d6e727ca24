//! `--record`: writes a case file that expects the answers of now.

use std::fs;
use std::io::BufReader;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};
use wire::json;

use super::run::TestHost;
use super::{Args, UNUSABLE};
use crate::cases::draft::{Draft, expectation};
use crate::receipt_rows::Rows;

/// Runs the command.
pub(super) fn run(args: &Args, out: &Path) -> anyhow::Result<ExitCode> {
    let [case] = args.cases.as_slice() else {
        bail!("--record takes one case file, for the plan and the offers");
    };
    ensure!(args.force || !out.exists(), "{} exists; --force overwrites it", out.display());
    let Some(host) = TestHost::admit(&args.file, args.class, args.json)? else {
        return Ok(ExitCode::FAILURE);
    };
    let receipts = args.receipts.as_deref().map(receipts).transpose()?;
    let mut draft = Draft::of(case, out, receipts)?;
    let read = draft.case(out)?;
    let ready = match host.prepare(case, &read)? {
        Ok(ready) => ready,
        Err(problems) => {
            eprintln!("error: the plan of {} cannot be used\n{problems}", case.display());
            return Ok(ExitCode::from(UNUSABLE));
        }
    };
    for (index, receipt) in read.receipts.iter().enumerate() {
        let (priced, calls) = ready.price(receipt);
        let expected = match priced {
            Ok(answer) => expectation(&answer, &ready.prepared.verdicts(&calls)),
            Err(problems) => {
                let listed = problems.iter().map(|problem| format!("{} {}", problem.pointer, problem.code));
                json!({"refused": listed.collect::<Vec<_>>()})
            }
        };
        draft.expect(index, expected);
    }
    fs::write(out, draft.text(out)?).with_context(|| format!("cannot write {}", out.display()))?;
    eprintln!(
        "{} receipts in {}: it expects what happened, which may be wrong; review it before you keep it",
        read.receipts.len(),
        out.display()
    );
    Ok(ExitCode::SUCCESS)
}

/// The receipts of a file: one, several one a line, or lists of them. Fails if there is none.
fn receipts(file: &Path) -> anyhow::Result<Vec<Value>> {
    let cannot = || format!("cannot read {}", file.display());
    let mut receipts = Vec::new();
    for row in Rows::new(BufReader::new(fs::File::open(file).with_context(cannot)?)) {
        let row = row.with_context(cannot)?;
        let value = json::parse_bytes(&row.text, usize::MAX)
            .with_context(|| format!("{}, row {}", file.display(), row.number))?;
        match value {
            Value::Array(list) => receipts.extend(list),
            one => receipts.push(one),
        }
    }
    ensure!(!receipts.is_empty(), "there is no receipt in {}", file.display());
    Ok(receipts)
}
