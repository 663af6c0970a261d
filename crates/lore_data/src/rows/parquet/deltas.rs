//! Texts written as differences (Parquet's delta encodings): such a page says itself how many lengths
//! it holds, and the library reserves room for as many.

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use parquet::basic::Encoding;
use parquet::column::page::Page;
use parquet::file::reader::RowGroupReader;
use parquet::schema::types::ColumnDescriptor;

use super::thrift::plain_number;

/// Numbers in a block at most; writers put a hundred or two in one.
const MAX_BLOCK: u64 = 1 << 20;

/// Refuses pages of these columns that hold more lengths than values.
pub(super) fn check(group: &dyn RowGroupReader, columns: &[usize]) -> Result<()> {
    for &index in columns {
        let column = group.metadata().column(index).column_descr();
        for page in group.get_column_page_reader(index)? {
            check_page(&page?, column)?;
        }
    }
    Ok(())
}

fn check_page(page: &Page, column: &ColumnDescriptor) -> Result<()> {
    let num_lists = match page.encoding() {
        Encoding::DELTA_LENGTH_BYTE_ARRAY => 1,
        Encoding::DELTA_BYTE_ARRAY => 2,
        _ => return Ok(()),
    };
    let mut values = values(page, column)?;
    for _ in 0..num_lists {
        let len = numbers(&values, u64::from(page.num_values()))?;
        values = values.slice(len..);
    }
    Ok(())
}

/// What follows the levels of a page.
fn values(page: &Page, column: &ColumnDescriptor) -> Result<Bytes> {
    let data = page.buffer();
    let start = match page {
        Page::DataPageV2 {
            def_levels_byte_len,
            rep_levels_byte_len,
            ..
        } => *def_levels_byte_len as usize + *rep_levels_byte_len as usize,
        Page::DataPage { .. } => {
            let mut start = 0;
            for max_level in [column.max_rep_level(), column.max_def_level()] {
                if max_level > 0 {
                    start += levels(data.get(start..).unwrap_or_default())?;
                }
            }
            start
        }
        Page::DictionaryPage { .. } => bail!("a dictionary is written as differences"),
    };
    ensure!(start <= data.len(), "a page is shorter than its own parts");
    Ok(data.slice(start..))
}

/// How many bytes levels take, their length included.
fn levels(bytes: &[u8]) -> Result<usize> {
    let len = bytes.first_chunk().context("a page breaks off")?;
    Ok(4 + u32::from_le_bytes(*len) as usize)
}

/// Walks over a list of at most `most` numbers and returns how many bytes it takes.
fn numbers(bytes: &[u8], most: u64) -> Result<usize> {
    let mut place = 0;
    let mut next = || {
        let rest = bytes.get(place..).unwrap_or_default();
        let (number, len) = plain_number(rest).context("a page breaks off")?;
        place += len;
        anyhow::Ok(number)
    };
    let (block, parts, count, _first) = (next()?, next()?, next()?, next()?);
    ensure!(count <= most, "a page has more lengths than values");
    ensure!(
        parts > 0 && block > 0 && block <= MAX_BLOCK && block % parts == 0,
        "a page has blocks of no sensible size"
    );
    let part = (block / parts) as usize;
    let mut left = count.saturating_sub(1) as usize;
    while left > 0 {
        let rest = bytes.get(place..).unwrap_or_default();
        let (_least, len) = plain_number(rest).context("a page breaks off")?;
        place += len;
        let widths = bytes.get(place..place + parts as usize);
        place += parts as usize;
        for width in widths.context("a page breaks off")? {
            if left > 0 {
                place += usize::from(*width) * part / 8;
                left = left.saturating_sub(part);
            }
        }
    }
    ensure!(place <= bytes.len(), "a page breaks off");
    Ok(place)
}
