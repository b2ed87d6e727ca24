//! Pages and the links to them: the target of every link is in the repository, so that a clone has it.

mod examples;
mod markdown;
mod mentions;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use tests::workspace;

use super::assert_none;

/// The files of a repository, relative to its root.
struct Repository {
    /// Names of all files, and of the folders that they are in.
    names: BTreeSet<String>,
    /// Name → content of the files that are text.
    texts: BTreeMap<String, String>,
}

impl Repository {
    fn new(files: impl IntoIterator<Item = (String, Option<String>)>) -> Self {
        let mut repository = Self { names: BTreeSet::new(), texts: BTreeMap::new() };
        for (name, text) in files {
            let folders = name.match_indices('/').filter_map(|(at, _)| name.get(..at));
            repository.names.extend(folders.map(str::to_owned));
            repository.names.insert(name.clone());
            repository.texts.extend(text.map(|text| (name, text)));
        }
        repository
    }

    /// The problem of the link `path#anchor`, written in the folder `from`; `None` if it can be followed.
    fn problem(&self, from: &str, target: &str) -> Option<String> {
        let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
        let Some(name) = resolve(from, path) else { return Some("leads out of the repository".to_owned()) };
        if !name.is_empty() && !self.names.contains(&name) {
            return Some("is not in the repository".to_owned());
        }
        let anchors = markdown::anchors(self.texts.get(&name).filter(|_| name.ends_with(".md"))?);
        (!anchor.is_empty() && !anchors.contains(anchor))
            .then(|| format!("{name} has no heading or anchor #{anchor}"))
    }

    /// Everything that is wrong, as `file:line: text: problem`.
    fn problems(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (name, text) in &self.texts {
            let links = if name.ends_with(".md") { markdown::links(text) } else { Vec::new() };
            for (line, target) in links {
                let own = if target.starts_with('#') { name.as_str() } else { "" };
                let from = if own.is_empty() { folder_of(name) } else { "" };
                let problem = self.problem(from, &format!("{own}{target}"));
                found.extend(problem.map(|problem| format!("{name}:{line}: {target}: {problem}")));
            }
            for (line, mention) in mentions::of_lines(text) {
                let problem = self.problem_of_mention(name, mention);
                found.extend(problem.map(|problem| format!("{name}:{line}: {mention}: {problem}")));
            }
        }
        found
    }

    /// As `problem`, for what is no link: people write names from the root or from where they are. The
    /// commands that a page shows may run in another folder than its own.
    fn problem_of_mention(&self, name: &str, mention: &str) -> Option<String> {
        let folder = folder_of(name);
        if mentions::is_of_the_learner(name, mention) {
            return None;
        }
        if mentions::names_a_page(mention) || mentions::is_beside_us(mention) {
            let from_here = self.problem(folder, mention)?;
            return self.problem("", mention).map(|_| from_here);
        }
        let leads_out = resolve(folder, mention).is_none() && !name.ends_with(".md");
        leads_out.then(|| "leads out of the repository".to_owned())
    }
}

fn folder_of(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The name of `path` seen from a folder; none if that is outside the repository.
fn resolve(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[test]
fn what_is_pointed_to_is_in_the_repository() {
    let names = workspace::files().expect("the files of the repository");
    let read = |name: &String| fs::read_to_string(workspace::root().join(name)).ok();
    let repository = Repository::new(names.into_iter().map(|name| {
        let text = read(&name);
        (name, text)
    }));
    assert_none(
        &repository.problems(),
        "write the page, or point to one that is there, by its name from the root or from where you are",
    );
}
