//! Receipts from CSV files.

use next_purchase::{Collector, Columns, History, NextPurchaseError, read};

fn whole(text: &str) -> Result<History, NextPurchaseError> {
    read(text.as_bytes(), &Columns::default())
}

fn refusal(text: &str) -> String {
    whole(text).unwrap_err().to_string()
}

const HEADING: &str = "receipt,member,at,quantity,outlet,category_1,category_2\n";

#[test]
fn rows_become_receipts() {
    let rows = "1,a,2026-01-05T10:15:00+01:00,2,s,dairy,milk\n\
                1,a,2026-01-05T10:15:00+01:00,0.375,s,dairy,cheese\n\
                1,a,2026-01-05T10:15:00+01:00,-1,s,dairy,butter\n\
                2,,2026-01-06,1,s,dairy,cream\n\
                3,b,2026-01-07,1,s,dairy,\n\
                4,c,2026-01-08,-1.0,s,dairy,milk\n";
    let history = whole(&format!("{HEADING}{rows}")).unwrap();
    assert_eq!(history.goods(), ["cheese", "milk"]);
    // Nobody, and who only brought something back, had no receipt.
    assert_eq!(history.members(), ["a", "b"]);
    assert_eq!(history.receipts(), 2);
    assert_eq!(history.days(), 20_458..20_461);
}

#[test]
fn goods_come_from_any_column() {
    let columns = Columns { good: "product".to_owned(), group: None };
    let file = "product,at,member,receipt,quantity,extra\np1,2026-01-05,a,1,1,x\n";
    assert_eq!(read(file.as_bytes(), &columns).unwrap().goods(), ["p1"]);
}

#[test]
fn what_is_wrong_is_said_with_its_row() {
    assert_eq!(
        refusal("receipt,member,at,quantity\n"),
        "column \"category_2\" is missing; columns are receipt, member, at, quantity"
    );
    let row = |text: &str| refusal(&format!("{HEADING}1,a,2026-01-05,1,s,x,y\n{text}\n"));
    assert_eq!(row(",a,2026-01-05,1,s,x,y"), "row 2: receipt is empty");
    assert_eq!(row("1,b,2026-01-05,1,s,x,y"), "row 2: receipt 1 has another member than in the row before");
    assert_eq!(
        row("2,b,5.1.2026,1,s,x,y"),
        "row 2: \"5.1.2026\" is not a time such as 2026-01-05T10:15:00+01:00, nor a date"
    );
    assert!(row("2,b,2026-01-05T99:00:00,1,s,x,y").contains("is not a time"));
    assert!(row("2,b,2026-01-05ü10:00,1,s,x,y").contains("is not a time"));
    assert!(row("2,b,1750-01-05,1,s,x,y").contains("1900 to 2200"));
    for quantity in ["", "x", "1,5", "1e3", "--1", "1.", "."] {
        let why = row(&format!("2,b,2026-01-05,\"{quantity}\",s,x,y"));
        assert_eq!(why, format!("row 2: quantity: \"{quantity}\" is not a number such as 2 or 0.375"));
    }
    assert!(row("2,b").starts_with("cannot be read"));
    assert_eq!(refusal(HEADING), "there are no receipts of members with goods");
    assert!(matches!(Collector::default().finish(), Err(NextPurchaseError::NoReceipts)));
}
