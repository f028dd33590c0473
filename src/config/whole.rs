//! What is in force of all pieces together: the last good content of each, as far as they go together.

use std::collections::BTreeSet;

use super::{
    Configuration,
    assemble::{self, Assembled, Conflict, assemble},
    error::{Notice, Problem, Severity},
    listings::Listings,
    piece::Piece,
};

/// What is in force, and what keeps the rest from it.
#[derive(Debug, Default)]
pub(super) struct Whole {
    /// Every listing that was ever good, so that none is forgotten when its piece is.
    pub(super) listings: Listings,
    /// The pieces whose latest content can't be in force together with all others.
    conflicts: Vec<Problem>,
    /// What to say of the listings and of the whole.
    remarks: Vec<Notice>,
}

/// A piece, by its name.
pub(super) type Named<'p> = (String, &'p mut Piece);

impl Whole {
    /// Puts in force what can be: of a conflict, what was there before stays, and what has changed has to wait.
    pub(super) fn put_together(&mut self, pieces: &mut [Named<'_>]) -> Option<Configuration> {
        let mut waiting = BTreeSet::new();
        let mut problems = Vec::new();
        loop {
            let contents: Vec<_> = pieces
                .iter()
                .map(|(name, piece)| match waiting.contains(name) {
                    true => &piece.in_force,
                    false => &piece.latest,
                })
                .collect();
            let conflicts = match assemble(&contents, &self.listings) {
                Ok(assembled) => {
                    let configuration = self.adopt(assembled, pieces, &waiting);
                    self.conflicts = problems;
                    return Some(configuration);
                }
                Err(conflicts) => conflicts,
            };
            let before = waiting.len();
            // Who had to wait before goes on waiting, and does not keep the other from being renewed.
            let those_before = pieces.iter().filter(|(_, piece)| piece.is_waiting);
            hold(&conflicts, those_before, &mut waiting, &mut problems);
            if waiting.len() == before {
                // After a restart all are new, and what was in force before is the elder.
                let younger = younger(&conflicts, pieces);
                let younger = pieces.iter().filter(|(name, _)| younger.contains(name));
                hold(&conflicts, younger, &mut waiting, &mut problems);
            }
            if waiting.len() == before {
                hold(&conflicts, pieces.iter(), &mut waiting, &mut problems);
            }
            if waiting.len() == before {
                self.conflicts = conflicts.iter().map(Conflict::problem).collect();
                return None;
            }
        }
    }

    /// Puts in force what the pieces come to, but for those that have to wait.
    pub(super) fn adopt(
        &mut self,
        assembled: Assembled,
        pieces: &mut [Named<'_>],
        waiting: &BTreeSet<String>,
    ) -> Configuration {
        let Assembled {
            configuration,
            listings,
            incomplete,
            mut remarks,
        } = assembled;
        for (name, piece) in pieces {
            piece.is_waiting = waiting.contains(name);
            if !piece.is_waiting {
                piece.in_force = piece.latest.clone();
            }
        }
        for (key, problem) in incomplete {
            let instead = match listings.contains_key(&key) {
                true => "the last complete listing stays in force and ages",
                false => "nothing is known of its region",
            };
            remarks.push(Notice {
                about: assemble::listing_name(&key),
                severity: Severity::Problem,
                message: format!("{problem}; {instead}"),
            });
        }
        self.listings = listings;
        self.remarks = remarks;
        configuration
    }

    /// What there is to say of what is in force.
    pub(super) fn notices<'p>(
        &self,
        pieces: impl Iterator<Item = (String, &'p Piece)>,
    ) -> Vec<Notice> {
        let mut notices = Vec::new();
        for (name, piece) in pieces {
            let instead = match piece.in_force.items.is_empty() {
                true => "nothing of it is in force",
                false => "its last good content stays in force",
            };
            let conflicts = self.conflicts.iter();
            let problems = conflicts.filter(|problem| problem.file == name);
            notices.extend(
                problems
                    .chain(&piece.problems)
                    .map(|problem| problem.notice(instead)),
            );
        }
        notices.extend(self.remarks.iter().cloned());
        notices
    }
}

/// The younger one of each conflict between two that are both new and tell since when they are there; of two of one
/// time, the one whose name is greater.
fn younger(conflicts: &[Conflict], pieces: &[Named<'_>]) -> BTreeSet<String> {
    let new = |name: &str| {
        let (name, piece) = pieces.iter().find(|(of, _)| of == name)?;
        let is_new = !piece.latest.is(&piece.in_force);
        is_new.then_some((piece.since?, name.clone()))
    };
    let between = conflicts.iter().filter_map(Conflict::pieces);
    let younger = between.filter_map(|[one, other]| Some(new(one)?.max(new(other)?).1));
    younger.collect()
}

/// Makes those of the pieces wait that are new in a conflict.
fn hold<'p>(
    conflicts: &[Conflict],
    pieces: impl Iterator<Item = &'p Named<'p>>,
    waiting: &mut BTreeSet<String>,
    problems: &mut Vec<Problem>,
) {
    for (name, piece) in pieces {
        let mut of_piece: Vec<_> = conflicts
            .iter()
            .filter_map(|conflict| conflict.problem_in(name))
            .collect();
        let can_wait = !of_piece.is_empty() && !piece.latest.is(&piece.in_force);
        if can_wait && waiting.insert(name.clone()) {
            problems.append(&mut of_piece);
        }
    }
}
