//! `componentize ROOT PACKAGE…`: builds mechanics of a workspace, and says where the components lie.

use std::env;
use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use componentize::Build;

const USAGE: &str = "usage: componentize ROOT PACKAGE…
  ROOT     the folder of the cargo workspace; its Cargo.toml defines the profile `guest`
  PACKAGE  a mechanic of that workspace; its component goes to ROOT/target/mechanics/components";

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(root), packages) = (arguments.next().map(PathBuf::from), arguments.collect::<Vec<_>>()) else {
        eprintln!("{USAGE}");
        return Ok(ExitCode::from(2));
    };
    if packages.is_empty() {
        eprintln!("{USAGE}");
        return Ok(ExitCode::from(2));
    }
    let root = root.canonicalize()?;
    let built = Build::new(&root, root.join("target/mechanics")).packages(packages).run();
    let components = match built {
        Ok(components) => components,
        Err(error) => {
            eprintln!("error: {error}");
            return Ok(ExitCode::FAILURE);
        }
    };
    let mut stdout = std::io::stdout().lock();
    for component in components {
        writeln!(stdout, "{} ({} bytes)", component.path.display(), component.bytes.len())?;
    }
    Ok(ExitCode::SUCCESS)
}
