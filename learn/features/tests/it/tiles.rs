//! Folders of tiles that were damaged, and writers that do not get to the end.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use features::datafusion::arrow::array::{Int32Array, RecordBatch};
use features::datafusion::arrow::datatypes::{DataType, Field, Schema};
use features::datafusion::parquet::arrow::ArrowWriter;
use features::{Definitions, FeaturesError, Key, LARGEST, Limits, Sums, Tiles};

use crate::world::{Draw, folder, rows, tile};

fn some_tiles() -> Vec<(Key, Sums)> {
    let mut draw = Draw(1);
    (0..50).map(|number| tile(&mut draw, number % 7, &[["A", "B"]], &[""])).collect()
}

fn only_file(folder: &Path) -> PathBuf {
    let mut found = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    found.find(|path| path.extension().is_some_and(|end| end == "parquet")).unwrap()
}

/// Writes a Parquet file with one column of another type.
fn other_columns(path: &Path) {
    let schema = Arc::new(Schema::new(vec![Field::new("bucket", DataType::Int32, false)]));
    let rows = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(Int32Array::from(vec![1]))]).unwrap();
    let mut writer = ArrowWriter::try_new(fs::File::create(path).unwrap(), schema, None).unwrap();
    writer.write(&rows).unwrap();
    writer.close().unwrap();
}

/// Makes the list say that the file has the bytes that it has.
fn admit(folder: &Path, path: &Path, before: u64) {
    let list = folder.join("tiles.json");
    let now = fs::metadata(path).unwrap().len();
    let text = fs::read_to_string(&list).unwrap();
    fs::write(&list, text.replace(&format!("\"bytes\": {before}"), &format!("\"bytes\": {now}"))).unwrap();
}

#[test]
fn damaged_tiles_are_refused_and_the_file_is_named() {
    type Damage = fn(&Path, &Path);
    let damages: [(Damage, &str); 7] = [
        (
            |_, file| OpenOptions::new().write(true).open(file).unwrap().set_len(100).unwrap(),
            "has 100 bytes and was written with",
        ),
        (
            |folder, file| {
                let before = fs::metadata(file).unwrap().len();
                OpenOptions::new().write(true).open(file).unwrap().set_len(before / 2).unwrap();
                admit(folder, file, before);
            },
            "is not a Parquet file",
        ),
        (|_, file| fs::remove_file(file).unwrap(), "No such file"),
        (
            |folder, file| {
                let before = fs::metadata(file).unwrap().len();
                other_columns(file);
                admit(folder, file, before);
            },
            "column 1 is bucket of type Int32, not bucket of type Int64",
        ),
        (|folder, _| fs::write(folder.join("tiles.json"), "{").unwrap(), "is not a list of tiles"),
        (
            |folder, _| {
                let list = folder.join("tiles.json");
                let text = fs::read_to_string(&list).unwrap();
                fs::write(list, text.replace("\"buckets\": 2048", "\"buckets\": 64")).unwrap();
            },
            "with 64 buckets",
        ),
        (|folder, _| fs::remove_file(folder.join("tiles.json")).unwrap(), "is not a folder of tiles"),
    ];
    for (damage, reason) in damages {
        let (folder, _) = folder(&some_tiles(), 1);
        damage(folder.path(), &only_file(folder.path()));
        let refused = Tiles::open(folder.path()).unwrap_err().to_string();
        assert!(refused.contains(reason), "{reason}: {refused}");
        assert!(refused.starts_with(&folder.path().display().to_string()), "{refused}");
    }
}

#[test]
fn a_flipped_byte_is_found_by_its_digest() {
    let (folder, tiles) = folder(&some_tiles(), 1);
    tiles.verify().unwrap();
    let file = only_file(folder.path());
    let mut bytes = fs::read(&file).unwrap();
    bytes[10] ^= 1;
    fs::write(&file, bytes).unwrap();
    let refused = Tiles::open(folder.path()).unwrap().verify().unwrap_err();
    assert!(refused.to_string().contains("has other bytes than were written"), "{refused}");
}

#[test]
fn what_is_not_committed_was_never_there() {
    let (folder, mut tiles) = folder(&some_tiles(), 1);
    let listed = |folder: &Path| fs::read_dir(folder).unwrap().count();
    let (before, digest) = (listed(folder.path()), tiles.digest());
    let mut writer = tiles.writer().unwrap();
    writer.add(Key::default(), Sums::default()).unwrap();
    drop(writer);
    let mut writer = tiles.writer().unwrap();
    writer.add(Key::default(), Sums { spent: LARGEST + 1, ..Sums::default() }).unwrap();
    let refused = writer.commit().unwrap_err();
    assert!(refused.to_string().contains("too large"), "{refused}");
    let mut writer = tiles.writer().unwrap();
    writer.add(Key { day: i64::MAX, ..Key::default() }, Sums::default()).unwrap();
    let refused = writer.commit().unwrap_err();
    assert!(refused.to_string().contains("is not in the calendar"), "{refused}");
    // The first writer made the lock.
    assert_eq!((listed(folder.path()), tiles.digest()), (before, digest.clone()));
    assert_eq!(Tiles::open(folder.path()).unwrap().digest(), digest);
}

#[test]
fn one_program_adds_at_a_time_and_sees_what_others_added() {
    let (folder, mut tiles) = folder(&some_tiles(), 1);
    let mut other = Tiles::open(folder.path()).unwrap();
    let mut writer = tiles.writer().unwrap();
    let refused = other.writer().unwrap_err();
    assert!(refused.to_string().contains("another program is adding tiles"), "{refused}");
    writer.add(Key::default(), Sums::default()).unwrap();
    writer.commit().unwrap();
    let mut writer = other.writer().unwrap();
    writer.add(Key { day: 3, ..Key::default() }, Sums::default()).unwrap();
    writer.commit().unwrap();
    assert_eq!(other.rows(), tiles.rows() + 1);
    assert!(matches!(Tiles::create(folder.path()), Err(FeaturesError::Tiles { .. })));
}

#[test]
fn a_file_that_is_cut_while_it_is_read_is_an_error() {
    let (folder, tiles) = folder(&some_tiles(), 1);
    OpenOptions::new().write(true).open(only_file(folder.path())).unwrap().set_len(50).unwrap();
    let text = "[[set]]\ngroup = \"profile\"\nmetrics = [\"spent\"]\ndays = [7]";
    let definitions = Definitions::from_toml(text).unwrap();
    let failed = features::compute::<FeaturesError>(
        &tiles,
        &definitions,
        20_513,
        &Limits::default(),
        &mut |_| {},
        &mut |_| panic!("nothing is handed over"),
    );
    assert!(matches!(failed, Err(FeaturesError::Query(_))), "{failed:?}");
}

#[test]
fn late_tiles_add_to_those_that_are_there() {
    let text = "[[set]]\ngroup = \"profile\"\nmetrics = [\"spent\"]\ndays = [7]";
    let definitions = Definitions::from_toml(text).unwrap();
    let key = Key { member: 5, day: 20_510, ..Key::default() };
    let (_folder, tiles) = folder(&[700, -200, 1].map(|spent| (key, Sums { spent, ..Sums::default() })), 3);
    assert_eq!(tiles.rows(), 3);
    assert_eq!(rows(&tiles, &definitions, &Limits::default()).0, [(5, vec![501])].into());
}
