//! Files for the host, which prices the receipts.

use std::io::{self, Write};

use serde_json::{Map, Value};

use crate::chain::Chain;
use crate::host;

fn rows(file: &mut dyn Write, rows: impl IntoIterator<Item = Value>) -> io::Result<()> {
    rows.into_iter().try_for_each(|row| writeln!(file, "{row}"))
}

pub(super) fn catalog(_: &Chain, file: &mut dyn Write) -> io::Result<()> {
    rows(file, host::catalog())
}

pub(super) fn attributes(_: &Chain, file: &mut dyn Write) -> io::Result<()> {
    let named = host::attributes().into_iter().map(|(name, body)| (name.to_owned(), body));
    writeln!(file, "{:#}", Value::Object(named.collect::<Map<_, _>>()))
}

pub(super) fn members(chain: &Chain, file: &mut dyn Write) -> io::Result<()> {
    rows(file, host::members(chain))
}

pub(super) fn offers(_: &Chain, file: &mut dyn Write) -> io::Result<()> {
    writeln!(file, "{:#}", Value::Array(host::offers()))
}

pub(super) fn levels(chain: &Chain, file: &mut dyn Write) -> io::Result<()> {
    let weeks = 1..chain.settings().weeks + 1;
    rows(file, host::levels(chain, weeks, |member, week| chain.assign(member, week)))
}

pub(super) fn receipts(chain: &Chain, file: &mut dyn Write) -> io::Result<()> {
    (1..=chain.settings().weeks).try_for_each(|week| {
        let receipts = host::receipts(chain, week, |member| chain.assign(member, week));
        rows(file, receipts.iter().map(|receipt| receipt.body(chain)))
    })
}
