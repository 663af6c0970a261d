//! Bringing Java worlds onto this machine: out of a wheel as Python's package index offers it, or
//! from a JAR that is already there.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use lore_core::{DataDir, JavaWorld};
use zip::ZipArchive;

/// The largest file taken out of a wheel.
const MAX_FILE: u64 = 100 << 20;

/// What a file turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Installed {
    /// A world.
    World(JavaWorld),
    /// py4j, through which worlds are reached safely.
    Gateway,
}

/// A file to be put into a folder.
struct Part {
    name: String,
    bytes: Vec<u8>,
}

/// Takes a world or py4j out of `path`, a wheel or a JAR, into the data folder. What was installed
/// before is replaced once the new one is whole.
pub fn install(data: &DataDir, path: &Path) -> Result<Installed> {
    let context = || {
        format!(
            "{} is neither a wheel nor a JAR of ScienceWorld, TextWorld-Express or py4j.",
            path.display()
        )
    };
    let file = File::open(path).with_context(|| format!("Could not open {}.", path.display()))?;
    let mut archive = ZipArchive::new(file).with_context(context)?;
    let names: Vec<String> = archive.file_names().map(str::to_owned).collect();
    let (what, parts) = if let Some(what) = kind_of_jar(&names) {
        (what, parts_of_jar(what, path, archive.into_inner())?)
    } else if let Some((what, jar)) = jar_in_wheel(&names) {
        (what, parts_of_wheel(what, &jar, &names, &mut archive)?)
    } else {
        bail!("{}", context());
    };
    let jar = target(data, what);
    let folder = jar.parent().context("a JAR stands in a folder")?;
    replace_folder(folder, &parts)
        .with_context(|| format!("Could not write to {}. Is the disk full?", folder.display()))?;
    Ok(what)
}

/// Where the JAR goes.
fn target(data: &DataDir, what: Installed) -> PathBuf {
    match what {
        Installed::World(world) => data.java_world(world),
        Installed::Gateway => data.py4j(),
    }
}

/// A JAR by the class it is for. Worlds hold a copy of py4j, so they are looked for first.
fn kind_of_jar(names: &[String]) -> Option<Installed> {
    [
        (
            "scienceworld/runtime/pythonapi/PythonInterface.class",
            Installed::World(JavaWorld::ScienceWorld),
        ),
        (
            "textworldexpress/runtime/PythonInterface.class",
            Installed::World(JavaWorld::TextWorldExpress),
        ),
        ("py4j/GatewayServer.class", Installed::Gateway),
    ]
    .into_iter()
    .find_map(|(class, what)| names.iter().any(|name| name == class).then_some(what))
}

/// True for `py4j0.10.9.9.jar` and its like.
fn is_gateway(file: &str) -> bool {
    let is_jar = Path::new(file)
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("jar"));
    is_jar && file.starts_with("py4j")
}

/// The JAR in a wheel, by its name.
fn jar_in_wheel(names: &[String]) -> Option<(Installed, String)> {
    names.iter().find_map(|name| {
        let file = name.rsplit('/').next()?;
        let what = match file {
            "scienceworld.jar" => Installed::World(JavaWorld::ScienceWorld),
            "textworld-express.jar" => Installed::World(JavaWorld::TextWorldExpress),
            _ if is_gateway(file) => Installed::Gateway,
            _ => return None,
        };
        Some((what, name.clone()))
    })
}

fn jar_name(what: Installed) -> &'static str {
    match what {
        Installed::World(world) => world.jar(),
        Installed::Gateway => "py4j.jar",
    }
}

/// The JAR itself, and the tables that stand beside it.
fn parts_of_jar(what: Installed, path: &Path, mut jar: File) -> Result<Vec<Part>> {
    let mut bytes = Vec::new();
    jar.seek(SeekFrom::Start(0))?;
    jar.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    ensure!(
        bytes.len() as u64 <= MAX_FILE,
        "The JAR is larger than it may be"
    );
    let mut parts = vec![Part {
        name: jar_name(what).to_owned(),
        bytes,
    }];
    if what == Installed::World(JavaWorld::TextWorldExpress) {
        let folder = path.parent().unwrap_or(Path::new("."));
        for entry in fs::read_dir(folder)?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if is_table(&name) {
                parts.push(Part {
                    name,
                    bytes: fs::read(entry.path())?,
                });
            }
        }
        ensure!(
            parts.len() > 1,
            "TextWorld-Express needs the tables that stand beside its JAR. Choose its wheel instead."
        );
    }
    Ok(parts)
}

/// The JAR and the tables of its folder.
fn parts_of_wheel(
    what: Installed,
    jar: &str,
    names: &[String],
    archive: &mut ZipArchive<File>,
) -> Result<Vec<Part>> {
    let mut read = |name: &str, as_name: &str| -> Result<Part> {
        let entry = archive.by_name(name)?;
        ensure!(entry.size() <= MAX_FILE, "{name} is larger than it may be");
        let mut bytes = Vec::new();
        // What an archive says of a size need not be true.
        entry.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
        ensure!(
            bytes.len() as u64 <= MAX_FILE,
            "{name} is larger than it may be"
        );
        Ok(Part {
            name: as_name.to_owned(),
            bytes,
        })
    };
    let mut parts = vec![read(jar, jar_name(what))?];
    let folder = jar.rsplit_once('/').map_or("", |(folder, _)| folder);
    for name in names {
        if let Some((of, file)) = name.rsplit_once('/')
            && of == folder
            && is_table(file)
        {
            parts.push(read(name, file)?);
        }
    }
    Ok(parts)
}

/// A file's own name; archives made elsewhere may part folders with other signs, and leave theirs by them.
fn is_table(name: &str) -> bool {
    !name.contains(['\\', ':'])
        && Path::new(name)
            .extension()
            .is_some_and(|extension| extension == "json")
}

fn replace_folder(folder: &Path, parts: &[Part]) -> Result<()> {
    let fresh = folder.with_extension("new");
    remove(&fresh)?;
    fs::create_dir_all(&fresh)?;
    for part in parts {
        fs::write(fresh.join(&part.name), &part.bytes)?;
    }
    remove(folder)?;
    fs::rename(&fresh, folder)?;
    Ok(())
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// The JARs of a world and of py4j that this machine's Python has; empty when it has no Python or
/// not both.
pub fn installed_in_python(world: JavaWorld) -> Vec<PathBuf> {
    let module = world.package().replace('-', "_");
    let program = format!(
        "import importlib.util as u, os, py4j.java_gateway as g\n\
         print(os.path.join(os.path.dirname(u.find_spec('{module}').origin), '{}'))\n\
         print(g.find_jar_path())",
        world.jar()
    );
    let python = if cfg!(windows) { "python" } else { "python3" };
    let output = Command::new(python)
        .args(["-c", &program])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let Ok(output) = output else {
        return Vec::new();
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let jars: Vec<PathBuf> = text.lines().map(PathBuf::from).collect();
    if jars.len() == 2 && jars.iter().all(|jar| jar.is_file()) {
        jars
    } else {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn archive(path: &Path, files: &[&str]) {
        let mut writer = zip::ZipWriter::new(File::create(path).unwrap());
        for name in files {
            let options = zip::write::SimpleFileOptions::default();
            writer.start_file(*name, options).unwrap();
            writer.write_all(name.as_bytes()).unwrap();
        }
        writer.finish().unwrap();
    }

    #[test]
    fn wheels_are_recognised_by_what_they_hold() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::new(folder.path().join("data"));
        let wheel = folder.path().join("x.whl");
        let files = [
            "textworld_express/textworld-express.jar",
            "textworld_express/cooking_world.json",
            "textworld_express/textworld_express.py",
        ];
        archive(&wheel, &files);
        for _ in 0..2 {
            let what = install(&data, &wheel).unwrap();
            assert_eq!(what, Installed::World(JavaWorld::TextWorldExpress));
        }
        let jar = data.java_world(JavaWorld::TextWorldExpress);
        let beside = jar.with_file_name("cooking_world.json");
        assert_eq!(fs::read_to_string(&jar).unwrap(), files[0]);
        assert!(beside.is_file() && !jar.with_file_name("textworld_express.py").exists());

        archive(
            &wheel,
            &["py4j.data/share/py4j/py4j0.10.9.9.jar", "py4j/x.py"],
        );
        assert_eq!(install(&data, &wheel).unwrap(), Installed::Gateway);
        assert!(data.py4j().is_file());
    }

    #[test]
    fn jars_are_recognised_by_their_classes() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::new(folder.path().join("data"));
        let jar = folder.path().join("any.jar");
        let classes = [
            "py4j/GatewayServer.class",
            "scienceworld/runtime/pythonapi/PythonInterface.class",
        ];
        archive(&jar, &classes);
        let what = install(&data, &jar).unwrap();
        assert_eq!(what, Installed::World(JavaWorld::ScienceWorld));
        let installed = data.java_world(JavaWorld::ScienceWorld);
        assert_eq!(fs::read(installed).unwrap(), fs::read(&jar).unwrap());
    }

    #[test]
    fn nothing_in_a_wheel_leaves_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::new(folder.path().join("data"));
        let wheel = folder.path().join("x.whl");
        archive(
            &wheel,
            &[
                "x/textworld-express.jar",
                "x/fine.json",
                "x/..\\..\\evil.json",
                "x/C:evil.json",
                "x/../../evil.json",
                "../evil.json",
                "/evil.json",
            ],
        );
        install(&data, &wheel).unwrap();
        let installed = data.java_world(JavaWorld::TextWorldExpress);
        let beside = fs::read_dir(installed.parent().unwrap()).unwrap();
        let mut names: Vec<_> = beside.map(|file| file.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["fine.json", "textworld-express.jar"]);
        let mut around: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        around.sort();
        assert_eq!(around, ["data", "x.whl"]);
    }

    #[test]
    fn anything_else_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::new(folder.path().join("data"));
        let path = folder.path().join("a");
        fs::write(&path, "text").unwrap();
        let error = install(&data, &path).unwrap_err().to_string();
        assert!(error.contains("neither a wheel nor a JAR"), "{error}");
        archive(&path, &["README"]);
        assert!(install(&data, &path).is_err());
        assert!(install(&data, &folder.path().join("none")).is_err());
    }
}
