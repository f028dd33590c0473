//! One side of a listing, instances or disks: every id once, with what is said about it.
//!
//! All texts lie end to end in one arena and a row is twelve bytes, so a million ids cost little more than their letters.
//! Rows are numbered in the order in which ids were first seen, be it listed or only mentioned as an attachment.

use std::hash::BuildHasher;

use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};

use super::error::{Error, ErrorKind};
use super::reasons::{EMPTY_LIST, ListNumber};

/// `i-` or `d-` and twenty more.
const USUAL_ID_LENGTH: usize = 22;

/// The number of an id on its shelf.
pub(super) type RowNumber = u32;

#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    start: u32,
    length: u8,
    /// In the listing, not only mentioned by an entry of the other side.
    pub(super) listed: bool,
    /// The links of this row are all there are.
    pub(super) attachments_known: bool,
    pub(super) reasons: ListNumber,
}

#[derive(Debug, Default)]
pub(super) struct Shelf {
    texts: String,
    rows: Vec<Row>,
    table: HashTable<RowNumber>,
    hasher: DefaultHashBuilder,
    /// The row after the one last interned: listings tend to name attachments in the order of the other side, and
    /// looking there first spares a large table's cache misses.
    next: RowNumber,
}

impl Shelf {
    /// A shelf with room for about so many ids.
    pub(super) fn with_room(ids: usize) -> Self {
        Self {
            texts: String::with_capacity(ids.saturating_mul(USUAL_ID_LENGTH)),
            rows: Vec::with_capacity(ids),
            table: HashTable::with_capacity(ids),
            hasher: DefaultHashBuilder::default(),
            next: 0,
        }
    }

    /// The row of an id, if the shelf has it.
    pub(super) fn find(&self, id: &str) -> Option<RowNumber> {
        let hash = self.hasher.hash_one(id);
        self.table
            .find(hash, |&row| text(&self.texts, &self.rows, row) == id)
            .copied()
    }

    /// The row of an id, which is added if it is new.
    pub(super) fn intern(&mut self, id: &str) -> Result<RowNumber, Error> {
        let row = match self.row(self.next) {
            Some(_) if self.id(self.next) == id => self.next,
            _ => self.find_or_add(id)?,
        };
        self.next = row.saturating_add(1);
        Ok(row)
    }

    fn find_or_add(&mut self, id: &str) -> Result<RowNumber, Error> {
        let Self {
            texts,
            rows,
            table,
            hasher,
            ..
        } = self;
        let entry = table.entry(
            hasher.hash_one(id),
            |&row| text(texts, rows, row) == id,
            |&row| hasher.hash_one(text(texts, rows, row)),
        );
        let vacant = match entry {
            Entry::Occupied(occupied) => return Ok(*occupied.get()),
            Entry::Vacant(vacant) => vacant,
        };
        let (Ok(number), Ok(start), Ok(length)) = (
            u32::try_from(rows.len()),
            u32::try_from(texts.len()),
            u8::try_from(id.len()),
        ) else {
            return Err(Error::new(
                ErrorKind::TooLarge,
                "more ids than one listing can hold",
            ));
        };
        vacant.insert(number);
        texts.push_str(id);
        rows.push(Row {
            start,
            length,
            listed: false,
            attachments_known: false,
            reasons: EMPTY_LIST,
        });
        Ok(number)
    }

    /// The text of an id.
    pub(super) fn id(&self, row: RowNumber) -> &str {
        text(&self.texts, &self.rows, row)
    }

    pub(super) fn row(&self, row: RowNumber) -> Option<&Row> {
        self.rows.get(row as usize)
    }

    pub(super) fn row_mut(&mut self, row: RowNumber) -> Option<&mut Row> {
        self.rows.get_mut(row as usize)
    }

    /// Every row with its number, in order.
    pub(super) fn rows(&self) -> impl Iterator<Item = (RowNumber, &Row)> {
        (0..).zip(&self.rows)
    }

    pub(super) fn rows_mut(&mut self) -> impl Iterator<Item = &mut Row> {
        self.rows.iter_mut()
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Gives back what growing took in advance.
    pub(super) fn shrink(&mut self) {
        let Self {
            texts,
            rows,
            table,
            hasher,
            ..
        } = self;
        texts.shrink_to_fit();
        rows.shrink_to_fit();
        table.shrink_to_fit(|&row| hasher.hash_one(text(texts, rows, row)));
    }
}

/// An unknown row has no text; rows only come from the shelf itself.
fn text<'t>(texts: &'t str, rows: &[Row], row: RowNumber) -> &'t str {
    rows.get(row as usize)
        .and_then(|row| {
            let start = row.start as usize;
            texts.get(start..start + usize::from(row.length))
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_keeps_its_row_however_often_it_is_interned() {
        let mut shelf = Shelf::default();
        let ids: Vec<String> = (0..5000).map(|number| format!("i-{number}")).collect();
        for _ in 0..2 {
            for (number, id) in (0..).zip(&ids) {
                assert_eq!(shelf.intern(id).unwrap(), number);
            }
        }
        shelf.shrink();
        assert_eq!(shelf.len(), 5000);
        assert_eq!(shelf.find("i-4999"), Some(4999));
        assert_eq!(shelf.id(4999), "i-4999");
        assert_eq!(shelf.find("i-5000"), None);
        assert_eq!(shelf.find(""), None);
    }
}
