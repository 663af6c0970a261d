//! The loss mask, made visible before a training starts.

use anyhow::Result;

use lore_core::{MaskedToken, PaintedExample, Role};

use crate::example::{ExampleRecipe, ExampleSource, fit};

/// The example that training would see, token by token. Shown even when it is too long to be used.
pub fn paint(recipe: &ExampleRecipe<'_>, source: ExampleSource<'_>) -> Result<PaintedExample> {
    let fitted = fit(recipe, source)?;
    let mut roles = vec![Role::System; fitted.chat.ids.len()];
    for (role, range) in &fitted.chat.spans {
        roles[range.clone()].fill(*role);
    }
    let tokens: Vec<MaskedToken> = fitted
        .chat
        .ids
        .iter()
        .zip(&fitted.chat.learned)
        .zip(roles)
        .map(|((id, learned), role)| MaskedToken {
            text: recipe.tokens.token_text(*id),
            learned: *learned,
            role,
        })
        .collect();
    Ok(PaintedExample {
        num_learned: tokens.iter().filter(|token| token.learned).count(),
        tokens,
        num_dropped_memories: fitted.num_dropped_memories,
    })
}
