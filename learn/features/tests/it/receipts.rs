//! Receipts from the results feed and from dropped files.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use features::datafusion::arrow::array::{
    ArrayRef, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray, TimestampSecondArray,
};
use features::datafusion::arrow::datatypes::{Field, Schema};
use features::datafusion::parquet::arrow::ArrowWriter;
use features::{Catalog, Definitions, FeaturesError, Limits, Tiles, Zone, dropped, member_code};

use crate::world::{Rows, named, rows};

const CATALOG: &str = r#"{"type":"pos","id":"store-7/till-1","time_zone":"UTC"}
{"type":"category","id":1,"code":"DAIRY","name":"Dairy","parent":null}
{"type":"category","id":2,"code":"CHEESE","name":"Cheese","parent":"DAIRY"}
{"type":"category","id":3,"code":"BLUE","name":"Blue cheese","parent":"CHEESE"}
{"type":"category","id":4,"code":"BAKERY","name":"Bakery","parent":null}
{"type":"product","id":1,"goods_code":"MILK","name":"Milk","category":"DAIRY"}
{"type":"product","id":2,"goods_code":"ROQUEFORT","name":"Roquefort","category":"BLUE"}
{"type":"product","id":3,"goods_code":"BREAD","name":"Bread","category":"BAKERY"}
"#;

const FEED: &str = r#"{"cursor":"1.1","at":"2026-02-27T23:30:00Z","member_id":"m-1","purchase_id":"p1","event":"receipt","pos":"store-7/till-1","plan":"x","amount":"10.00","discount":"1.00","points_paid":"0.00","payable":"9.00","points_spent":"0.00","points_earned":"0.45","lines":[{"position":1,"goods_id":"MILK","quantity":"2.000","amount":"4.00","payable":"3.00"},{"position":2,"goods_id":"ROQUEFORT","quantity":"0.250","amount":"4.00","payable":"4.00"},{"position":3,"goods_id":"BREAD","quantity":"1.000","amount":"2.00","payable":"2.00"}]}
{"cursor":"1.2","at":"2026-02-27T23:30:00Z","member_id":"m-1","purchase_id":"p1","event":"fired","offer":"o","offer_version":1,"mechanic":"product","discount":"1.00","points":"0.00","lines":[{"position":1,"goods_id":"MILK","discount":"1.00","points":"0.00"}]}
{"cursor":"2.1","at":"2026-02-28T10:00:00Z","member_id":null,"purchase_id":"p2","event":"receipt","pos":"store-7/till-1","amount":"1.00","discount":"0.00","points_paid":"0.00","payable":"1.00","points_spent":"0.00","points_earned":"0.00","lines":[{"position":1,"goods_id":"BREAD","quantity":"1.000","amount":"1.00","payable":"1.00"}]}
{"cursor":"3.1","at":"2026-02-28T11:00:00Z","member_id":"m-1","purchase_id":"p1","event":"returned","return_id":"r1","amount":"-2.00","discount":"-0.50","points_paid":"0.00","payable":"-1.50","points_spent":"0.00","points_earned":"-0.07","lines":[{"position":1,"goods_id":"MILK","quantity":"-1.000","amount":"-2.00","payable":"-1.50"}]}
{"cursor":"3.2","at":"2026-02-28T11:00:00Z","member_id":"m-1","purchase_id":"p1","event":"returned","return_id":"r1","offer":"o","offer_version":1,"mechanic":"product","discount":"-0.50","points":"0.00","lines":[{"position":1,"goods_id":"MILK","discount":"-0.50","points":"0.00"}]}
"#;

/// The same as rows of a file. In Berlin the first receipt was written at half past midnight.
const CSV: &str = "receipt,member,at,outlet,outlet_kind,category_1,category_2,quantity,spent,discount,points
p1,m-1,2026-02-28T00:30:00,store-7,big,DAIRY,,2,3.00,1.00,0.45
p1,m-1,2026-02-28T00:30:00,store-7,big,DAIRY,CHEESE,0.250,4,0,
p1,m-1,2026-02-28T00:30:00,store-7,big,BAKERY,,1,2.00,,
p2,,2026-02-28T11:00:00,store-7,big,BAKERY,,1,1.00,0,0
r1,m-1,2026-02-28T11:00:00Z,,,DAIRY,,-1,-1.50,-0.50,-0.07
";

const DEFINITIONS: &str = "
    outlet_kinds = [\"big\"]
    [categories]
    level_1 = [\"DAIRY\", \"BAKERY\"]
    level_2 = [\"CHEESE\"]
    [[set]]
    group = \"profile\"
    metrics = [\"receipts\", \"quantity\", \"spent\", \"discount\", \"points\", \"returned\", \"recency\", \"variety\"]
    days = [0]
    [[set]]
    group = \"products\"
    metrics = [\"receipts\", \"spent\"]
    days = [0]
    level = 1
    [[set]]
    group = \"products\"
    metrics = [\"receipts\", \"spent\"]
    days = [0]
    level = 2
    [[set]]
    group = \"calendar\"
    metrics = [\"receipts\"]
    days = [0]
    dayparts = [\"night\", \"midday\"]
    [[set]]
    group = \"outlets\"
    metrics = [\"spent\"]
    days = [0]
    by_outlet_kind = true
";

fn definitions() -> Definitions {
    Definitions::from_toml(DEFINITIONS).unwrap()
}

fn berlin() -> Zone {
    Zone::named("Europe/Berlin").unwrap()
}

fn empty() -> (tempfile::TempDir, Tiles) {
    let folder = tempfile::tempdir().unwrap();
    let tiles = Tiles::create(&folder.path().join("tiles")).unwrap();
    (folder, tiles)
}

fn take_feed(tiles: &mut Tiles, feed: &str) -> Result<features::FeedTaken, FeaturesError> {
    let catalog = Catalog::read("catalog.ndjson", CATALOG.as_bytes())?;
    let mut writer = tiles.writer()?;
    let taken = writer.feed(feed.as_bytes(), &catalog, berlin(), &|_| "big".to_owned())?;
    writer.commit()?;
    Ok(taken)
}

fn take_file(tiles: &mut Tiles, path: &Path) -> Result<features::FileTaken, FeaturesError> {
    let mut writer = tiles.writer()?;
    let taken = writer.file(path, berlin())?;
    writer.commit()?;
    Ok(taken)
}

fn found(tiles: &Tiles) -> Rows {
    rows(tiles, &definitions(), &Limits { buckets_per_query: 2_048, ..Limits::default() }).0
}

#[test]
fn the_feed_is_taken_from_where_it_was() {
    let (_folder, mut tiles) = empty();
    let taken = take_feed(&mut tiles, FEED).unwrap();
    assert_eq!((taken.events, taken.receipts, taken.of_nobody), (5, 2, 1));
    assert_eq!(tiles.cursor(), Some("3.2"));
    let values = found(&tiles);
    assert_eq!(values.keys().collect::<Vec<_>>(), [&member_code("m-1")]);
    let values = named(&definitions(), &values[&member_code("m-1")]);
    for (name, value) in [
        ("receipts_ever", 1),
        ("quantity_ever", 2_250),
        ("spent_ever", 750),
        ("discount_ever", 50),
        ("points_ever", 38),
        ("returned_ever", 150),
        ("recency_ever", 1),
        ("variety_ever", 3),
        ("receipts_dairy_ever", 1),
        ("receipts_bakery_ever", 1),
        ("spent_dairy_ever", 550),
        ("receipts_cheese_ever", 1),
        ("spent_cheese_ever", 400),
        ("receipts_night_ever", 1),
        ("receipts_midday_ever", 0),
        ("spent_big_ever", 900),
    ] {
        assert_eq!(values[name], value, "{name}");
    }
    // In portions it is the same, also if one ends within a row.
    for end in [1, 4] {
        let (_folder, mut portions) = empty();
        let lines: Vec<&str> = FEED.split_inclusive('\n').collect();
        take_feed(&mut portions, &lines[..end].concat()).unwrap();
        take_feed(&mut portions, &lines[end..].concat()).unwrap();
        assert_eq!((found(&portions), portions.cursor()), (found(&tiles), Some("3.2")));
        take_feed(&mut portions, "").unwrap();
        assert_eq!(portions.cursor(), Some("3.2"));
    }
}

#[test]
fn a_feed_with_a_gap_or_a_repeated_stretch_is_refused_whole() {
    let lines: Vec<&str> = FEED.split_inclusive('\n').collect();
    let cases = [
        (
            vec![0, 1, 1],
            "row 3: cursor 1.2 was taken before: the last one was 1.2; read the feed with since=1.2",
        ),
        (vec![0, 1, 2, 0], "row 4: cursor 1.1 was taken before"),
        (vec![0, 3], "row 2: cursor 3.1 does not follow 1.1: what is between them is missing"),
        (vec![0, 1, 2, 4], "row 4: cursor 3.2 does not follow 2.1"),
    ];
    for (order, reason) in cases {
        let (_folder, mut tiles) = empty();
        let feed: String = order.iter().map(|line| lines[*line]).collect();
        let refused = take_feed(&mut tiles, &feed).unwrap_err();
        assert!(refused.is_refusal() && refused.to_string().contains(reason), "{reason}: {refused}");
        assert_eq!((tiles.cursor(), tiles.rows()), (None, 0));
    }
    let (_folder, mut tiles) = empty();
    take_feed(&mut tiles, FEED).unwrap();
    let before = tiles.digest();
    for (feed, reason) in
        [(FEED, "was taken before"), (&FEED.replace("\"cursor\":\"", "\"cursor\":\"4"), "does not follow")]
    {
        assert!(take_feed(&mut tiles, feed).unwrap_err().to_string().contains(reason));
        assert_eq!((tiles.cursor(), tiles.digest()), (Some("3.2"), before.clone()));
    }
}

#[test]
fn rows_that_are_not_of_the_feed_are_refused() {
    let first = FEED.lines().next().unwrap();
    for (row, reason) in [
        (first.get(..200).unwrap().to_owned(), "is not an event"),
        ("[]".to_owned(), "is not an event"),
        (first.replace("1.1", "1"), "\"1\" is not a cursor"),
        (first.replace("2026-02-27T23:30:00Z", "yesterday"), "\"yesterday\" is not a time"),
        (first.replace("\"2.000\"", "\"2.0001\""), "quantity: \"2.0001\" is not a decimal"),
        (first.replace("\"payable\":\"3.00\"", "\"paid\":1"), "payable is missing"),
        (first.replace("\"4.00\"", "\"99999999999999.00\""), "is too large"),
    ] {
        let (_folder, mut tiles) = empty();
        let refused = take_feed(&mut tiles, &row).unwrap_err();
        assert!(refused.is_refusal() && refused.to_string().contains(reason), "{reason}: {refused}");
        assert!(refused.to_string().starts_with("results feed, row 1: "), "{refused}");
    }
    for (row, reason) in [("{", "is not a row"), ("{\"type\":\"product\"}", "a product needs a goods_code")] {
        let refused = Catalog::read("goods.ndjson", row.as_bytes()).unwrap_err().to_string();
        assert!(refused.starts_with("goods.ndjson, row 1: ") && refused.contains(reason), "{refused}");
    }
}

/// The rows of [`CSV`] as a Parquet file of a data warehouse.
fn parquet(path: &Path) {
    let records: Vec<Vec<&str>> = CSV.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let texts = |column: usize| -> ArrayRef {
        Arc::new(
            records
                .iter()
                .map(|row| (!row[column].is_empty()).then_some(row[column]))
                .collect::<StringArray>(),
        )
    };
    let cents = |column: usize| -> ArrayRef {
        // All amounts have one or two places, or none.
        let value = |text: &str| -> i128 {
            let (whole, places) = text.split_once('.').unwrap_or((text, ""));
            if text.is_empty() { 0 } else { format!("{whole}{places:0<2}").parse().unwrap() }
        };
        let values = records.iter().map(|row| Some(value(row[column])));
        Arc::new(values.collect::<Decimal128Array>().with_precision_and_scale(18, 2).unwrap())
    };
    // Times of the chain's zone, without an offset.
    let times = [1_772_238_600, 1_772_238_600, 1_772_238_600, 1_772_276_400, 1_772_280_000];
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("receipt", texts(0)),
        ("member", texts(1)),
        ("at", Arc::new(TimestampSecondArray::from(times.to_vec()))),
        ("outlet", texts(3)),
        ("outlet_kind", texts(4)),
        ("category_1", texts(5)),
        ("category_2", texts(6)),
        ("quantity", texts(7)),
        ("spent", cents(8)),
        ("discount", cents(9)),
        ("points", cents(10)),
    ];
    write(path, columns);
}

fn write(path: &Path, columns: Vec<(&str, ArrayRef)>) {
    let fields: Vec<_> =
        columns.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let rows =
        RecordBatch::try_new(Arc::clone(&schema), columns.into_iter().map(|(_, column)| column).collect())
            .unwrap();
    let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), schema, None).unwrap();
    writer.write(&rows).unwrap();
    writer.close().unwrap();
}

#[test]
fn files_in_csv_and_parquet_are_the_same_as_the_feed() {
    let (folder, mut from_feed) = empty();
    take_feed(&mut from_feed, FEED).unwrap();
    let drop = folder.path().join("drop");
    fs::create_dir(&drop).unwrap();
    fs::write(drop.join("1.csv"), CSV).unwrap();
    let mut packed = flate2::write::GzEncoder::new(
        File::create(drop.join("2.csv.gz")).unwrap(),
        flate2::Compression::fast(),
    );
    packed.write_all(CSV.as_bytes()).unwrap();
    packed.finish().unwrap();
    parquet(&drop.join("3.parquet"));
    fs::write(drop.join(".4.csv"), "being written").unwrap();
    fs::write(drop.join("readme.txt"), "for people").unwrap();
    let files = dropped(&drop).unwrap();
    assert_eq!(files.len(), 3);
    for file in files {
        let (_folder, mut tiles) = empty();
        let taken = take_file(&mut tiles, &file).unwrap();
        assert_eq!((taken.rows, taken.receipts, taken.of_nobody), (5, 2, 1), "{}", file.display());
        assert_eq!(found(&tiles), found(&from_feed), "{}", file.display());
        assert!(tiles.has_taken(file.file_name().unwrap().to_str().unwrap()));
    }
}

#[test]
fn a_file_is_taken_once() {
    let (folder, mut tiles) = empty();
    let [first, copy, other] = ["a.csv", "b.csv", "sub/a.csv"].map(|name| folder.path().join(name));
    fs::create_dir(folder.path().join("sub")).unwrap();
    fs::write(&first, CSV).unwrap();
    fs::write(&copy, CSV).unwrap();
    fs::write(&other, CSV.replace("p1", "p9")).unwrap();
    take_file(&mut tiles, &first).unwrap();
    let before = found(&tiles);
    for (path, reason) in [
        (&first, "a.csv: was taken before, as a.csv"),
        (&copy, "b.csv: was taken before, as a.csv"),
        (&other, "a.csv: another file of this name was taken before"),
    ] {
        let refused = take_file(&mut tiles, path).unwrap_err();
        assert!(refused.is_refusal() && refused.to_string().contains(reason), "{reason}: {refused}");
    }
    assert_eq!(found(&tiles), before);
}

#[test]
fn wrong_rows_of_a_file_are_refused_with_their_number() {
    let rename = |from: &str, to: &str| CSV.replace(from, to);
    let cases = [
        (rename("receipt,", "bon,"), "column \"bon\" is not known; columns are receipt, member"),
        (CSV.replace(",at,", ",spent,"), "column \"spent\" is there twice"),
        (
            CSV.lines().map(|line| line.split_once(',').unwrap().1).collect::<Vec<_>>().join("\n"),
            "column \"receipt\" is missing",
        ),
        (rename("0.250", "0.2505"), "row 2: quantity: \"0.2505\" is not a decimal with at most 3 places"),
        (rename(",4,0,", ",4 EUR,0,"), "row 2: spent: \"4 EUR\""),
        (rename(",4,0,", ",,0,"), "row 2: spent: \"\""),
        (
            rename("r1,m-1,2026-02-28T11:00:00Z", "r1,m-1,28.02.2026"),
            "row 5: at: \"28.02.2026\" is not a time",
        ),
        (rename("p2,,", ",,"), "row 4: receipt is empty"),
        (rename("r1,", "p1,"), "row 5: receipt p1 was read before; its lines must stand together"),
        (CSV.replacen("p1,m-1", "p1,m-2", 1), "row 2: receipt p1 has another member"),
        (CSV.lines().next().unwrap().to_owned(), "has no rows"),
        (CSV.trim_end().trim_end_matches(",-0.07").to_owned(), "cannot be read"),
    ];
    for (text, reason) in cases {
        let (folder, mut tiles) = empty();
        let path = folder.path().join("receipts.csv");
        fs::write(&path, text).unwrap();
        let refused = take_file(&mut tiles, &path).unwrap_err();
        assert!(refused.is_refusal() && refused.to_string().contains(reason), "{reason}: {refused}");
        assert!(refused.to_string().starts_with("receipts.csv"), "{refused}");
        assert_eq!((tiles.rows(), tiles.has_taken("receipts.csv")), (0, false));
    }
}

#[test]
fn parquet_files_that_are_cut_or_have_floats_are_refused() {
    let (folder, mut tiles) = empty();
    let path = folder.path().join("receipts.parquet");
    parquet(&path);
    let whole = fs::metadata(&path).unwrap().len();
    for bytes in [whole - 1, whole / 2, 3, 0] {
        File::options().write(true).open(&path).unwrap().set_len(bytes).unwrap();
        let refused = take_file(&mut tiles, &path).unwrap_err();
        assert!(refused.to_string().contains("is not a whole Parquet file"), "{refused}");
    }
    let text = |value: &str| -> ArrayRef { Arc::new(StringArray::from(vec![value])) };
    let row = |spent: ArrayRef, quantity: ArrayRef| {
        vec![
            ("receipt", text("1")),
            ("member", text("m")),
            ("at", text("2026-02-01")),
            ("quantity", quantity),
            ("spent", spent),
        ]
    };
    write(&path, row(Arc::new(Float64Array::from(vec![1.5])), text("1")));
    let refused = take_file(&mut tiles, &path).unwrap_err();
    assert!(refused.to_string().contains("column \"spent\" is of type Float64"), "{refused}");
    write(&path, row(text("1.50"), Arc::new(Int64Array::from(vec![2]))));
    assert_eq!(take_file(&mut tiles, &path).unwrap().receipts, 1);
}

#[test]
fn time_zones_have_names() {
    assert!(Zone::named("Europe/Berlin").is_ok());
    assert!(Zone::named("Mars/Base").unwrap_err().contains("\"Mars/Base\" is not a time zone"));
    assert_eq!(features::day_of("1970-01-02"), Ok(1));
    assert!(features::day_of("02.01.1970").unwrap_err().contains("is not a date"));
}
