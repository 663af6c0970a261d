//! Archives that are whole, and archives that somebody made on purpose.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use zip::write::{SimpleFileOptions, ZipWriter};

use super::*;

fn head() -> ArchiveHead {
    ArchiveHead {
        created_ms: 7,
        code_version: "1".into(),
        left_out: vec!["a job".into()],
    }
}

fn write(target: &Path, files: &[(&str, &[u8])]) -> u64 {
    let mut writer = ArchiveWriter::create(target).unwrap();
    for (path, bytes) in files {
        let mut source = *bytes;
        assert!(writer.add(path, &mut source, &mut |_| true).unwrap());
    }
    writer.finish(head()).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A zip with these entries and this text as its manifest.
fn forge(folder: &Path, entries: &[(&str, &[u8])], manifest: &str) -> PathBuf {
    let path = folder.join("forged");
    let mut zip = ZipWriter::new(File::create(&path).unwrap());
    for (name, bytes) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.start_file(MANIFEST, SimpleFileOptions::default())
        .unwrap();
    zip.write_all(manifest.as_bytes()).unwrap();
    zip.finish().unwrap();
    path
}

fn manifest_of(path: &str, num_bytes: u64, sha256: &str) -> String {
    let file = ArchivedFile {
        path: path.into(),
        num_bytes,
        sha256: sha256.into(),
    };
    let manifest = Manifest {
        format: FORMAT,
        head: head(),
        files: vec![file],
    };
    serde_json::to_string(&manifest).unwrap()
}

#[test]
fn what_went_in_comes_out() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("all.lorekeeper");
    let random: Vec<u8> = (0..3_000_000u64).map(|n| ((n * n) >> 7) as u8).collect();
    let files: [(&str, &[u8]); 3] = [
        ("a/text.jsonl", b"{}\n{}\n"),
        ("m/model.gguf", &random),
        ("empty", b""),
    ];
    let num_bytes = write(&target, &files);
    assert_eq!(names(folder.path()), ["all.lorekeeper"], "no draft stays");
    let mut reader = ArchiveReader::open(&target).unwrap();
    assert_eq!(reader.head(), &head());
    assert_eq!(reader.num_bytes(), num_bytes);
    for (index, (path, bytes)) in files.iter().enumerate() {
        assert_eq!(reader.files()[index].path, *path);
        let mut read = Vec::new();
        assert!(reader.read(index, &mut read, &mut |_| true).unwrap());
        assert!(read == *bytes, "{path} differs");
    }
}

#[test]
fn an_archive_that_is_given_up_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("all.lorekeeper");
    fs::write(&target, "the old one").unwrap();
    let mut writer = ArchiveWriter::create(&target).unwrap();
    let mut source: &[u8] = b"new";
    assert!(!writer.add("x", &mut source, &mut |_| false).unwrap());
    drop(writer);
    assert_eq!(names(folder.path()), ["all.lorekeeper"]);
    assert_eq!(fs::read(&target).unwrap(), b"the old one");
}

#[test]
fn every_flipped_bit_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("all.lorekeeper");
    write(
        &target,
        &[("a/x.gguf", &[7; 600]), ("b/y.json", b"{\"a\": 1}")],
    );
    let whole = fs::read(&target).unwrap();
    let expected = read_all(&target).expect("is whole");
    let mut num_refused = 0;
    for place in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[place] ^= 1 << (place % 8);
        fs::write(&target, bytes).unwrap();
        match read_all(&target) {
            None => num_refused += 1,
            // Dates, versions and the like mean nothing to the program.
            Some(read) => assert_eq!(read, expected, "byte {place} went unnoticed"),
        }
    }
    assert!(num_refused > 700, "only {num_refused} were noticed");
    for len in 0..whole.len() {
        fs::write(&target, &whole[..len]).unwrap();
        assert_eq!(read_all(&target), None, "cut at {len}");
    }
}

/// Names and contents, when the archive is accepted.
fn read_all(path: &Path) -> Option<Vec<(String, Vec<u8>)>> {
    let mut reader = ArchiveReader::open(path).ok()?;
    (0..reader.files().len())
        .map(|index| {
            let mut bytes = Vec::new();
            reader.read(index, &mut bytes, &mut |_| true).ok()?;
            Some((reader.files()[index].path.clone(), bytes))
        })
        .collect()
}

#[test]
fn what_leads_out_of_the_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["../x", "/x", "a/../../x", "..\\x", "C:\\x", ".ssh/key"] {
        let path = forge(folder.path(), &[(name, b"")], &manifest_of(name, 0, ""));
        let error = ArchiveReader::open(&path).err().expect("must be refused");
        assert!(
            format!("{error:#}").contains("tampered"),
            "{name}: {error:#}"
        );
    }
}

#[test]
fn what_the_list_does_not_say_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let empty = r#"{"format": 1, "created_ms": 0, "code_version": "", "files": []}"#;
    let later = r#"{"format": 2, "chapters": []}"#;
    for (entries, manifest, words) in [
        (&[("x", &b"1"[..])][..], empty, "says nothing"),
        (&[][..], &manifest_of("x", 1, "0"), "lacks"),
        (
            &[("x", &b"12"[..])][..],
            &manifest_of("x", 1, "0"),
            "damaged",
        ),
        (&[][..], later, "later version"),
        (&[][..], "{", "damaged"),
    ] {
        let path = forge(folder.path(), entries, manifest);
        let error = ArchiveReader::open(&path).err().expect("must be refused");
        assert!(format!("{error:#}").contains(words), "{words}: {error:#}");
    }
}

#[test]
fn a_file_that_is_another_is_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let path = forge(folder.path(), &[("x", b"1")], &manifest_of("x", 1, "0"));
    let mut reader = ArchiveReader::open(&path).unwrap();
    let error = reader.read(0, &mut Vec::new(), &mut |_| true).unwrap_err();
    assert!(error.to_string().contains("damaged"), "{error}");
}
