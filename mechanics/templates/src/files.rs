//! The files, compiled in.

use rust_embed::RustEmbed;

/// Embeds the files of a folder, without those that building a template in place leaves there.
macro_rules! folder {
    ($name:ident, $folder:literal) => {
        #[derive(RustEmbed)]
        #[folder = $folder]
        #[exclude = "target/*"]
        #[exclude = "node_modules/*"]
        #[exclude = "types/*"]
        #[exclude = "dist/*"]
        #[exclude = "bindings/*"]
        #[exclude = ".venv/*"]
        #[exclude = "*__pycache__*"]
        #[exclude = "*.lock"]
        #[exclude = "package-lock.json"]
        pub(crate) struct $name;
    };
}

folder!(Rust, "rust");
folder!(JavaScript, "javascript");
folder!(Python, "python");
folder!(Cases, "cases");
folder!(Contract, "../../wit/v1.1.0");
folder!(ContractBefore, "../../wit/v1.0.0");
folder!(Sdk, "../sdk");

/// The manifest of the SDK in a project of an author. The SDK's own belongs to a workspace.
const SDK_MANIFEST: &str = include_str!("../sdk.toml");
/// The path of the SDK from these files, and the path in a project.
const SDK_HERE: &str = "../../sdk";
const SDK_THERE: &str = "vendor/mechanics/sdk";

/// The files of a folder, each under `prefix`.
pub(crate) fn of<F: RustEmbed>(prefix: &str) -> Vec<(String, Vec<u8>)> {
    let found = F::iter().filter_map(|path| Some((path.clone(), F::get(&path)?)));
    found.map(|(path, file)| (format!("{prefix}{path}"), adapted(&path, file.data.into_owned()))).collect()
}

/// A file as it goes into a project: the manifests differ from those here.
fn adapted(path: &str, contents: Vec<u8>) -> Vec<u8> {
    match (path, String::from_utf8(contents)) {
        ("Cargo.toml", Ok(text)) if text.contains("name = \"mechanic-sdk\"") => SDK_MANIFEST.into(),
        ("Cargo.toml", Ok(text)) => text.replace(SDK_HERE, SDK_THERE).into_bytes(),
        (_, Ok(text)) => text.into_bytes(),
        (_, Err(binary)) => binary.into_bytes(),
    }
}
