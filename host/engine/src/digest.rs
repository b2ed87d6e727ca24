//! SHA-256 digests as text: `sha256:` and 64 lower-case hexadecimal digits.

use sha2::{Digest as _, Sha256};

/// The digest of some bytes.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    finish(Sha256::new_with_prefix(bytes))
}

/// The digest of all bytes that were added to `hash`.
pub(crate) fn finish(hash: Sha256) -> String {
    format!("sha256:{}", hex::encode(hash.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_that_of_the_bytes() {
        // The example of FIPS 180-4.
        let of_abc = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(b"abc"), of_abc);
        let mut hash = Sha256::new();
        hash.update(b"a");
        hash.update(b"bc");
        assert_eq!(finish(hash), of_abc);
    }
}
