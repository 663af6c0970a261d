//! The pages of a row group: every header is looked at before the library unpacks what follows it.

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use parquet::file::reader::ChunkReader;

use super::packing;
use super::shapes::PAGE;
use super::thrift::walk;
use super::{MAGIC, Unusual};

/// The largest page when unpacked.
const MAX_PAGE_BYTES: i64 = 256 << 20;

/// What the pages that are open at a time may take, one of each column and its dictionary.
const MAX_OPEN_BYTES: i64 = 640 << 20;

/// Values of a column in a row group. Those of lists all end in memory when they are in one row.
const MAX_LIST_VALUES: i64 = 64 << 20;

/// What the library keeps for each value of a dictionary.
const ENTRY_BYTES: i64 = 40;

/// The parts of a page's header that are read at first, and at most: it can hold the smallest and
/// largest text of its page.
const HEADER_BYTES: [u64; 2] = [16 << 10, 16 << 20];

/// Kinds of pages.
const DATA: i64 = 0;
const INDEX: i64 = 1;
const DICTIONARY: i64 = 2;
const DATA_2: i64 = 3;

/// The encodings of texts as differences: of their lengths, and of the texts.
const DIFFERENCES: [i64; 2] = [6, 7];

/// Refuses a row group with a page that cannot be what its header says, or that is too large. Returns the
/// columns whose texts are written as differences, which say more within their pages.
pub(super) fn check(chunks: &impl ChunkReader, group: &RowGroupMetaData) -> Result<Vec<usize>> {
    ensure!(
        group.num_rows() >= 0 && (group.num_columns() > 0 || group.num_rows() == 0),
        "a row group has no sensible number of rows"
    );
    let mut num_open_bytes = 0;
    let mut differences = Vec::new();
    for (index, column) in group.columns().iter().enumerate() {
        let path = || format!("column {}", column.column_path());
        ensure!(
            column.column_descr().max_rep_level() > 0 || column.num_values() == group.num_rows(),
            "{} has another number of rows than its row group",
            path()
        );
        let pages = check_column(chunks, column).with_context(path)?;
        num_open_bytes += pages.num_open_bytes;
        if pages.has_differences {
            differences.push(index);
        }
    }
    if num_open_bytes > MAX_OPEN_BYTES {
        bail!(Unusual(format!(
            "Reading the Parquet file takes {} MiB of memory; {} are allowed. Please save it with \
             smaller pages.",
            num_open_bytes >> 20,
            MAX_OPEN_BYTES >> 20
        )));
    }
    Ok(differences)
}

/// What the pages of a column have in common.
struct Pages {
    /// What its dictionary and its largest page take.
    num_open_bytes: i64,
    has_differences: bool,
}

fn check_column(chunks: &impl ChunkReader, column: &ColumnChunkMetaData) -> Result<Pages> {
    ensure!(
        (0..=MAX_LIST_VALUES).contains(&column.num_values())
            || column.column_descr().max_rep_level() == 0,
        "it has no sensible number of values"
    );
    let start = column.dictionary_page_offset();
    let start = start.unwrap_or_else(|| column.data_page_offset());
    let mut place = u64::try_from(start).context("it stands nowhere")?;
    let mut rest = u64::try_from(column.compressed_size()).context("it has no length")?;
    let end = place.checked_add(rest);
    ensure!(
        place >= MAGIC.len() as u64 && end.is_some_and(|end| end <= chunks.len()),
        "it is longer than the file"
    );
    let (mut num_values, mut largest, mut dictionary) = (0, 0, 0);
    let mut has_differences = false;
    while rest > 0 {
        let (page, len) = header(chunks, place, rest)?;
        (place, rest) = (place + len, rest - len);
        page.check(column, rest)?;
        let data = chunks.get_bytes(place, page.packed as usize)?;
        page.check_data(column, &data)?;
        match page.kind {
            DICTIONARY => dictionary = page.unpacked + ENTRY_BYTES * page.num_values,
            DATA | DATA_2 => {
                num_values += page.num_values;
                largest = page.unpacked.max(largest);
                has_differences |= DIFFERENCES.contains(&page.encoding);
            }
            _ => {}
        }
        (place, rest) = (place + page.packed as u64, rest - page.packed as u64);
    }
    ensure!(
        num_values <= column.num_values(),
        "it has more values than it says"
    );
    Ok(Pages {
        num_open_bytes: largest + dictionary,
        has_differences,
    })
}

/// The header at `place`, and its length.
fn header(chunks: &impl ChunkReader, place: u64, rest: u64) -> Result<(Page, u64)> {
    let read = |max: u64| {
        let bytes = chunks.get_bytes(place, rest.min(max) as usize)?;
        let mut page = Page::default();
        let len = walk(&bytes, &PAGE, &mut |record, field, value| {
            page.take(record, field, value);
            Ok(())
        })?;
        Ok((page, len as u64))
    };
    match read(HEADER_BYTES[0]) {
        Err(_) if rest > HEADER_BYTES[0] => read(HEADER_BYTES[1]),
        read => read,
    }
}

/// What the header of a page says.
struct Page {
    kind: i64,
    unpacked: i64,
    packed: i64,
    num_values: i64,
    encoding: i64,
    /// Bytes of levels that are never packed.
    levels: [i64; 2],
    is_packed: bool,
}

impl Default for Page {
    /// What is not said is not sensible.
    fn default() -> Self {
        Self {
            kind: -1,
            unpacked: -1,
            packed: -1,
            num_values: 0,
            encoding: -1,
            levels: [0; 2],
            is_packed: true,
        }
    }
}

impl Page {
    fn take(&mut self, record: &str, field: i16, value: i64) {
        match (record, field) {
            ("page", 1) => self.kind = value,
            ("page", 2) => self.unpacked = value,
            ("page", 3) => self.packed = value,
            ("data page" | "data page 2" | "dictionary", 1) => self.num_values = value,
            ("data page", 2) | ("data page 2", 4) => self.encoding = value,
            ("data page 2", 5) => self.levels[0] = value,
            ("data page 2", 6) => self.levels[1] = value,
            ("data page 2", 7) => self.is_packed = value != 0,
            _ => {}
        }
    }

    /// The header against the column it belongs to and the bytes that are left of it.
    fn check(&self, column: &ColumnChunkMetaData, rest: u64) -> Result<()> {
        ensure!(
            (DATA..=DATA_2).contains(&self.kind),
            "a page is of no known kind"
        );
        ensure!(
            u64::try_from(self.packed).is_ok_and(|len| len <= rest),
            "a page is longer than its column"
        );
        ensure!(
            (0..=MAX_PAGE_BYTES).contains(&self.unpacked),
            "a page is larger than {} MiB",
            MAX_PAGE_BYTES >> 20
        );
        let most = match self.kind {
            DICTIONARY => self.unpacked,
            _ => column.num_values(),
        };
        ensure!(
            (0..=most).contains(&self.num_values),
            "a page has no sensible number of values"
        );
        let has_levels = self
            .levels
            .iter()
            .all(|len| (0..=self.unpacked).contains(len));
        ensure!(
            has_levels && self.num_levels() <= self.unpacked.min(self.packed),
            "a page is shorter than its own parts"
        );
        Ok(())
    }

    fn num_levels(&self) -> i64 {
        self.levels.iter().sum()
    }

    /// What follows the header: whether it unpacks to what was promised.
    fn check_data(&self, column: &ColumnChunkMetaData, data: &Bytes) -> Result<()> {
        let promised = self.unpacked - self.num_levels();
        if self.kind == INDEX || !self.is_packed || promised == 0 {
            return Ok(());
        }
        let packed = data.slice(self.num_levels() as usize..);
        packing::check(column.compression(), &packed, promised as u64)
    }
}
