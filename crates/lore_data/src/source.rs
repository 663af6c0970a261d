//! Where an import comes from: a file, a folder of files, a zip, or bytes in memory, with gzip and
//! zstd taken off on the way. Nothing is ever written to it or unpacked beside it.

use std::cell::Cell;
use std::fs::{self, File};
use std::io::{self, BufReader, Cursor, Read, Seek};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use zip::ZipArchive;

use walk::Walk;

mod walk;

/// Files of one source at most; a whole release of games has a tenth of that.
const MAX_FILES: usize = 500_000;

/// A source may unpack to so many times its size, and to [`FREE_BYTES`] in any case. Records of episodes
/// pack to a tenth or a thirtieth.
const MAX_RATIO: u64 = 200;

/// See [`MAX_RATIO`].
const FREE_BYTES: u64 = 1 << 30;

/// The largest packed file that has to be held in memory, because its format is read back to front.
const MAX_WHOLE_BYTES: u64 = 512 << 20;

const TOO_MANY: &str =
    "There are more than half a million files here. Choose a folder that holds episodes only.";

/// The first bytes of a file that gzip made.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The first bytes of a file that zstd made (RFC 8878).
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The first bytes of a zip.
const ZIP: &[u8] = b"PK\x03\x04";

/// Files that together make up one import.
pub(crate) struct Source {
    entries: Vec<Entry>,
    place: Place,
    num_read: Rc<Cell<u64>>,
    left: Rc<Cell<u64>>,
    links: Vec<String>,
}

/// One file of a source.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Its path within the source with `/` between folders; the file's name when it stands alone.
    pub(crate) name: String,
    /// Its size; of a file in a zip, that outside of it.
    pub(crate) num_bytes: u64,
}

enum Place {
    File(PathBuf),
    Folder(PathBuf),
    Zip(Box<ZipArchive<Box<dyn Seekable>>>),
    Bytes(Bytes),
}

/// What a zip is read from.
trait Seekable: Read + Seek {}

impl<T: Read + Seek> Seekable for T {}

/// A file that can be read from any place, packing taken off.
pub(crate) enum Whole {
    /// As it stands on the disk.
    File(File),
    /// Unpacked into memory.
    Bytes(Bytes),
}

impl Source {
    /// Opens what stands at `path`; a zip is told by its content.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let metadata = fs::metadata(path)
            .with_context(|| format!("There is nothing to read at {}.", path.display()))?;
        let mut links = Vec::new();
        let mut num_stored = metadata.len();
        let (entries, place) = if metadata.is_dir() {
            let found = Walk::of(path)?;
            links = found.links;
            num_stored = found.entries.iter().map(|entry| entry.num_bytes).sum();
            (found.entries, Place::Folder(path.to_owned()))
        } else if starts_with(path, ZIP)? {
            let file = File::open(path).context("The file could not be opened.")?;
            open_zip(Box::new(BufReader::new(file)))?
        } else {
            let name = file_name(path);
            let num_bytes = metadata.len();
            (
                vec![Entry { name, num_bytes }],
                Place::File(path.to_owned()),
            )
        };
        if entries.is_empty() {
            bail!("There are no files in {}.", path.display());
        }
        Ok(Self {
            entries,
            place,
            num_read: Rc::default(),
            left: bound(num_stored),
            links,
        })
    }

    /// What `bytes` hold, as if they stood in a file called `name`.
    pub(crate) fn of_bytes(name: &str, bytes: Bytes) -> Result<Self> {
        let left = bound(bytes.len() as u64);
        let (entries, place) = if bytes.starts_with(ZIP) {
            open_zip(Box::new(Cursor::new(bytes)))?
        } else {
            let entry = Entry {
                name: name.to_owned(),
                num_bytes: bytes.len() as u64,
            };
            (vec![entry], Place::Bytes(bytes))
        };
        Ok(Self {
            entries,
            place,
            num_read: Rc::default(),
            left,
            links: Vec::new(),
        })
    }

    /// Links that lead out of a folder. They were not followed: whoever made the folder may have meant
    /// something else by them than whoever opens it.
    pub(crate) fn links(&self) -> &[String] {
        &self.links
    }

    /// The files, in the order of their names.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// True when the source is one file that stands alone.
    pub(crate) fn is_single_file(&self) -> bool {
        matches!(self.place, Place::File(_) | Place::Bytes(_))
    }

    /// Bytes of all files, as [`Source::num_read`] counts them.
    pub(crate) fn num_bytes(&self) -> u64 {
        self.entries.iter().map(|entry| entry.num_bytes).sum()
    }

    /// Counts the bytes read through [`Source::read`].
    pub(crate) fn num_read(&self) -> Rc<Cell<u64>> {
        Rc::clone(&self.num_read)
    }

    /// Reads one file from its start, gzip and zstd taken off.
    pub(crate) fn read(&mut self, index: usize) -> Result<Box<dyn Read + '_>> {
        let name = &self.entries[index].name;
        let raw: Box<dyn Read + '_> = match &mut self.place {
            Place::File(path) => Box::new(open_file(path)?),
            Place::Folder(root) => Box::new(open_file(&root.join(name))?),
            Place::Zip(archive) => {
                let entry = archive.by_name(name);
                Box::new(entry.with_context(|| format!("{name} could not be read from the zip."))?)
            }
            Place::Bytes(bytes) => Box::new(Cursor::new(bytes.clone())),
        };
        let mut counted = Counted {
            raw,
            num_read: Rc::clone(&self.num_read),
        };
        let mut magic = Vec::new();
        let peek = counted.by_ref().take(4).read_to_end(&mut magic);
        peek.with_context(|| format!("{name} could not be read."))?;
        let (is_gzip, is_zstd) = (magic.starts_with(&GZIP), magic == ZSTD);
        let whole = BufReader::new(Cursor::new(magic).chain(counted));
        let plain: Box<dyn Read + '_> = if is_gzip {
            Box::new(MultiGzDecoder::new(whole))
        } else if is_zstd {
            let decoder = zstd::stream::read::Decoder::with_buffer(whole);
            Box::new(decoder.with_context(|| format!("{name} could not be unpacked."))?)
        } else {
            Box::new(whole)
        };
        let left = Rc::clone(&self.left);
        Ok(Box::new(Bounded { plain, left }))
    }

    /// One file for reading back and forth. A packed one is held in memory.
    pub(crate) fn whole(&mut self, index: usize) -> Result<Whole> {
        let name = self.entries[index].name.clone();
        let plain = match &self.place {
            Place::File(path) => Some(path.clone()),
            Place::Folder(root) => Some(root.join(&name)),
            Place::Zip(_) | Place::Bytes(_) => None,
        };
        if let Some(path) = plain
            && !starts_with(&path, &GZIP)?
            && !starts_with(&path, &ZSTD)?
        {
            return Ok(Whole::File(open_file(&path)?));
        }
        let mut bytes = Vec::new();
        self.read(index)?
            .take(MAX_WHOLE_BYTES + 1)
            .read_to_end(&mut bytes)
            .with_context(|| format!("{name} could not be read."))?;
        if bytes.len() as u64 > MAX_WHOLE_BYTES {
            bail!(
                "{name} is larger than {} MiB. Please unpack it first.",
                MAX_WHOLE_BYTES >> 20
            );
        }
        Ok(Whole::Bytes(Bytes::from(bytes)))
    }
}

/// The files of a zip, and the zip.
fn open_zip(reader: Box<dyn Seekable>) -> Result<(Vec<Entry>, Place)> {
    let mut archive = ZipArchive::new(reader)
        .context("The zip file is damaged or incomplete. Please get it again.")?;
    let entries = zip_entries(&mut archive)?;
    Ok((entries, Place::Zip(Box::new(archive))))
}

/// The last part of a path, for people.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(
        || path.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}

struct Counted<R> {
    raw: R,
    num_read: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let num_read = self.raw.read(buffer)?;
        self.num_read.set(self.num_read.get() + num_read as u64);
        Ok(num_read)
    }
}

/// How much may be read of what takes so many bytes on the disk. Files are read twice: for their format,
/// and for their rows.
fn bound(num_stored: u64) -> Rc<Cell<u64>> {
    let once = num_stored.saturating_mul(MAX_RATIO).max(FREE_BYTES);
    Rc::new(Cell::new(once.saturating_mul(2)))
}

/// Ends with an error what unpacks to more than anybody meant to keep.
struct Bounded<R> {
    plain: R,
    /// Bytes that may come yet, of all files of the source.
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let num_read = self.plain.read(buffer)?;
        let left = self.left.get().checked_sub(num_read as u64);
        let left = left.ok_or_else(|| {
            io::Error::other(format!(
                "it unpacks to more than {MAX_RATIO} times its size; unpack it first if that is right"
            ))
        })?;
        self.left.set(left);
        Ok(num_read)
    }
}

fn open_file(path: &Path) -> Result<File> {
    File::open(path).with_context(|| format!("{} could not be opened.", path.display()))
}

fn starts_with(path: &Path, magic: &[u8]) -> Result<bool> {
    let mut start = Vec::new();
    open_file(path)?
        .take(magic.len() as u64)
        .read_to_end(&mut start)
        .with_context(|| format!("{} could not be read.", path.display()))?;
    Ok(start == magic)
}

fn zip_entries(archive: &mut ZipArchive<Box<dyn Seekable>>) -> Result<Vec<Entry>> {
    if archive.len() > MAX_FILES {
        bail!("{TOO_MANY}");
    }
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let file = archive
            .by_index_raw(index)
            .context("The zip file is damaged or incomplete. Please get it again.")?;
        let hidden = file.name().split('/').any(|part| part.starts_with('.'));
        if file.is_file() && !hidden && !file.name().starts_with("__MACOSX/") {
            entries.push(Entry {
                name: file.name().to_owned(),
                num_bytes: file.size(),
            });
        }
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn read(source: &mut Source, index: usize) -> String {
        let mut text = String::new();
        source
            .read(index)
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        text
    }

    #[test]
    fn files_folders_zips_and_gzip_read_alike() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        fs::create_dir_all(data.join("b")).unwrap();
        fs::write(data.join("b/two.txt"), "two").unwrap();
        fs::write(data.join(".hidden"), "no").unwrap();
        let gz = File::create(data.join("one")).unwrap();
        let mut gz = flate2::write::GzEncoder::new(gz, flate2::Compression::fast());
        gz.write_all(b"one").unwrap();
        gz.finish().unwrap();

        let mut source = Source::open(&data).unwrap();
        let names: Vec<_> = source.entries().iter().map(|e| e.name.clone()).collect();
        assert_eq!(names, ["b/two.txt", "one"]);
        assert_eq!(
            (read(&mut source, 0), read(&mut source, 1)),
            ("two".into(), "one".into())
        );
        assert_eq!(source.num_read().get(), source.num_bytes());

        let path = folder.path().join("no extension");
        let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
        zip.start_file("x/three.txt", zip::write::SimpleFileOptions::default())
            .unwrap();
        zip.write_all(b"three").unwrap();
        zip.finish().unwrap();
        let mut source = Source::open(&path).unwrap();
        assert_eq!(source.entries()[0].name, "x/three.txt");
        assert_eq!(read(&mut source, 0), "three");
    }

    #[test]
    #[cfg(unix)]
    fn links_out_of_a_folder_are_named_and_not_followed() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let outside = folder.path().join("outside");
        fs::create_dir_all(data.join("in")).unwrap();
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("secret.jsonl"), "{}").unwrap();
        fs::write(data.join("in/a.jsonl"), "{}").unwrap();
        symlink(outside.join("secret.jsonl"), data.join("b.jsonl")).unwrap();
        symlink(&outside, data.join("folder")).unwrap();
        symlink("in/a.jsonl", data.join("c.jsonl")).unwrap();
        symlink("nowhere", data.join("d.jsonl")).unwrap();
        symlink("..", data.join("up")).unwrap();
        let source = Source::open(&data).unwrap();
        let names: Vec<_> = source.entries().iter().map(|e| e.name.as_str()).collect();
        assert_eq!(names, ["c.jsonl", "in/a.jsonl"]);
        assert_eq!(source.links(), ["b.jsonl", "folder", "up"]);
    }

    #[test]
    fn a_bomb_does_not_go_off() {
        // Sixteen mebibytes of nothing, in two kilobytes.
        let mut packed = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
        let length = 16 << 20;
        io::copy(&mut io::repeat(b'x').take(length), &mut packed).unwrap();
        let packed = packed.finish().unwrap();
        assert!((packed.len() as u64) < length / 1000);
        let mut source = Source::of_bytes("bomb.zst", packed.into()).unwrap();
        assert_eq!(source.left.get(), 2 * FREE_BYTES, "small files may grow");
        source.left.set(1 << 20);
        let read = io::copy(&mut source.read(0).unwrap(), &mut io::sink());
        assert!(read.unwrap_err().to_string().contains("unpacks to more"));

        let mut files = zip::ZipWriter::new(Cursor::new(Vec::new()));
        files
            .start_file("a", zip::write::SimpleFileOptions::default())
            .unwrap();
        files.write_all(&[b'x'; 1000]).unwrap();
        let files = files.finish().unwrap().into_inner();
        let mut source = Source::of_bytes("a.zip", files.into()).unwrap();
        source.left.set(1500);
        assert_eq!(read_all(&mut source).unwrap(), 1000);
        assert!(read_all(&mut source).is_err(), "all files count together");
    }

    fn read_all(source: &mut Source) -> io::Result<u64> {
        io::copy(&mut source.read(0).unwrap(), &mut io::sink())
    }

    #[test]
    fn what_cannot_be_opened_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = Source::open(&folder.path().join("gone")).err().unwrap();
        assert!(missing.to_string().contains("nothing to read"));
        let empty = Source::open(folder.path()).err().unwrap();
        assert!(empty.to_string().contains("no files"));
        let path = folder.path().join("broken.zip");
        fs::write(&path, b"PK\x03\x04 and then nothing").unwrap();
        let broken = Source::open(&path).err().unwrap();
        assert!(broken.to_string().contains("damaged"));
    }
}
