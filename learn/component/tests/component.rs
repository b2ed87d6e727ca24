//! What comes of a model: the same bytes each time, with the model in them, and no larger than is wanted.

use till::sample;

/// 300 trees of 64 leaves are what a till must bear.
#[test]
fn a_large_model_fits() {
    let model = sample::model(3, &[100, 100, 100], 6).unwrap();
    let built = component::component(&model).unwrap();
    assert_eq!(component::component(&model).unwrap(), built, "the same model, the same bytes");
    assert!(built.len() <= component::MAX_BYTES, "{} bytes", built.len());
    let most = component::template().len() - till::MAX_BYTES + model.table().len() + 100;
    assert!(built.len() < most, "nothing but the table is in place of the room: {}", built.len());
    let place = built.windows(model.table().len()).filter(|window| *window == model.table()).count();
    assert_eq!(place, 1, "the table is in it once, as it is");
}

#[test]
fn the_largest_table_fits() {
    // The room is in it.
    assert!(component::template().len() + 100 <= component::MAX_BYTES, "{}", component::template().len());
    let largest = sample::model(4, &[200, 200, 200, 200, 48], 6).unwrap();
    assert!(largest.table().len() > till::MAX_BYTES - 2_000);
    component::component(&largest).unwrap();
}
