//! `cargo xtask icons`: the application icons of the three systems from `assets/icon.svg`.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::args::Args;
use crate::place::Place;
use crate::setup;

/// PNG files and their size.
const PNGS: [(&str, u32); 5] = [
    ("32x32.png", 32),
    ("128x128.png", 128),
    ("128x128@2x.png", 256),
    ("256x256.png", 256),
    ("icon.png", 512),
];

/// Sizes in the Windows icon.
const ICO: [u32; 6] = [16, 24, 32, 48, 64, 256];

/// Pictures in the macOS icon: the type of the entry and its size in pixels.
const ICNS: [(&[u8; 4], u32); 8] = [
    (b"ic11", 32),
    (b"ic12", 64),
    (b"ic07", 128),
    (b"ic13", 256),
    (b"ic08", 256),
    (b"ic14", 512),
    (b"ic09", 512),
    (b"ic10", 1024),
];

/// Writes every icon.
pub(crate) fn run(place: &Place, args: Args) -> Result<()> {
    args.finish()?;
    setup::require(&["librsvg2-bin"])?;
    let svg = place.root.join("assets").join("icon.svg");
    let icons = place.root.join("icons");
    fs::create_dir_all(&icons)?;
    for (name, size) in PNGS {
        fs::write(icons.join(name), draw(&svg, size)?)?;
    }
    let pictures = ICO.map(|size| draw(&svg, size).map(|png| (size, png)));
    let pictures = pictures.into_iter().collect::<Result<Vec<_>>>()?;
    fs::write(icons.join("icon.ico"), ico(&pictures))?;
    let pictures = ICNS.map(|(kind, size)| draw(&svg, size).map(|png| (*kind, png)));
    let pictures = pictures.into_iter().collect::<Result<Vec<_>>>()?;
    fs::write(icons.join("icon.icns"), icns(&pictures))?;
    eprintln!("Icons are in {}", icons.display());
    Ok(())
}

/// The picture as PNG, `size` pixels wide and high.
fn draw(svg: &Path, size: u32) -> Result<Vec<u8>> {
    let size = size.to_string();
    let output = Command::new("rsvg-convert")
        .args(["--width", &size, "--height", &size])
        .arg(svg)
        .output()
        .context("Could not start rsvg-convert (package librsvg2-bin)")?;
    anyhow::ensure!(
        output.status.success(),
        "rsvg-convert could not draw {}",
        svg.display()
    );
    Ok(output.stdout)
}

/// An ICO file of PNG pictures (allowed since Windows Vista): a header, an entry for each picture,
/// then the pictures.
fn ico(pictures: &[(u32, Vec<u8>)]) -> Vec<u8> {
    const HEADER: usize = 6;
    const ENTRY: usize = 16;
    let mut file = Vec::new();
    for number in [0u16, 1, pictures.len() as u16] {
        file.extend(number.to_le_bytes());
    }
    let mut offset = HEADER + ENTRY * pictures.len();
    for (size, png) in pictures {
        // 256 is written as 0.
        let side = (*size % 256) as u8;
        file.extend([side, side, 0, 0]);
        file.extend(1u16.to_le_bytes());
        file.extend(32u16.to_le_bytes());
        file.extend((png.len() as u32).to_le_bytes());
        file.extend((offset as u32).to_le_bytes());
        offset += png.len();
    }
    for (_, png) in pictures {
        file.extend(png);
    }
    file
}

/// An ICNS file: a header with the length of the file, then typed blocks with theirs.
fn icns(pictures: &[([u8; 4], Vec<u8>)]) -> Vec<u8> {
    const HEADER: usize = 8;
    let length: usize = pictures.iter().map(|(_, png)| HEADER + png.len()).sum();
    let mut file = b"icns".to_vec();
    file.extend(((HEADER + length) as u32).to_be_bytes());
    for (kind, png) in pictures {
        file.extend(kind);
        file.extend(((HEADER + png.len()) as u32).to_be_bytes());
        file.extend(png);
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ico_entry_points_at_its_picture() {
        let file = ico(&[(16, b"small".to_vec()), (256, b"large".to_vec())]);
        let entry = &file[6 + 16..6 + 32];
        assert_eq!(entry[0], 0, "256 is written as 0");
        let offset = u32::from_le_bytes(entry[12..16].try_into().unwrap()) as usize;
        assert_eq!(&file[offset..], b"large");
    }

    #[test]
    fn icns_lengths_include_their_headers() {
        let file = icns(&[(*b"ic07", b"picture".to_vec())]);
        let total = u32::from_be_bytes(file[4..8].try_into().unwrap()) as usize;
        assert_eq!(total, file.len());
        let block = u32::from_be_bytes(file[12..16].try_into().unwrap()) as usize;
        assert_eq!(block, 8 + b"picture".len());
    }
}
