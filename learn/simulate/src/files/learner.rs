//! Files for the learner: an experiment, and the truth about it.

use std::io::{self, Write};

use crate::catalog::CATEGORIES;
use crate::chain::Chain;
use crate::dates::date;
use crate::features::{FEATURES, HISTORY};
use crate::host::{decimal, member_id, money};

/// Each member's week with the number of its row, by week and then by member.
fn each_row(chain: &Chain, mut row: impl FnMut(u64, u32, u32) -> io::Result<()>) -> io::Result<()> {
    let members = chain.settings().members;
    let all = (1..=chain.settings().weeks).flat_map(|week| (0..members).map(move |member| (member, week)));
    (1..).zip(all).try_for_each(|(number, (member, week))| row(number, member, week))
}

pub(super) fn experiment(chain: &Chain, file: &mut dyn Write) -> io::Result<()> {
    let names = chain.arm_names();
    writeln!(file, "row,member,week,arm,{},bought,amount,discount,outcome", FEATURES.join(","))?;
    each_row(chain, |number, member, week| {
        let arm = chain.assign(member, week);
        let name = names.get(usize::from(arm)).map_or("", String::as_str);
        write!(file, "{number},{},{week},{name}", member_id(member))?;
        for (feature, value) in
            FEATURES.iter().zip(chain.features(member, week, |week| chain.assign(member, week)))
        {
            match (value, *feature) {
                (None, _) => write!(file, ",")?,
                (Some(value), "spent") => write!(file, ",{}", money(value))?,
                (Some(value), "favourite") => write!(file, ",{}", category(value))?,
                (Some(value), _) => write!(file, ",{value}")?,
            }
        }
        let outcome = chain.outcome(member, week, arm);
        let (amount, discount) = (money(outcome.amount), money(outcome.discount));
        writeln!(file, ",{},{amount},{discount},{}", u8::from(outcome.bought), money(outcome.net))
    })
}

fn category(place: i64) -> &'static str {
    usize::try_from(place).ok().and_then(|place| CATEGORIES.get(place)).map_or("", |category| category.code)
}

pub(super) fn configuration(chain: &Chain, file: &mut dyn Write) -> io::Result<()> {
    let quoted =
        |names: &mut dyn Iterator<Item = &str>| names.map(|name| format!("\"{name}\"")).collect::<Vec<_>>();
    let names = chain.arm_names();
    let treated = quoted(&mut names.iter().skip(1).map(String::as_str)).join(", ");
    let features = quoted(&mut FEATURES.into_iter()).join(", ");
    writeln!(
        file,
        "# An experiment of a simulated chain: the outcome is margin less discount, so no arm costs more."
    )?;
    writeln!(file, "name = \"simulated, seed {}\"", chain.settings().seed)?;
    writeln!(file, "treatment = \"arm\"\ncontrol = \"nobody\"\narms = [{treated}]\noutcome = \"outcome\"")?;
    writeln!(
        file,
        "id = \"row\"\nmember = \"member\"\ndrawn = \"row\"\nfeatures = [{features}]\n\n[propensity]"
    )?;
    for (name, arm) in names.iter().zip(chain.arms()) {
        writeln!(file, "\"{name}\" = {}", decimal(i64::from(arm.share), 6))?;
    }
    Ok(())
}

/// Money in units of 1.0 and eight decimals, which is exact.
pub(super) fn truth(chain: &Chain, file: &mut dyn Write) -> io::Result<()> {
    let names = chain.arm_names();
    let columns = |prefix: &str| names.iter().map(|name| format!(",{prefix}:{name}")).collect::<String>();
    writeln!(file, "row,member,week,kind,best{}{}", columns("buys"), columns("outcome"))?;
    each_row(chain, |number, member, week| {
        let best = names.get(usize::from(chain.oracle(member, week))).map_or("", String::as_str);
        let kind = chain.kind(&chain.member(member), week).name();
        write!(file, "{number},{},{week},{kind},{best}", member_id(member))?;
        let expected: Vec<_> = (0..).take(names.len()).map(|arm| chain.truth(member, week, arm)).collect();
        expected.iter().try_for_each(|of_arm| write!(file, ",{}", decimal(i64::from(of_arm.buys), 6)))?;
        expected.iter().try_for_each(|of_arm| write!(file, ",{}", decimal(of_arm.net, 8)))?;
        writeln!(file)
    })
}

/// What the chain knows of each member.
pub(super) fn profiles(chain: &Chain, file: &mut dyn Write) -> io::Result<()> {
    writeln!(file, "member,age,app,distance,household,favourite")?;
    (0..chain.settings().members).try_for_each(|number| {
        let member = chain.member(number);
        let known = |known: bool, value: u32| if known { value.to_string() } else { String::new() };
        writeln!(
            file,
            "{},{},{},{},{},{}",
            member_id(number),
            known(member.age_known, member.age),
            u8::from(member.app),
            member.distance,
            known(member.household_known, member.household),
            member.favourite_category().code
        )
    })
}

/// The receipts of the weeks before the first one, a row for each line, the oldest week first.
pub(super) fn history(chain: &Chain, file: &mut dyn Write) -> io::Result<()> {
    writeln!(file, "receipt,member,at,quantity,spent,discount,outlet,category_1")?;
    for weeks_before in (0..HISTORY).rev() {
        for number in 0..chain.settings().members {
            let Some(basket) = chain.past_basket(number, weeks_before) else { continue };
            let day = chain.first_day(1) + basket.minute / 1_440 - (weeks_before + 1) * 7;
            let (member, day, minute) = (member_id(number), date(day), basket.minute % 1_440);
            let (hour, minute, store) = (minute / 60, minute % 60, chain.member(number).store);
            for line in &basket.lines {
                let (amount, category) = (money(line.amount), line.category.code);
                writeln!(
                    file,
                    "p{weeks_before:02}-{member},{member},{day}T{hour:02}:{minute:02}:00Z,{},{amount},0.00,\
                     store-{store},{category}",
                    line.quantity
                )?;
            }
        }
    }
    Ok(())
}
