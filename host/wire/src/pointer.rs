//! JSON Pointers (RFC 6901): where in a document something stands.

/// The pointer of the field `name` of the object at the pointer `parent`.
pub fn below(parent: &str, name: &str) -> String {
    let mut pointer = parent.to_owned();
    push(&mut pointer, name);
    pointer
}

/// `~` is written as `~0`, and `/` as `~1`.
fn push(pointer: &mut String, name: &str) {
    pointer.push('/');
    for letter in name.chars() {
        match letter {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
}

/// A place in a document, as a linked path on the stack: nothing is allocated until a problem is
/// reported.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// The place above and the way down from it; absent at the root.
    above: Option<(&'a Place<'a>, ReferenceToken<'a>)>,
}

/// One part of a pointer.
#[derive(Clone, Copy)]
pub(super) enum ReferenceToken<'a> {
    /// Field of an object.
    Name(&'a str),
    /// Entry of a list, counted from 0.
    Index(usize),
}

impl<'a> Place<'a> {
    pub(super) const ROOT: Self = Self { above: None };

    pub(super) fn below(&'a self, token: ReferenceToken<'a>) -> Self {
        Self { above: Some((self, token)) }
    }

    pub(super) fn pointer(&self) -> String {
        let Some((above, token)) = self.above else { return String::new() };
        let mut pointer = above.pointer();
        match token {
            ReferenceToken::Name(name) => push(&mut pointer, name),
            ReferenceToken::Index(index) => {
                pointer.push('/');
                pointer.push_str(&index.to_string());
            }
        }
        pointer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped() {
        assert_eq!(below("", "a"), "/a");
        assert_eq!(below("/a", "x/y~z"), "/a/x~1y~0z");
        assert_eq!(below("/a", "~1"), "/a/~01");
        let root = Place::ROOT;
        let list = root.below(ReferenceToken::Name("a/b"));
        assert_eq!(list.below(ReferenceToken::Index(3)).pointer(), "/a~1b/3");
    }
}
