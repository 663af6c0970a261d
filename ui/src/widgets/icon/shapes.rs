//! The icons themselves.

macro_rules! icons {
    ($($(#[$doc:meta])* $name:ident = $drawing:literal;)*) => {
        /// A picture that stands beside a word.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Icon {
            $($(#[$doc])* $name,)*
        }

        impl Icon {
            /// Every icon.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// How it is drawn.
            pub(super) fn drawing(self) -> &'static str {
                match self {
                    $(Self::$name => $drawing,)*
                }
            }
        }
    };
}

icons! {
    /// Home.
    Home = "M 3.5 11 L 12 4 L 20.5 11 M 5.5 9.5 V 20 H 18.5 V 9.5 M 10 20 V 14 H 14 V 20";
    /// Data sets.
    Database = "M 4.5 6 C 4.5 2.8 19.5 2.8 19.5 6 C 19.5 9.2 4.5 9.2 4.5 6 V 18 C 4.5 21.2 19.5 21.2 19.5 18 V 6 M 4.5 12 C 4.5 15.2 19.5 15.2 19.5 12";
    /// The experience bank.
    Bank = "M 12 3.5 L 21 8.5 L 12 13.5 L 3 8.5 Z M 3.5 12.5 L 12 17 L 20.5 12.5 M 3.5 16.5 L 12 21 L 20.5 16.5";
    /// Worlds.
    Globe = "O 12 12 8.7 M 3.3 12 H 20.7 M 12 3.3 C 7 8 7 16 12 20.7 M 12 3.3 C 17 8 17 16 12 20.7";
    /// A connection.
    Link = "M 9 15 L 15 9 M 10.5 6.5 L 12.5 4.5 C 17 0.5 23 7 19 11.5 L 17 13.5 M 13.5 17.5 L 11.5 19.5 C 7 23.5 1 17 5 12.5 L 7 10.5";
    /// Models.
    Chip = "M 6.5 6.5 H 17.5 V 17.5 H 6.5 Z M 10 10 H 14 V 14 H 10 Z M 9.5 3 V 6.5 M 14.5 3 V 6.5 M 9.5 17.5 V 21 M 14.5 17.5 V 21 M 3 9.5 H 6.5 M 3 14.5 H 6.5 M 17.5 9.5 H 21 M 17.5 14.5 H 21";
    /// Training.
    Flask = "M 9 3.5 H 15 M 10 3.5 V 9.5 L 4.8 18.2 C 4.1 19.4 4.9 20.5 6.2 20.5 H 17.8 C 19.1 20.5 19.9 19.4 19.2 18.2 L 14 9.5 V 3.5 M 7.3 14.5 H 16.7";
    /// Talking.
    Chat = "M 4 5 H 20 V 16 H 11.5 L 7.5 20 V 16 H 4 Z M 8 9.2 H 16 M 8 12.2 H 13";
    /// Send.
    Send = "M 4 11.5 L 20.5 4 L 14 20.5 L 11 13.5 Z M 11 13.5 L 20.5 4";
    /// Runs.
    Runs = "O 12 12 8.7 M 10 8.5 L 15.5 12 L 10 15.5 Z";
    /// Trajectories.
    Path = "O 6 6 2.5 O 18 18 2.5 M 8.5 6 H 15 C 19.5 6 19.5 12 15 12 H 9 C 4.5 12 4.5 18 9 18 H 15.5";
    /// Results.
    Chart = "M 4 4 V 20 H 20 M 8.5 20 V 13 M 13 20 V 8 M 17.5 20 V 11";
    /// Export.
    Export = "M 12 15 V 4 M 7.5 8.5 L 12 4 L 16.5 8.5 M 4 15 V 20 H 20 V 15";
    /// Settings.
    Settings = "M 4 7 H 11 M 17 7 H 20 O 14 7 2.6 M 4 17 H 7 M 13 17 H 20 O 10 17 2.6";
    /// Add.
    Plus = "M 12 5 V 19 M 5 12 H 19";
    /// A file.
    File = "M 6 3.5 H 14 L 18.5 8 V 20.5 H 6 Z M 14 3.5 V 8 H 18.5";
    /// A folder.
    Folder = "M 3.5 6 H 9.5 L 11.5 8.5 H 20.5 V 19 H 3.5 Z";
    /// Search.
    Search = "O 10.5 10.5 6.2 M 15.2 15.2 L 20.5 20.5";
    /// Close.
    Close = "M 6 6 L 18 18 M 18 6 L 6 18";
    /// Done.
    Check = "M 5 12.5 L 10 17.5 L 19.5 7";
    /// Went well.
    CheckCircle = "O 12 12 8.7 M 8 12.3 L 11 15.2 L 16.2 9.4";
    /// Worth a look.
    Warning = "M 12 4 L 21.2 19.8 H 2.8 Z M 12 10 V 14 D 12 17 1.1";
    /// Went wrong.
    Failed = "O 12 12 8.7 M 12 7.5 V 12.8 D 12 16 1.1";
    /// Worth knowing.
    Info = "O 12 12 8.7 M 12 11.2 V 16.5 D 12 8 1.1";
    /// What does that mean?
    Help = "O 12 12 8.7 M 9.3 9.8 C 9.3 6.4 14.7 6.4 14.7 9.8 C 14.7 12 12 11.8 12 13.8 D 12 16.8 1.1";
    /// To the right.
    ChevronRight = "M 9 5.5 L 15.5 12 L 9 18.5";
    /// To the left.
    ChevronLeft = "M 15 5.5 L 8.5 12 L 15 18.5";
    /// Open downwards.
    ChevronDown = "M 5.5 9 L 12 15.5 L 18.5 9";
    /// Upwards.
    ChevronUp = "M 5.5 15 L 12 8.5 L 18.5 15";
    /// Back.
    ArrowLeft = "M 20 12 H 4.5 M 10.5 5.5 L 4 12 L 10.5 18.5";
    /// Onwards.
    ArrowRight = "M 4 12 H 19.5 M 13.5 5.5 L 20 12 L 13.5 18.5";
    /// Remove.
    Trash = "M 4 6.5 H 20 M 9 6.5 V 3.5 H 15 V 6.5 M 6 6.5 L 7 20.5 H 17 L 18 6.5 M 10.2 10.5 V 16.5 M 13.8 10.5 V 16.5";
    /// Pin.
    Pin = "M 8 4 H 16 L 15 10.5 L 18 14 H 6 L 9 10.5 Z M 12 14 V 20.5";
    /// Never use.
    Ban = "O 12 12 8.7 M 6 6 L 18 18";
    /// Take back.
    Undo = "M 8.5 5 L 4 9.5 L 8.5 14 M 4 9.5 H 14.5 C 21.5 9.5 21.5 19 14.5 19 H 11";
    /// Copy.
    Copy = "M 9 9 H 20 V 20 H 9 Z M 5.5 15 H 4 V 4 H 15 V 5.5";
    /// Download.
    Download = "M 12 4 V 15 M 7.5 10.5 L 12 15 L 16.5 10.5 M 4 15.5 V 20 H 20 V 15.5";
    /// Start.
    Play = "M 7 4.5 L 19 12 L 7 19.5 Z";
    /// Pause.
    Pause = "M 8.5 5 V 19 M 15.5 5 V 19";
    /// Stop.
    Stop = "M 6 6 H 18 V 18 H 6 Z";
    /// Again.
    Refresh = "M 19.5 8 C 16 2 7 2.5 4.8 9.5 M 19.8 3.5 V 8.3 H 15 M 4.5 16 C 8 22 17 21.5 19.2 14.5 M 4.2 20.5 V 15.7 H 9";
    /// Time.
    Clock = "O 12 12 8.7 M 12 7 V 12.3 L 15.5 14.5";
    /// Light.
    Sun = "O 12 12 4 M 12 2.5 V 5 M 12 19 V 21.5 M 2.5 12 H 5 M 19 12 H 21.5 M 5.3 5.3 L 7 7 M 17 17 L 18.7 18.7 M 5.3 18.7 L 7 17 M 17 7 L 18.7 5.3";
    /// Dark.
    Moon = "M 20 14.2 C 13.5 16.5 7.8 10.5 10 4 C 1.5 6.5 2.5 19.5 12 20.2 C 16 20.5 19 17.8 20 14.2 Z";
    /// A sample, a suggestion.
    Sparkle = "M 12 3.5 L 14 10 L 20.5 12 L 14 14 L 12 20.5 L 10 14 L 3.5 12 L 10 10 Z";
    /// A command.
    Command = "M 9 9 H 15 V 15 H 9 Z M 9 9 H 6.5 C 3 9 3 4 6.5 4 C 9 4 9 6.5 9 6.5 V 9 M 15 9 V 6.5 C 15 3 20 3 20 6.5 C 20 9 17.5 9 17.5 9 H 15 M 15 15 H 17.5 C 21 15 21 20 17.5 20 C 15 20 15 17.5 15 17.5 V 15 M 9 15 V 17.5 C 9 21 4 21 4 17.5 C 4 15 6.5 15 6.5 15 H 9";
    /// More.
    More = "D 5.5 12 1.5 D 12 12 1.5 D 18.5 12 1.5";
    /// Choose a part.
    Filter = "M 3.5 5 H 20.5 L 14 12.5 V 19.5 L 10 17.5 V 12.5 Z";
    /// Opens elsewhere.
    External = "M 13.5 4 H 20 V 10.5 M 20 4 L 11 13 M 17.5 13.5 V 20 H 4 V 6.5 H 10.5";
    /// Look at.
    Eye = "M 2.5 12 C 6.5 4.5 17.5 4.5 21.5 12 C 17.5 19.5 6.5 19.5 2.5 12 Z O 12 12 3";
    /// Keep a place.
    Bookmark = "M 6.5 3.5 H 17.5 V 20.5 L 12 16 L 6.5 20.5 Z";
    /// A list.
    List = "M 8.5 6 H 20.5 M 8.5 12 H 20.5 M 8.5 18 H 20.5 D 4.5 6 1.2 D 4.5 12 1.2 D 4.5 18 1.2";
    /// A map of points.
    Map = "D 7 8 1.6 D 11 15.5 1.6 D 16.5 6.5 1.6 D 18 13 1.6 D 6 16.5 1.6 D 13 10.5 1.6";
    /// A fence between known and unknown.
    Split = "M 12 3.5 V 20.5 M 8 8 L 4 12 L 8 16 M 16 8 L 20 12 L 16 16 M 4 12 H 9 M 15 12 H 20";
    /// Previous of a series.
    Previous = "M 18 5 L 9 12 L 18 19 Z M 6 5 V 19";
    /// Next of a series.
    Next = "M 6 5 L 15 12 L 6 19 Z M 18 5 V 19";
}
