//! The elements of one JSON array, one at a time.

use std::cell::Cell;
use std::io::{BufReader, Read};
use std::ops::ControlFlow;

use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde_json::Value;

use super::metered::Metered;
use super::{OnRow, Row, in_words};

/// Calls `on_row` for each element. What follows damage cannot be read; the damage is the last row.
pub(super) fn each_element(reader: impl Read, on_row: &mut OnRow<'_>) -> ControlFlow<()> {
    let since_element = Cell::new(0);
    let metered = Metered::new(BufReader::new(reader), &since_element);
    let mut elements = Elements {
        on_row,
        since_element: &since_element,
        num_rows: 0,
        stopped: false,
    };
    let mut json = serde_json::Deserializer::from_reader(metered);
    let outcome = (&mut elements).deserialize(&mut json);
    if let Err(error) = outcome
        && !elements.stopped
    {
        return (elements.on_row)(elements.num_rows + 1, Err(in_words(&error)));
    }
    if elements.stopped {
        ControlFlow::Break(())
    } else {
        ControlFlow::Continue(())
    }
}

/// Hands the elements of a sequence on as they are parsed.
struct Elements<'a, 'b> {
    on_row: &'a mut OnRow<'b>,
    since_element: &'a Cell<u64>,
    num_rows: u64,
    stopped: bool,
}

impl<'de> DeserializeSeed<'de> for &mut Elements<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for &mut Elements<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an array of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some(value) = elements.next_element::<Value>()? {
            self.since_element.set(0);
            self.num_rows += 1;
            if let ControlFlow::Break(()) = (self.on_row)(self.num_rows, Ok(Row::Value(value))) {
                self.stopped = true;
                break;
            }
        }
        Ok(())
    }
}
