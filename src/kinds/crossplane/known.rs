//! The fields of a table, and where each stands in it: laid out by the compiler, so that a key of an object costs one
//! look.

use std::{ops::Deref, slice::Iter};

use super::field::Field;

/// The field by which every object of the provider says where its resource is. No table names it, since a change of
/// it is no update.
pub(super) const REGION: &str = "region";

/// The fields that a table names, sorted by name; after them stands the region.
#[derive(Debug)]
pub(super) struct KnownFields {
    fields: &'static [Field],
    /// Places in `fields`, each in the cell of its name or in the next free one.
    cells: [u8; CELLS],
}

/// More than three times the names of the largest table, so that most cells hold the name one looks for, or none.
const CELLS: usize = 256;
const FREE: u8 = u8::MAX;

// === impl KnownFields ===

impl KnownFields {
    /// Lays out the names of these fields.
    pub(super) const fn of(fields: &'static [Field]) -> Self {
        assert!(fields.len() < CELLS / 2, "too many fields");
        let mut known = Self {
            fields,
            cells: [FREE; CELLS],
        };
        let mut place = 0;
        let mut rest = fields;
        while let [field, others @ ..] = rest {
            known.enter(field.name, place);
            place += 1;
            rest = others;
        }
        known.enter(REGION, place);
        known
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "only the compiler runs this, and it tells what is out of bounds"
    )]
    const fn enter(&mut self, name: &str, place: u8) {
        let mut cell = cell_of(name.as_bytes());
        while self.cells[cell] != FREE {
            cell = next(cell);
        }
        self.cells[cell] = place;
    }

    /// How many places there are, that of the region included.
    pub(super) fn places(&self) -> usize {
        self.fields.len() + 1
    }

    /// The place of a name.
    pub(super) fn place_of(&self, name: &[u8]) -> Option<usize> {
        let mut cell = cell_of(name);
        loop {
            let place = usize::from(*self.cells.get(cell)?);
            if self.name_at(place)?.as_bytes() == name {
                return Some(place);
            }
            cell = next(cell);
        }
    }

    /// The name at a place.
    pub(super) fn name_at(&self, place: usize) -> Option<&'static str> {
        match self.fields.get(place) {
            Some(field) => Some(field.name),
            None => (place == self.fields.len()).then_some(REGION),
        }
    }
}

impl Deref for KnownFields {
    type Target = [Field];

    fn deref(&self) -> &[Field] {
        self.fields
    }
}

impl<'a> IntoIterator for &'a KnownFields {
    type Item = &'a Field;
    type IntoIter = Iter<'a, Field>;

    fn into_iter(self) -> Self::IntoIter {
        self.fields.iter()
    }
}

/// The cell where a name ought to be: its length and three letters tell most names apart.
const fn cell_of(name: &[u8]) -> usize {
    let [first, .., third_last, _, last] = name else {
        return name.len();
    };
    let letters = 31 * *first as usize + 7 * *third_last as usize + 3 * *last as usize;
    (letters + 13 * name.len()) % CELLS
}

const fn next(cell: usize) -> usize {
    (cell + 1) % CELLS
}

#[cfg(test)]
mod tests {
    use super::*;

    static KNOWN: KnownFields = KnownFields::of(&[
        Field::text("id"),
        Field::text("tags"),
        Field::text("taxs"),
        Field::text("to_s"),
    ]);

    #[test]
    fn every_name_is_found_at_its_place_though_some_share_a_cell() {
        for name in ["tags", "taxs"] {
            assert_eq!(cell_of(name.as_bytes()), cell_of(b"tags"));
        }
        for (place, name) in ["id", "tags", "taxs", "to_s", REGION].iter().enumerate() {
            assert_eq!(KNOWN.place_of(name.as_bytes()), Some(place));
            assert_eq!(KNOWN.name_at(place), Some(*name));
        }
    }

    #[test]
    fn other_names_are_not_found() {
        for name in ["", "i", "ids", "tabs", "Region", "\u{e9}"] {
            assert_eq!(KNOWN.place_of(name.as_bytes()), None, "{name}");
        }
        assert_eq!(KNOWN.name_at(KNOWN.places()), None);
    }
}
