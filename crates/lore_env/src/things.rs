//! Common sense about household things: what can be done with them and where they are found.

/// The table; its head says what the columns are.
const TABLE: &str = include_str!("things.txt");

/// One kind of thing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Thing {
    /// Its name, for example `apple`.
    pub(crate) name: &'static str,
    rooms: &'static str,
    abilities: &'static str,
    /// Kinds of receptacle it fits, each with the percentage of them that hold one.
    pub(crate) places: Vec<(&'static str, u32)>,
}

impl Thing {
    /// All things, in alphabetical order.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        TABLE.lines().filter_map(Self::parse)
    }

    /// The thing called `name`.
    pub(crate) fn find(name: &str) -> Option<Self> {
        let is_called = |line: &&str| line.split_once(" |").is_some_and(|(own, _)| own == name);
        TABLE.lines().find(is_called).and_then(Self::parse)
    }

    /// True when it belongs into the room with this letter.
    pub(crate) fn is_at_home_in(&self, room: char) -> bool {
        self.rooms.contains(room)
    }

    /// True for `clean`, `heat`, `cool`, `slice`, `hold` (other things) or `use` where it can be done.
    pub(crate) fn can(&self, ability: &str) -> bool {
        self.abilities.split(' ').any(|own| own == ability)
    }

    /// The percentage of receptacles of `kind` that hold one; `None` where it does not fit.
    pub(crate) fn frequency(&self, kind: &str) -> Option<u32> {
        let place = self.places.iter().find(|(place, _)| *place == kind);
        place.map(|(_, percent)| *percent)
    }

    /// `None` for comments.
    fn parse(line: &'static str) -> Option<Self> {
        let mut columns = line.split('|').map(str::trim);
        let (name, rooms) = (columns.next()?, columns.next()?);
        let (abilities, places) = (columns.next()?, columns.next()?);
        let place = |text: &'static str| {
            let (kind, percent) = text.split_once(':')?;
            Some((kind, percent.parse().ok()?))
        };
        Some(Self {
            name,
            rooms,
            abilities,
            places: places.split(' ').map(place).collect::<Option<_>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_understood() {
        let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
        assert_eq!(Thing::all().count(), lines.count());
        assert!(Thing::all().map(|thing| thing.name).is_sorted());
        let apple = Thing::find("apple").unwrap();
        assert!(apple.can("heat") && apple.is_at_home_in('k'));
        assert_eq!(apple.frequency("fridge"), Some(49));
        assert_eq!(apple.frequency("sofa"), None);
    }
}
