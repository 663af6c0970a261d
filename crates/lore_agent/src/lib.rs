//! The agent loop: prompt, act, observe.
