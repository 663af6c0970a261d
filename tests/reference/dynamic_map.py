"""Prints some of the 256 values of each map that `crates/lore_train/src/optimizer/blockwise.rs` is held to.

    python tests/reference/dynamic_map.py        (bitsandbytes, torch)
"""

from bitsandbytes.functional import create_dynamic_map

PLACES = [0, 1, 2, 64, 127, 128, 129, 200, 255]

for signed in (True, False):
    values = create_dynamic_map(signed)
    print("signed" if signed else "unsigned", [values[place].item() for place in PLACES])
