//! How parts of trained models are written: floats and forests so that reading them back gives every bit.

/// A float as its shortest decimal text that reads back as the same float.
pub(crate) mod float {
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }

    /// A finite float.
    pub(super) fn parse(text: &str) -> Result<f64, String> {
        let value = text.parse::<f64>().ok().filter(|value| value.is_finite());
        value.ok_or_else(|| format!("{text:?} is not a finite number"))
    }
}

/// The same for a list of floats.
pub(crate) mod floats {
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(values: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(values.iter().map(f64::to_string))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        texts.iter().map(|text| super::float::parse(text).map_err(D::Error::custom)).collect()
    }
}

/// A forest as the hexadecimal text of its bytes, which carry a checksum.
pub(crate) mod forest_text {
    use forest::Forest;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(forest: &Forest, serializer: S) -> Result<S::Ok, S::Error> {
        let text: String = forest.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        serializer.serialize_str(&text)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Forest, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes =
            bytes(&text).ok_or_else(|| D::Error::custom("the text of a forest is not hexadecimal"))?;
        Forest::from_bytes(&bytes).map_err(D::Error::custom)
    }

    fn bytes(text: &str) -> Option<Vec<u8>> {
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let pair = |[high, low]: &[u8; 2]| Some(digit(*high)? * 16 + digit(*low)?);
        rest.is_empty().then(|| pairs.iter().map(pair).collect()).flatten()
    }
}
