//! Bytes of forests.

use forest::{Child, Feature, Forest, ForestError, Node, Tree, View};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::made_up::{forests, small};

/// Written down once: a forest that was stored must be read by later programs. The checksum is that of
/// Python's `zlib.crc32`.
#[test]
fn the_bytes_are_those_of_the_description() {
    let bytes = small().to_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let expected = [
        "6f68666f72657374",
        "01000000",
        "292a7d5a",
        "e803000000000000",
        "02000000",
        "02000000",
        "02000000",
        "04000000",
        "0d000000",
        "00000000",
        "0100000000000000",
        "0500000000000000",
        "0900000000000000",
        "fdffffffffffffff",
        "0000010300000100",
        "0100000601000200",
        "f9ffffff",
        "14000000",
        "2c010000",
        "04000000",
        "0200",
        "0000",
        "0306",
        "0107",
        "766973697473",
        "4772c3b6c39f65",
    ];
    assert_eq!(hex, expected.concat());
}

#[test]
fn every_flipped_bit_is_refused() {
    let bytes = small().to_bytes();
    assert_eq!(Forest::from_bytes(&bytes), Ok(small()));
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(Forest::from_bytes(&flipped).is_err(), "bit {bit}");
    }
}

#[test]
fn every_cut_is_refused() {
    let bytes = small().to_bytes();
    for length in 0..bytes.len() {
        assert!(Forest::from_bytes(&bytes[..length]).is_err(), "{length} bytes");
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    let length = u64::try_from(bytes.len()).unwrap();
    assert_eq!(Forest::from_bytes(&longer), Err(ForestError::Length { expected: length, found: length + 1 }));
}

#[test]
fn other_files_and_versions_are_refused_by_name() {
    assert_eq!(Forest::from_bytes(b"PK and so on"), Err(ForestError::NotAForest));
    let mut bytes = small().to_bytes();
    bytes[8] = 2;
    assert_eq!(
        Forest::from_bytes(&bytes).unwrap_err().to_string(),
        "the forest has version 2 of the format, this program reads version 1"
    );
}

/// 300 trees with 64 leaves, each node on a cut of its own as far as features have room.
#[test]
fn a_large_forest_at_the_till_is_small() {
    let name = |number| format!("feature_number_{number:04}");
    let features =
        (0..75_i64).map(|number| Feature { name: name(number), cuts: (0..254).collect() }).collect();
    let tree = |number: u16| {
        let child = |number: u16| if number < 63 { Child::Node(number) } else { Child::Leaf(number - 63) };
        let node = |position: u16| Node {
            feature: number % 75,
            cut: u8::try_from((position + number / 75 * 63) % 254).unwrap(),
            missing_left: position.is_multiple_of(2),
            left: child(2 * position + 1),
            right: child(2 * position + 2),
        };
        Tree { nodes: (0..63).map(node).collect(), leaves: vec![1; 64] }
    };
    let forest = Forest::new(features, 0, (0..300).map(tree).collect()).unwrap();
    let bytes = forest.to_bytes();
    assert!(bytes.len() <= 400 * 1024, "{} bytes", bytes.len());
    assert_eq!(Forest::from_bytes(&bytes), Ok(forest));
}

proptest! {
    #[test]
    fn what_is_written_is_read(forest in forests()) {
        let bytes = forest.to_bytes();
        let read = Forest::from_bytes(&bytes).unwrap();
        prop_assert_eq!(&read, &forest);
        prop_assert_eq!(read.to_bytes(), bytes);
    }

    /// Whatever was changed, with a checksum made to fit or not: an error, or the one form of a forest. The
    /// walk of changed bytes ends.
    #[test]
    fn changed_bytes_never_panic(
        forest in forests(),
        changes in vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
        mend in any::<bool>(),
    ) {
        let mut bytes = forest.to_bytes();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if mend && let Err(ForestError::Checksum { found, .. }) = Forest::from_bytes(&bytes) {
            bytes[12..16].copy_from_slice(&found.to_le_bytes());
        }
        if let Ok(read) = Forest::from_bytes(&bytes) {
            prop_assert_eq!(read.to_bytes(), bytes.clone());
        }
        if let Ok(view) = View::new(&bytes) {
            let _ = view.score(&[Some(3), None, Some(-9)]);
        }
    }

    #[test]
    fn noise_never_panics(noise in vec(any::<u8>(), 0..300)) {
        prop_assert!(Forest::from_bytes(&noise).is_err());
        prop_assert!(Forest::from_bytes(&[b"ohforest\x01\0\0\0".as_slice(), &noise].concat()).is_err());
    }
}

#[test]
fn a_view_knows_the_names() {
    let bytes = small().to_bytes();
    let names: Vec<&str> = View::new(&bytes).unwrap().feature_names().collect();
    assert_eq!(names, ["visits", "Größe"]);
}
