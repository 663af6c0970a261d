//! The names of the design tokens, and how they are read from JSON.

use std::borrow::Cow;

use egui::{Color32, FontFamily, FontId, RichText};
use serde::{Deserialize, Deserializer};

use crate::words::Words;

const SCALE: &str = include_str!("../../../assets/theme.json");
const LIGHT: &str = include_str!("../../../assets/theme_light.json");
const DARK: &str = include_str!("../../../assets/theme_dark.json");

/// Everything a widget needs to know about looks.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// True for the dark set.
    pub dark: bool,
    /// What things are called in the language somebody chose.
    pub words: Words,
    /// Colours.
    pub color: Colors,
    /// Distances between things.
    pub space: Space,
    /// Rounding of corners.
    pub radius: Radius,
    /// Sizes of text.
    pub text: TextScale,
    /// Sizes of things.
    pub size: Sizes,
}

#[derive(Deserialize)]
struct Scale {
    space: Space,
    radius: Radius,
    text: TextScale,
    size: Sizes,
}

impl Tokens {
    /// The light or dark tokens built into the program.
    pub fn embedded(dark: bool) -> Self {
        let scale: Scale =
            serde_json::from_str(SCALE).expect("assets/theme.json is checked by a test");
        let color = serde_json::from_str(if dark { DARK } else { LIGHT })
            .expect("assets/theme_light.json and theme_dark.json are checked by a test");
        Self {
            dark,
            words: Words::default(),
            color,
            space: scale.space,
            radius: scale.radius,
            text: scale.text,
            size: scale.size,
        }
    }

    /// The font of running text.
    pub fn body_font(&self) -> FontId {
        FontId::proportional(self.text.body)
    }

    /// The font of notes and table headings.
    pub fn small_font(&self) -> FontId {
        FontId::proportional(self.text.small)
    }

    /// The font of buttons and field labels.
    pub fn label_font(&self) -> FontId {
        FontId::new(self.text.body, FontFamily::Name("medium".into()))
    }

    /// The font of what a world or a model said.
    pub fn mono_font(&self) -> FontId {
        FontId::monospace(self.text.mono)
    }

    /// A page's or dialog's title.
    pub fn title(&self, text: impl Into<String>) -> RichText {
        self.strong(text, self.text.title)
    }

    /// The title of a card or a section.
    pub fn subtitle(&self, text: impl Into<String>) -> RichText {
        self.strong(text, self.text.subtitle)
    }

    /// The title of a card or a section that a person or a model wrote, as it is.
    pub fn subtitle_verbatim(&self, text: impl Into<String>) -> RichText {
        semibold(RichText::new(text), self.text.subtitle).color(self.color.text.body)
    }

    /// A number that is looked at from afar.
    pub fn display(&self, text: impl Into<String>) -> RichText {
        self.strong(text, self.text.display)
    }

    /// A sentence in the language somebody chose.
    pub fn say<'a>(&'a self, english: &'a str) -> Cow<'a, str> {
        self.words.say(english)
    }

    /// Text of the interface, in the language somebody chose, before it has a font.
    fn said(&self, text: impl Into<String>) -> RichText {
        let text = text.into();
        match self.words.say(&text) {
            Cow::Borrowed(said) if said == text => RichText::new(text),
            said => RichText::new(said),
        }
    }

    /// Running text.
    pub fn body(&self, text: impl Into<String>) -> RichText {
        self.said(text)
            .font(self.body_font())
            .color(self.color.text.body)
    }

    /// Running text that a person or a model wrote, as it is.
    pub fn verbatim(&self, text: impl Into<String>) -> RichText {
        RichText::new(text)
            .font(self.body_font())
            .color(self.color.text.body)
    }

    /// A name of a field or a row that a person or a model wrote, as it is.
    pub fn label_verbatim(&self, text: impl Into<String>) -> RichText {
        self.verbatim(text).font(self.label_font())
    }

    /// Running text that names something: a field, a row.
    pub fn label(&self, text: impl Into<String>) -> RichText {
        self.said(text)
            .font(self.label_font())
            .color(self.color.text.body)
    }

    /// Running text that explains.
    pub fn muted(&self, text: impl Into<String>) -> RichText {
        self.body(text).color(self.color.text.muted)
    }

    /// A note in small type.
    pub fn small(&self, text: impl Into<String>) -> RichText {
        self.said(text)
            .font(self.small_font())
            .color(self.color.text.muted)
    }

    /// What a world or a model said, a path, a hash.
    pub fn mono(&self, text: impl Into<String>) -> RichText {
        RichText::new(text)
            .font(self.mono_font())
            .color(self.color.text.body)
    }

    /// The colour of the `index`th thing in a chart; colours repeat after eight.
    pub fn chart(&self, index: usize) -> Color32 {
        self.color.chart[index % self.color.chart.len()]
    }

    fn strong(&self, text: impl Into<String>, size: f32) -> RichText {
        semibold(self.said(text), size).color(self.color.text.body)
    }
}

fn semibold(text: RichText, size: f32) -> RichText {
    text.font(FontId::new(size, FontFamily::Name("semibold".into())))
}

macro_rules! color_groups {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize)]
        pub struct $name {
            $($(#[$field_doc])* #[serde(deserialize_with = "hex")] pub $field: Color32,)*
        }
    )*};
}

color_groups! {
    /// What things stand on.
    Surface {
        /// Behind a page.
        page,
        /// Behind the navigation.
        nav,
        /// Behind a card.
        card,
        /// Behind menus, dialogs and toasts.
        raised,
        /// Behind text fields and quoted text.
        sunken,
        /// Under the pointer.
        hover,
        /// Held down.
        pressed,
        /// Chosen.
        selected,
        /// Over everything behind a dialog.
        backdrop,
        /// The shadow of what is raised.
        shadow,
    }
    /// Lines.
    Border {
        /// Around cards and between rows.
        subtle,
        /// Around controls.
        strong,
        /// Around what the keyboard talks to.
        focus,
    }
    /// Text on surfaces.
    TextColors {
        /// Running text.
        body,
        /// Explanations.
        muted,
        /// What cannot be used now.
        disabled,
        /// On accent and danger fills.
        on_fill,
    }
    /// The one colour that asks for attention.
    Accent {
        /// Primary buttons, progress.
        fill,
        /// The fill under the pointer.
        hover,
        /// The fill held down.
        pressed,
        /// A quiet background.
        soft,
        /// Text and icons.
        text,
    }
    /// A meaning: success, warning, danger, or none.
    ToneColors {
        /// Bars and dots.
        fill,
        /// A quiet background.
        soft,
        /// Text and icons.
        text,
    }
    /// Backgrounds of painted text.
    Paint {
        /// Retrieved memories.
        memory,
        /// Earlier turns.
        history,
        /// Tokens that are learned.
        learned,
    }
}

/// Every colour.
#[derive(Clone, Debug, Deserialize)]
pub struct Colors {
    /// What things stand on.
    pub surface: Surface,
    /// Lines.
    pub border: Border,
    /// Text on surfaces.
    pub text: TextColors,
    /// The one colour that asks for attention.
    pub accent: Accent,
    /// It went well.
    pub success: ToneColors,
    /// Worth a look.
    pub warning: ToneColors,
    /// It went wrong, or will destroy something.
    pub danger: ToneColors,
    /// No meaning.
    pub neutral: ToneColors,
    /// Backgrounds of painted text.
    pub paint: Paint,
    /// Eight colours that can be told apart, also by colour-blind people.
    #[serde(deserialize_with = "hexes")]
    pub chart: Vec<Color32>,
}

/// Distances, in points.
#[derive(Clone, Debug, Deserialize)]
pub struct Space {
    /// Between an icon and its text.
    pub xs: f32,
    /// Between things that belong together.
    pub s: f32,
    /// Between controls.
    pub m: f32,
    /// Inside cards.
    pub l: f32,
    /// Between cards and around pages.
    pub xl: f32,
    /// Around what stands alone.
    pub xxl: f32,
}

/// Rounding, in points.
#[derive(Clone, Debug, Deserialize)]
pub struct Radius {
    /// Tags and bars.
    pub s: u8,
    /// Controls and rows.
    pub m: u8,
    /// Cards and dialogs.
    pub l: u8,
}

/// Sizes of text, in points.
#[derive(Clone, Debug, Deserialize)]
pub struct TextScale {
    /// Notes.
    pub small: f32,
    /// Running text.
    pub body: f32,
    /// What a world or a model said.
    pub mono: f32,
    /// Titles of cards.
    pub subtitle: f32,
    /// Titles of pages.
    pub title: f32,
    /// Numbers looked at from afar.
    pub display: f32,
}

/// Sizes of things, in points.
#[derive(Clone, Debug, Deserialize)]
pub struct Sizes {
    /// Height of buttons and fields.
    pub control: f32,
    /// Height of list rows.
    pub row: f32,
    /// Height of table rows.
    pub table_row: f32,
    /// Icons in the navigation.
    pub icon: f32,
    /// Icons in buttons and rows.
    pub icon_small: f32,
    /// Icons of empty states.
    pub icon_large: f32,
    /// Width of the navigation.
    pub nav: f32,
    /// Width of the navigation in small windows, icons only.
    pub nav_rail: f32,
    /// Height of the bar above a page.
    pub top_bar: f32,
    /// Widest content of a page.
    pub content: f32,
    /// Width of the label column of forms.
    pub field_label: f32,
    /// Windows narrower than this show the rail.
    pub narrow: f32,
}

fn hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Color32, D::Error> {
    let text = String::deserialize(deserializer)?;
    Color32::from_hex(&text).map_err(|error| {
        serde::de::Error::custom(format!("{text} is not a colour like #rrggbb: {error:?}"))
    })
}

fn hexes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Color32>, D::Error> {
    #[derive(Deserialize)]
    struct Hex(#[serde(deserialize_with = "hex")] Color32);
    let colors = Vec::<Hex>::deserialize(deserializer)?;
    if colors.is_empty() {
        return Err(serde::de::Error::custom(
            "a chart needs at least one colour",
        ));
    }
    Ok(colors.into_iter().map(|Hex(color)| color).collect())
}
