//! A newcomer: looks for words, clicks on them, waits, and takes pictures.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};

use super::hand;
use super::thing::Thing;
use super::words::Words;
use crate::screens::{self, Size};

/// How long a click may take to show its effect, on a machine that has more to do.
const PATIENCE: Duration = Duration::from_mins(5);

/// How long an experiment may take.
const LONG: Duration = Duration::from_mins(90);

/// How often a long wait is told about.
const REPORT: Duration = Duration::from_secs(20);

/// How often the window is looked at.
const GLANCE: Duration = Duration::from_millis(300);

/// How long what is clicked on must not have moved.
const BLINK: Duration = Duration::from_millis(120);

/// How many times in a row it must not have moved.
const STILL: usize = 4;

/// How long a page may take to begin to glide.
const SLOW: Duration = Duration::from_secs(3);

/// What is this near to the lower edge of the screen is half hidden, in pixels.
const EDGE: i64 = 10;

/// Where the bar at the top ends.
const TOP: i64 = 56;

/// Tells what the window shows.
pub(crate) trait Reader {
    /// Everything a screen reader is told, in reading order.
    fn things(&mut self) -> Result<Vec<Thing>>;
}

/// The newcomer.
pub(crate) struct Visitor {
    reader: Box<dyn Reader>,
    size: Size,
    words: Words,
    folder: PathBuf,
    name: String,
    num_pictures: usize,
    start: Instant,
}

impl Visitor {
    /// Stands before a screen of this size. What it looks for is told in English and looked for in `words`.
    /// Pictures go to `folder` and are called `name` and a number.
    pub(crate) fn new(
        reader: Box<dyn Reader>,
        (size, words): (Size, Words),
        folder: &Path,
        name: &str,
    ) -> Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self {
            reader,
            size,
            words,
            folder: folder.to_owned(),
            name: name.to_owned(),
            num_pictures: 0,
            start: Instant::now(),
        })
    }

    /// The first thing that `fits`, as soon as there is one; `what` tells what is looked for.
    fn wait(
        &mut self,
        what: &str,
        patience: Duration,
        fits: impl Fn(&Thing) -> bool,
    ) -> Result<Thing> {
        let start = Instant::now();
        loop {
            let things = self.reader.things()?;
            if let Some(thing) = things.into_iter().find(&fits) {
                return Ok(thing);
            }
            if start.elapsed() > patience {
                self.picture("lost")?;
                self.tell_all()?;
                bail!("{what:?} did not come within {patience:?}");
            }
            sleep(GLANCE);
        }
    }

    /// Waits until something is called so.
    pub(crate) fn see(&mut self, name: &str) -> Result<()> {
        let name = self.words.name(name).to_owned();
        self.wait(&name, PATIENCE, |it| it.name == name).map(drop)
    }

    /// Waits until something is called so that takes long to come.
    pub(crate) fn see_at_last(&mut self, name: &str) -> Result<()> {
        let name = self.words.name(name).to_owned();
        self.wait(&name, LONG, |it| it.name == name).map(drop)
    }

    /// Waits until nothing is called so any more.
    pub(crate) fn see_gone(&mut self, name: &str) -> Result<()> {
        self.see_gone_within(name, PATIENCE)
    }

    /// Waits until nothing is called so any more, which takes long.
    pub(crate) fn see_gone_at_last(&mut self, name: &str) -> Result<()> {
        self.see_gone_within(name, LONG)
    }

    fn see_gone_within(&mut self, name: &str, patience: Duration) -> Result<()> {
        let start = Instant::now();
        while self.reads(name)?.is_some() {
            ensure!(start.elapsed() < patience, "{name:?} does not go away");
            sleep(GLANCE);
        }
        Ok(())
    }

    /// Waits for something that takes long, and tells now and then what the window says of it.
    pub(crate) fn follow(&mut self, end: &str) -> Result<()> {
        let start = Instant::now();
        while self.reads(end)?.is_none() {
            ensure!(
                start.elapsed() < LONG,
                "{end:?} did not come within {LONG:?}"
            );
            if let Some(left) = self.says(" left")? {
                eprintln!("{:>6.1} s  {left}", self.secs());
            }
            sleep(REPORT);
        }
        Ok(())
    }

    /// Waits for a text that holds these words.
    pub(crate) fn hear(&mut self, words: &str) -> Result<String> {
        self.hear_within(words, PATIENCE)
    }

    /// Waits for a text that holds these words and takes long to come.
    pub(crate) fn hear_at_last(&mut self, words: &str) -> Result<String> {
        self.hear_within(words, LONG)
    }

    fn hear_within(&mut self, words: &str, patience: Duration) -> Result<String> {
        let start = Instant::now();
        loop {
            if let Some(text) = self.says(words)? {
                return Ok(text);
            }
            if start.elapsed() > patience {
                self.picture("lost")?;
                self.tell_all()?;
                bail!("nothing says {words:?}");
            }
            sleep(GLANCE);
        }
    }

    /// The first text that holds these words, if there is one now.
    fn says(&mut self, words: &str) -> Result<Option<String>> {
        let words = self.words.piece(words);
        let things = self.reader.things()?;
        let mut texts = things.into_iter().flat_map(|it| [it.name, it.value]);
        Ok(texts.find(|text| text.contains(words)))
    }

    /// The first name that begins so, if there is one now.
    pub(crate) fn reads(&mut self, beginning: &str) -> Result<Option<String>> {
        let beginning = self.words.name(beginning);
        let things = self.reader.things()?;
        let found = things.into_iter().find(|it| it.name.starts_with(beginning));
        Ok(found.map(|it| it.name))
    }

    /// Clicks on the control with this name, scrolling to it when need be.
    pub(crate) fn click(&mut self, name: &str) -> Result<()> {
        let name = self.words.name(name).to_owned();
        self.click_where(&name, |it| it.name == name && it.is_control())
    }

    /// Clicks on the control whose name begins so.
    pub(crate) fn click_beginning(&mut self, beginning: &str) -> Result<()> {
        let beginning = self.words.name(beginning).to_owned();
        self.click_where(&beginning, |it| {
            it.name.starts_with(&beginning) && it.is_control()
        })
    }

    /// Clicks on the first row whose second line holds these words.
    pub(crate) fn click_row_with(&mut self, words: &str) -> Result<()> {
        self.click_where(words, |it| {
            it.role == "listitem" && it.value.contains(words)
        })
    }

    /// Clicks on the thing with this name and role.
    pub(crate) fn click_role(&mut self, role: &str, name: &str) -> Result<()> {
        let name = self.words.name(name).to_owned();
        self.click_where(&name, |it| it.name == name && it.role == role)
    }

    fn click_where(&mut self, what: &str, fits: impl Fn(&Thing) -> bool) -> Result<()> {
        let usable = |it: &Thing| fits(it) && !it.is_disabled;
        let mut thing = self.wait(what, PATIENCE, usable)?;
        let bottom = self.size.height - EDGE;
        for _ in 0..40 {
            let (_, y) = thing.middle();
            if (TOP..bottom).contains(&y) {
                break;
            }
            hand::point((thing.middle().0, i64::midpoint(TOP, bottom)))?;
            hand::wheel(if y >= bottom { 3 } else { -3 })?;
            thing = self.wait_moved(what, &thing, usable)?;
            if thing.middle().1 == y {
                break;
            }
        }
        let thing = self.wait_still(what, thing, usable)?;
        eprintln!(
            "{:>6.1} s  click {what:?}",
            self.start.elapsed().as_secs_f64()
        );
        hand::click(thing.middle())
    }

    /// Where it is after the wheel was turned. What does not move stands in the bar at the top; on a busy
    /// machine anything else may take a while to move.
    fn wait_moved(
        &mut self,
        what: &str,
        thing: &Thing,
        fits: impl Fn(&Thing) -> bool,
    ) -> Result<Thing> {
        let turned = Instant::now();
        loop {
            let now = self.wait(what, PATIENCE, &fits)?;
            if now.place != thing.place || turned.elapsed() > SLOW {
                return Ok(now);
            }
            sleep(BLINK);
        }
    }

    /// Where it is once it stays there: pages glide when they are scrolled, and grow while they load.
    fn wait_still(
        &mut self,
        what: &str,
        mut thing: Thing,
        fits: impl Fn(&Thing) -> bool,
    ) -> Result<Thing> {
        let mut num_still = 0;
        for _ in 0..40 {
            sleep(BLINK);
            let now = self.wait(what, PATIENCE, &fits)?;
            num_still = if now.place == thing.place {
                num_still + 1
            } else {
                0
            };
            if num_still == STILL {
                break;
            }
            thing = now;
        }
        Ok(thing)
    }

    /// Chooses from a list that opens: first its name, then the choice.
    pub(crate) fn choose(&mut self, list: &str, choice: &str) -> Result<()> {
        self.click_role("combobox", list)?;
        let choice = self.words.name(choice).to_owned();
        self.click_where(&choice, |it| {
            it.name == choice && it.is_control() && it.role != "combobox"
        })
    }

    /// Writes into the field with this name, in place of what is there.
    pub(crate) fn write(&mut self, field: &str, text: &str) -> Result<()> {
        self.click(field)?;
        hand::press("ctrl+a")?;
        hand::write(text)?;
        // A slow page takes a while to take in what was typed, and loses it when it is left before.
        let field = self.words.name(field).to_owned();
        self.wait(&field, PATIENCE, |it| it.name == field && it.value == text)
            .map(drop)
    }

    /// Writes into a field that shows only dots.
    pub(crate) fn write_secret(&mut self, field: &str, text: &str) -> Result<()> {
        self.click(field)?;
        hand::press("ctrl+a")?;
        hand::write(text)?;
        let field = self.words.name(field).to_owned();
        let length = text.chars().count();
        self.wait(&field, PATIENCE, |it| {
            it.name == field && it.value.chars().count() == length
        })
        .map(drop)
    }

    /// Takes a picture of the screen once it is still.
    pub(crate) fn picture(&mut self, what: &str) -> Result<()> {
        self.num_pictures += 1;
        let file = format!("{}-{:02}-{what}.png", self.name, self.num_pictures);
        let file = self.folder.join(file);
        // The pointer's hints would cover what is under it.
        hand::point(self.size.corner())?;
        sleep(Duration::from_millis(700));
        screens::capture(&file)?;
        eprintln!(
            "{:>6.1} s  {}",
            self.start.elapsed().as_secs_f64(),
            file.display()
        );
        Ok(())
    }

    /// Seconds since the window was opened.
    pub(crate) fn secs(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    /// Waits until the window says something, and tells all of it.
    pub(crate) fn look(&mut self) -> Result<()> {
        while self.reader.things()?.is_empty() {
            ensure!(self.start.elapsed() < PATIENCE, "the window says nothing");
            sleep(GLANCE);
        }
        self.tell_all()
    }

    /// Tells everything that the window says.
    fn tell_all(&mut self) -> Result<()> {
        for thing in self.reader.things()? {
            let state = if thing.is_disabled { " (disabled)" } else { "" };
            eprintln!(
                "  {:<10} {:?} {:?} {:?}{state}",
                thing.role, thing.name, thing.value, thing.place
            );
        }
        Ok(())
    }
}
