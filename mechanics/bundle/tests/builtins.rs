//! The built-in mechanics as they ship.

const MOST_BYTES: usize = 60_000;

#[test]
fn every_mechanic_is_there_once_and_small() {
    let names: Vec<&str> = bundle::builtins().iter().map(|builtin| builtin.name).collect();
    assert_eq!(names, ["category", "group", "ml", "multibuy", "product", "receipt", "threshold"]);
    for builtin in bundle::builtins() {
        assert!(builtin.wasm.starts_with(b"\0asm"), "{} is not Wasm", builtin.name);
        let size = builtin.wasm.len();
        assert!(size <= MOST_BYTES, "{} has {size} bytes, at most {MOST_BYTES} are wanted", builtin.name);
    }
}
