//! Blocks of fields: what reports consist of, and how headers are quoted.

/// Fields that stand together, with lower-case names.
pub(super) struct Block(Vec<(String, String)>);

impl Block {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value of a field `TYPE; VALUE`.
    pub(super) fn typed(&self, name: &str) -> Option<String> {
        let value = self.get(name)?;
        Some(value.split_once(';').map_or(value, |(_, value)| value).trim().to_owned())
    }
}

/// Most lines that are read of a report.
const LINES_MAX: usize = 2_000;

/// The blocks of a text, parted by empty lines. Lines that begin with white space go on with the field before.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = vec![Block(Vec::new())];
    for line in text.lines().take(LINES_MAX) {
        if line.trim().is_empty() {
            blocks.push(Block(Vec::new()));
            continue;
        }
        let Some(block) = blocks.last_mut() else { break };
        let goes_on = line.starts_with([' ', '\t']);
        match (goes_on, block.0.last_mut(), line.split_once(':')) {
            (true, Some((_, value)), _) => {
                value.push(' ');
                value.push_str(line.trim());
            }
            (_, _, Some((name, value))) if is_name(name.trim()) => {
                block.0.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
            }
            _ => {}
        }
    }
    blocks.retain(|block| !block.0.is_empty());
    blocks
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}
