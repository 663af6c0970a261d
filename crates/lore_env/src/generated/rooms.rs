//! The rooms of generated games.

/// A kind of room: which receptacles stand in it and how many, at least and at most.
pub(super) struct Room {
    /// The letter of the room in the table of things.
    pub(super) letter: char,
    /// How often tasks play here, relative to the other rooms.
    pub(super) weight: u32,
    normal: &'static [(&'static str, u32, u32)],
    small: &'static [(&'static str, u32, u32)],
}

impl Room {
    /// The receptacles of the room in its normal or its small form.
    pub(super) fn receptacles(&self, small: bool) -> &'static [(&'static str, u32, u32)] {
        if small { self.small } else { self.normal }
    }
}

/// All rooms. Normal ones are as full as ALFWorld's; small ones hold seven to nine receptacles.
pub(super) const ROOMS: [Room; 4] = [
    Room {
        letter: 'k',
        weight: 2,
        normal: &[
            ("fridge", 1, 1),
            ("microwave", 1, 1),
            ("sinkbasin", 1, 1),
            ("garbagecan", 1, 1),
            ("coffeemachine", 1, 1),
            ("toaster", 1, 1),
            ("countertop", 1, 3),
            ("stoveburner", 4, 4),
            ("cabinet", 4, 14),
            ("drawer", 3, 9),
            ("diningtable", 0, 1),
            ("shelf", 0, 3),
        ],
        small: &[
            ("fridge", 1, 1),
            ("microwave", 1, 1),
            ("sinkbasin", 1, 1),
            ("garbagecan", 1, 1),
            ("countertop", 1, 1),
            ("cabinet", 1, 2),
            ("drawer", 1, 1),
            ("diningtable", 0, 1),
        ],
    },
    Room {
        letter: 'l',
        weight: 1,
        normal: &[
            ("sofa", 1, 2),
            ("armchair", 1, 2),
            ("coffeetable", 1, 1),
            ("sidetable", 1, 3),
            ("garbagecan", 1, 1),
            ("drawer", 0, 6),
            ("shelf", 0, 5),
            ("cabinet", 0, 3),
            ("tvstand", 0, 1),
            ("dresser", 0, 1),
            ("diningtable", 0, 1),
        ],
        small: &[
            ("sofa", 1, 1),
            ("armchair", 1, 1),
            ("coffeetable", 1, 1),
            ("sidetable", 1, 2),
            ("garbagecan", 1, 1),
            ("drawer", 1, 1),
            ("shelf", 1, 1),
            ("tvstand", 0, 1),
        ],
    },
    Room {
        letter: 'b',
        weight: 1,
        normal: &[
            ("bed", 1, 2),
            ("desk", 1, 1),
            ("garbagecan", 1, 1),
            ("drawer", 2, 9),
            ("shelf", 0, 6),
            ("sidetable", 0, 2),
            ("dresser", 0, 1),
            ("armchair", 0, 1),
            ("safe", 0, 1),
            ("cabinet", 0, 2),
        ],
        small: &[
            ("bed", 1, 1),
            ("desk", 1, 1),
            ("sidetable", 1, 1),
            ("shelf", 1, 1),
            ("armchair", 1, 1),
            ("garbagecan", 1, 1),
            ("drawer", 1, 2),
            ("dresser", 0, 1),
        ],
    },
    Room {
        letter: 't',
        weight: 1,
        normal: &[
            ("sinkbasin", 1, 2),
            ("toilet", 1, 1),
            ("countertop", 1, 1),
            ("garbagecan", 1, 1),
            ("toiletpaperhanger", 1, 1),
            ("towelholder", 1, 2),
            ("handtowelholder", 1, 2),
            ("cabinet", 1, 4),
            ("drawer", 0, 5),
            ("bathtubbasin", 0, 1),
            ("shelf", 0, 2),
            ("cart", 0, 1),
        ],
        small: &[
            ("sinkbasin", 1, 1),
            ("toilet", 1, 1),
            ("countertop", 1, 1),
            ("garbagecan", 1, 1),
            ("toiletpaperhanger", 1, 1),
            ("towelholder", 1, 1),
            ("cabinet", 1, 2),
            ("bathtubbasin", 0, 1),
        ],
    },
];

/// Receptacles with a door or a front; `true` also for the generator's closed drawers.
pub(super) fn is_openable(kind: &str) -> bool {
    matches!(kind, "fridge" | "microwave" | "cabinet" | "drawer" | "safe")
}
