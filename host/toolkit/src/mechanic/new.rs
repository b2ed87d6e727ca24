//! `offer-host mechanic new`: starts a project that builds.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use templates::{Language, ProjectFile};

/// Arguments of `offer-host mechanic new`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The mechanic's name, which is its folder's too: lower-case letters, digits and hyphens.
    name: String,
    /// The language it is written in.
    #[arg(long, value_enum, default_value_t)]
    lang: Lang,
    /// The folder to put the project's folder in.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    into: PathBuf,
}

#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Lang {
    /// cargo; the fastest, in class `fast`.
    #[default]
    Rust,
    /// npm with componentize-js; in class `slow`.
    Js,
    /// pip with componentize-py; in class `slow`.
    Python,
}

const PYTHON: &str = "componentize-py --wit-path wit --world mechanic";

/// Runs the command.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let language = match args.lang {
        Lang::Rust => Language::Rust,
        Lang::Js => Language::JavaScript,
        Lang::Python => Language::Python,
    };
    let files = templates::project(&args.name, language)?;
    let folder = args.into.join(&args.name);
    write(&folder, &files)?;
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{} files in {}. Next, in that folder:\n", files.len(), folder.display())?;
    let steps = steps(&args.name, language);
    let width = steps.iter().map(|(_, command)| command.len()).max().unwrap_or(0);
    for (what, command) in steps {
        writeln!(stdout, "  {command:<width$}  # {what}")?;
    }
    writeln!(stdout, "\nREADME.md there says more.")?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the whole project or nothing: into a folder beside the final one, which is then renamed.
fn write(folder: &Path, files: &[ProjectFile]) -> anyhow::Result<()> {
    anyhow::ensure!(!folder.exists(), "{} exists; choose another name or --into", folder.display());
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let staged = tempfile::Builder::new()
        .prefix(".new-")
        .tempdir_in(parent)
        .with_context(|| format!("cannot write in {}; does it exist, and is it yours?", parent.display()))?;
    for ProjectFile { path, contents } in files {
        let place = staged.path().join(path);
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
        }
        fs::write(&place, contents).with_context(|| format!("cannot write {}", place.display()))?;
    }
    fs::rename(staged.keep(), folder).with_context(|| format!("cannot make {}", folder.display()))
}

/// Comment and command of each next step.
fn steps(name: &str, language: Language) -> Vec<(&'static str, String)> {
    let file = name.replace('-', "_");
    let (component, mut steps) = match language {
        Language::Rust => (
            format!("target/wasm32-unknown-unknown/release/{file}.wasm"),
            vec![
                ("once on a machine", "rustup target add wasm32-unknown-unknown".to_owned()),
                ("test the plain functions", "cargo test".to_owned()),
                ("build", "cargo build --release --target wasm32-unknown-unknown".to_owned()),
            ],
        ),
        Language::JavaScript => (
            format!("dist/{name}.wasm"),
            vec![
                ("fetch the tools", "npm install".to_owned()),
                ("test the plain functions", "npm test".to_owned()),
                ("build, with types from the contract", "npm run build".to_owned()),
            ],
        ),
        Language::Python => (
            format!("{name}.wasm"),
            vec![
                ("an environment of its own", "python3 -m venv .venv && . .venv/bin/activate".to_owned()),
                ("fetch the tools", "pip install --requirement requirements.txt".to_owned()),
                ("types from the contract", format!("{PYTHON} bindings bindings")),
                ("test the plain functions", "python -m unittest".to_owned()),
                ("build", format!("{PYTHON} componentize --stub-wasi rule --output {name}.wasm")),
            ],
        ),
    };
    steps.push(("admit it, as a host would", format!("offer-host mechanic check {component}")));
    steps.push(("run the cases", format!("offer-host mechanic test {component} cases")));
    steps
}
