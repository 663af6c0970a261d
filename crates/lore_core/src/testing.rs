//! Scripted doubles of the four traits.
