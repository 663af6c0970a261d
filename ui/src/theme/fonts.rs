//! The typefaces: Inter in three weights, `JetBrains Mono` for what worlds and models say.

use std::sync::Arc;

use egui::{Context, FontData, FontDefinitions, FontFamily};

const FACES: [(&str, &[u8]); 4] = [
    (
        "inter",
        include_bytes!("../../../assets/fonts/Inter-Regular.ttf"),
    ),
    (
        "inter-medium",
        include_bytes!("../../../assets/fonts/Inter-Medium.ttf"),
    ),
    (
        "inter-semibold",
        include_bytes!("../../../assets/fonts/Inter-SemiBold.ttf"),
    ),
    (
        "mono",
        include_bytes!("../../../assets/fonts/JetBrainsMono-Regular.ttf"),
    ),
];

/// Makes the faces known. What they lack is looked up in egui's own fonts.
pub(super) fn install(ctx: &Context) {
    let mut fonts = FontDefinitions::default();
    for (name, bytes) in FACES {
        fonts
            .font_data
            .insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    let fallback = fonts
        .families
        .get(&FontFamily::Proportional)
        .cloned()
        .unwrap_or_default();
    let family = |first: &str| {
        let mut faces = vec![first.to_owned()];
        faces.extend(fallback.iter().cloned());
        faces
    };
    for (name, face) in [
        (FontFamily::Proportional, "inter"),
        (FontFamily::Name("medium".into()), "inter-medium"),
        (FontFamily::Name("semibold".into()), "inter-semibold"),
        (FontFamily::Monospace, "mono"),
    ] {
        fonts.families.insert(name, family(face));
    }
    ctx.set_fonts(fonts);
}
