//! Walking compact Thrift, the language of a Parquet file's contents and page headers, without making
//! anything of it: every list and text has to be there before anybody reserves room for it.
//!
//! The library that reads the file afterwards trusts what a field should be more than what is written.
//! So known fields must be of their [`Shape`]; only then do both walk over the same bytes.

use anyhow::{Context, Result, bail, ensure};

/// Records within records, lists within lists.
const MAX_DEPTH: usize = 24;

/// Bytes of the longest number.
const MAX_NUMBER_BYTES: usize = 10;

/// What a field has to be.
pub(super) enum Shape {
    Flag,
    Byte,
    Number,
    Real,
    Text,
    List(&'static Self),
    Record(&'static Record),
}

/// The fields of a record that are known; others are walked over.
pub(super) struct Record {
    pub(super) name: &'static str,
    pub(super) fields: &'static [(i16, Shape)],
}

/// Something that was walked over: the record and the field it stands in, and the number there, or the
/// length of the text or list. The end of a record is told as its field 0.
pub(super) type OnValue<'a> = dyn FnMut(&'static str, i16, i64) -> Result<()> + 'a;

/// Walks over one record at the start of `bytes`, and returns how many bytes it takes.
pub(super) fn walk(bytes: &[u8], record: &'static Record, seen: &mut OnValue<'_>) -> Result<usize> {
    let mut walk = Walk { rest: bytes, seen };
    walk.record(record, 0)?;
    Ok(bytes.len() - walk.rest.len())
}

struct Walk<'a, 'b> {
    rest: &'a [u8],
    seen: &'a mut OnValue<'b>,
}

/// Types as they are written.
mod kind {
    pub(super) const STOP: u8 = 0;
    pub(super) const TRUE: u8 = 1;
    pub(super) const FALSE: u8 = 2;
    pub(super) const BYTE: u8 = 3;
    pub(super) const I16: u8 = 4;
    pub(super) const I64: u8 = 6;
    pub(super) const DOUBLE: u8 = 7;
    pub(super) const BINARY: u8 = 8;
    pub(super) const LIST: u8 = 9;
    pub(super) const RECORD: u8 = 12;
}

impl Walk<'_, '_> {
    fn record(&mut self, record: &'static Record, depth: usize) -> Result<()> {
        let mut id = 0i16;
        while let Some(kind) = self.field(&mut id)? {
            match record.fields.iter().find(|(known, _)| *known == id) {
                Some((_, shape)) => {
                    ensure!(
                        shape.is(kind),
                        "a field of its {} is no such thing",
                        record.name
                    );
                    let value = self.value(shape, kind, depth + 1)?;
                    (self.seen)(record.name, id, value)?;
                }
                None => self.skip(kind, depth + 1)?,
            }
        }
        (self.seen)(record.name, 0, 0)
    }

    /// The type of the next field, whose number becomes `id`; `None` at the end of the record.
    fn field(&mut self, id: &mut i16) -> Result<Option<u8>> {
        let head = self.byte()?;
        let (step, kind) = (head >> 4, head & 0x0f);
        if kind == kind::STOP {
            return Ok(None);
        }
        let next = if step == 0 {
            i16::try_from(self.number()?).ok()
        } else {
            id.checked_add(i16::from(step))
        };
        *id = next.context("a field has no number")?;
        Ok(Some(kind))
    }

    /// Walks over a value of the right type and returns the number, or the length.
    fn value(&mut self, shape: &'static Shape, kind: u8, depth: usize) -> Result<i64> {
        Ok(match shape {
            Shape::Flag => i64::from(kind == kind::TRUE),
            Shape::Byte => i64::from(self.byte()?),
            Shape::Number => self.number()?,
            Shape::Real => self.take(8).map(|_| 0)?,
            Shape::Text => self.text()?,
            Shape::List(inner) => {
                let (kind, len) = self.list()?;
                ensure!(len == 0 || inner.is(kind), "a list holds something else");
                for _ in 0..len {
                    self.value(inner, kind, depth + 1)?;
                }
                len as i64
            }
            Shape::Record(record) => self.record(record, depth).map(|()| 0)?,
        })
    }

    /// Walks over a value nobody knows.
    fn skip(&mut self, kind: u8, depth: usize) -> Result<()> {
        ensure!(
            depth < MAX_DEPTH,
            "its parts stand too deep within each other"
        );
        match kind {
            kind::TRUE | kind::FALSE => {}
            kind::BYTE => drop(self.byte()?),
            kind::I16..=kind::I64 => drop(self.number()?),
            kind::DOUBLE => drop(self.take(8)?),
            kind::BINARY => drop(self.text()?),
            kind::LIST => {
                let (kind, len) = self.list()?;
                // The library does not walk over flags in lists, and nobody writes such lists.
                ensure!(len == 0 || kind > kind::FALSE, "a list holds nothing");
                for _ in 0..len {
                    self.skip(kind, depth + 1)?;
                }
            }
            kind::RECORD => {
                let mut id = 0;
                while let Some(kind) = self.field(&mut id)? {
                    self.skip(kind, depth + 1)?;
                }
            }
            _ => bail!("it holds something of no known type"),
        }
        Ok(())
    }

    /// The type and the number of a list's values, each of which takes a byte at least.
    fn list(&mut self) -> Result<(u8, usize)> {
        let head = self.byte()?;
        let (len, kind) = (head >> 4, head & 0x0f);
        let len = if len == 0x0f {
            self.plain_number()?
        } else {
            u64::from(len)
        };
        let len = usize::try_from(len)
            .ok()
            .filter(|len| *len <= self.rest.len());
        Ok((kind, len.context("a list is longer than the file")?))
    }

    fn text(&mut self) -> Result<i64> {
        let len =
            usize::try_from(self.plain_number()?).context("a text is longer than the file")?;
        self.take(len)?;
        Ok(len as i64)
    }

    fn number(&mut self) -> Result<i64> {
        let zigzag = self.plain_number()?;
        Ok((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64))
    }

    fn plain_number(&mut self) -> Result<u64> {
        let (number, len) = plain_number(self.rest).context("a number breaks off")?;
        self.take(len)?;
        Ok(number)
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    fn take(&mut self, len: usize) -> Result<&[u8]> {
        let (taken, rest) = self.rest.split_at_checked(len).context("it breaks off")?;
        self.rest = rest;
        Ok(taken)
    }
}

impl Shape {
    fn is(&self, kind: u8) -> bool {
        match self {
            Self::Flag => matches!(kind, kind::TRUE | kind::FALSE),
            Self::Byte => kind == kind::BYTE,
            Self::Number => (kind::I16..=kind::I64).contains(&kind),
            Self::Real => kind == kind::DOUBLE,
            Self::Text => kind == kind::BINARY,
            Self::List(_) => kind == kind::LIST,
            Self::Record(_) => kind == kind::RECORD,
        }
    }
}

/// The number at the start of `bytes`, seven bits a byte, and how many bytes it takes.
pub(super) fn plain_number(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut number = 0u64;
    for (index, byte) in bytes.iter().take(MAX_NUMBER_BYTES).enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((number, index + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    static INNER: Record = Record {
        name: "inner",
        fields: &[(1, Shape::Number)],
    };
    static OUTER: Record = Record {
        name: "outer",
        fields: &[
            (1, Shape::Number),
            (2, Shape::List(&Shape::Record(&INNER))),
            (3, Shape::Text),
        ],
    };

    /// What was seen, or why the walk ended.
    fn walked(bytes: &[u8]) -> Result<String, String> {
        let mut seen = Vec::new();
        let mut tell = |record: &'static str, field: i16, value: i64| {
            seen.push(format!("{record}.{field}={value}"));
            Ok(())
        };
        let len = walk(bytes, &OUTER, &mut tell).map_err(|error| format!("{error:#}"))?;
        Ok(format!("{} in {len}", seen.join(" ")))
    }

    #[test]
    fn known_fields_are_told_and_others_walked_over() {
        // 1: 3, 2: two records with 1: 1, 9: an unknown text, and what follows.
        let bytes = [
            0x16, 6, 0x19, 0x2c, 0x16, 2, 0, 0x16, 2, 0, 0x78, 2, b'h', b'i', 0, 99,
        ];
        let seen = "outer.1=3 inner.1=1 inner.0=0 inner.1=1 inner.0=0 outer.2=2 outer.0=0 in 15";
        assert_eq!(walked(&bytes), Ok(seen.to_owned()));
    }

    #[test]
    fn lengths_beyond_the_end_and_wrong_types_are_refused() {
        let long_list = [0x29, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07, 0];
        assert_eq!(
            walked(&long_list).unwrap_err(),
            "a list is longer than the file"
        );
        let long_text = [0x38, 0xff, 0x7f, b'a', 0];
        assert_eq!(walked(&long_text).unwrap_err(), "it breaks off");
        let text_for_number = [0x18, 1, b'a', 0];
        assert_eq!(
            walked(&text_for_number).unwrap_err(),
            "a field of its outer is no such thing"
        );
        let endless = [
            0x98, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
        ];
        assert_eq!(walked(&endless).unwrap_err(), "a number breaks off");
    }

    #[test]
    fn deep_nests_and_lists_of_nothing_are_refused() {
        let nest: Vec<u8> = std::iter::once(0x9c).chain([0x1c; 100]).collect();
        assert!(walked(&nest).unwrap_err().contains("too deep"));
        let flags = [0x99, 0xf1, 2, 1, 1, 0];
        assert_eq!(walked(&flags).unwrap_err(), "a list holds nothing");
    }
}
