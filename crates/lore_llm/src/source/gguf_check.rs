//! A look at a GGUF file's header before it is read: do its counts make sense?
//!
//! A header may claim anything. The reader takes each value of a list for itself, which is thirty times
//! what a small number takes in the file, and trusts sizes that would overflow. Whatever passes here can
//! be read in bounded memory.

use std::io::{self, BufRead, Read, Seek};

use anyhow::{Result, bail, ensure};

/// Tensors, and entries of the metadata.
const MAX_ENTRIES: u64 = 1 << 17;

/// Elements of all lists together. The largest vocabularies have a quarter of a million tokens and half a
/// million merges.
const MAX_ELEMENTS: u64 = 1 << 22;

/// Bytes of one text. Chat templates are the longest.
const MAX_TEXT: u64 = 16 << 20;

/// Bytes of all texts together.
const MAX_TEXTS: u64 = 256 << 20;

/// Lists in lists.
const MAX_DEPTH: usize = 4;

/// Numbers in one tensor.
const MAX_NUMBERS: u64 = 1 << 40;

/// GGUF's types of values that are not numbers.
const TEXT: u32 = 8;
const LIST: u32 = 9;

/// Refuses headers that no model has.
pub(super) fn check(reader: impl BufRead + Seek) -> Result<()> {
    let mut header = Header {
        reader,
        has_short_lengths: false,
        num_elements: 0,
        text_bytes: 0,
    };
    let magic = header.number()?;
    ensure!(magic == u32::from_le_bytes(*b"GGUF"), "it is no GGUF file");
    header.has_short_lengths = header.number()? == 1;
    let (num_tensors, num_values) = (header.length()?, header.length()?);
    ensure!(
        num_tensors <= MAX_ENTRIES && num_values <= MAX_ENTRIES,
        "it claims to hold {num_tensors} tensors and {num_values} values"
    );
    for _ in 0..num_values {
        let is_alignment = header.text()? == b"general.alignment";
        let kind = header.number()?;
        if is_alignment {
            header.alignment(kind)?;
        } else {
            header.value(kind, 0)?;
        }
    }
    for _ in 0..num_tensors {
        header.tensor()?;
    }
    Ok(())
}

struct Header<R> {
    reader: R,
    /// The first version writes lengths in four bytes.
    has_short_lengths: bool,
    num_elements: u64,
    text_bytes: u64,
}

impl<R: BufRead + Seek> Header<R> {
    fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn number(&mut self) -> io::Result<u32> {
        Ok(u32::from_le_bytes(self.bytes()?))
    }

    fn length(&mut self) -> io::Result<u64> {
        if self.has_short_lengths {
            Ok(self.number()?.into())
        } else {
            Ok(u64::from_le_bytes(self.bytes()?))
        }
    }

    fn skip(&mut self, num_bytes: u64) -> Result<()> {
        let skipped = io::copy(&mut self.reader.by_ref().take(num_bytes), &mut io::sink())?;
        ensure!(skipped == num_bytes, "its end is missing");
        Ok(())
    }

    fn text_length(&mut self) -> Result<u64> {
        let length = self.length()?;
        self.text_bytes = self.text_bytes.saturating_add(length);
        ensure!(
            length <= MAX_TEXT && self.text_bytes <= MAX_TEXTS,
            "its texts are longer than they may be"
        );
        Ok(length)
    }

    fn text(&mut self) -> Result<Vec<u8>> {
        let length = self.text_length()?;
        let mut text = Vec::new();
        self.reader.by_ref().take(length).read_to_end(&mut text)?;
        ensure!(text.len() as u64 == length, "its end is missing");
        Ok(text)
    }

    /// Where tensors begin is rounded up to this.
    fn alignment(&mut self, kind: u32) -> Result<()> {
        let Some(size @ 1..=4) = size_of(kind) else {
            return self.value(kind, 0);
        };
        let mut bytes = [0; 8];
        self.reader.read_exact(&mut bytes[..size as usize])?;
        ensure!(u64::from_le_bytes(bytes) > 0, "its tensors stand nowhere");
        Ok(())
    }

    fn value(&mut self, kind: u32, depth: usize) -> Result<()> {
        match (kind, size_of(kind)) {
            (_, Some(size)) => self.skip(size),
            (TEXT, None) => {
                let length = self.text_length()?;
                self.skip(length)
            }
            (LIST, None) => self.list(depth),
            _ => bail!("it holds a value of an unknown kind ({kind})"),
        }
    }

    fn list(&mut self, depth: usize) -> Result<()> {
        ensure!(depth < MAX_DEPTH, "its lists stand in lists too deeply");
        let kind = self.number()?;
        let length = self.length()?;
        self.num_elements = self.num_elements.saturating_add(length);
        ensure!(
            self.num_elements <= MAX_ELEMENTS,
            "its lists are longer than they may be"
        );
        if let Some(size) = size_of(kind) {
            return self.skip(size * length);
        }
        for _ in 0..length {
            self.value(kind, depth + 1)?;
        }
        Ok(())
    }

    fn tensor(&mut self) -> Result<()> {
        self.text()?;
        let rank = self.number()?;
        ensure!((1..=4).contains(&rank), "a tensor has {rank} dimensions");
        let mut count = 1u64;
        for _ in 0..rank {
            let dim = self.length()?;
            ensure!(dim > 0, "a tensor is empty");
            count = count.saturating_mul(dim);
        }
        ensure!(count <= MAX_NUMBERS, "a tensor is larger than it may be");
        // Its type and where it stands.
        self.skip(4 + 8)
    }
}

/// Bytes of a value of this kind, where all have the same.
fn size_of(kind: u32) -> Option<u64> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// A header of version 3 with one value and the tensors' descriptions behind it.
    fn header(key: &str, value: &[u8], tensors: &[&[u8]]) -> Vec<u8> {
        let mut bytes = b"GGUF".to_vec();
        bytes.extend(3u32.to_le_bytes());
        bytes.extend((tensors.len() as u64).to_le_bytes());
        bytes.extend(1u64.to_le_bytes());
        bytes.extend((key.len() as u64).to_le_bytes());
        bytes.extend(key.as_bytes());
        bytes.extend(value);
        bytes.extend(tensors.concat());
        bytes
    }

    fn tensor(dims: &[u64]) -> Vec<u8> {
        let mut bytes = 1u64.to_le_bytes().to_vec();
        bytes.push(b't');
        bytes.extend((dims.len() as u32).to_le_bytes());
        bytes.extend(dims.iter().flat_map(|dim| dim.to_le_bytes()));
        bytes.extend([0; 12]);
        bytes
    }

    #[track_caller]
    fn refused(bytes: Vec<u8>, reason: &str) {
        let error = check(Cursor::new(bytes)).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }

    fn number(value: u32) -> Vec<u8> {
        [4u32.to_le_bytes(), value.to_le_bytes()].concat()
    }

    fn list(kind: u32, length: u64) -> Vec<u8> {
        let mut bytes = [LIST.to_le_bytes(), kind.to_le_bytes()].concat();
        bytes.extend(length.to_le_bytes());
        bytes
    }

    #[test]
    fn sound_headers_pass() {
        check(Cursor::new(header("a", &number(0), &[&tensor(&[4, 2])]))).unwrap();
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        for name in ["tiny-llama.gguf", "tiny-qwen2.gguf", "quants.gguf"] {
            check(Cursor::new(std::fs::read(folder.join(name)).unwrap())).unwrap();
        }
    }

    #[test]
    fn absurd_counts_are_refused_before_memory_is_taken() {
        let mut counts = header("a", &number(0), &[]);
        counts[8..16].copy_from_slice(&u64::MAX.to_le_bytes());
        refused(counts, "claims to hold");
        refused(header("a", &list(0, 1 << 40), &[]), "longer than");
        let text = [TEXT.to_le_bytes().to_vec(), vec![0xff; 8]].concat();
        refused(header("a", &text, &[]), "longer than");
        let nested: Vec<u8> = [
            list(LIST, 1),
            [LIST.to_le_bytes(), [1, 0, 0, 0], [0; 4]]
                .concat()
                .repeat(9),
        ]
        .concat();
        refused(header("a", &nested, &[]), "too deeply");
        refused(header("general.alignment", &number(0), &[]), "nowhere");
        for (dims, reason) in [
            (&[][..], "0 dimensions"),
            (&[1 << 40, 1 << 40, 0], "empty"),
            (&[1 << 40, 1 << 40], "larger than"),
        ] {
            refused(header("a", &number(0), &[&tensor(dims)]), reason);
        }
        refused(header("a", &list(4, 9), &[]), "missing");
    }
}
