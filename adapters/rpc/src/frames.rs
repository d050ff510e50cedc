//! Where one request ends and the next begins: bare JSON objects, back to back, with nothing needed
//! between them.
//!
//! Each byte is looked at once, however slowly the request comes in.

/// What has arrived and is not a request yet.
pub(crate) struct Frames {
    bytes: Vec<u8>,
    /// Where the request begins that is being read.
    start: usize,
    /// Up to where it has been looked at.
    scanned: usize,
    nesting: Nesting,
    max_bytes: usize,
    max_depth: usize,
}

/// How deep in arrays and objects a byte stands, and whether it is a text's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nesting {
    depth: usize,
    within: Within,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Within {
    Structure,
    Text,
    /// Right after a backslash.
    Escape,
}

/// Why nothing more can be read: it is not known where the next request would begin.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum Broken {
    #[error("Expected {{}} for json command")]
    NotAnObject,
    #[error("the request is larger than {0} bytes, the most that is read")]
    TooLarge(usize),
    #[error("the request nests deeper than {0}, the deepest that is read")]
    TooDeep(usize),
}

/// Memory that an empty connection may keep for its next request.
const KEPT: usize = 16 * 1024;

impl Frames {
    pub(crate) fn new(max_bytes: usize, max_depth: usize) -> Frames {
        Frames {
            bytes: Vec::new(),
            start: 0,
            scanned: 0,
            nesting: Nesting::NONE,
            max_bytes,
            max_depth,
        }
    }

    /// Takes in what has arrived.
    pub(crate) fn push(&mut self, arrived: &[u8]) {
        if self.start > 0 {
            self.bytes.drain(..self.start);
            self.scanned -= self.start;
            self.start = 0;
        }
        self.bytes.extend_from_slice(arrived);
    }

    /// The next whole request, if it has arrived.
    pub(crate) fn next(&mut self) -> Result<Option<&[u8]>, Broken> {
        while let Some(&byte) = self.bytes.get(self.scanned) {
            if self.nesting.is_none() {
                match byte {
                    b' ' | b'\t' | b'\n' | b'\r' => {
                        self.scanned += 1;
                        self.start = self.scanned;
                        continue;
                    }
                    b'{' => {}
                    _ => return Err(Broken::NotAnObject),
                }
            }
            self.scanned += 1;
            if self.scanned - self.start > self.max_bytes {
                return Err(Broken::TooLarge(self.max_bytes));
            }
            if self.look_at(byte)? {
                let request = self.start..self.scanned;
                self.start = self.scanned;
                return Ok(self.bytes.get(request));
            }
        }
        if self.start == self.bytes.len() {
            self.forget();
        }
        Ok(None)
    }

    /// Whether a request has begun and has not ended.
    pub(crate) fn has_partial(&self) -> bool {
        !self.nesting.is_none()
    }

    /// Whether that byte ends the request.
    fn look_at(&mut self, byte: u8) -> Result<bool, Broken> {
        let ends = self.nesting.look_at(byte);
        if self.nesting.depth > self.max_depth {
            return Err(Broken::TooDeep(self.max_depth));
        }
        Ok(ends)
    }

    fn forget(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(KEPT);
        self.start = 0;
        self.scanned = 0;
    }
}

impl Nesting {
    /// Between two objects.
    pub(crate) const NONE: Nesting = Nesting {
        depth: 0,
        within: Within::Structure,
    };

    /// Whether it is between two objects.
    pub(crate) fn is_none(self) -> bool {
        self.depth == 0
    }

    /// Whether that byte ends the object.
    pub(crate) fn look_at(&mut self, byte: u8) -> bool {
        self.within = match (self.within, byte) {
            (Within::Text, b'\\') => Within::Escape,
            (Within::Text, b'"') => Within::Structure,
            (Within::Text | Within::Escape, _) | (Within::Structure, b'"') => Within::Text,
            (Within::Structure, _) => Within::Structure,
        };
        match (self.within, byte) {
            (Within::Structure, b'{' | b'[') => self.depth += 1,
            (Within::Structure, b'}' | b']') => self.depth = self.depth.saturating_sub(1),
            (Within::Structure | Within::Text | Within::Escape, _) => return false,
        }
        self.depth == 0
    }
}

#[cfg(test)]
mod tests {
    use super::{Broken, Frames};

    fn all(frames: &mut Frames) -> Result<Vec<String>, Broken> {
        let mut found = Vec::new();
        while let Some(frame) = frames.next()? {
            found.push(String::from_utf8_lossy(frame).into_owned());
        }
        Ok(found)
    }

    const STREAM: &str = " {\"a\":[{},\"}{\\\"\\\\\"]}\n\n{}{\"b\":1}\r\n\t{\"c\"";

    #[test]
    fn requests_are_found_however_they_arrive() {
        let expected = ["{\"a\":[{},\"}{\\\"\\\\\"]}", "{}", "{\"b\":1}"];
        for chunk in 1..=STREAM.len() {
            let mut frames = Frames::new(100, 10);
            let mut found = Vec::new();
            for arrived in STREAM.as_bytes().chunks(chunk) {
                frames.push(arrived);
                found.extend(all(&mut frames).unwrap());
            }
            assert_eq!(found, expected, "in chunks of {chunk}");
            assert!(frames.has_partial());
        }
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let broken = |text: &str| {
            let mut frames = Frames::new(20, 3);
            frames.push(text.as_bytes());
            all(&mut frames)
        };
        assert_eq!(broken("[]"), Err(Broken::NotAnObject));
        assert_eq!(broken("{}x"), Err(Broken::NotAnObject));
        assert_eq!(broken("}"), Err(Broken::NotAnObject));
        assert_eq!(broken("{[[[]]]}"), Err(Broken::TooDeep(3)));
        assert_eq!(
            broken("{\"0123456789\":12345678}"),
            Err(Broken::TooLarge(20))
        );
        assert_eq!(
            broken("{\"0123456789\":12345}"),
            Ok(vec!["{\"0123456789\":12345}".into()])
        );
    }
}
